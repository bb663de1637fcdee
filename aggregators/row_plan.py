"""Which rows a board has: what scopes and agents add up to, judged by whose settings.

The plan changes only when a shard meets a new scope. Rows that always have the same values (a
queue with one channel and their pair) are computed once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from aggregators.agent_clock import Clock, Key
from aggregators.agent_ledger import AgentNow
from aggregators.policy import UNKNOWN, QueuePolicy, Rules
from aggregators.scopes import Scope
from aggregators.shard import Shard

TOTAL: Key = ("total", "", "")

SumsId: TypeAlias = tuple[Key, ...]
"""The rows that have the same sums, because the same scopes add to them."""


def rows_of(scope: Scope) -> Iterator[Key]:
    """Yield the rows that a scope adds to; facts of the menu have no queue."""
    if scope.agent:
        yield ("agent", scope.agent, "")
        return
    if scope.facet:
        yield (scope.facet, scope.name, "")
        return
    yield TOTAL
    if scope.channel:
        yield ("channel", scope.channel, "")
    if scope.queue:
        yield ("queue", scope.queue, "")
        yield ("pair", scope.queue, scope.channel)
    if scope.team:
        yield ("team", scope.team, "")


def clock_of(policy: QueuePolicy) -> Clock:
    """Return what the borders of days and intervals depend on."""
    return policy.zone, policy.reset_minute


class ScopePlan:
    """What is done with the facts of one scope; ``sums`` is empty where they are kept apart."""

    __slots__ = ("clock", "is_out", "policy", "rows", "scope", "sums")

    def __init__(self, scope: Scope, policy: QueuePolicy) -> None:
        self.scope = scope
        self.policy = policy
        self.clock = clock_of(policy)
        self.rows = tuple(rows_of(scope))
        # Legs entered out of hours are kept apart (kpis.md, 2.9).
        self.is_out = scope.out
        self.sums: tuple[SumsId, ...] = ()


class RowPlan:
    """The rows of all shards' scopes under the rules.

    ``policies`` are the settings of each (queue, channel) known, ``settings`` the headline
    variant and target of the rows whose scopes agree on them, ``sums_of`` where the sums of a
    row are kept, ``twins`` the pairs that are the same as their queue, ``clocks`` all that a scope
    or a queue follows.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._home = rules.policy("", "voice")
        self._scopes: dict[Scope, ScopePlan] = {}
        self._by_queue: dict[str, QueuePolicy] = {}
        self._channels_of: dict[str, list[str]] = {}
        self.by_number: list[list[ScopePlan]] = []
        self.policies: dict[tuple[str, str], QueuePolicy] = {}
        self.settings: dict[Key, tuple[str, float] | None] = {}
        self.sums_of: dict[Key, SumsId] = {}
        self.twins: frozenset[Key] = frozenset()
        self.clocks = {clock_of(self._home)}

    def update(self, shards: Sequence[Shard]) -> tuple[bool, bool]:
        """Take in new scopes.

        Return whether agents may add to other rows than before, and whether rows that shared
        their sums do not any more.
        """
        if not self.by_number:
            self.by_number = [[] for _ in shards]
            self._lay_out(shards)
        is_new = False
        for plans, shard in zip(self.by_number, shards, strict=True):
            for scope in shard.scopes.known[len(plans) :]:
                plan = self._scopes.get(scope)
                if plan is None:
                    policy = self._rules.policy(scope.queue, scope.channel)
                    plan = self._scopes[scope] = ScopePlan(scope, policy)
                    self.clocks.add(plan.clock)
                    if scope.agent:
                        plan.sums = (plan.rows,)
                        self.sums_of[plan.rows[0]] = plan.rows
                    else:
                        is_new = True
                plans.append(plan)
        if not is_new:
            return False, False
        before = self.policies, self._by_queue, self.twins
        known = set(self.sums_of.values())
        self._lay_out(shards)
        is_split = not known <= set(self.sums_of.values())
        return before != (self.policies, self._by_queue, self.twins), is_split

    def _lay_out(self, shards: Sequence[Shard]) -> None:
        policies = dict(self._rules.queues)
        for shard in shards:
            for scope in shard.scopes.known:
                # A leg told out of order is in no known queue for a moment: no row of its own.
                if scope.queue and not scope.agent and scope.queue != UNKNOWN:
                    pair = (scope.queue, scope.channel)
                    if pair not in policies:
                        policies[pair] = self._rules.policy(*pair)
        self.policies = policies
        self._by_queue, self._channels_of = {}, {}
        judged: dict[Key, set[tuple[str, float]]] = {}
        for (queue, channel), policy in policies.items():
            self.clocks.add(clock_of(policy))
            self._by_queue.setdefault(queue, policy)
            self._channels_of.setdefault(queue, []).append(channel)
            for key in rows_of(Scope(queue, channel, "")):
                judged.setdefault(key, set()).add((policy.headline_variant, policy.target))
        self.settings = {
            key: next(iter(found)) if len(found) == 1 else None for key, found in judged.items()
        }
        self._share()

    def _share(self) -> None:
        """Find the rows that the same scopes add to, and the pairs that are their queue."""
        scopes_of: dict[Key, set[Scope]] = {}
        channels = {queue: set(found) for queue, found in self._channels_of.items()}
        for scope, plan in self._scopes.items():
            if not scope.agent:
                channels.setdefault(scope.queue, set()).add(scope.channel)
                if not plan.is_out:
                    for key in plan.rows:
                        scopes_of.setdefault(key, set()).add(scope)
        together: dict[frozenset[Scope], list[Key]] = {}
        for key, scopes in scopes_of.items():
            together.setdefault(frozenset(scopes), []).append(key)
        self.sums_of = {key: rows for key, rows in self.sums_of.items() if key[0] == "agent"}
        for keys in together.values():
            rows = tuple(sorted(keys))
            self.sums_of.update(dict.fromkeys(rows, rows))
        for plan in self._scopes.values():
            if not plan.is_out and not plan.scope.agent:
                plan.sums = tuple({self.sums_of[key]: None for key in plan.rows})
        self.twins = frozenset(
            ("pair", queue, next(iter(found)))
            for queue, found in channels.items()
            if queue and len(found) == 1
        )

    def rows_of_agent(self, agent: AgentNow) -> tuple[tuple[Key, Clock], ...]:
        """Return the rows that an agent adds to, each with the clock it follows."""
        queues = sorted(agent.queues & self._by_queue.keys())
        home = clock_of(self._by_queue[queues[0]] if queues else self._home)
        rows: dict[Key, Clock] = {TOTAL: home}
        if agent.team:
            rows["team", agent.team, ""] = home
        if self._rules.agent_figures:
            rows["agent", agent.agent_id, ""] = home
        for queue in queues:
            clock = clock_of(self._by_queue[queue])
            rows["queue", queue, ""] = clock
            for channel in self._channels_of[queue]:
                pair = ("pair", queue, channel)
                if pair not in self.twins:
                    rows[pair] = clock
                rows.setdefault(("channel", channel, ""), clock)
        return tuple(rows.items())
