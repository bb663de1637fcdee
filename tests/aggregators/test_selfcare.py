"""Self-care: how sessions end, what is searched, and what counts how (kpis.md, section 8)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregators import events as ev
from aggregators.board import KpiValues, Rows, board
from aggregators.counts import Outcome
from aggregators.customer_events import CustomerSession
from aggregators.dossiers.expression_list import expression_list
from aggregators.dossiers.wording import singular
from aggregators.policy import DAY_MS, HOUR_MS, Rules
from aggregators.shard import Shard
from tests.aggregators.story import T0, event, s

RULES = Rules(lateness_ms=0)


def started(session: str, at_s: float, tool: str = "bot", **more: Any) -> Any:
    return event(ev.SelfcareStarted, at_s, session_id=session, tool=tool, **more)


def searched(session: str, at_s: float, search: str = "r1", results: int = 3, **more: Any) -> Any:
    more.setdefault("keyword", "facture")
    return event(
        ev.FaqSearched, at_s, session_id=session, search_id=search, result_count=results, **more
    )


def viewed(session: str, at_s: float) -> Any:
    return event(ev.ArticleViewed, at_s, session_id=session, article_id="a1")


def handed(session: str, at_s: float, reason: str = "asked", **more: Any) -> Any:
    return event(ev.SelfcareHandedOff, at_s, session_id=session, reason=reason, **more)


def contained(session: str, at_s: float, outcome: str | None = None) -> Any:
    return event(ev.SelfcareContained, at_s, session_id=session, outcome=outcome)


def folded(events: list[Any], rules: Rules = RULES) -> Shard:
    shard = Shard("selfcare", 0, rules)
    for item in events:
        shard.apply(item, item.event_time_ms)
    return shard


def rows(shard: Shard, at_s: float, window: str = "whole") -> Rows:
    return board([shard], s(at_s), shard.rules, [window]).windows[window]


def total(events: list[Any], at_s: float = 3600, window: str = "whole") -> KpiValues:
    return rows(folded(sorted(events, key=lambda e: e.event_time_ms)), at_s, window).total


@pytest.mark.example(28)
@pytest.mark.proves(
    "containment_rate", "handover_rate", "handovers_count", "selfcare_sessions",
    "selfcare_sessions_ended",
)  # fmt: skip
def test_a_thousand_sessions_of_which_two_hundred_are_handed_over() -> None:
    """1000 sessions, 200 handed over: 80 % contained at once, 20 % handed over."""
    told: list[Any] = []
    for n in range(1000):
        name = f"s{n}"
        end = handed(name, 60, "failed") if n < 200 else contained(name, 60, "assumed")
        told += [started(name, 0), end]
    found = total(told)
    assert found["selfcare_sessions"] == 1000
    assert found["selfcare_sessions_ended"] == 1000
    assert found["containment_rate"] == {"immediate": 0.8}
    assert found["handover_rate"] == 0.2
    assert found["handovers_count"] == {
        "asked": 0, "failed": 200, "policy": 0, "negative_feedback": 0, "other": 0,
    }  # fmt: skip


@pytest.mark.example(29)
@pytest.mark.proves("faq_searches", "faq_no_answer_rate", "faq_no_answer_count")
def test_a_search_without_result_has_no_answer() -> None:
    """250 searches, 30 of them with no result: 12 %."""
    told = [searched(f"s{n}", n, results=0 if n < 30 else 4) for n in range(250)]
    found = total(told)
    assert found["faq_searches"] == 250
    assert found["faq_no_answer_count"] == 30
    assert found["faq_no_answer_rate"] == 0.12


@pytest.mark.proves("faq_views", "handover_rate_by_reason", "selfcare_outcome_count")
def test_every_end_counts_under_its_name() -> None:
    """One session confirmed, one assumed, one handed over because the bot failed."""
    found = total([
        started("a", 0), viewed("a", 5), viewed("a", 9), contained("a", 20, "confirmed"),
        started("b", 0), contained("b", 20),
        started("c", 0), handed("c", 20, "failed"),
        started("d", 3590),
    ])  # fmt: skip
    assert found["faq_views"] == 2
    assert found["selfcare_outcome_count"] == {
        "confirmed": 1, "assumed": 1, "idle": 0, "handed_over": 1,
    }  # fmt: skip
    assert found["selfcare_sessions"] == 4
    assert found["selfcare_sessions_ended"] == 3
    assert found["handover_rate_by_reason"] == {
        "asked": 0.0, "failed": 1 / 3, "policy": 0.0, "negative_feedback": 0.0, "other": 0.0,
    }  # fmt: skip


def test_a_session_is_over_when_nothing_happened_for_half_an_hour() -> None:
    """Not a minute before; it ended half an hour after its last event, and was contained."""
    shard = folded([started("a", 0), viewed("a", 600), started("b", 600 + 1740)])
    assert rows(shard, 2400).total["selfcare_sessions_ended"] == 0
    shard.apply(started("c", 600 + 1800), s(2400))
    found = rows(shard, 2460).total
    assert found["selfcare_sessions_ended"] == 1
    assert found["selfcare_outcome_count"]["idle"] == 1  # type: ignore[index]
    assert found["containment_rate"] == {"immediate": 1.0}
    assert rows(shard, 2400, "1m").total["selfcare_sessions_ended"] == 0
    assert rows(shard, 2460, "1m").total["selfcare_sessions_ended"] == 1


def test_the_idle_time_is_a_setting() -> None:
    """With five minutes, a session is over after five minutes."""
    shard = folded([started("a", 0), started("b", 300)], replace(RULES, selfcare_idle_ms=300_000))
    assert rows(shard, 400).total["selfcare_sessions_ended"] == 1


def test_a_session_that_goes_on_after_all_was_not_over() -> None:
    """An event behind the idle end takes the end back; the told end counts once."""
    shard = folded([started("a", 0), started("b", 3600)])
    assert rows(shard, 3700).total["selfcare_sessions_ended"] == 1
    shard.apply(viewed("a", 3610), s(3610))
    assert rows(shard, 3700).total["selfcare_sessions_ended"] == 0
    shard.apply(handed("a", 3620), s(3620))
    found = rows(shard, 3700).total
    assert (found["selfcare_sessions_ended"], found["handover_rate"]) == (1, 1.0)


@pytest.mark.proves("selfcare_ignored_count")
def test_who_was_sent_to_a_person_was_not_contained() -> None:
    """Told as both, the hand-over counts, the first of several; what is set aside is counted."""
    found = total([
        started("a", 0), contained("a", 20), handed("a", 30, "asked"), handed("a", 40, "failed"),
        searched("a", 5), searched("a", 6),
    ])  # fmt: skip
    assert found["selfcare_sessions_ended"] == 1
    assert found["containment_rate"] == {"immediate": 0.0}
    assert found["handovers_count"]["asked"] == 1  # type: ignore[index]
    assert found["faq_searches"] == 1
    assert found["selfcare_ignored_count"] == {"search_repeated": 1, "both_ends": 1}


def test_a_session_whose_start_was_not_told_counts_from_its_first_event() -> None:
    """And moves to its start when that comes late."""
    shard = folded([searched("a", 100), started("b", 200, tool="faq")], Rules())
    assert rows(shard, 300).total["selfcare_sessions"] == 2
    shard.apply(started("a", 10), s(200))
    assert rows(shard, 300).total["selfcare_sessions"] == 2
    assert rows(shard, 100, "1m").total["selfcare_sessions"] == 0
    assert rows(shard, 60, "1m").total["selfcare_sessions"] == 1


def test_sessions_are_told_apart_by_tool_and_motive() -> None:
    """An event without them has those of its session; the total counts each once."""
    found = rows(
        folded([
            started("a", 0, "bot", motive="delivery"), searched("a", 5, results=0),
            handed("a", 9),
            started("b", 0, "faq"), searched("b", 5, motive="invoice"), contained("b", 9),
        ]),
        60,
    )  # fmt: skip
    tools, motives = found.facets["tool"], found.facets["motive"]
    assert {name: row["faq_no_answer_rate"] for name, row in tools.items()} == {
        "bot": 1.0, "faq": 0.0,
    }  # fmt: skip
    assert {name: row["handover_rate"] for name, row in tools.items()} == {"bot": 1.0, "faq": 0.0}
    assert motives["delivery"]["selfcare_sessions_ended"] == 1
    assert motives["invoice"]["faq_searches"] == 1
    assert motives["invoice"]["selfcare_sessions"] == 1  # told by its search
    assert found.total["selfcare_sessions"] == found.channels["selfcare"]["selfcare_sessions"] == 2


def test_nothing_told_is_no_value() -> None:
    """Counts are 0, ratios have no value."""
    found = total([])
    assert found["selfcare_sessions"] == found["faq_searches"] == 0
    assert found["handover_rate"] is found["faq_no_answer_rate"] is None
    assert found["containment_rate"] == {"immediate": None}


def test_a_retracted_hand_over_leaves_the_session_contained() -> None:
    """A correction replaces, a retraction removes; the same one again changes nothing."""
    gone = handed("a", 30)
    shard = folded([started("a", 0), gone, contained("a", 40)], Rules())
    withdrawn = replace(gone, revision=1, retracted=True)
    assert shard.apply(withdrawn, s(50)) is Outcome.APPLIED
    assert shard.apply(withdrawn, s(50)) is Outcome.DUPLICATE
    found = rows(shard, 60).total
    assert found["containment_rate"] == {"immediate": 1.0}
    assert found["selfcare_ignored_count"] == {"search_repeated": 0, "both_ends": 0}


def test_an_event_of_a_session_that_was_long_ago_is_too_late() -> None:
    """Behind eight days a repetition could not be told from news: refused, nothing changes."""
    first = started("a", 0)
    shard = folded([first, started("b", 8 * DAY_MS / 1000 + 60)], Rules())
    assert shard.apply(first, s(9 * DAY_MS / 1000)) is Outcome.TOO_LATE
    assert shard.apply(searched("c", 30), s(9 * DAY_MS / 1000)) is Outcome.TOO_LATE
    assert rows(shard, 9 * DAY_MS / 1000).total["selfcare_sessions"] == 2
    assert shard.apply(searched("c", 120), s(9 * DAY_MS / 1000)) is Outcome.LATE


def test_a_session_that_ended_is_told_under_its_customer() -> None:
    """Once, with its hand-over; a session without a customer is not told."""
    key = {"customer_key": "k1"}
    shard = folded([
        started("a", 0, motive="invoice", **key), searched("a", 5),
        handed("a", 30, contact_id="c1", **key),
        started("b", 31), contained("b", 40),
    ])  # fmt: skip
    (told,) = shard.outbox
    assert told == CustomerSession(
        v=1, event_id="session/a", source="vigie", event_time_ms=s(30), revision=24,
        customer_key="k1", session_id="a", tool="bot", motive="invoice", started_ms=s(0),
        ended_ms=s(30), contained=False, handed_off_ms=s(30), contact_id="c1",
    )  # fmt: skip


def test_a_session_that_ended_by_idling_is_told_and_taken_back_when_it_goes_on() -> None:
    """Each time with a higher revision."""
    shard = folded([started("a", 0, customer_key="k1"), started("b", 3600)])
    told: list[Any] = shard.outbox
    (first,) = told
    assert (first.contained, first.ended_ms, first.retracted) == (True, s(1800), False)
    shard.apply(viewed("a", 3610), s(3610))
    shard.apply(contained("a", 3620), s(3620))
    _, back, last = told
    assert (back.event_id, back.retracted) == (first.event_id, True)
    assert (last.contained, last.ended_ms, last.retracted) == (True, s(3620), False)
    assert first.revision < back.revision < last.revision


@st.composite
def sessions(draw: st.DrawFn) -> list[Any]:
    """A few sessions of all shapes within two hours, some events corrected or withdrawn."""
    told: list[Any] = []
    for n in range(draw(st.integers(1, 4))):
        name = f"s{n}"
        if draw(st.booleans()):
            tool = draw(st.sampled_from(["bot", "faq"]))
            told.append(started(name, draw(st.integers(0, 3000)), tool))
        for k in range(draw(st.integers(0, 3))):
            found = draw(st.integers(0, 1))
            words = draw(st.sampled_from(["facture", "Factures", "code promo", "jo@example.org"]))
            told.append(
                searched(name, draw(st.integers(0, 5000)), f"r{k % 2}", found, keyword=words)
            )
        if draw(st.booleans()):
            reason = draw(st.sampled_from(["asked", "failed"]))
            told.append(handed(name, draw(st.integers(0, 6000)), reason))
        if draw(st.booleans()):
            told.append(contained(name, draw(st.integers(0, 6000))))
    for old in list(told):
        if draw(st.integers(0, 5)) == 0:
            retracted = draw(st.booleans())
            moved_ms = old.event_time_ms + 60_000
            told.append(replace(old, revision=1, retracted=retracted, event_time_ms=moved_ms))
    return told


@given(sessions(), st.randoms(use_true_random=False), st.integers(0, 30))
@settings(max_examples=150, deadline=None)
def test_order_repeats_and_restarts_change_nothing(
    told: list[Any], chance: random.Random, cut: int
) -> None:
    """Any order of arrival with repeats, and a checkpoint at any place, give the same board."""
    rules = Rules(lateness_ms=6 * HOUR_MS)
    # The last event moves the watermark past every idle end.
    closing = started("last", 2 * DAY_MS / 1000, "bot")
    expected = folded([*sorted(told, key=lambda e: (e.event_time_ms, e.revision)), closing], rules)
    shuffled = told + chance.sample(told, k=len(told) // 2)
    chance.shuffle(shuffled)
    shard = Shard("selfcare", 0, rules)
    for n, item in enumerate([*shuffled, closing]):
        if n == cut:
            made = shard.encode()
            shard = Shard.decode(made.record, made.rows, rules)
        shard.apply(item, item.event_time_ms)
    at_ms = T0 + 2 * DAY_MS + 1000
    windows = ["whole", "1h"]
    ours = board([shard], at_ms, rules, windows).windows
    theirs = board([expected], at_ms, rules, windows).windows
    for window in windows:
        assert ours[window].total == theirs[window].total
        assert ours[window].facets == theirs[window].facets
    # Corrections leave times and wordings of a list as they are; what is counted is the same.
    lists = [expression_list([seen], at_ms, rules, "whole") for seen in (shard, expected)]
    counted = [
        (one.searches, one.unlisted, {singular(e.expression): e.count for e in one.expressions})
        for one in lists
    ]
    assert counted[0] == counted[1]
