"""Presence events into sessions and spans: the agents of one shard."""

from __future__ import annotations

from typing import Any

from aggregators.counts import Outcome
from aggregators.presence import Presence, PresenceFold
from aggregators.slices import Slices
from aggregators.spans import AgentSpan, AgentSpans


class AgentFold:
    """Folds ``agent.*`` events; finished spans go into the rows of the minute they ended in."""

    def __init__(self, slices: Slices, spans: AgentSpans, unresponsive_after_ms: int) -> None:
        self.agents: dict[str, Presence] = {}
        self._slices = slices
        self._spans = spans
        self._presence = PresenceFold(self._keep, self._unkeep, unresponsive_after_ms)

    def apply(self, event: Any, *, late: bool) -> Outcome:
        """Fold one event of an agent."""
        agent = self.agents.get(event.agent_id)
        if agent is None:
            agent = self.agents[event.agent_id] = Presence(event.agent_id)
        if late and event.event_time_ms < agent.base.at_ms:
            return Outcome.TOO_LATE
        if not self._presence.apply(agent, event):
            return Outcome.DUPLICATE
        return Outcome.LATE if late else Outcome.APPLIED

    def forget_before(self, watermark_ms: int) -> None:
        """Forget the journal behind the watermark."""
        for agent in self.agents.values():
            self._presence.forget_before(agent, watermark_ms)

    def _keep(self, span: AgentSpan) -> None:
        row = self._slices.row(span.end_ms)
        row.dirty = True
        row.spans.append(span)
        self._spans.add(span)

    def _unkeep(self, span: AgentSpan) -> None:
        row = self._slices.row(span.end_ms)
        row.dirty = True
        row.spans.remove(span)
        self._spans.remove(span)
