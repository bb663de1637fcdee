"""The board as it was: computed from the slices that are kept, as the events are known now.

Nothing that was shown is stored. What came late, or was corrected since, is in the figures; what
only the moment itself knew (who waited, who was free) is in none. Slices melt with age, so the
instants that can be asked for are whole minutes, and further back whole quarters of an hour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from aggregators.agent_time import AgentTime
from aggregators.board import Board, Boards, Rows
from aggregators.in_passing import in_passing
from aggregators.kpis.agents import agent_shares
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.values import KpiValues
from aggregators.policy import MINUTE_MS, QUARTER_MS, Rules
from aggregators.row_plan import clock_of
from aggregators.shard import Shard
from aggregators.slices import FINE_FOR_MS, MINUTES_FOR_MS, SLICE_MS
from aggregators.steps import Steps, at_once
from aggregators.weeks import is_of_contacts
from aggregators.windows import parse_window

OF_THE_MOMENT: frozenset[str] = frozenset(kpi.id for kpi in CATALOGUE.values() if kpi.kind == "N")
"""Gauges: no slice tells them."""

OF_AGENTS: frozenset[str] = frozenset(agent_shares(AgentTime()))
"""How agents spent their time. Which queues they served then is not kept, so there are figures of
everything and of teams, and none by queue or channel."""

_INSTANT = "instant"
"""The service level of those who wait now."""


class Reach(NamedTuple):
    """Which instants can be asked for, in epoch milliseconds.

    Whole minutes from ``minutes_from_ms`` to ``to_ms``, whole quarters of an hour from
    ``from_ms`` on. ``newest_ms`` is the newest event, from which slices take their age.
    """

    from_ms: int
    minutes_from_ms: int
    to_ms: int
    newest_ms: int

    def instant(self, asked_ms: int) -> int:
        """Return the last instant that can be told at or before the one asked for.

        Raises:
            ValueError: it lies before everything that is kept, or ahead.
        """
        step_ms = MINUTE_MS if asked_ms >= self.minutes_from_ms else QUARTER_MS
        at_ms = asked_ms - asked_ms % step_ms
        if at_ms > self.to_ms:
            raise ValueError("that is not over yet")
        if at_ms < self.from_ms:
            raise ValueError("that is older than what is kept")
        return at_ms

    def grain_ms(self, at_ms: int) -> int:
        """Return how finely slices are kept around an instant."""
        age_ms = self.newest_ms - at_ms
        if age_ms < FINE_FOR_MS:
            return SLICE_MS
        return MINUTE_MS if at_ms >= self.minutes_from_ms else QUARTER_MS


def reach_of(shards: Sequence[Shard], now_ms: int, rules: Rules) -> Reach | None:
    """Return which instants the shards can tell of; None while nothing is kept."""
    newest_ms = max((shard.max_event_ms for shard in shards), default=0)
    of_contacts = [shard for shard in shards if is_of_contacts(shard)] or shards
    first = min((min(s.slices.rows) for s in of_contacts if s.slices.rows), default=None)
    to_ms = now_ms - now_ms % MINUTE_MS
    if first is None or not newest_ms:
        return None
    from_ms = first * MINUTE_MS
    if rules.retention_ms is not None:
        from_ms = max(from_ms, newest_ms - rules.retention_ms)
    minutes_from_ms = (newest_ms - MINUTES_FOR_MS) // QUARTER_MS * QUARTER_MS + QUARTER_MS
    step_ms = MINUTE_MS if from_ms >= minutes_from_ms else QUARTER_MS
    from_ms = -(-from_ms // step_ms) * step_ms
    if from_ms > to_ms:
        return None
    return Reach(from_ms, max(from_ms, minutes_from_ms), to_ms, newest_ms)


def told_windows(reach: Reach, at_ms: int, rules: Rules, names: Iterable[str]) -> list[str]:
    """Return the windows whose borders, seen at an instant, lie between slices.

    Where quarters of an hour are all that is left, nothing tells the last five minutes. Raises
    ValueError for a window that means nothing.
    """
    policies = (*rules.queues.values(), *rules.channels.values(), rules.policy("", ""))
    clocks = {clock_of(policy) for policy in policies}
    return [
        name
        for name in dict.fromkeys(names)
        if all(
            border_ms % reach.grain_ms(border_ms) == 0
            for clock in clocks
            for border_ms in parse_window(name).range(at_ms, *clock)
        )
    ]


def past_board(shards: Sequence[Shard], at_ms: int, rules: Rules, windows: Sequence[str]) -> Board:
    """Compute the board as its windows ended at an instant that :class:`Reach` allows.

    Shards go on as if nobody had looked. Raises ValueError for a window that means nothing.
    """
    return at_once(past_steps(shards, at_ms, rules, windows))


def past_steps(
    shards: Sequence[Shard], at_ms: int, rules: Rules, windows: Sequence[str]
) -> Steps[Board]:
    """Make such a board in steps; nothing may be folded in before the last one."""
    with in_passing(shards):
        made = yield from Boards(rules, is_kept=False).steps(shards, at_ms, windows)
    return replace(made, windows={name: _told(rows) for name, rows in made.windows.items()})


def _told(rows: Rows) -> Rows:
    """Leave out what slices do not tell."""
    without_agents = OF_THE_MOMENT | OF_AGENTS
    by_pair = {pair: _without(values, without_agents) for pair, values in rows.pairs.items()}
    return Rows(
        total=_without(rows.total, OF_THE_MOMENT),
        queues=_each(rows.queues, without_agents),
        channels=_each(rows.channels, without_agents),
        teams=_each(rows.teams, OF_THE_MOMENT),
        pairs=by_pair,
        agents=_each(rows.agents, OF_THE_MOMENT),
        facets={facet: _each(named, without_agents) for facet, named in rows.facets.items()},
    )


def _each(rows: Mapping[str, KpiValues], gone: Collection[str]) -> dict[str, KpiValues]:
    return {name: _without(values, gone) for name, values in rows.items()}


def _without(values: KpiValues, gone: Collection[str]) -> KpiValues:
    told = {kpi: value for kpi, value in values.items() if kpi not in gone}
    levels = told.get("service_level")
    if isinstance(levels, dict):
        told["service_level"] = {name: v for name, v in levels.items() if name != _INSTANT}
    return told
