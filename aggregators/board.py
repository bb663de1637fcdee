"""The board: all KPIs of all windows at an instant, computed from the shards when asked.

``board(shards, as_of)`` is a pure function, so a replayed day shows that day's board. Sums of
several queues are sums of parts, never means of means (kpis.md, section 2.1). :class:`Boards`
makes one board after the other and gives exactly the same numbers: it keeps the sums of each
window and the time of each agent, and adds what changed in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from aggregators.across import Across
from aggregators.agent_clock import Account, Clock, Key
from aggregators.agent_ledger import AgentLedger
from aggregators.agent_time import AgentTime
from aggregators.kpis.agents import AgentsNow, agent_shares, agents_now, handling
from aggregators.kpis.breach import PACE, Course, course_of, service_level_breach_s
from aggregators.kpis.groups import FACETS, of_all_groups, of_groups
from aggregators.kpis.live_queue import live_queue
from aggregators.kpis.resolution import by_motive
from aggregators.kpis.service import service
from aggregators.kpis.service_level import (
    Part,
    instant,
    levels_of,
    service_level_parts,
    shortfall,
)
from aggregators.kpis.values import KpiValue, KpiValues
from aggregators.kpis.waiting import waiting
from aggregators.live import LiveSums
from aggregators.open_contacts import OpenContacts, Running
from aggregators.policy import QueuePolicy, Rules
from aggregators.row_plan import TOTAL, RowPlan
from aggregators.scopes import MOTIVE
from aggregators.shard import Shard
from aggregators.steps import Steps, at_once
from aggregators.totals import Totals
from aggregators.window_sums import DueCell, KeptSums, KeptValues, RowReader, WindowSums
from aggregators.windows import Window, parse_window

__all__ = ["Board", "Boards", "KpiValue", "KpiValues", "Rows", "board"]


class Rows(Struct):
    """One window: the values of everything together, and by dimension.

    ``agents`` is empty unless the rules ask for figures by agent (personal data); ``facets`` are
    rows by motive, survey, self-care tool and the like: facet -> name -> values. Values are never
    changed once made, so rows and boards may share them.
    """

    total: KpiValues
    queues: dict[str, KpiValues]
    channels: dict[str, KpiValues]
    teams: dict[str, KpiValues]
    pairs: dict[tuple[str, str], KpiValues]
    agents: dict[str, KpiValues] = field(default_factory=dict)
    facets: dict[str, dict[str, KpiValues]] = field(default_factory=dict)


class Board(Struct):
    """All windows as of an instant.

    ``data_up_to_ms`` is the newest event time folded in; ``complete`` is False while a shard is
    missing. ``durable`` are the cumulative totals of the last durable checkpoints, ``pairs`` the
    settings of each (queue, channel), in their order.
    """

    as_of_ms: int
    data_up_to_ms: int | None
    complete: bool
    windows: dict[str, Rows]
    durable: dict[tuple[str, str], Totals]
    pairs: dict[tuple[str, str], QueuePolicy]


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
    return Boards(rules, is_kept=False).make(shards, as_of_ms, windows, complete=complete)


class Boards:
    """Makes boards of the same shards, one after the other; each costs what changed in between.

    For the same shards in the same order; others make it begin anew. One thread only. With
    ``is_kept`` False there is only one board, and the shards do not notice that it was made.
    """

    def __init__(self, rules: Rules, *, is_kept: bool = True) -> None:
        self._rules = rules
        self._is_kept = is_kept
        self._begin([])

    def _begin(self, shards: list[Shard]) -> None:
        self._shards = shards
        self._plan = RowPlan(self._rules)
        self._ledger = AgentLedger(self._rules)
        self._reader = RowReader(shards, self._plan)
        self._windows: dict[str, WindowSums] = {}
        self._across = Across(self._rules, shards, self._plan)
        self._durable_of: list[dict[tuple[str, str], Totals]] = []
        self._durable: dict[tuple[str, str], Totals] = {}
        self._is_broken = False

    def make(
        self,
        shards: Iterable[Shard],
        as_of_ms: int,
        windows: Sequence[str],
        *,
        complete: bool = True,
    ) -> Board:
        """Return the board of an instant: the same as :func:`board` gives."""
        return at_once(self.steps(shards, as_of_ms, windows, complete=complete))

    def steps(
        self,
        shards: Iterable[Shard],
        as_of_ms: int,
        windows: Sequence[str],
        *,
        complete: bool = True,
    ) -> Steps[Board]:
        """Make a board in steps: what :meth:`make` does, with a pause wherever it yields.

        Nothing may be folded in before the last step, else the board would show two instants.
        Steps that are not gone to their end make the next board begin anew.
        """
        parsed = [parse_window(name) for name in windows]
        parts = list(shards)
        if self._is_broken or not _are_same(parts, self._shards):
            self._begin(parts)
        self._is_broken = True  # until all is up to date again
        rows = yield from self._update(parsed, as_of_ms)
        self._is_broken = False
        newest = [shard.max_event_ms for shard in parts if shard.max_event_ms]
        return Board(
            as_of_ms=as_of_ms,
            data_up_to_ms=max(newest) if newest else None,
            complete=complete,
            windows=rows,
            durable=self._totals(),
            pairs=dict(sorted(self._plan.policies.items(), key=_pair)),
        )

    def _update(self, windows: list[Window], as_of_ms: int) -> Steps[dict[str, Rows]]:
        plan = self._plan
        running: dict[str, list[Running]] = {}
        # A look may number a new scope (of a chat with no leg), so the plan comes after.
        seen_in: list[OpenContacts] = []
        for shard in self._shards:
            seen_in.append(OpenContacts(shard, as_of_ms, self._rules, running))
            yield
        has_other_rows, is_split = plan.update(self._shards)
        ranges = {
            window.name: {clock: window.range(as_of_ms, *clock) for clock in plan.clocks}
            for window in windows
        }
        pace = {clock: PACE.range(as_of_ms, *clock) for clock in plan.clocks}
        due: list[DueCell] = []
        live: dict[Key, LiveSums] = {}
        for seen, plans in zip(seen_in, plan.by_number, strict=True):
            due += [(at_ms, plans[scope], key, n) for at_ms, scope, key, n in seen.due]
            for number, sums in seen.live.items():
                for key in plans[number].rows:
                    if key not in plan.twins:
                        live.setdefault(key, LiveSums()).add(sums)
        due.sort(key=_due_at)
        yield
        self._reader.next_board()
        known, self._windows = self._windows, {}
        for window in (*windows, PACE):
            if window.name not in self._windows:
                kept = self._windows[window.name] = known.get(window.name) or WindowSums(window)
                if is_split:
                    kept.forget()
                yield from kept.steps(self._reader, ranges.get(window.name, pace), due)
        self._across.update(self._reader, windows, ranges, is_split=is_split)
        yield
        yield from self._ledger.steps(
            self._shards,
            as_of_ms,
            running,
            {
                min(border_ms, as_of_ms)
                for by_clock in ranges.values()
                for start_ms, end_ms in by_clock.values()
                for border_ms in ((start_ms, end_ms) if end_ms < as_of_ms else (start_ms,))
            },
            plan.rows_of_agent,
            same_rows=not has_other_rows,
            reader=self if self._is_kept else None,
        )
        maker = _RowMaker(plan, self._ledger, live, self._windows[PACE.name], as_of_ms)
        rows: dict[str, Rows] = {}
        for name, found in ranges.items():
            rows[name] = maker.rows(self._windows[name], found)
            yield
        for name, made in rows.items():
            self._across.complete(name, made, self._windows[name])
        return rows

    def _totals(self) -> dict[tuple[str, str], Totals]:
        durable_of = [shard.durable_totals for shard in self._shards]
        if not _are_same(durable_of, self._durable_of):
            self._durable_of, self._durable = durable_of, {}
            for totals_of in durable_of:
                for pair, totals in totals_of.items():
                    self._durable.setdefault(pair, Totals()).add(totals)
        return self._durable


class _RowMaker:
    """Makes the KPIs of all rows of a board; what is the same in every window only once."""

    def __init__(
        self,
        plan: RowPlan,
        ledger: AgentLedger,
        live: dict[Key, LiveSums],
        pace: WindowSums,
        as_of_ms: int,
    ) -> None:
        self.plan = plan
        self.pace = pace
        self.pace_parts: dict[Key, Part] = {}
        self.clock = ledger.clock
        self.as_of_ms = as_of_ms
        self.live = live
        self.accounts: dict[Key, list[tuple[Clock, Account]]] = {}
        for (key, clock), account in self.clock.accounts.items():
            self.accounts.setdefault(key, []).append((clock, account))
        now: dict[Key, AgentsNow] = {key: AgentsNow() for key in self.accounts}
        for agent in ledger.agents.values():
            if agent.state != "logged_out" and agent.line.group is not None:
                free_slots = agent.free_slots
                for key, _ in agent.line.group.rows:
                    now[key].see(agent.state, agent.reason, free_slots)
        self.live_values = {key: live_queue(sums, as_of_ms) for key, sums in live.items()}
        self.now_values = {key: agents_now(found) for key, found in now.items()}
        self.nothing_live = live_queue(_NOTHING_LIVE, as_of_ms)
        self.always = dict.fromkeys((TOTAL, *plan.settings, *live, *self.accounts))

    def rows(self, window: WindowSums, ranges: dict[Clock, tuple[int, int]]) -> Rows:
        """Return the rows of a window."""
        twins, sums = self.plan.twins, window.sums
        made = Rows(total={}, queues={}, channels={}, teams={}, pairs={})
        course = course_of(window.window)
        keys = dict(self.always)
        for shared, kept in sums.items():
            if kept.sums:
                keys.update(dict.fromkeys(shared))
        for key in keys:
            if key in twins:
                continue
            found = sums.get(self.plan.sums_of.get(key, ()), _NO_SUMS)
            values = self._row(key, found, ranges, course)
            kind, name, channel = key
            if kind == "total":
                made.total = values
            elif kind == "queue":
                made.queues[name] = values
            elif kind == "channel":
                made.channels[name] = values
            elif kind == "team":
                made.teams[name] = values
            elif kind == "agent":
                made.agents[name] = values
            elif kind == "pair":
                made.pairs[name, channel] = values
            else:
                made.facets.setdefault(kind, {})[name] = values
        for _, queue, channel in twins:
            if queue in made.queues:
                made.pairs[queue, channel] = made.queues[queue]
        return made

    def _row(
        self,
        key: Key,
        kept: KeptSums,
        ranges: dict[Clock, tuple[int, int]],
        course: Course | None,
    ) -> KpiValues:
        sums = kept.sums
        if kept.values is None:
            parts = service_level_parts(sums)
            kept.values = KeptValues(
                service(sums), waiting(sums), handling(sums), of_groups(sums), parts,
                levels_of(parts),
            )  # fmt: skip
        of_service, of_waiting, of_handling, of_others, parts, levels = kept.values
        if key[0] in FACETS:
            if key[0] == MOTIVE and "contacts_resolved" in of_others:
                return {**by_motive(sums), **of_others}
            return of_others
        levels = {**levels, "instant": instant(self.live.get(key, _NOTHING_LIVE))}
        attained: KpiValue = None
        under: KpiValue = None
        breach_s: KpiValue = None
        settings = self.plan.settings.get(key)
        if settings is not None:
            variant, target = settings
            level = levels[variant]
            if isinstance(level, float):
                attained = int(level >= target)
                under = shortfall(level, target)
                if course is not None:
                    pace = self._pace_part(key, variant)
                    breach_s = service_level_breach_s(parts[variant], pace, target, course)
        return {
            **self.live_values.get(key, self.nothing_live),
            **of_service,
            "service_level": levels,
            "service_level_attained": attained,
            "service_level_shortfall": under,
            "service_level_breach_seconds": breach_s,
            **of_waiting,
            **self.now_values.get(key, _NOBODY),
            **of_handling,
            **self._shares(key, ranges),
            **(of_others if key != TOTAL else {**_NO_OTHERS, **of_others}),
        }

    def _pace_part(self, key: Key, variant: str) -> Part:
        """Return the parts of a row's headline variant in the last five minutes."""
        part = self.pace_parts.get(key)
        if part is None:
            kept = self.pace.sums.get(self.plan.sums_of.get(key, ()), _NO_SUMS)
            parts = kept.values.parts if kept.values else service_level_parts(kept.sums)
            part = self.pace_parts[key] = parts[variant]
        return part

    def _shares(self, key: Key, ranges: dict[Clock, tuple[int, int]]) -> KpiValues:
        accounts = self.accounts.get(key)
        if accounts is None:
            return _NO_SHARES
        time = AgentTime()
        for clock, account in accounts:
            time.add(self.clock.spent(account, *ranges[clock]))
        return agent_shares(time)


_NO_SUMS = KeptSums()
_NO_OTHERS = of_all_groups(_NO_SUMS.sums)
_NOTHING_LIVE = LiveSums()
_NOBODY = agents_now(AgentsNow())
_NO_SHARES = agent_shares(AgentTime())


def _pair(item: tuple[tuple[str, str], QueuePolicy]) -> tuple[str, str]:
    return item[0]


def _due_at(due: DueCell) -> int:
    return due[0]


def _are_same(parts: Sequence[object], others: Sequence[object]) -> bool:
    return len(parts) == len(others) and all(a is b for a, b in zip(parts, others, strict=True))
