"""Where a fact is booked: the scopes of its queue, channel, team and agent, and its facets."""

from __future__ import annotations

from collections.abc import Iterable

from aggregators.policy import QueuePolicy, Rules
from aggregators.scopes import Scopes

MOST_KNOWN = 1 << 12  # then they are found anew: names of sources may be without end


class Places:
    """Finds scopes under the rules.

    A shard never numbers a combination twice, so what was found once is ``known``.
    """

    def __init__(self, rules: Rules, scopes: Scopes) -> None:
        self.rules = rules
        self.known: dict[tuple[object, ...], tuple[int, ...]] = {}
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
        rules = self.rules
        if agent_id:
            if not team:
                team = rules.agent_teams.get(agent_id)
            if not rules.agent_figures:
                agent_id = None
        facets = tuple(facets)
        place = (queue, channel, team, agent_id, facets)
        found = self.known.get(place)
        if found is None:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            found = self.known[place] = self._find(queue, channel, team, agent_id, facets)
        return found

    def _find(
        self, queue: str | None, channel: str | None, team: str | None, agent_id: str | None,
        facets: Iterable[tuple[str, str | None]],
    ) -> tuple[int, ...]:  # fmt: skip
        scopes = self._scopes
        base, _, _ = scopes.resolve(queue or "", channel or "", team)
        found = [base]
        if agent_id:
            found.append(scopes.of_agent(agent_id, base))
        found += [scopes.of_facet(facet, name) for facet, name in facets if name]
        return tuple(found)

    def policy(self, queue: str | None, channel: str | None) -> QueuePolicy:
        """Return the settings of a queue on a channel."""
        return self.rules.policy(self._scopes.name(queue or ""), channel or "voice")
