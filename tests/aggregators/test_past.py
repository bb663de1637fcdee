"""The board of the past is the board of that instant, as the events are known now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from aggregators.board import Board, board
from aggregators.events import topic_of
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.past import (
    OF_AGENTS,
    OF_THE_MOMENT,
    Reach,
    past_board,
    reach_of,
    told_windows,
)
from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_MS, QueuePolicy, Rules
from aggregators.shard import Shard
from streams.simulator import Simulation, demo_scenario
from tests.aggregators.story import T0, abandoned, answered, fold, left_after, queued, s
from vigie.compute import boards_at, topic_shards
from vigie.demo import demo_rules

START_MS = 1_732_500_000_000
END_MS = START_MS + 100 * MINUTE_MS
WINDOWS = ("1m", "5m", "30m", "1h", "today", "interval_30m", "interval_30m_last")
CLOSED_GROUPS = ("service", "waiting")
HANDLING = ("contacts_handled", "aht_seconds", "talk_mean_seconds", "acw_mean_seconds",
            "hold_rate", "talk_sum_seconds", "handle_part_mean_seconds")  # fmt: skip

CLOSED = frozenset(
    kpi.id
    for kpi in CATALOGUE.values()
    if kpi.kind == "R" and (kpi.group in CLOSED_GROUPS or kpi.id in HANDLING)
) - {"first_response_within_rate"}
"""Figures of facts that are over: what comes later changes nothing about them. (A caller's wait
for the first response counts from the menu, once a queue is entered, and so is told later.)"""


@cache
def centre(seed: int) -> tuple[Rules, tuple[Any, ...]]:
    """Return the rules and the events of a simulated centre, in order of time."""
    scenario = demo_scenario()
    events = tuple(Simulation(scenario, seed=seed, start_ms=START_MS).events(END_MS))
    return demo_rules(Rules(), scenario), events


def told(values: dict[str, Any], ids: frozenset[str]) -> dict[str, Any]:
    """Return some of the figures of a row; who waits now is in none."""
    found = {kpi: value for kpi, value in values.items() if kpi in ids}
    levels = found.get("service_level")
    if isinstance(levels, dict):
        found["service_level"] = {name: v for name, v in levels.items() if name != "instant"}
    return found


def rows_of(one: Board, ids: frozenset[str]) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield every row of a board that has one of these figures."""
    for window, rows in one.windows.items():
        yield (window, "total"), told(rows.total, ids | OF_AGENTS)
        named: dict[str, Mapping[Any, dict[str, Any]]] = {
            "queues": rows.queues, "channels": rows.channels, "pairs": rows.pairs,
        }  # fmt: skip
        for kind, by_name in named.items():
            for name, values in by_name.items():
                if any(told(values, frozenset({"contacts_entered"})).values()):
                    yield (window, kind, name), told(values, ids)
        for name, values in rows.teams.items():
            if any(told(values, frozenset({"contacts_entered"})).values()):
                yield (window, "team", name), told(values, ids | OF_AGENTS)


@pytest.mark.parametrize(
    ("seed", "minute", "shuffle"), [(1, 21, 0), (1, 64, 5), (2, 45, 9), (2, 90, 33)]
)
def test_looking_back_gives_what_compute_gives_at_that_instant(
    seed: int, minute: int, shuffle: int
) -> None:
    """Every figure of closed facts in every row, though some events came minutes late."""
    rules, events = centre(seed)
    at_ms = START_MS + minute * MINUTE_MS
    (then,) = boards_at(events, [at_ms], rules, WINDOWS)
    chance = Random(shuffle)
    shards = topic_shards(rules)
    late = sorted(
        events,
        key=lambda e: e.event_time_ms + (chance.randrange(240_000) if chance.random() < 0.1 else 0),
    )
    for event in late:
        shards[topic_of(event)].apply(event, event.event_time_ms)
    looked = past_board(list(shards.values()), at_ms, rules, WINDOWS)
    assert dict(rows_of(looked, CLOSED)) == dict(rows_of(then, CLOSED))
    assert looked.as_of_ms == at_ms


def test_looking_back_gives_what_was_shown_live_when_nothing_came_late() -> None:
    """The live board of the same shards, kept aside at that instant."""
    rules, events = centre(1)
    at_ms = START_MS + 47 * MINUTE_MS
    shards = topic_shards(rules)
    shown: Board | None = None
    for event in events:
        if shown is None and event.event_time_ms >= at_ms:
            shown = board(shards.values(), at_ms, rules, WINDOWS)
        shards[topic_of(event)].apply(event, event.event_time_ms)
    assert shown is not None
    looked = past_board(list(shards.values()), at_ms, rules, WINDOWS)
    assert dict(rows_of(looked, CLOSED)) == dict(rows_of(shown, CLOSED))
    assert looked.windows["30m"].total["contacts_offered"] == 145


def test_a_late_event_is_in_the_past_that_was_shown_without_it() -> None:
    """The corrected truth, not the screen of then: the abandon came an hour late."""
    shard = fold([*left_after("a", "answered", 5, 590.0), queued("b", 500.0)])
    shown = board([shard], s(600), shard.rules, ["5m"]).windows["5m"].total
    shard.apply(queued("z", 4_000.0), s(4_000))
    shard.apply(abandoned("b", 530.0), s(530))
    looked = past_board([shard], s(600), shard.rules, ["5m"]).windows["5m"].total
    assert (shown["contacts_offered"], shown["contacts_abandoned"]) == (1, 0)
    assert (looked["contacts_offered"], looked["contacts_abandoned"]) == (2, 1)


def test_what_only_the_moment_knew_is_absent_and_not_zero() -> None:
    """No gauge in any row; agent time only where the slices know whose it was."""
    shard = fold([queued("a", 500.0), queued("b", 510.0), answered("b", 520.0)])
    rows = past_board([shard], s(600), shard.rules, ["5m"]).windows["5m"]
    for values in (rows.total, rows.queues["q"], rows.channels["voice"], rows.pairs["q", "voice"]):
        assert OF_THE_MOMENT.isdisjoint(values)
        levels = values["service_level"]
        assert isinstance(levels, dict)
        assert "instant" not in levels
    assert rows.total.keys() >= OF_AGENTS
    assert OF_AGENTS.isdisjoint(rows.queues["q"])
    assert rows.total["contacts_answered"] == 1


def weeks_rules(**more: Any) -> Rules:
    paris = QueuePolicy(zone="Europe/Paris")
    return Rules(queues={("q", "voice"): paris}, **more)


def centre_of_days(days: int) -> Shard:
    """One call that is answered at once every five minutes, for so many days."""
    shard = Shard("calls", 0, weeks_rules())
    for n in range(days * 288):
        at_s = n * 300.0
        shard.apply(queued(f"c{n}", at_s), s(at_s))
        shard.apply(answered(f"c{n}", at_s + 1), s(at_s + 1))
    return shard


@pytest.fixture(scope="module")
def ten_days() -> Shard:
    return centre_of_days(10)


def reach(shard: Shard) -> Reach:
    found = reach_of([shard], s(10 * 86_400), shard.rules)
    assert found is not None
    return found


def test_the_reach_is_the_retention_in_minutes_and_then_in_quarters(ten_days: Shard) -> None:
    """Eight days back from the newest event; minutes for a day and two hours."""
    found = reach(ten_days)
    newest_ms = s(10 * 86_400 - 299)
    assert found.newest_ms == newest_ms
    assert found.to_ms == T0 + 10 * DAY_MS
    assert 0 <= found.from_ms - (newest_ms - 8 * DAY_MS) < QUARTER_MS
    assert 0 <= found.minutes_from_ms - (newest_ms - 26 * HOUR_MS) <= QUARTER_MS
    recent, old = found.to_ms - HOUR_MS + 61_000, found.to_ms - 3 * DAY_MS + 16 * MINUTE_MS + 5
    assert found.instant(recent) == found.to_ms - HOUR_MS + MINUTE_MS
    assert found.instant(old) == found.to_ms - 3 * DAY_MS + QUARTER_MS
    with pytest.raises(ValueError, match="older than what is kept"):
        found.instant(found.from_ms - 1)
    with pytest.raises(ValueError, match="not over yet"):
        found.instant(found.to_ms + MINUTE_MS)


def test_every_instant_and_window_of_the_reach_is_exact(ten_days: Shard) -> None:
    """A call every five minutes: 6 in 30 minutes wherever one looks, at every kind of age."""
    found = reach(ten_days)
    chance = Random(7)
    for _ in range(60):
        at_ms = found.instant(chance.randrange(found.from_ms + HOUR_MS, found.to_ms))
        names = told_windows(found, at_ms, ten_days.rules, ["5m", "15m", "30m", "1h"])
        rows = past_board([ten_days], at_ms, ten_days.rules, names).windows
        counts = {name: rows[name].total["contacts_entered"] for name in names}
        wanted = {"5m": 1, "15m": 3, "30m": 6, "1h": 12}
        assert counts == {name: wanted[name] for name in names}, at_ms - found.to_ms
        assert {"15m", "30m", "1h"} <= set(names)
        assert ("5m" in names) == (at_ms - 5 * MINUTE_MS >= found.minutes_from_ms), at_ms


def test_where_only_quarters_are_left_short_windows_are_not_told(ten_days: Shard) -> None:
    """A window whose border cuts a quarter would count by halves."""
    found = reach(ten_days)
    asked = ["1m", "5m", "15m", "30m", "1h", "today", "interval_15m_last", "90m"]
    recent, old = found.to_ms - 2 * HOUR_MS, found.to_ms - 4 * DAY_MS
    assert told_windows(found, recent, ten_days.rules, asked) == asked
    assert told_windows(found, old, ten_days.rules, asked) == [
        "15m", "30m", "1h", "today", "interval_15m_last", "90m",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="unknown window 'soon'"):
        told_windows(found, old, ten_days.rules, ["soon"])


def test_nothing_is_possible_before_the_first_event() -> None:
    """Also not while nothing but this very minute is known."""
    empty = Shard("calls", 0, Rules())
    assert reach_of([], T0, Rules()) is None
    assert reach_of([empty], T0, Rules()) is None
    first = fold([queued("a", 65.0)], replace(Rules(), retention_ms=None))
    assert reach_of([first], s(70), first.rules) == Reach(s(60), s(60), s(60), s(65))


def test_looking_leaves_no_trace_in_the_shard(ten_days: Shard) -> None:
    """Old rows stay packed, and the live board is the same afterwards."""

    def unpacked() -> int:
        return sum(row.merged is not None for row in ten_days.slices.rows.values() if row.level)

    now_ms = s(10 * 86_400)
    before, packed = board([ten_days], now_ms, ten_days.rules, ["1h"]), unpacked()
    found = reach(ten_days)
    past_board([ten_days], found.instant(now_ms - 4 * DAY_MS), ten_days.rules, ["today", "7d"])
    assert unpacked() == packed
    assert board([ten_days], now_ms, ten_days.rules, ["1h"]).windows == before.windows
