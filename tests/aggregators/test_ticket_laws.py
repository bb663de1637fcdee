"""Laws of tickets: order, duplicates, corrections and checkpoints change no figure."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import Boards, Rows, board
from aggregators.promises import Promise
from aggregators.shard import Shard
from tests.aggregators.story import answered, ended, event, queued, s
from tests.aggregators.ticket_story import (
    DAY,
    HOUR,
    OFFICE,
    assigned,
    desk,
    escalated,
    opened,
    promised,
    reopened,
    replied,
    solved,
    ticket_rules,
)

WINDOWS = ["1h", "24h", "whole"]
RULES = ticket_rules(
    hours=OFFICE,
    zone="Europe/Paris",
    sla=promised(
        urgent=Promise(first_response_ms=HOUR * 1000, resolution_ms=8 * HOUR * 1000),
        default=Promise(resolution_ms=2 * DAY * 1000, is_business=False),
    ),
    lateness_ms=20 * DAY * 1000,  # nothing is too late, however it is shuffled
    agent_figures=True,
    motives=frozenset({"bill", "box"}),
)
END_S = 13 * DAY


@st.composite
def tickets(draw: st.DrawFn) -> list[Any]:
    """A few tickets that live some hours or days, and calls that end resolved or not."""
    told: list[Any] = []
    for n in range(draw(st.integers(1, 4))):
        name = f"t{n}"
        at = draw(st.integers(0, 3 * DAY))
        motive = draw(st.sampled_from([None, "bill", "odd"]))
        if draw(st.integers(0, 3)) == 0:
            told += _call(draw, name, at, motive)
            continue
        kinds = draw(st.lists(st.sampled_from("rrcsssooeaq"), max_size=7))
        if draw(st.integers(0, 4)):
            urgent = draw(st.sampled_from([None, "Urgent", 3]))
            told.append(opened(at, name, priority=urgent, motive=motive, team="one"))
        for kind in kinds:
            at += draw(st.sampled_from([0, 1, 300, HOUR, 5 * HOUR, DAY]))
            told.append(_fact(kind, at, name))
        if draw(st.integers(0, 5)) == 0:
            told.append(opened(at, name, motive=motive, event_id=f"late {name}"))
    return sorted(told, key=lambda e: e.event_time_ms)


def _fact(kind: str, at: float, name: str) -> Any:
    match kind:
        case "r":
            return replied(at, name, agent_id="A1")
        case "c":
            return replied(at, name, "customer")
        case "s":
            return solved(at, name, agent_id="A2", motive="box" if at % 2 else None)
        case "o":
            return reopened(at, name)
        case "e":
            return escalated(at, name, to_team="two")
        case "a":
            return assigned(at, name, agent_id="A3")
    return assigned(at, name, queue="office")


def _call(draw: st.DrawFn, name: str, at: float, motive: str | None) -> list[Any]:
    resolved = draw(st.sampled_from([None, False, True]))
    story = [
        event(ev.ContactCreated, at, contact_id=name, channel="voice", motive=motive),
        queued(name, at + 5), answered(name, at + 5 + draw(st.integers(0, 90))),
    ]  # fmt: skip
    if draw(st.booleans()):
        story.append(ended(name, at + 200, resolved=resolved))
        if draw(st.booleans()):
            told = {"contact_id": name, "leg_id": "L1", "agent_id": "A1", "motive": "box"}
            story.append(event(ev.WrapUpEnded, at + 220, **told))
    return story


def figures(shard: Shard, at_s: float = END_S) -> dict[str, Rows]:
    return board([shard], s(at_s), shard.rules, WINDOWS).windows


def facts(shard: Shard) -> dict[Any, dict[int, int]]:
    """All facts by instant and name of the scope."""
    known = shard.scopes.known
    return {
        (minute, key >> 16, known[key & 0xFFFF]): {k: n for k, n in cell.items() if n}
        for minute, row in shard.slices.rows.items()
        for key, cell in row.cells.items()
        if any(cell.values())
    }


def assert_same(some: dict[str, Rows], others: dict[str, Rows]) -> None:
    """Rows are the same, but that a queue named only by what was corrected keeps an empty one."""
    for window, rows in some.items():
        other = others[window]
        assert rows.total == other.total
        for kind in ("queues", "channels", "teams", "pairs", "agents"):
            mine, theirs = getattr(rows, kind), getattr(other, kind)
            for name in mine.keys() & theirs.keys():
                assert mine[name] == theirs[name]
            for name in mine.keys() ^ theirs.keys():
                row = mine.get(name) or theirs[name]
                assert row["tickets_opened"] == row["tickets_solved"] == row["tickets_open"] == 0
        assert rows.facets == other.facets


def conflicts(shard: Shard) -> dict[str, int]:
    return {kind: n for kind, n in shard.fold.conflicts.items() if n}


@settings(max_examples=150, deadline=None)
@given(tickets(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_tickets(told: list[Any], rnd: random.Random) -> None:
    """Facts, figures and live gauges after any permutation are those of the sorted input."""
    shuffled = list(told)
    rnd.shuffle(shuffled)
    straight, mixed = desk(told, RULES), desk(shuffled, RULES)
    assert facts(mixed) == facts(straight)
    assert_same(figures(mixed), figures(straight))
    assert conflicts(mixed) == conflicts(straight)


@settings(max_examples=80, deadline=None)
@given(tickets(), st.randoms(use_true_random=False))
def test_tickets_told_twice_or_corrected_count_once(told: list[Any], rnd: random.Random) -> None:
    """A duplicate changes nothing; what is corrected counts as if it had been told right."""
    wrong = [
        msgspec.structs.replace(one, event_time_ms=one.event_time_ms + rnd.choice((-HOUR, HOUR)))
        for one in told
    ]
    right = [msgspec.structs.replace(one, revision=1) for one in told]
    both = wrong + right + rnd.sample(wrong, len(wrong) // 2)
    corrected, plain = desk(both, RULES), desk(right, RULES)
    assert facts(corrected) == facts(plain)
    assert_same(figures(corrected), figures(plain))


@settings(max_examples=80, deadline=None)
@given(tickets(), st.data())
def test_a_checkpoint_of_tickets_at_any_place_changes_nothing(
    told: list[Any], data: st.DataObject
) -> None:
    """Encode, decode and go on: the same facts and figures as without a stop."""
    cut = data.draw(st.integers(0, len(told)))
    shard = desk(told[:cut], RULES)
    checkpoint = shard.encode()
    restored = Shard.decode(checkpoint.record, checkpoint.rows, RULES)
    assert figures(restored) == figures(shard)
    for item in told[cut:]:
        shard.apply(item, item.event_time_ms)
        restored.apply(item, item.event_time_ms)
    assert facts(restored) == facts(shard) == facts(desk(told, RULES))
    assert figures(restored) == figures(shard) == figures(desk(told, RULES))
    assert conflicts(restored) == conflicts(shard)


@settings(max_examples=60, deadline=None)
@given(tickets())
def test_backlog_is_what_was_opened_and_is_not_solved(told: list[Any]) -> None:
    """Tickets in the bands of age add up to the backlog; boards in a row equal one from scratch."""
    shard = Shard("tickets", 0, RULES)
    boards = Boards(RULES)
    for n, item in enumerate(told):
        shard.apply(item, item.event_time_ms)
        if n % 3 == 0:
            at_ms = item.event_time_ms + 1
            kept = boards.make([shard], at_ms, WINDOWS).windows
            assert kept == board([shard], at_ms, RULES, WINDOWS).windows
    total = figures(shard)["whole"].total
    assert sum(total["tickets_backlog"].values()) == total["tickets_open"]  # type: ignore[union-attr, arg-type]
    now_open = sum(c.ticket == "open" for c in shard.open.values())
    assert total["tickets_open"] == now_open


@settings(max_examples=40, deadline=None)
@given(tickets())
def test_after_weeks_every_cohort_is_final(told: list[Any]) -> None:
    """What was provisional is final once the watermark has passed; the sums stay the same."""
    shard = desk(told, RULES)
    before = figures(shard, END_S)["whole"].total
    late = event(ev.ContactCreated, 60 * DAY, contact_id="far", channel="voice")
    shard.apply(late, late.event_time_ms)
    after = figures(shard, 60 * DAY + 1)["whole"].total
    assert after["reopen_rate"]["provisional"] is None  # type: ignore[index]
    for name in ("tickets_solved", "contacts_resolved", "escalation_count", "one_touch_rate"):
        assert after[name] == before[name]
