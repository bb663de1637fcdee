"""Scopes: the (queue, channel, team, hours) that a fact is booked for, numbered per shard."""

from __future__ import annotations

from typing import NamedTuple

from aggregators.calendar import is_open
from aggregators.policy import OTHER, QueuePolicy, Rules
from aggregators.slices import SCOPE_MASK

MOTIVE = "motive"
"""The facet of the reason of a contact."""


class Scope(NamedTuple):
    """One combination of dimensions.

    ``out`` marks legs entered outside business hours. A scope with an ``agent`` holds that
    agent's own figures in the queue and nothing else; they exist only where the rules ask for
    them. One with a ``facet`` (such as ``motive``) holds what bears that ``name`` there, once more
    and nothing else.
    """

    queue: str
    channel: str
    team: str
    out: bool = False
    agent: str = ""
    facet: str = ""
    name: str = ""


class Scopes:
    """Numbers scopes in order of appearance; the numbers go into cell keys and checkpoints."""

    def __init__(self, rules: Rules, known: list[Scope] | None = None) -> None:
        self._rules = rules
        self.known: list[Scope] = []
        self.is_voice: list[bool] = []
        self._number: dict[Scope, int] = {}
        self._queues: set[str] = set()
        self._of_agent: dict[tuple[str, int], int] = {}
        self._of_facet: dict[tuple[str, str], int] = {}
        self._of_motive: dict[str, int] = {}  # the same for motives, found at half the cost
        self._names: dict[str, int] = {}  # facet -> how many names it has
        self._resolved: dict[tuple[str, str, str | None], tuple[int, int, QueuePolicy]] = {}
        self.dropped = 0
        for scope in known or ():
            self._add(scope)

    def extend(self, known: list[Scope]) -> None:
        """Go on as another one did that began with the same scopes; what we have stays."""
        for scope in known[len(self.known) :]:
            self._add(scope)

    def _add(self, scope: Scope) -> int:
        number = self._number.get(scope)
        if number is None:
            number = len(self.known)
            if number > SCOPE_MASK:
                raise OverflowError("more than 65,536 scopes in one shard; lower limits.queues")
            self.known.append(scope)
            self.is_voice.append(scope.channel == "voice")
            self._number[scope] = number
            if scope.queue:
                self._queues.add(scope.queue)
            if scope.facet:
                self._names[scope.facet] = self._names.get(scope.facet, 0) + 1
        return number

    def resolve(self, queue: str, channel: str, team: str | None) -> tuple[int, int, QueuePolicy]:
        """Return (scope in hours, scope out of hours or -1, policy) of a leg's dimensions.

        Names are trimmed and cut; beyond the limit of queues the name becomes ``__other__``.
        """
        found = self._resolved.get((queue, channel, team))
        if found is not None:
            return found
        name = self.name(queue)
        if name and name not in self._queues and len(self._queues) >= self._rules.max_queues:
            self.dropped += 1
            name = OTHER
        policy = self._rules.policy(name, channel)
        owner = self.name(team or policy.team or "")
        inside = self._add(Scope(name, channel, owner))
        outside = -1 if policy.hours is None else self._add(Scope(name, channel, owner, True))
        found = self._resolved[(queue, channel, team)] = (inside, outside, policy)
        return found

    def at(self, queue: str, channel: str, team: str | None, at_ms: int) -> tuple[int, QueuePolicy]:
        """Return the scope and policy of a leg that entered at an instant."""
        inside, outside, policy = self.resolve(queue, channel, team)
        if outside < 0 or policy.hours is None or is_open(policy.hours, policy.zone, at_ms):
            return inside, policy
        return outside, policy

    def of_agent(self, agent_id: str, leg_scope: int) -> int:
        """Return the scope of an agent's own figures in the queue of a leg.

        Figures of a queue are judged by its settings. Once half of all numbers are given away,
        new agents have one scope per channel, judged by the channel's.
        """
        number = self._of_agent.get((agent_id, leg_scope))
        if number is None:
            leg = self.known[leg_scope]
            scope = Scope(leg.queue, leg.channel, "", False, self.name(agent_id))
            if scope not in self._number and len(self.known) > SCOPE_MASK // 2:
                scope = scope._replace(queue="")
            number = self._of_agent[agent_id, leg_scope] = self._add(scope)
        return number

    def of_motive(self, raw: str) -> int:
        """Return the scope of a motive, as :meth:`of_facet` gives it."""
        number = self._of_motive.get(raw)
        if number is None:
            number = self._of_motive[raw] = self.of_facet(MOTIVE, raw)
        return number

    def of_facet(self, facet: str, raw: str) -> int:
        """Return the scope of one name of a facet; beyond the limit of names ``__other__``.

        That is also the name of every motive that the settings do not list, where they list any.
        """
        number = self._of_facet.get((facet, raw))
        if number is None:
            scope = Scope("", "", "", False, "", facet, self.name(raw))
            listed = self._rules.motives
            if facet == MOTIVE and listed and scope.name not in listed:
                scope = scope._replace(name=OTHER)
            elif scope not in self._number:
                is_full = self._names.get(facet, 0) >= self._rules.max_names
                if is_full or len(self.known) > SCOPE_MASK // 2:
                    self.dropped += 1
                    scope = scope._replace(name=OTHER)
            number = self._of_facet[facet, raw] = self._add(scope)
        return number

    def name(self, raw: str) -> str:
        """Return a dimension value trimmed, without control characters and cut to the limit."""
        kept = "".join(ch for ch in raw if ch.isprintable()).strip()
        return kept[: self._rules.max_label_length]
