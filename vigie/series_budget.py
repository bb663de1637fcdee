"""How many series a queue costs under some settings: counted by making a page of metrics."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from aggregators import events as ev
from aggregators.board import Board, KpiValues, board
from aggregators.kpis.groups import of_all_groups
from aggregators.kpis.sums import Sums
from aggregators.policy import Rules
from aggregators.shard import Shard
from exporters.live import default_windows
from exporters.prometheus.collector import KpiCollector
from exporters.row_kinds import FIRST_KINDS


def series_per_pair(rules: Rules) -> int:
    """Return how many samples one busy (queue, channel) adds to ``/metrics``, by trying."""
    shard = Shard("calls", 0, rules)
    start_ms = 1_700_000_000_000
    contact: dict[str, Any] = {"v": 1, "source": "doctor", "contact_id": "C1", "leg_id": "L1"}
    for event in (
        ev.ContactQueued(
            **contact, event_id="1", event_time_ms=start_ms, channel="voice", queue="q"
        ),
        ev.ContactAnswered(**contact, event_id="2", event_time_ms=start_ms + 1_000, agent_id="a"),
        ev.ContactEnded(**contact, event_id="3", event_time_ms=start_ms + 2_000),
    ):
        shard.apply(event, event.event_time_ms)
    shard.confirm(shard.encode())
    one = board([shard], start_ms + 10_000, rules, default_windows(rules))
    # A queue that is surveyed, evaluated and has tickets: every group has a value.
    others = _filled(of_all_groups(Sums()))
    for rows in one.windows.values():
        rows.pairs = {pair: {**others, **row} for pair, row in rows.pairs.items()}
    return _series_of(one, ())


def series_besides_pairs(rules: Rules, kinds: Sequence[str], channels: int) -> int:
    """Return how many samples the centre and so many channels add, where they have series.

    Surveys, tools and the like get what the queues leave.
    """
    row = _filled(of_all_groups(Sums()))
    one = board([], 0, rules, default_windows(rules))
    for rows in one.windows.values():
        rows.total = row
        rows.channels = {f"c{n}": row for n in range(channels)}
    return _series_of(one, [kind for kind in FIRST_KINDS if kind in kinds])


def _series_of(one: Board, kinds: Collection[str]) -> int:
    collector = KpiCollector(lambda: one, lambda: True, kinds=kinds)
    list(collector.collect())
    cost = collector.cost()
    return 0 if cost is None else cost.series


def _filled(values: KpiValues) -> KpiValues:
    return {
        kpi_id: _filled(value) if isinstance(value, dict) else 1.0
        for kpi_id, value in values.items()
    }
