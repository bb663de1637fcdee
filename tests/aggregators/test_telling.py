"""What shards tell of customers: summaries, when, with which revision, and what is taken back."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregators import events as ev
from aggregators.policy import Rules
from aggregators.shard import Shard
from aggregators.teller import tell_all
from aggregators.telling import told_id
from tests.aggregators.customer_story import Centre, passing
from tests.aggregators.story import T0, abandoned, answered, ended, event, queued, s

MINUTE = 60.0


def call(name: str = "c", at_s: float = 0, customer: str | None = "k", **more: Any) -> list[Any]:
    """A call that waits 10 s and lasts 100 s, with 30 s of wrap-up."""
    same: dict[str, Any] = {"customer_key": customer}
    return [
        event(ev.ContactCreated, at_s, contact_id=name, channel="voice", **same, **more),
        queued(name, at_s + 5, motive="bill", **same),
        answered(name, at_s + 15, **same),
        ended(name, at_s + 115, **same),
        event(ev.WrapUpStarted, at_s + 115, contact_id=name, leg_id="L1", agent_id="A1"),
        event(
            ev.WrapUpEnded, at_s + 145, contact_id=name, leg_id="L1", agent_id="A1", resolved=True
        ),
    ]


def later(at_s: float) -> list[Any]:
    """A sign of somebody unknown, by which time passes."""
    return [event(ev.ContactCreated, at_s, contact_id=f"x{at_s}", channel="voice")]


def told(events: list[Any], topic: str = "calls", rules: Rules | None = None) -> list[Any]:
    """What a shard put on its outbox."""
    shard = Shard(topic, 0, rules or Rules())
    for one in events:
        shard.apply(one, one.event_time_ms)
    return shard.outbox


def newest(outbox: list[Any]) -> dict[tuple[str, str], Any]:
    """What a receiver knows: of each id and customer the highest revision."""
    found: dict[tuple[str, str], Any] = {}
    for one in outbox:
        where = (one.customer_key, one.event_id)
        if where not in found or found[where].revision < one.revision:
            found[where] = one
    return {where: one for where, one in found.items() if not one.retracted}


def test_a_call_is_told_once_after_its_wrap_up() -> None:
    """One record with times, queue, agent, motive and the answer whether it is solved."""
    assert told([*call(), *later(10 * MINUTE)]) == [
        ev.CustomerContact(
            v=1, event_id="contact/calls/c", source="vigie", event_time_ms=s(145), revision=51,
            customer_key="k", contact_id="c", channel="voice", queue="q", agent_id="A1",
            motive="bill", opened_ms=T0, answered_ms=s(15), ended_ms=s(115), done_ms=s(145),
            outcome="handled", handled=True, resolved=True,
        )
    ]  # fmt: skip


def test_without_a_key_nothing_is_told_and_it_is_counted() -> None:
    """Nobody knows whose contact it was."""
    events = call(customer=None)
    assert told([*events, *later(10 * MINUTE)]) == []
    found = Centre().take(events).board(s(600)).windows["whole"].total
    assert (found["unidentified_count"], found["customer_contacts"]) == (1, 0)


@pytest.mark.proves("unidentified_count")
def test_the_contacts_without_a_customer_are_counted_in_the_row_of_their_channel() -> None:
    """Three calls, one with a key: two without."""
    events = [*call("a"), *call("b", customer=None), *call("c", customer=None)]
    rows = Centre().take(events).board(s(600)).windows["whole"]
    assert rows.channels["voice"]["unidentified_count"] == 2


def test_a_contact_open_for_long_is_told_as_open_and_again_when_it_settles() -> None:
    """The second telling has a higher revision, so it replaces the first."""
    opened = event(ev.TicketOpened, 0, contact_id="t", channel="email", customer_key="k", queue="q")
    solved = event(ev.TicketSolved, 120 * MINUTE, contact_id="t", agent_id="A1")
    first, second = told(
        [opened, *later(100 * MINUTE), solved, *later(200 * MINUTE)], "tickets", Rules()
    )
    assert (first.outcome, first.ended_ms, first.handled) == ("open", None, False)
    assert (second.outcome, second.ended_ms, second.resolved) == ("handled", s(7200), True)
    assert first.revision < second.revision
    assert first.event_id == second.event_id == "contact/tickets/t"


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([queued("c", 0, customer_key="k"), abandoned("c", 30)], "abandoned"),
        ([queued("c", 0, customer_key="k")], "lost"),
    ],
)
def test_an_outcome_says_how_an_unanswered_contact_ended(events: list[Any], outcome: str) -> None:
    """Given up by the customer, or closed by the clock after four hours."""
    last = told([*events, *later(10 * 3600)])[-1]
    assert (last.outcome, last.handled) == (outcome, False)


def test_a_merged_ticket_is_taken_back() -> None:
    """Its contacts are those of the other ticket."""
    opened = event(ev.TicketOpened, 0, contact_id="t", channel="email", customer_key="k")
    merged = event(ev.TicketMerged, 300 * MINUTE, contact_id="t", into_contact_id="u")
    outbox = told([opened, *later(200 * MINUTE), merged], "tickets")
    assert [one.retracted for one in outbox] == [False, True]
    assert newest(outbox) == {}


def test_a_corrected_customer_gets_the_contact_and_the_other_one_loses_it() -> None:
    """The receiver of one key sees a retraction, that of the other the contact."""
    events = call()
    fixed = [replace(one, customer_key="right", revision=1) for one in events if one.customer_key]
    outbox = told([*events, *later(10 * MINUTE), *fixed, *later(20 * MINUTE)])
    assert {key for key, _ in newest(outbox)} == {"right"}


def test_ids_stay_within_the_limit() -> None:
    """Very long ids become hashes, always the same."""
    assert told_id("contact", "calls", "c1") == "contact/calls/c1"
    long = told_id("contact", "calls", "c" * 200)
    assert long == told_id("contact", "calls", "c" * 200)
    assert (len(long), long[:8]) == (72, "contact/")


def test_orders_answers_and_sessions_are_told_too() -> None:
    """Whatever bears a key reaches the dossier of the customer."""
    centre = Centre().take([
        *call(),
        event(ev.SurveyAnswered, 300, survey_id="v", survey_kind="resolution", score=1,
              contact_id="c", customer_key="k"),
        event(ev.OrderPlaced, 400, order_id="o", money=ev.Money("60.00", "EUR"),
              customer_key="k"),
        event(ev.SelfcareStarted, 500, session_id="s", tool="bot", customer_key="k"),
        event(ev.SelfcareContained, 560, session_id="s"),
    ])  # fmt: skip
    found: Any = centre.board(s(3600)).windows["whole"].total
    assert found["first_contact_resolution"]["perceived"] == {"none": {"final": 1.0}}
    assert found["contact_to_selfcare_rate"]["24h"] == 1.0
    assert found["containment_confirmed_rate"]["24h"]["provisional"] == 1.0


STORY: list[Any] = [
    *call("a", 0), *call("b", 4000), *call("c", 9000, customer="l"),
    event(ev.TicketOpened, 100, contact_id="t", channel="email", customer_key="k"),
    event(ev.TicketSolved, 7000, contact_id="t", agent_id="A2"),
    event(ev.TicketReopened, 8000, contact_id="t"),
    event(ev.TicketSolved, 9500, contact_id="t", agent_id="A2", resolved=False),
    queued("g", 9100, customer_key="l"), abandoned("g", 9130),
]  # fmt: skip
CORRECTED = [
    *STORY,
    *(replace(one, customer_key="k", revision=2) for one in STORY
      if one.customer_key == "l" and getattr(one, "contact_id", "") == "c"),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 25), max_size=4))
def test_any_order_of_events_tells_a_receiver_the_same(
    chance: random.Random, looks: list[int]
) -> None:
    """Disorder, repeats and early looks change what is told on the way, not what holds."""
    rules = Rules(lateness_ms=4 * 3_600_000)
    expected = Centre(rules).take(sorted(CORRECTED, key=lambda one: one.event_time_ms))
    events = [*CORRECTED, *chance.sample(CORRECTED, 4)]
    chance.shuffle(events)
    centre = Centre(rules)
    for number, one in enumerate(events):
        centre.take([one])
        if number in looks:
            for shard in centre.shards.values():
                tell_all(shard, s(9600))
    assert centre.board(s(20_000)).windows == expected.board(s(20_000)).windows


@settings(max_examples=40, deadline=None)
@given(st.integers(1, len(CORRECTED) - 1))
def test_a_shard_put_back_to_its_checkpoint_tells_the_same_again(at: int) -> None:
    """Same ids, revisions and contents: a receiver that has them drops the repeat."""
    events = [*(one for one in CORRECTED if ev.topic_of(one) == "calls"), *later(30_000)]
    shard = Shard("calls", 0, Rules())
    for one in events[:at]:
        shard.apply(one, one.event_time_ms)
    shard.outbox.clear()
    checkpoint = shard.encode()
    again = Shard.decode(checkpoint.record, checkpoint.rows, Rules())
    for one in events[at:]:
        shard.apply(one, one.event_time_ms)
        again.apply(one, one.event_time_ms)
    assert again.outbox == shard.outbox
    assert again.told_until_ms == shard.told_until_ms


def test_records_of_customers_are_told_of_by_nobody() -> None:
    """The shard of customers reads them and adds nothing to the topic."""
    assert told([passing(1)], ev.CUSTOMERS) == []
