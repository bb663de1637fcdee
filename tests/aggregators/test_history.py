"""The history: what windows say beyond the retention of slices."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.board import Boards, KpiValues, Rows, board
from aggregators.history import FIRST_DAY, History, thin
from aggregators.policy import DAY_MS, HOUR_MS, QUARTER_MS, QueuePolicy, Rules
from aggregators.replica import Replica
from aggregators.shard import Shard
from aggregators.slices import Row
from tests.aggregators.story import T0, event, s

DAY = 86_400
SINGLE = frozenset((
    "wait_quantile_seconds", "wait_max_seconds", "answered_within_rate", "abandon_band_count",
))  # fmt: skip
"""What needs every single wait."""

POLICY = QueuePolicy(threshold_ms=20_000, short_limit_ms=10_000, zone="Europe/Paris")


def rules(retention_days: int | None) -> Rules:
    kept_ms = None if retention_days is None else retention_days * DAY_MS
    channels = dict.fromkeys(("voice", "chat", "email"), POLICY)
    return Rules(channels=channels, retention_ms=kept_ms, long_retention_ms=kept_ms)


@st.composite
def legs(draw: st.DrawFn) -> list[Any]:
    """Legs over twenty days, each told in order, and a last one on the day after."""
    found: list[Any] = []
    moments = draw(st.lists(st.integers(0, 20 * 1440), min_size=1, max_size=25))
    for n, minute in enumerate(sorted(moments)):
        at_s = minute * 60 + draw(st.integers(0, 59))
        queue = draw(st.sampled_from("qr"))
        wait_s = draw(st.sampled_from([0, 5, 9, 10, 20, 21, 300]))
        ids: dict[str, Any] = {"contact_id": f"C{n}", "leg_id": "L1"}
        found.append(event(ev.ContactQueued, at_s, channel="voice", queue=queue, **ids))
        leave_s = at_s + wait_s
        match draw(st.integers(0, 3)):
            case 0:
                found.append(event(ev.ContactAbandoned, leave_s, stage="queue", **ids))
            case 1:
                found.append(event(ev.FlowOut, leave_s, reason="timeout", **ids))
            case 2:
                found.append(event(ev.CallbackRequested, leave_s, callback_id="cb", **ids))
            case _:
                found += [
                    event(ev.ContactAnswered, leave_s, agent_id="A1", **ids),
                    event(ev.ContactEnded, leave_s + 60, **ids),
                ]
    found.append(event(ev.ContactCreated, 21 * DAY, contact_id="Z", channel="voice"))
    return sorted(found, key=lambda e: e.event_time_ms)


def folded(events: list[Any], with_rules: Rules) -> Shard:
    shard = Shard("calls", 0, with_rules)
    for item in events:
        shard.apply(item, item.event_time_ms)
    return shard


LOOKED_AT_S = 21 * DAY + 15 * 60
"""On a quarter of an hour, so that every window begins on one: older rows count by their start."""


def seen(shard: Shard, window: str) -> Rows:
    return board([shard], s(LOOKED_AT_S), shard.rules, [window]).windows[window]


def comparable(values: KpiValues) -> KpiValues:
    """Without what needs single values, and without agents' times, which are of the slices."""
    agents = ("occupancy", "utilisation", "availability_rate", "pause_rate", "concurrency_mean",
              "agent_logged_in_seconds", "agent_contact_seconds")  # fmt: skip
    return {kpi: v for kpi, v in values.items() if kpi not in SINGLE and kpi not in agents}


@settings(max_examples=100, deadline=None)
@given(legs(), st.sampled_from(["whole", "30d", "month", "week_last", "20d", "today"]))
def test_counts_sums_and_rates_are_those_of_slices_that_were_kept(
    events: list[Any], window: str
) -> None:
    """With three days of slices a window of weeks says the same as with all of them."""
    kept, dropped = folded(events, rules(None)), folded(events, rules(3))
    whole, thinned = seen(kept, window), seen(dropped, window)
    assert comparable(thinned.total) == comparable(whole.total)
    assert thinned.queues.keys() == whole.queues.keys()
    for queue, values in whole.queues.items():
        assert comparable(thinned.queues[queue]) == comparable(values)


def test_what_needs_single_values_has_none_beyond_the_retention() -> None:
    """No percentile, longest or band of a part of the waits."""
    events = [
        event(ev.ContactQueued, 0, contact_id="A", leg_id="L", channel="voice", queue="q"),
        event(ev.ContactAnswered, 40, contact_id="A", leg_id="L", agent_id="A1"),
        event(ev.ContactQueued, 20 * DAY, contact_id="B", leg_id="L", channel="voice", queue="q"),
        event(ev.ContactAnswered, 20 * DAY + 4, contact_id="B", leg_id="L", agent_id="A1"),
        event(ev.ContactCreated, 21 * DAY, contact_id="Z", channel="voice"),
    ]
    shard = folded(events, rules(3))
    values = seen(shard, "30d").queues["q"]
    assert (values["contacts_answered"], values["contacts_answered_in_target"]) == (2, 1)
    asa: Any = values["asa_seconds"]
    assert (asa["queue"], asa["all_offered"]) == (22.0, 22.0)
    assert values["wait_max_seconds"] is None
    for kpi in ("wait_quantile_seconds", "answered_within_rate"):
        found: Any = values[kpi]
        assert set(found.values()) == {None}
    recent = seen(shard, "2d").queues["q"]
    assert recent["wait_max_seconds"] == 4.0


@settings(max_examples=40, deadline=None)
@given(legs(), st.integers(0, 10_000))
def test_a_restart_and_a_replica_have_the_same_history(events: list[Any], at: int) -> None:
    """Whenever the checkpoint is taken; the replica reads only what changed."""
    with_rules = rules(3)
    shard, written = folded(events[: at % len(events)], with_rules), dict[int, bytes]()
    replica = Replica(with_rules)
    checkpoint = shard.encode()
    written.update(checkpoint.rows)
    replica.update(checkpoint.record, checkpoint.rows)
    shard.confirm(checkpoint)
    shard = Shard.decode(checkpoint.record, written, with_rules)
    for item in events[at % len(events) :]:
        shard.apply(item, item.event_time_ms)
    checkpoint = shard.encode()
    written.update(checkpoint.rows)
    elsewhere = replica.update(checkpoint.record, checkpoint.rows)
    expected = folded(events, with_rules)
    again = Shard.decode(
        checkpoint.record, {key: written[key] for key in shard.row_keys()}, with_rules
    )
    for found in (shard, again, elsewhere):
        assert found.slices.history.days == expected.slices.history.days
        assert seen(found, "30d") == seen(expected, "30d")


@settings(max_examples=40, deadline=None)
@given(legs(), st.integers(1, 7))
def test_kept_boards_over_the_history_are_boards_from_scratch(events: list[Any], pace: int) -> None:
    """While rows leave the slices and join the history, and windows of weeks move on."""
    with_rules = rules(3)
    shard, boards = Shard("calls", 0, with_rules), Boards(with_rules)
    windows = ["10d", "week_last", "month", "interval_15m_last", "today", "whole"]
    for number, item in enumerate(events):
        shard.apply(item, item.event_time_ms)
        if number % pace == 0:
            as_of_ms = item.event_time_ms + 900_000
            assert boards.make([shard], as_of_ms, windows) == board(
                [shard], as_of_ms, with_rules, windows
            )


def test_a_thin_cell_tells_how_many_were_inside_the_threshold_of_that_day() -> None:
    """Answered after 20.000 s in, after 20.001 s out; abandoned after 9.999 s short."""
    base_answered, base_abandoned = 1 << 40, 2 << 40
    cell = {
        12: 3, base_answered + 20_000: 2, base_answered + 20_001: 1, base_abandoned + 9_999: 1,
        base_abandoned + 10_000: 1,
    }  # fmt: skip
    start = 1 << 20
    assert thin(cell, POLICY) == {
        12: 3, start + 4: 3, start + 5: 60_001, start + 6: 2,
        start + 8: 2, start + 9: 19_999, start + 10: 2, start + 11: 1,
    }  # fmt: skip


def test_after_nine_weeks_a_day_is_one_and_after_800_days_nothing() -> None:
    """It is split at the local midnight, so that months keep their borders."""
    history, with_rules = History(), rules(3)
    shard = Shard("calls", 0, with_rules)
    base, _, _ = shard.scopes.resolve("q", "voice", None)
    for quarter in range(96):
        row = Row(T0 + quarter * QUARTER_MS, 2)
        row.cells = {base: {12: 1}}
        history.take_row(row, with_rules, shard.scopes.known)
    history.age(T0 + 60 * DAY_MS, "Europe/Paris")
    day = T0 // DAY_MS
    assert len(history.days[day]) == 96
    history.age(T0 + 66 * DAY_MS, "Europe/Paris")
    # Midnight of 4 June in Paris is 22:00 UTC of 3 June.
    assert sorted(history.days[day]) == [0, 88]
    assert history.cells(day, T0, T0 + 22 * HOUR_MS) == {base: {12: 88}}
    assert history.cells(day, T0 + 22 * HOUR_MS, T0 + DAY_MS) == {base: {12: 8}}
    assert history.numbers() == [FIRST_DAY + day]
    history.age(T0 + 802 * DAY_MS, "Europe/Paris")
    assert history.days == {}
