"""Where a fact is booked: the scopes of its queue, channel, team and agent, and its facets."""

from __future__ import annotations

from collections.abc import Iterable

from aggregators.policy import QueuePolicy, Rules
from aggregators.scopes import Scopes


class Places:
    """Finds scopes under the rules."""

    def __init__(self, rules: Rules, scopes: Scopes) -> None:
        self.rules = rules
        self._scopes = scopes

    def of(
        self,
        queue: str | None = "",
        channel: str | None = "",
        team: str | None = None,
        agent_id: str | None = None,
        facets: Iterable[tuple[str, str | None]] = (),
    ) -> tuple[int, ...]:
        """Return every scope to which a fact belongs: book it in each of them.

        The first is that of queue, channel and team (any may be missing; without a team it is
        the agent's or the queue's); then the agent's own where the rules keep those; then one
        per facet, such as ``("motive", "billing")``; facets without a name are left out.
        """
        scopes, rules = self._scopes, self.rules
        if not team and agent_id:
            team = rules.agent_teams.get(agent_id)
        base, _, _ = scopes.resolve(queue or "", channel or "", team)
        found = [base]
        if agent_id and rules.agent_figures:
            found.append(scopes.of_agent(agent_id, base))
        found += [scopes.of_facet(facet, name) for facet, name in facets if name]
        return tuple(found)

    def policy(self, queue: str | None, channel: str | None) -> QueuePolicy:
        """Return the settings of a queue on a channel."""
        return self.rules.policy(self._scopes.name(queue or ""), channel or "voice")
