"""Customers: repeats, first contact resolution, self-care and people (kpis.md, 6 to 8 and 12)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregators import events as ev
from aggregators.policy import CustomerRules, Rules
from aggregators.shard import Shard
from tests.aggregators.customer_story import (
    RULES,
    at,
    contact,
    folded,
    look,
    passing,
    score,
    session,
    total,
)

DAY = 24.0
OTHER_RULES = Rules(lateness_ms=0, customers=CustomerRules(match="customer", strict=False))


def fcr(events: list[Any], state: str = "", hours: float = 1000) -> list[float | None]:
    """The no_repeat figures of the three windows; without a state of the one there is."""
    found: Any = total(events, hours)["first_contact_resolution"]
    figures: list[float | None] = []
    for window in ("24h", "72h", "7d"):
        values = found["no_repeat"][window]
        if not state:
            (value,) = {value for value in values.values() if value is not None}
        figures.append(values[state] if state else value)
    return figures


def ten() -> list[Any]:
    """Ten first contacts: two repeated within 24 h, one more by 72 h, one more by 7 d."""
    firsts = [contact(f"k{n}", f"c{n}", n / 10) for n in range(10)]
    return [
        *firsts,
        contact("k0", "r0", 5),
        contact("k1", "r1", 23, channel="chat"),
        contact("k2", "r2", 60),
        contact("k3", "r3", 6 * DAY, channel="email"),
    ]


@pytest.mark.example(23)
@pytest.mark.proves("first_contact_resolution", "first_contacts", "first_contacts_handled")
def test_first_contact_resolution_counts_repeats_within_each_window() -> None:
    """Ten first contacts, 2, 3 and 4 of them repeated: 80 %, 70 %, 60 %."""
    assert fcr(ten()) == [0.8, 0.7, 0.6]
    assert fcr([*ten(), passing(20 * DAY)], "final") == [0.8, 0.7, 0.6]
    found = total(ten())
    assert (found["first_contacts"], found["first_contacts_handled"]) == (10, 10)
    assert found["customer_contacts"] == 14


@pytest.mark.example(23)
def test_a_chat_two_days_after_a_call_repeats_it_from_72_hours_on() -> None:
    """Same motive: 24 h unchanged, 72 h and 7 d turn to no. Another motive: unchanged."""
    call, chat = contact("k", "a", 10), contact("k", "b", 58, channel="chat")
    assert fcr([call]) == [1, 1, 1]
    assert fcr([call, chat]) == [1, 0, 0]
    assert fcr([call, replace(chat, motive="move")]) == [1, 1, 1]


@pytest.mark.example(23)
def test_a_figure_is_final_once_its_window_has_passed() -> None:
    """A call on Monday at 10:00, seen on Tuesday at noon: 24 h is final, the others are not."""
    told = [contact("k", "a", 10), passing(36)]
    assert fcr(told, "final") == [1, None, None]
    assert fcr(told, "provisional") == [None, 1, 1]


def test_a_repeat_told_late_changes_the_final_figure_too() -> None:
    """The figure of the day of the first contact is put right, whatever was final."""
    told = [contact("k", "a", 10), passing(20 * DAY), contact("k", "b", 12)]
    found: Any = look(folded(told), 1000).windows["whole"].total["first_contact_resolution"]
    assert found["no_repeat"] == {
        window: {"final": 0.0, "provisional": None} for window in ("24h", "72h", "7d")
    }


@pytest.mark.example(24)
@pytest.mark.proves(
    "contacts_per_demand", "first_contact_share", "multi_touch_share", "repeat_contact_rate",
    "customer_contacts",
)  # fmt: skip
def test_contacts_per_demand() -> None:
    """Ten demands with 19 contacts: 1.9 each, 52.63 % first ones, 47.37 % repeat."""
    sizes = [1, 1, 1, 1, 1, 2, 2, 2, 3, 5]
    told = [
        contact(f"k{n}", f"c{n}-{m}", n + m) for n, size in enumerate(sizes) for m in range(size)
    ]
    found: Any = total(told)
    assert found["contacts_per_demand"] == 1.9
    assert found["first_contact_share"] == pytest.approx(0.5263, abs=5e-5)
    assert found["repeat_contact_rate"]["contact"]["7d"]["final"] == pytest.approx(9 / 19)
    assert found["multi_touch_share"] == {"2": 0.3, "3": 0.1, "4+": 0.1}
    assert found["repeat_contact_rate"]["first"]["7d"]["provisional"] == 0.5


@pytest.mark.example(28)
@pytest.mark.proves("containment_confirmed_rate", "selfcare_to_contact_rate")
def test_confirmed_containment() -> None:
    """1000 sessions, 200 handed over, 50 of the 800 call within 24 h: 75 % confirmed."""
    told: list[Any] = []
    for n in range(1000):
        more = {"handed_off_ms": at(1 + n / 1000)} if n < 200 else {}
        told.append(session(f"k{n}", f"s{n}", 1 + n / 1000, **more))
    told += [contact(f"k{n}", f"c{n}", 20 + n / 1000) for n in range(200, 250)]
    told += [contact(f"k{n}", f"c{n}", 40 + n / 1000) for n in range(250, 260)]
    early: Any = total([each for each in told if each.event_time_ms < at(2)])
    assert early["containment_confirmed_rate"]["24h"] == {"final": None, "provisional": 0.8}
    found: Any = total(told)
    assert found["selfcare_to_contact_rate"] == {"24h": 50 / 800, "48h": 60 / 800}
    late: Any = total([*told, passing(80)])
    assert late["containment_confirmed_rate"] == {
        "24h": {"final": 0.75, "provisional": None},
        "48h": {"final": 0.74, "provisional": None},
    }


def test_only_what_follows_the_end_of_a_contact_repeats_it() -> None:
    """One that began while the other was open does not, and one at the very end of 24 h does."""
    first = contact("k", "a", 10, 60)
    assert fcr([first, contact("k", "b", 10.5)]) == [1, 1, 1]
    assert fcr([first, contact("k", "b", 35)]) == [0, 0, 0]
    assert fcr([first, contact("k", "b", 35.001)])[0] == 1


def test_a_contact_still_open_is_no_first_contact_yet_but_may_repeat_one() -> None:
    """It counts as a contact and as a repeat; its own demand waits for its end."""
    told = [contact("k", "a", 1), contact("k", "b", 3, ended_ms=None, handled=False)]
    found: Any = total(told)
    assert (found["customer_contacts"], found["first_contacts"]) == (2, 1)
    assert found["repeat_contact_rate"]["contact"]["24h"]["final"] == 0.5
    assert total([told[1]])["first_contacts"] == 0


def test_a_transfer_or_an_escalation_is_not_conclusive_unless_the_settings_say_so() -> None:
    """Strict by default; without it only repeats count."""
    told = [
        contact("k1", "a", 1, transfers=1), contact("k2", "b", 1, escalated=True),
        contact("k3", "c", 1),
    ]  # fmt: skip
    assert fcr(told) == [1 / 3] * 3
    found: Any = total(told, rules=OTHER_RULES)["first_contact_resolution"]
    assert found["no_repeat"]["7d"]["provisional"] == 1
    assert total(told)["transfers_per_journey"] == 1 / 3


@pytest.mark.proves("transfers_per_journey")
def test_the_transfers_of_all_contacts_of_a_demand_count() -> None:
    """Two demands: one with 1 + 2 transfers, one without: 1.5 per journey."""
    told = [
        contact("k1", "a", 1, transfers=1), contact("k1", "b", 5, transfers=2),
        contact("k2", "c", 1),
    ]  # fmt: skip
    assert total(told)["transfers_per_journey"] == 1.5


def test_motives_may_be_left_out_of_the_rule() -> None:
    """By customer, any contact repeats; by motive, one without a motive only another such one."""
    told = [contact("k", "a", 1), contact("k", "b", 2, motive="move")]
    assert total(told)["first_contacts"] == 2
    assert total(told, rules=OTHER_RULES)["first_contacts"] == 1
    none = [contact("k", "a", 1, motive=None), contact("k", "b", 2, motive=None)]
    assert total(none)["first_contacts"] == 1


@pytest.mark.proves("repeat_contact_count", "repeat_pair_count")
def test_who_was_not_answered_comes_back_but_is_in_no_resolution() -> None:
    """An abandoned call, then two chats: two repeats, one of them after the unanswered one."""
    told = [
        contact("k", "a", 1, handled=False, outcome="abandoned"),
        contact("k", "b", 2, channel="chat"), contact("k", "c", 3, channel="chat"),
    ]  # fmt: skip
    found: Any = total(told)
    assert found["first_contact_resolution"]["no_repeat"]["24h"]["provisional"] is None
    assert found["repeat_contact_count"]["unanswered"] == {"24h": 1, "72h": 1, "7d": 1}
    assert found["repeat_contact_count"]["handled"] == {"24h": 1, "72h": 1, "7d": 1}
    assert found["repeat_pair_count"] == {"voice": {"chat": 1}, "chat": {"chat": 1}}


def test_what_continues_a_journey_is_no_new_contact() -> None:
    """A transfer told as a contact of its own, and a call back, belong to the first one."""
    first = contact("k", "a", 1, journey_id="j", handled=False, outcome="callback")
    moved = contact("k", "b", 1.2, journey_id="j", continues=True)
    called = contact("k", "c", 2, journey_id="j", direction="out")
    found: Any = total([first, moved, called])
    assert (found["customer_contacts"], found["first_contacts_handled"]) == (1, 1)
    assert found["contacts_per_demand"] == 1.0
    again: Any = total([first, replace(moved, continues=False)])
    assert again["customer_contacts"] == 2


def test_a_hand_over_from_a_bot_does_not_repeat_what_came_before_in_its_session() -> None:
    """The bot's own chat began within the session; the person's contact does not repeat it."""
    bot = contact("k", "bot", 1, channel="chat")
    person = contact("k", "person", 1.5)
    handed = session("k", "s", 1.4, 30, handed_off_ms=at(1.4), contact_id="person")
    assert total([bot, person])["first_contacts"] == 1
    assert total([bot, person, handed])["first_contacts"] == 2


@pytest.mark.proves("first_contact_resolution", "surveys_unknown_contact_count")
def test_declared_and_perceived_resolution() -> None:
    """Declared: solved at the first of the demand. Perceived: the customer says so of it."""
    told = [
        contact("k1", "a", 1, resolved=True), contact("k2", "b", 1, resolved=False),
        contact("k3", "c", 1), contact("k3", "d", 3, resolved=True),
        score("k1", "a", 5, True, "resolution"), score("k3", "d", 5, True, "resolution"),
        score("k2", "b", 5, False, "resolution"), score("k9", "gone", 5, True, "resolution"),
    ]  # fmt: skip
    found: Any = total(told)
    assert found["first_contact_resolution"]["declared"] == {"none": {"final": 1 / 3}}
    assert found["first_contact_resolution"]["perceived"] == {"none": {"final": 1 / 3}}
    assert found["surveys_unknown_contact_count"] == 1


@pytest.mark.proves("repeat_satisfaction_gap")
def test_satisfaction_lost_per_further_contact() -> None:
    """100 % with one contact, 50 % with two, 40 % with three: 50 and 30 points per contact."""
    told: list[Any] = [contact("one", "a", 1), score("one", "a", 2, True)]
    for n in range(2):
        told += [contact(f"k{n}", f"x{n}-{m}", 1 + m) for m in range(2)]
        told.append(score(f"k{n}", f"x{n}-0", 9, n == 0))
    for n in range(5):
        told += [contact(f"m{n}", f"y{n}-{m}", 1 + m) for m in range(3)]
        told.append(score(f"m{n}", f"y{n}-2", 9, n < 2))
    assert total(told)["repeat_satisfaction_gap"] == {"2": 50.0, "3": 30.0, "4": None}


@pytest.mark.proves("repeat_customers")
def test_customers_who_come_back_often_are_counted_until_it_is_solved() -> None:
    """Three contacts in a week, one motive; none once the last one is solved."""
    told = [contact("k", f"c{n}", 24.0 * n) for n in range(3)]
    assert total(told)["repeat_customers"] == 1
    assert total(told[:2])["repeat_customers"] == 0
    assert total([*told[:2], replace(told[2], resolved=True)])["repeat_customers"] == 0
    spread = [contact("k", f"c{n}", 96.0 * n) for n in range(3)]
    assert total(spread)["repeat_customers"] == 0


@pytest.mark.proves("bot_to_human_wait_seconds", "contact_to_selfcare_rate")
def test_both_ways_between_self_care_and_people() -> None:
    """Handed over at 1:00, answered 90 s later; one of two first contacts goes on by itself."""
    told = [
        session("k", "s", 1, handed_off_ms=at(1), contact_id="a"),
        contact("k", "a", 1, answered_ms=at(1) + 90_000),
        contact("k2", "b", 1), session("k2", "s2", 30),
    ]  # fmt: skip
    found = total(told)
    assert found["bot_to_human_wait_seconds"] == 90.0
    assert found["contact_to_selfcare_rate"] == {"24h": 0.0, "48h": 0.5}


def test_what_is_taken_back_counts_no_more() -> None:
    """A retraction with a higher revision removes a contact and all that followed from it."""
    told = contact("k", "b", 2)
    shard = folded([contact("k", "a", 1), told, replace(told, revision=16, retracted=True)])
    found: Any = look(shard, 1000).windows["whole"].total
    assert (found["customer_contacts"], found["contacts_per_demand"]) == (1, 1.0)


def test_figures_go_by_queue_channel_and_motive() -> None:
    """A repeat is in the rows of the contact that repeats, the demand in those of the first."""
    rows = look(folded([contact("k", "a", 1), contact("k", "b", 2, queue="p")]), 9).windows["whole"]
    by_queue: Any = rows.queues
    assert by_queue["q"]["contacts_per_demand"] == 2.0
    assert by_queue["p"]["first_contacts"] == 0
    assert by_queue["p"]["repeat_contact_rate"]["contact"]["24h"]["final"] == 1.0
    assert rows.facets["motive"]["bill"]["customer_contacts"] == 2


# -- laws -----------------------------------------------------------------------------------

HISTORY: list[Any] = [
    contact("k", "a", 0, transfers=1, resolved=False),
    contact("k", "b", 20, channel="chat", journey_id="j"),
    contact("k", "c", 21, ended_ms=None, handled=False, journey_id="j", continues=True),
    contact("k", "d", 90, channel="email", resolved=True),
    contact("k", "e", 95, handled=False, outcome="abandoned", motive="move"),
    session("k", "s", 22, handed_off_ms=at(22), contact_id="e"),
    session("k", "t", 94),
    score("k", "a", 50, False), score("k", "b", 51, True, "resolution"),
    contact("l", "x", 4), contact("l", "y", 100), contact("l", "z", 200),
    replace(contact("k", "c", 21, 700), revision=16),
    replace(contact("l", "y", 100), revision=24, retracted=True),
    passing(300),
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.integers(0, 30), max_size=3))
def test_any_order_with_repeats_and_checkpoints_gives_the_same_board(
    chance: random.Random, stops: list[int]
) -> None:
    """Duplicates, disorder and restarts change no figure; nor does a repeat of an old revision."""
    expected = look(folded(HISTORY), 400).windows
    told = [*HISTORY, *chance.sample(HISTORY, 8)]
    chance.shuffle(told)
    shard = Shard(ev.CUSTOMERS, 0, RULES)
    rows: dict[int, bytes] = {}
    for number, event in enumerate(told):
        shard.apply(event, event.event_time_ms)
        if number in stops:
            checkpoint = shard.encode()
            rows |= checkpoint.rows
            live = shard.row_keys()
            shard = Shard.decode(checkpoint.record, {key: rows[key] for key in live}, RULES)
    assert look(shard, 400).windows == expected
