"""The board: all KPIs of all windows at an instant, computed from the shards when asked.

``board(shards, as_of)`` is a pure function, so a replayed day shows that day's board. Sums of
several queues are sums of parts, never means of means (kpis.md, section 2.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field

from aggregators.agent_ledger import AgentLedger, AgentNow
from aggregators.agent_time import AgentTime
from aggregators.due import due_facts
from aggregators.facts import Cell, merge_into
from aggregators.kpis.agents import AgentsNow, agent_shares, agents_now, handling
from aggregators.kpis.live_queue import live_queue
from aggregators.kpis.service import service
from aggregators.kpis.service_level import service_levels
from aggregators.kpis.sums import Sums, sums_of
from aggregators.kpis.values import KpiValue, KpiValues
from aggregators.kpis.waiting import waiting
from aggregators.live import LiveSums, live_sums
from aggregators.policy import UNKNOWN, QueuePolicy, Rules
from aggregators.scopes import Scope
from aggregators.shard import Shard
from aggregators.totals import Totals
from aggregators.windows import Window, parse_window

__all__ = ["Board", "KpiValue", "KpiValues", "Rows", "board"]


class Rows(Struct):
    """One window: the values of everything together, and by dimension.

    ``agents`` is empty unless the rules ask for figures by agent (personal data).
    """

    total: KpiValues
    queues: dict[str, KpiValues]
    channels: dict[str, KpiValues]
    teams: dict[str, KpiValues]
    pairs: dict[tuple[str, str], KpiValues]
    agents: dict[str, KpiValues] = field(default_factory=dict)


class Board(Struct):
    """All windows as of an instant.

    ``data_up_to_ms`` is the newest event time folded in; ``complete`` is False while a shard is
    missing. ``durable`` are the cumulative totals of the last durable checkpoints, ``pairs`` the
    settings of each (queue, channel).
    """

    as_of_ms: int
    data_up_to_ms: int | None
    complete: bool
    windows: dict[str, Rows]
    durable: dict[tuple[str, str], Totals]
    pairs: dict[tuple[str, str], QueuePolicy]


class _Slot:
    """What adds up to one row."""

    __slots__ = ("live", "now", "policies", "sums", "time")

    def __init__(self) -> None:
        self.sums = Sums()
        self.live = LiveSums()
        self.now = AgentsNow()
        self.time = AgentTime()
        self.policies: set[tuple[str, float]] = set()


_TOTAL = ("total", "", "")
_Key = tuple[str, str, str]


def _rows_of(scope: Scope) -> Iterator[_Key]:
    """Yield the rows that a scope adds to; facts of the menu have no queue."""
    if scope.agent:
        yield ("agent", scope.agent, "")
        return
    yield _TOTAL
    yield ("channel", scope.channel, "")
    if scope.queue:
        yield ("queue", scope.queue, "")
        yield ("pair", scope.queue, scope.channel)
    if scope.team:
        yield ("team", scope.team, "")


def board(
    shards: Iterable[Shard],
    as_of_ms: int,
    rules: Rules,
    windows: Sequence[str],
    *,
    complete: bool = True,
) -> Board:
    """Compute the board of an instant.

    Events at ``as_of_ms`` or later must not be folded in. Raises ValueError for a window that
    means nothing (the text says what to write).
    """
    parts = list(shards)
    ledger = AgentLedger(parts, as_of_ms, rules)
    policies: dict[tuple[str, str], QueuePolicy] = dict(rules.queues)
    live: dict[Scope, LiveSums] = {}
    due: list[tuple[int, Scope, int, int]] = []
    for shard in parts:
        known = shard.scopes.known
        for scope in known:
            # A leg told out of order is in no known queue for a moment: no row of its own.
            if scope.queue and not scope.agent and scope.queue != UNKNOWN:
                policies.setdefault(
                    (scope.queue, scope.channel), rules.policy(scope.queue, scope.channel)
                )
        open_contacts = shard.open.values()
        for number, sums in live_sums(open_contacts, as_of_ms, shard.scopes).items():
            live.setdefault(known[number], LiveSums()).add(sums)
        for contact in open_contacts:
            for at_ms, number, key, n in due_facts(contact, as_of_ms, rules, shard.scopes):
                due.append((at_ms, known[number], key, n))
    newest = [shard.max_event_ms for shard in parts if shard.max_event_ms]
    durable: dict[tuple[str, str], Totals] = {}
    for shard in parts:
        for pair, totals in shard.durable_totals.items():
            durable.setdefault(pair, Totals()).add(totals)
    maker = _Windows(parts, as_of_ms, rules, ledger, policies, live, due)
    return Board(
        as_of_ms=as_of_ms,
        data_up_to_ms=max(newest) if newest else None,
        complete=complete,
        windows={name: maker.rows(parse_window(name)) for name in windows},
        durable=durable,
        pairs=policies,
    )


class _Windows:
    """Computes the rows of one window after the other over the same state."""

    def __init__(
        self,
        shards: list[Shard],
        as_of_ms: int,
        rules: Rules,
        ledger: AgentLedger,
        policies: dict[tuple[str, str], QueuePolicy],
        live: dict[Scope, LiveSums],
        due: list[tuple[int, Scope, int, int]],
    ) -> None:
        self.shards = shards
        self.as_of_ms = as_of_ms
        self.rules = rules
        self.ledger = ledger
        self.policies = policies
        self.live = live
        self.due = due
        self.home = rules.policy("", "voice")
        self.by_queue: dict[str, QueuePolicy] = {}
        for (queue, _), policy in policies.items():
            self.by_queue.setdefault(queue, policy)

    def policy(self, scope: Scope) -> QueuePolicy:
        """Return the settings that a scope is judged by."""
        found = self.policies.get((scope.queue, scope.channel))
        return found or self.rules.policy(scope.queue, scope.channel)

    def rows(self, window: Window) -> Rows:
        """Return the rows of a window."""
        slots: dict[_Key, _Slot] = {_TOTAL: _Slot()}
        for queue, channel in self.policies:
            if queue:
                for key in _rows_of(Scope(queue, channel, "")):
                    slots.setdefault(key, _Slot())
        for scope, cell in self._cells(window).items():
            if scope.out:
                continue  # legs entered out of hours are kept apart (kpis.md, 2.9)
            policy = self.policy(scope)
            sums = sums_of(cell, policy)
            for key in _rows_of(scope):
                slot = slots.setdefault(key, _Slot())
                slot.sums.add(sums)
        for scope, live in self.live.items():
            for key in _rows_of(scope):
                slots.setdefault(key, _Slot()).live.add(live)
        for (queue, channel), policy in self.policies.items():
            for key in _rows_of(Scope(queue, channel, "")):
                slots.setdefault(key, _Slot()).policies.add(
                    (policy.headline_variant, policy.target)
                )
        self._agents(window, slots)
        return self._values(slots)

    def _range(self, window: Window, policy: QueuePolicy) -> tuple[int, int]:
        return window.range(self.as_of_ms, policy.zone, policy.reset_minute)

    def _cells(self, window: Window) -> dict[Scope, Cell]:
        """Sum the cells of the window by scope, each over its own zone's borders."""
        cells: dict[Scope, Cell] = {}
        for shard in self.shards:
            ranges: dict[tuple[int, int], set[int]] = {}
            for number, scope in enumerate(shard.scopes.known):
                ranges.setdefault(self._range(window, self.policy(scope)), set()).add(number)
            for (start_ms, end_ms), numbers in ranges.items():
                sums: dict[int, Cell] = {}
                for number, cell in shard.slices.between(start_ms, end_ms):
                    if number in numbers:
                        if number in sums:
                            merge_into(sums[number], cell)
                        else:
                            sums[number] = dict(cell)
                for number, cell in sums.items():
                    merge_into(cells.setdefault(shard.scopes.known[number], {}), cell)
        for at_ms, scope, key, n in self.due:
            start_ms, end_ms = self._range(window, self.policy(scope))
            if start_ms <= at_ms < end_ms:
                cell = cells.setdefault(scope, {})
                cell[key] = cell.get(key, 0) + n
        return cells

    def _agents(self, window: Window, slots: dict[_Key, _Slot]) -> None:
        channels_of: dict[str, list[str]] = {}
        for queue, channel in self.policies:
            channels_of.setdefault(queue, []).append(channel)
        for agent in self.ledger.agents.values():
            self._agent_rows(window, slots, agent, channels_of)

    def _agent_rows(
        self,
        window: Window,
        slots: dict[_Key, _Slot],
        agent: AgentNow,
        channels_of: dict[str, list[str]],
    ) -> None:
        keys: dict[_Key, QueuePolicy] = {}
        queues = sorted(agent.queues & self.by_queue.keys())
        home = self.by_queue[queues[0]] if queues else self.home
        keys[_TOTAL] = home
        if agent.team:
            keys["team", agent.team, ""] = home
        if self.rules.agent_figures:
            keys["agent", agent.agent_id, ""] = home
        for queue in queues:
            policy = self.by_queue[queue]
            keys["queue", queue, ""] = policy
            for channel in channels_of[queue]:
                keys["pair", queue, channel] = policy
                keys.setdefault(("channel", channel, ""), policy)
        free = self.ledger.free_slots(agent)
        for key, policy in keys.items():
            slot = slots.setdefault(key, _Slot())
            if agent.state != "logged_out":
                slot.now.see(agent.state, agent.reason, free)
            slot.time.add(self.ledger.spent(agent, *self._range(window, policy)))

    def _values(self, slots: dict[_Key, _Slot]) -> Rows:
        rows = Rows(total={}, queues={}, channels={}, teams={}, pairs={})
        for (kind, name, channel), slot in slots.items():
            values = self._row(slot)
            if kind == "total":
                rows.total = values
            elif kind == "queue":
                rows.queues[name] = values
            elif kind == "channel":
                rows.channels[name] = values
            elif kind == "team":
                rows.teams[name] = values
            elif kind == "agent":
                rows.agents[name] = values
            else:
                rows.pairs[name, channel] = values
        return rows

    def _row(self, slot: _Slot) -> KpiValues:
        levels = service_levels(slot.sums, slot.live)
        attained: KpiValue = None
        if len(slot.policies) == 1:
            variant, target = next(iter(slot.policies))
            level = levels[variant]
            if isinstance(level, float):
                attained = int(level >= target)
        return {
            **live_queue(slot.live, self.as_of_ms),
            **service(slot.sums),
            "service_level": levels,
            "service_level_attained": attained,
            **waiting(slot.sums),
            **agents_now(slot.now),
            **handling(slot.sums),
            **agent_shares(slot.time),
        }
