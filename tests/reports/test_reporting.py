"""The sending of one worker: once, in spite of refusals, a log that fails, and other leaders."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from aggregators.policy import HOUR_MS, MINUTE_MS
from aggregators.shard import Shard
from alerts.journal import JournalError, LeadershipLostError, MemoryJournal
from exporters.live import MemoryView
from streams.settings import StreamSettings
from tests.bench.process import free_port
from tests.reports.day import MORNING_MS, rules, shard
from tests.reports.mail_house import MailHouse, mail_house
from vigie.reporting import Reporting
from vigie.sections_reports import Mail, Report
from vigie.settings import Settings

ADA, BOB = "ada@example.org", "bob@example.org"


class Worker:
    """What the service has of a worker."""

    def __init__(self) -> None:
        self.is_late = False

    def is_behind(self) -> bool:
        return self.is_late


class Log(MemoryJournal):
    """A log that outlives its writers; ``trouble`` is what its next commits raise."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: list[JournalError | None] = []
        self.commits = 0

    async def commit(self, records: Mapping[str, bytes | None]) -> None:
        self.commits += 1
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble is not None:
            raise trouble
        await super().commit(records)


async def no_plots(_: object) -> dict[str, bytes]:
    """Draws nothing, quickly."""
    return {}


class Bench:
    """One worker after another over the same log, mail server and clock."""

    def __init__(self, house: MailHouse, *recipients: str, draws: bool = False) -> None:
        self.draws = draws
        self.house = house
        self.log = Log()
        self.now_ms = MORNING_MS
        self.leads = True
        self.shards: list[Shard] = [shard()]
        self.worker = Worker()
        self.settings = Settings(
            reports=[Report(name="day", recipients=list(recipients))],
            mail=Mail(
                host="127.0.0.1", port=house.port, security="none", sender="vigie@example.org",
                timeout_ms=5_000,
            ),
        )  # fmt: skip
        self.reporting = self.start()

    def start(self) -> Reporting:
        """A new process: it knows what the log says and nothing else."""
        view = MemoryView(lambda: self.shards, rules(), lambda: self.now_ms)
        drawing: dict[str, Any] = {} if self.draws else {"draw_plots": no_plots}
        made = Reporting(
            self.settings, StreamSettings(), rules(), view, [self.worker],  # type: ignore[list-item]
            None, mode="demo", leads=lambda: self.leads, clock=lambda: self.now_ms,
            **drawing,
        )  # fmt: skip
        made._journal = self.log
        self.log.listen(made.hear)
        self.reporting = made
        return made

    async def turn(self, times: int = 1, *, minutes: int = 0) -> None:
        for _ in range(times):
            await self.reporting.turn()
            self.now_ms += minutes * MINUTE_MS

    @property
    def copies(self) -> Counter[str]:
        return Counter(self.house.recipients)


@pytest.fixture
def house() -> Iterator[MailHouse]:
    with mail_house() as one:
        yield one


async def test_a_report_is_sent_once_to_each(house: MailHouse) -> None:
    """A mail each with its own address, plots and table; after that nothing, whoever starts."""
    bench = Bench(house, ADA, BOB, draws=True)
    await bench.turn(3, minutes=1)
    bench.start()
    await bench.turn(3, minutes=60)
    assert bench.copies == {ADA: 1, BOB: 1}
    (_, first), (_, second) = house.mails
    assert (first["To"], second["To"]) == (ADA, BOB)
    assert first["Message-ID"] == second["Message-ID"]
    kinds = Counter(part.get_content_type() for part in first.walk())
    assert (kinds["image/png"], kinds["text/csv"], kinds["text/html"]) == (2, 1, 1)
    stats = bench.reporting.stats()
    assert stats.last_sent_ms["day"] is not None


async def test_nothing_is_sent_before_its_time_or_days_after(house: MailHouse) -> None:
    """A minute before, and after the time to catch up, nobody hears anything."""
    bench = Bench(house, ADA)
    for now_ms in (MORNING_MS - MINUTE_MS - 24 * HOUR_MS, MORNING_MS + 13 * HOUR_MS):
        bench.now_ms = now_ms
        bench.start()
        await bench.turn()
    assert house.mails == []


async def test_a_missed_report_is_sent_late_and_says_so(house: MailHouse) -> None:
    """Three hours after it was due, with a line about it."""
    bench = Bench(house, ADA)
    bench.now_ms += 3 * HOUR_MS
    await bench.turn()
    ((_, mail),) = house.mails
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Sent late: it was due on Tuesday 4 June 2024 at 06:30." in " ".join(
        body.get_content().split()
    )


async def test_who_does_not_lead_sends_nothing(house: MailHouse) -> None:
    """Only the worker that shows the KPI series sends."""
    bench = Bench(house, ADA)
    bench.leads = False
    await bench.turn(2)
    assert house.mails == []
    bench.leads = True
    await bench.turn()
    assert bench.copies == {ADA: 1}


async def test_one_refused_address_keeps_nobody_from_it(
    house: MailHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """For good: the others have it, it ends as sent, and no log line names anybody."""
    house.answers[ADA] = "550 no such user"
    bench = Bench(house, ADA, BOB)
    with caplog.at_level(logging.INFO):
        await bench.turn(3, minutes=60)
    assert bench.copies == {BOB: 1}
    assert bench.reporting.stats().failed == {("day", "recipient"): 1}
    assert bench.reporting.stats().sent == {"day": 1}
    told = [one.getMessage() for one in caplog.records if one.name.startswith("vigie")]
    assert told
    assert "example" not in "".join(told)
    assert "refused a recipient (550)" in caplog.text
    assert b"example" not in b"".join(bench.log.entries.values())


async def test_a_busy_server_is_asked_again_and_only_for_those_left(house: MailHouse) -> None:
    """4xx for one: the other has it at once and never again, the first after a pause."""
    house.answers[ADA] = "451 later"
    bench = Bench(house, ADA, BOB)
    await bench.turn(3)
    assert bench.copies == {BOB: 1}
    house.answers.clear()
    bench.now_ms += MINUTE_MS
    await bench.turn(2)
    assert bench.copies == {ADA: 1, BOB: 1}


async def test_a_server_that_is_away_and_comes_back(house: MailHouse) -> None:
    """Tried with growing pauses, sent when it is back."""
    house.close()
    bench = Bench(house, ADA)
    await bench.turn(10, minutes=1)
    tries = bench.reporting.stats().failed["day", "connection"]
    assert tries == 6  # after 0, 1, 2, 3, 5 and 9 minutes
    house.open()
    await bench.turn(10, minutes=1)
    assert bench.copies == {ADA: 1}


async def test_nobody_takes_it_for_half_a_day(caplog: pytest.LogCaptureFixture) -> None:
    """It ends as failed, is counted, and is not tried any more."""
    house = MailHouse()
    house.port = free_port()
    bench = Bench(house, ADA)
    await bench.turn()
    bench.now_ms += 12 * HOUR_MS + MINUTE_MS
    await bench.turn(2)
    assert bench.reporting.stats().failed["day", "gave_up"] == 1
    assert bench.reporting.stats().sent == {"day": 0}
    assert "nobody has it" in caplog.text
    commits = bench.log.commits
    await bench.turn()
    assert bench.log.commits == commits


@pytest.mark.parametrize("failing", range(4))
async def test_a_log_that_fails_once_makes_no_second_mail(house: MailHouse, failing: int) -> None:
    """Whichever write fails, this process knows whom it has written to."""
    bench = Bench(house, ADA, BOB)
    bench.log.trouble = [None] * failing + [JournalError("away")]
    await bench.turn(4, minutes=2)
    assert bench.copies == {ADA: 1, BOB: 1}
    assert any(b'"sent"' in value for value in bench.log.entries.values())


async def test_who_was_fenced_sends_nothing(house: MailHouse) -> None:
    """Another worker writes the log by now: the mail is its business."""
    bench = Bench(house, ADA)
    bench.log.trouble = [None, LeadershipLostError("another one")]
    await bench.turn()
    assert house.mails == []


async def test_a_kill_before_the_record_sends_again_with_the_same_id(house: MailHouse) -> None:
    """Rather twice than never: the receiver sees one id."""
    bench = Bench(house, ADA)
    bench.log.trouble = [None, None, JournalError("killed here")]
    await bench.turn()
    bench.start()
    await bench.turn(2, minutes=2)
    assert bench.copies == {ADA: 2}
    assert len({str(mail["Message-ID"]) for _, mail in house.mails}) == 1


async def test_it_waits_for_whole_numbers_but_not_for_ever(house: MailHouse) -> None:
    """While the worker is behind nothing goes; an hour later it goes, and says so."""
    bench = Bench(house, ADA)
    bench.worker.is_late = True
    await bench.turn(6, minutes=9)
    assert house.mails == []
    bench.now_ms = MORNING_MS + HOUR_MS
    await bench.turn()
    assert bench.copies == {ADA: 1}


async def test_nothing_known_nothing_sent(
    house: MailHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """A vigie that began today has no report of yesterday; the log says it once."""
    bench = Bench(house, ADA)
    bench.shards = [Shard("calls", 0, rules())]
    with caplog.at_level(logging.INFO):
        await bench.turn(5, minutes=1)
    assert house.mails == []
    assert caplog.text.count("nothing is known of that time yet") == 1


async def test_late_and_refused_events_are_told_since_the_report_before(house: MailHouse) -> None:
    """The first report cannot say; the second counts from the first."""
    bench = Bench(house, ADA)
    await bench.turn()
    for _ in range(3):
        bench.shards[0].refuse("not_json")
    bench.now_ms += 24 * HOUR_MS
    await bench.turn()
    texts = []
    for _, mail in house.mails:
        body = mail.get_body(("plain",))
        assert body is not None
        texts.append(" ".join(body.get_content().split()))
    assert "told from the next report on" in texts[0]
    assert "Since the report before: 0 events came late, 3 were refused." in texts[1]


class SlowLog(Log):
    """A log that is read a while after it is written, one record at a time; whole for who leads."""

    def __init__(self) -> None:
        super().__init__()
        self.unread: list[tuple[str, bytes | None]] = []
        self._readers: Any = None

    def listen(self, listener: Any) -> None:
        super().listen(listener)
        self._readers = listener
        self._listener = lambda key, value: self.unread.append((key, value))

    def read_one(self) -> None:
        if self.unread:
            self._readers(*self.unread.pop(0))

    async def lead(self) -> None:
        while self.unread:
            self.read_one()


async def test_its_own_old_records_do_not_make_it_send_again(house: MailHouse) -> None:
    """What it wrote comes back late from the log: who leads knows better."""
    bench = Bench(house, ADA)
    slow = bench.log = SlowLog()
    bench.start()
    await bench.turn()
    assert bench.copies == {ADA: 1}
    assert len(slow.unread) >= 3
    while slow.unread:
        slow.read_one()
        await bench.turn(1, minutes=1)
    assert bench.copies == {ADA: 1}
    assert bench.reporting.stats().sent == {"day": 1}
