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
NEVER_MS = 1 << 62


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


class Learned(NamedTuple):
    """What was learned about an agent's past: the earliest instant that it is about.

    ``dropped_end_ms`` is the newest end of the spans that were only dropped for their age (-1
    when none was), ``dropped_from_ms`` where the first of them began.
    """

    from_ms: int
    dropped_from_ms: int
    dropped_end_ms: int


class AgentSpans:
    """The finished spans of a shard by agent, ordered by end.

    Whoever caches agent time asks :meth:`learned` and forgets what lies behind it.
    """

    def __init__(self) -> None:
        self.by_agent: dict[str, list[AgentSpan]] = {}
        self._changed_from: dict[str, int] = {}
        self._dropped: dict[str, tuple[int, int]] = {}
        self._reader: object = None

    def add(self, span: AgentSpan) -> None:
        """Keep a finished span."""
        start_ms, agent_id = span[1], span[2]
        spans = self.by_agent.get(agent_id)
        if spans is None:
            self.by_agent[agent_id] = [span]
        elif spans[-1] <= span:
            spans.append(span)
        else:
            insort(spans, span)
        if start_ms < self._changed_from.get(agent_id, NEVER_MS):
            self._changed_from[agent_id] = start_ms

    def remove(self, span: AgentSpan) -> None:
        """Take a span out again (its contact or session was told anew)."""
        self._take(span)
        if span.start_ms < self._changed_from.get(span.agent_id, NEVER_MS):
            self._changed_from[span.agent_id] = span.start_ms

    def _take(self, span: AgentSpan) -> None:
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
            self._take(span)
            start_ms, end_ms = self._dropped.get(span.agent_id, (NEVER_MS, -1))
            self._dropped[span.agent_id] = (min(start_ms, span.start_ms), max(end_ms, span.end_ms))

    def learned(self, reader: object) -> dict[str, Learned] | None:
        """Return by agent what changed since the same reader asked last.

        None when that is not known: it never asked, or another one did in between.
        """
        changed, dropped = self._changed_from, self._dropped
        is_known = self._reader is reader
        self._reader, self._changed_from, self._dropped = reader, {}, {}
        if not is_known:
            return None
        return {
            agent_id: Learned(
                changed.get(agent_id, NEVER_MS), *dropped.get(agent_id, (NEVER_MS, -1))
            )
            for agent_id in changed.keys() | dropped.keys()
        }
