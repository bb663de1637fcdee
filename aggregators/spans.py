"""What agents did, as spans of time: the raw material of occupancy and utilisation.

A contact span says that an agent rang, talked, held or wrapped up; a presence span that the
agent was logged in and in which state. They are kept in the row of the minute in which they
ended and by agent; spans that still run come from the open contacts and sessions.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from typing import NamedTuple

RING, TALK, HOLD, ACW = 0, 1, 2, 3
PRESENCE = 9


class AgentSpan(NamedTuple):
    """One span [start, end) of one agent.

    ``kind`` is RING, TALK, HOLD, ACW or PRESENCE. ``scope`` is the shard's number of the queue
    (contact spans), ``state``, ``reason`` and ``slots`` belong to presence spans.
    """

    end_ms: int
    start_ms: int
    agent_id: str
    kind: int
    scope: int = 0
    state: str = ""
    reason: str = ""
    slots: int = 1


class AgentSpans:
    """The finished spans of a shard by agent, ordered by end.

    ``changed_from_ms`` is the earliest instant about which anything was learned since it was
    last read; whoever caches agent time forgets what lies behind it.
    """

    def __init__(self) -> None:
        self.by_agent: dict[str, list[AgentSpan]] = {}

    def add(self, span: AgentSpan) -> None:
        """Keep a finished span."""
        spans = self.by_agent.get(span.agent_id)
        if spans is None:
            self.by_agent[span.agent_id] = [span]
        elif spans[-1] <= span:
            spans.append(span)
        else:
            insort(spans, span)

    def remove(self, span: AgentSpan) -> None:
        """Take a span out again (its contact or session was told anew)."""
        spans = self.by_agent[span.agent_id]
        at = bisect_right(spans, span) - 1
        if at < 0 or spans[at] != span:
            raise KeyError(span)
        del spans[at]
        if not spans:
            del self.by_agent[span.agent_id]

    def ending_after(self, agent_id: str, start_ms: int) -> list[AgentSpan]:
        """Return an agent's spans that ended after an instant."""
        spans = self.by_agent.get(agent_id)
        if not spans:
            return []
        return spans[bisect_right(spans, (start_ms + 1,)) :]

    def drop(self, spans: Iterable[AgentSpan]) -> None:
        """Forget spans that are past their retention."""
        for span in spans:
            self.remove(span)
