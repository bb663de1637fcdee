"""Whether a rule may fire now: within its own hours, or those of each queue."""

from __future__ import annotations

from aggregators.calendar import is_open
from aggregators.policy import Rules
from alerts.rules import Rule, Where


class ActiveHours:
    """The hours of rules at one instant. Only pairs have hours of their own to ask for."""

    def __init__(self, policies: Rules, now_ms: int) -> None:
        self._policies = policies
        self._now_ms = now_ms
        self._open_now: dict[Where, bool] = {}

    def is_active(self, rule: Rule) -> bool:
        """Whether a rule may fire in any row at all, as far as it says so itself."""
        if rule.active is None or _asks_queues(rule):
            return True
        return is_open(rule.active.hours, rule.active.zone, self._now_ms)

    def is_active_at(self, rule: Rule, where: Where) -> bool:
        """Whether an active rule may fire in a row: is the queue open, if the rule asks that."""
        if not _asks_queues(rule):
            return True
        if where not in self._open_now:
            policy = self._policies.policy(where.name, where.channel)
            self._open_now[where] = is_open(policy.hours, policy.zone, self._now_ms)
        return self._open_now[where]


def _asks_queues(rule: Rule) -> bool:
    return rule.active is not None and rule.active.of_queue and rule.scope.kind == "pair"
