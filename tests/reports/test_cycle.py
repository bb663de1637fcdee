"""The life of a report: crashes at any moment never make it vanish, nor come after its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS
from exporters.reports import cycle
from exporters.reports.cycle import NOTHING, Sending, Step
from exporters.reports.mail import message_id
from exporters.reports.plan import ReportPlan
from exporters.reports.schedule import Occasion

DUE_MS = 1_717_484_400_000
PEOPLE = ("ada@example.org", "bob@example.org", "eve@example.org")
PLAN = ReportPlan(name="sales", recipients=PEOPLE, catch_up_ms=12 * HOUR_MS)
DAY = Occasion("sales", "daily", DUE_MS - 30 * HOUR_MS, DUE_MS - 6 * HOUR_MS, DUE_MS)


def step(record: Sending | None, now_ms: int = DUE_MS) -> Step:
    return cycle.next_step(PLAN, DAY, record, now_ms)


class TestSteps:
    @pytest.mark.parametrize(
        ("late_ms", "what"),
        [(-1, "nothing"), (0, "begin"), (12 * HOUR_MS, "begin"), (12 * HOUR_MS + 1, "nothing")],
    )
    def test_it_begins_when_it_is_due_or_a_while_after(self, late_ms: int, what: str) -> None:
        """Missed while nobody ran, it is sent late, but not days later."""
        assert step(None, DUE_MS + late_ms).what == what

    def test_without_recipients_nothing_begins(self) -> None:
        """A report that is only looked at is never due."""
        plan = ReportPlan(name="sales")
        assert cycle.next_step(plan, DAY, None, DUE_MS) == NOTHING

    def test_only_those_left_are_written_to(self) -> None:
        """Who has it, and who refused it for good, is not asked again."""
        record = cycle.begun(DAY, DUE_MS)
        record = cycle.told(record, "Ada@example.org ", "delivered")
        record = cycle.told(record, PEOPLE[1], "refused")
        assert step(record) == Step("send", (PEOPLE[2],))

    def test_pauses_double_up_to_half_an_hour(self) -> None:
        """15 s, 30 s, 1, 2, 4, 8, 16, 30, 30 minutes."""
        record, pauses = cycle.begun(DAY, DUE_MS), []
        for _ in range(9):
            record = cycle.put_off(record, DUE_MS)
            pauses.append((record.next_ms - DUE_MS) / MINUTE_MS)
        assert pauses == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30]
        assert step(record, record.next_ms - 1) == NOTHING
        assert step(record, record.next_ms).what == "send"

    def test_it_is_given_up_after_its_time(self) -> None:
        """Nobody took it for twelve hours: it ends as failed, with somebody as sent."""
        record = cycle.begun(DAY, DUE_MS)
        assert step(record, DUE_MS + PLAN.catch_up_ms + 1).what == "end"
        assert cycle.ended(record, DUE_MS).state == "failed"
        told = cycle.told(record, PEOPLE[0], "delivered")
        assert cycle.ended(told, DUE_MS).state == "sent"

    def test_after_its_end_there_is_nothing_to_do(self) -> None:
        """Sent or failed, with somebody left or not, now or later."""
        partly = cycle.told(cycle.begun(DAY, DUE_MS), PEOPLE[0], "delivered")
        for record in (partly, cycle.begun(DAY, DUE_MS)):
            done = cycle.ended(record, DUE_MS)
            assert step(done) == NOTHING
            assert step(done, DUE_MS + 2 * PLAN.catch_up_ms) == NOTHING

    def test_records_hold_no_address_and_survive_their_log(self) -> None:
        """What is written is read back the same, and names nobody."""
        record = cycle.told(cycle.begun(DAY, DUE_MS, late=3, refused=1), PEOPLE[0], "delivered")
        stored = cycle.encode(record)
        assert b"ada" not in stored
        assert b"example" not in stored
        assert cycle.decode(stored) == record
        assert cycle.decode(
            b'{"state":"sent","due_ms":3,"start_ms":1,"end_ms":2,"begun_ms":3,'
            b'"told":{"00ff":"delivered"},"ended_ms":4}'
        ) == Sending(
            state="sent", due_ms=3, start_ms=1, end_ms=2, begun_ms=3, told={"00ff": "delivered"},
            ended_ms=4,
        )  # fmt: skip

    def test_the_id_of_the_mail_follows_the_stretch(self) -> None:
        """The same for every try of an occasion, another for the next day or installation."""
        first = message_id(DAY.key, "vigie", "v@example.org")
        assert first == message_id(DAY.key, "vigie", "v@example.org")
        assert first.endswith("@example.org>")
        others = {
            message_id(DAY.key, "other", "v@example.org"),
            message_id("report:daily:sales:0", "vigie", "v@example.org"),
        }
        assert len(others | {first}) == 3

    def test_the_record_before_is_of_the_same_report(self) -> None:
        """Counts since the last report are since that of the same name and period."""
        records = {
            f"report:daily:sales:{DAY.start_ms - DAY_MS}": cycle.begun(DAY, 1),
            f"report:daily:sales:{DAY.start_ms - 2 * DAY_MS}": cycle.begun(DAY, 2),
            f"report:weekly:sales:{DAY.start_ms - DAY_MS}": cycle.begun(DAY, 3),
        }
        told = {
            key: Sending(
                state="sent", due_ms=0, start_ms=int(key.rpartition(":")[2]), end_ms=0,
                begun_ms=one.begun_ms,
            )
            for key, one in records.items()
        }  # fmt: skip
        found = cycle.before(told, DAY)
        assert found is not None
        assert found.begun_ms == 1

    def test_old_records_go(self) -> None:
        """After two months nobody needs them."""
        record = cycle.begun(DAY, DUE_MS)
        assert cycle.outdated({"a": record}, DAY.end_ms + 60 * DAY_MS) == []
        assert cycle.outdated({"a": record}, DAY.end_ms + 60 * DAY_MS + 1) == ["a"]


class World:
    """What outlives a process: the log, and what the mail server took."""

    def __init__(self) -> None:
        self.log: Sending | None = None
        self.taken: list[str] = []
        self.after_end: list[str] = []

    def take(self, recipient: str) -> None:
        self.taken.append(recipient)
        if self.log is not None and self.log.state != "begun":
            self.after_end.append(recipient)


def life(world: World, now_ms: int, answers: Iterator[str]) -> Iterator[None]:
    """One process in the order in which it does things; it may be killed at every yield."""
    record = world.log
    found = step(record, now_ms)
    if found.what == "begin":
        yield
        record = world.log = cycle.begun(DAY, now_ms)
        found = step(record, now_ms)
    if found.what == "send":
        assert record is not None
        yield
        record = world.log = cycle.put_off(record, now_ms)
        for recipient in found.recipients:
            yield
            answer = next(answers)
            if answer == "away":
                return
            if answer == "later":
                continue
            if answer == "yes":
                world.take(recipient)
            yield  # the mail is out and not written down yet
            record = world.log = cycle.told(
                record, recipient, "delivered" if answer == "yes" else "refused"
            )
        found = step(record, now_ms)
    if found.what == "end":
        assert record is not None
        yield
        world.log = cycle.ended(record, now_ms)


@given(
    st.lists(st.integers(0, 12), max_size=12),
    st.lists(st.sampled_from(["yes", "yes", "later", "away"]), max_size=30),
)
def test_killed_anywhere_everybody_has_it_and_nobody_after_its_end(
    kills: list[int], answers: list[str]
) -> None:
    """Never none: after kills at any places each has the mail. Never after its end was written;
    twice only for a kill between the server's yes and the record."""
    world, now_ms = World(), DUE_MS

    def told() -> Iterator[str]:
        yield from answers
        while True:
            yield "yes"

    server = told()
    unwritten = 0
    for kill in kills:
        running = life(world, now_ms, server)
        for _ in range(kill):
            if next(running, running) is running:
                break
        left = Counter(world.taken)
        noted = {} if world.log is None else world.log.told
        unwritten += any(cycle.digest(one) not in noted for one in left)
        now_ms += 31 * MINUTE_MS
    for _ in range(40):
        for _ in life(world, now_ms, server):
            pass
        now_ms += 31 * MINUTE_MS
        if now_ms > DUE_MS + 11 * HOUR_MS:
            break
    if len(kills) + len(answers) < 16:  # it had the time to come to its end
        assert set(world.taken) == set(PEOPLE)
        assert world.log is not None
        assert world.log.state == "sent"
    assert world.after_end == []
    copies = Counter(world.taken)
    assert sum(copies.values()) - len(copies) <= len(kills)
    if not kills:
        assert all(n == 1 for n in copies.values())
    before = len(world.taken)
    if world.log is not None and world.log.state != "begun":
        for _ in life(world, now_ms, server):
            pass
        assert len(world.taken) == before
