"""The figures of any stretch of time, of some queues only: what a report is made of.

It is the board's own way of summing up (aggregators/board.py), with borders of its own and with
rows only for what the report is about, so its numbers are those of the boards and of ``compute``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TypeAlias

from aggregators.across import Across
from aggregators.agent_clock import Clock, Key
from aggregators.agent_ledger import AgentLedger, AgentNow
from aggregators.agent_time import AgentTime
from aggregators.board import Rows
from aggregators.kpis.agents import agent_shares, handling
from aggregators.kpis.groups import FACETS, of_all_groups, of_groups
from aggregators.kpis.service import service
from aggregators.kpis.service_level import service_levels
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValues
from aggregators.kpis.waiting import waiting
from aggregators.live import LiveSums
from aggregators.open_contacts import OpenContacts, Running
from aggregators.policy import Rules
from aggregators.row_plan import TOTAL, RowPlan, ScopePlan, SumsId, clock_of
from aggregators.shard import Shard
from aggregators.window_sums import RowReader, WindowSums
from aggregators.windows import Kind, Window

Takes: TypeAlias = Callable[[str, str, str], bool]
"""Whether contacts of (queue, channel, team) belong to the report."""


class Stretch(Window, frozen=True, kw_only=True):
    """A window from one instant to another, the same in every zone; both on whole slices."""

    start_ms: int
    end_ms: int

    def range(
        self, as_of_ms: int, zone: str = "UTC", reset_minute: int = 0, slice_ms: int = 5_000
    ) -> tuple[int, int]:
        """See :meth:`aggregators.windows.Window.range`."""
        return self.start_ms, self.end_ms


def stretch(start_ms: int, end_ms: int) -> Stretch:
    """Return the window [start, end)."""
    return Stretch(name=f"{start_ms}-{end_ms}", kind=Kind.WHOLE, start_ms=start_ms, end_ms=end_ms)


class SelectedPlan(RowPlan):
    """The rows of a report: the total has only what belongs to it, and nothing else has rows."""

    def __init__(self, rules: Rules, takes: Takes) -> None:
        super().__init__(rules)
        self._takes = takes
        self._checked: set[int] = set()

    def _lay_out(self, shards: Sequence[Shard]) -> None:
        for plan in self._scopes.values():
            if id(plan) not in self._checked:
                self._checked.add(id(plan))
                if not self._is_taken(plan):
                    plan.rows = ()
        super()._lay_out(shards)
        judged = {
            (policy.headline_variant, policy.target)
            for (queue, channel), policy in self.policies.items()
            if self._takes(queue, channel, policy.team or "")
        }
        self.settings[TOTAL] = next(iter(judged)) if len(judged) == 1 else None

    def _is_taken(self, plan: ScopePlan) -> bool:
        scope = plan.scope
        if scope.agent or scope.facet:
            return False
        return self._takes(scope.queue, scope.channel, scope.team)

    def rows_of_agent(self, agent: AgentNow) -> tuple[tuple[Key, Clock], ...]:
        """Return the rows that an agent adds to: who serves a queue of the report."""
        taken = any(
            queue in agent.queues and self._takes(queue, channel, policy.team or "")
            for (queue, channel), policy in self.policies.items()
        )
        rows = super().rows_of_agent(agent)
        return rows if taken else tuple(row for row in rows if row[0] != TOTAL)


class Selection:
    """The figures of what a report is about. Without ``takes`` that is everything.

    All calls are made on the thread that folds; each costs some milliseconds.
    """

    def __init__(self, shards: Sequence[Shard], rules: Rules, takes: Takes | None = None) -> None:
        self._shards = list(shards)
        self._rules = rules
        self._takes = takes
        self._plan = RowPlan(rules) if takes is None else SelectedPlan(rules, takes)
        self._plan.update(self._shards)
        self._reader = RowReader(self._shards, self._plan)
        self._home: Clock = clock_of(rules.policy("", ""))

    @property
    def settings(self) -> Mapping[Key, tuple[str, float] | None]:
        """Headline variant and target of each row whose queues agree on them."""
        return self._plan.settings

    def rows(self, parts: Sequence[tuple[int, int]], as_of_ms: int) -> Generator[None, None, Rows]:
        """Make the rows of a stretch that the parts tile, with agents' time, in steps.

        Events may be folded in between the steps: the last one brings everything up to date.
        """
        start_ms, end_ms = parts[0][0], parts[-1][1]
        window = WindowSums(stretch(start_ms, end_ms))
        for _, until_ms in parts:  # a window that grows counts only what is new
            self._count(window, start_ms, until_ms)
            yield
        running: dict[str, list[Running]] = {}
        seen = [OpenContacts(one, as_of_ms, self._rules, running) for one in self._shards]
        _, is_split = self._plan.update(self._shards)
        if is_split:
            window.forget()
        due = [
            (at_ms, plans[scope], key, n)
            for one, plans in zip(seen, self._plan.by_number, strict=True)
            for at_ms, scope, key, n in one.due
        ]
        due.sort(key=lambda cell: cell[0])
        ranges = dict.fromkeys(self._plan.clocks, (start_ms, end_ms))
        window.update(self._reader, ranges, due)
        yield
        ledger = AgentLedger(self._rules)
        borders_ms = {min(start_ms, as_of_ms), min(end_ms, as_of_ms)}
        for _ in ledger.steps(  # at once: nothing may change meanwhile
            self._shards, as_of_ms, running, borders_ms, self._plan.rows_of_agent,
            same_rows=False, reader=None,
        ):  # fmt: skip
            pass
        yield
        return self._made(window, ledger, ranges)

    def _made(
        self, window: WindowSums, ledger: AgentLedger, ranges: dict[Clock, tuple[int, int]]
    ) -> Rows:
        time_of: dict[Key, AgentTime] = {}
        for (key, clock), account in ledger.clock.accounts.items():
            time_of.setdefault(key, AgentTime()).add(ledger.clock.spent(account, *ranges[clock]))
        made = Rows(total={}, queues={}, channels={}, teams={}, pairs={})
        keys = dict.fromkeys((TOTAL, *self._plan.settings, *time_of))
        for shared, kept in window.sums.items():
            if kept.sums:
                keys.update(dict.fromkeys(shared))
        for key in keys:
            if not self._is_shown(key):
                continue
            sums = _found(window, self._plan.sums_of, key)
            if key[0] in FACETS:
                made.facets.setdefault(key[0], {})[key[1]] = of_groups(sums)
                continue
            values = {**figures(sums), **agent_shares(time_of.get(key, AgentTime()))}
            if key == TOTAL:
                made.total = {**of_all_groups(Sums()), **values}
            elif key[0] == "pair":
                made.pairs[key[1], key[2]] = values
            elif key[0] in _LISTS:
                getattr(made, _LISTS[key[0]])[key[1]] = values
        across = Across(self._rules, self._shards, self._plan)
        across.update(self._reader, [window.window], {window.window.name: ranges}, is_split=False)
        across.complete(window.window.name, made, window)
        return made

    def _is_shown(self, key: Key) -> bool:
        """Whether a row is of the report: of others there may be settings, or agents' time."""
        if self._takes is None or key == TOTAL:
            return True
        kind, name, channel = key
        if kind == "pair":
            policy = self._rules.policy(name, channel)
            return key in self._plan.sums_of or self._takes(name, channel, policy.team or "")
        return key in self._plan.sums_of

    def sums(self, start_ms: int, end_ms: int) -> Callable[[Key], Sums]:
        """Return what finds the sums of a row in a short stretch."""
        growing = self.grown([(start_ms, end_ms)])
        while True:
            try:
                next(growing)
            except StopIteration as end:
                find: Callable[[Key], Sums] = end.value
                return find

    def grown(
        self, parts: Sequence[tuple[int, int]]
    ) -> Generator[None, None, Callable[[Key], Sums]]:
        """Sum up the stretch that the parts tile, in steps; return what finds a row's sums."""
        start_ms, end_ms = parts[0][0], parts[-1][1]
        packed = [
            row
            for shard in self._shards
            for row in shard.slices.rows.values()
            if row.packed is not None and row.merged is None and start_ms <= row.start_ms < end_ms
        ]
        window = WindowSums(stretch(start_ms, end_ms))
        for _, until_ms in parts:
            self._count(window, start_ms, until_ms)
            yield
        self._count(window, start_ms, end_ms)
        places = dict(self._plan.sums_of)  # a scope that is met later may share its sums anew
        for row in packed:  # what was packed before stays so
            row.merged = None
        return lambda key: _found(window, places, key)

    def _count(self, window: WindowSums, start_ms: int, until_ms: int) -> None:
        """Have a window count up to an instant, with the scopes that were met meanwhile."""
        _, is_split = self._plan.update(self._shards)
        if is_split:
            window.forget()
        self._reader.next_board()
        window.update(self._reader, {self._home: (start_ms, until_ms)}, ())


def _found(window: WindowSums, places: Mapping[Key, SumsId], key: Key) -> Sums:
    kept = window.sums.get(places.get(key, ()))
    return _NOTHING if kept is None else kept.sums


def figures(sums: Sums) -> KpiValues:
    """Return the KPIs that follow from sums alone."""
    return {
        **service(sums),
        "service_level": service_levels(sums, LiveSums()),
        **waiting(sums),
        **handling(sums),
        **of_groups(sums),
    }


_NOTHING = Sums()
_LISTS = {"queue": "queues", "channel": "channels", "team": "teams"}
