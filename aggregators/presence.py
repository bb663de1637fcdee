"""Agent presence: sessions, states and heartbeats of one agent.

Like a contact, an agent's presence is a function of its events in time order. Events in order
are folded one by one; one that comes late takes the recent spans out and folds the recent
journal anew, from the base that holds everything older than the allowed lateness.

A log-in without a session id is a membership ("joined this queue"); an explicit session that
follows replaces it, because the source then tells real log-ins (kpis.md, section 5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from aggregators import events as ev
from aggregators.spans import PRESENCE, AgentSpan

SpanSink = Callable[[AgentSpan], None]

OUT, AVAILABLE, PAUSE, OTHER, UNRESPONSIVE = "", "available", "pause", "other", "unresponsive"

_RANK: dict[type[Any], int] = {
    ev.AgentLogin: 0,
    ev.AgentState: 1,
    ev.AgentHeartbeat: 2,
    ev.AgentLogout: 3,
}


class Session(Struct):
    """What is known of an agent at one instant; ``state`` is empty while logged out.

    ``since_ms`` is the start of the current span, ``state_since_ms`` of the state as shown.
    """

    at_ms: int = -1
    state: str = OUT
    since_ms: int = -1
    state_since_ms: int = -1
    explicit: bool = False
    reason: str = ""
    label: str = ""
    team: str = ""
    queues: tuple[str, ...] = ()
    slots: int = 1
    beat_ms: int = -1


class Presence(Struct):
    """One agent: the session as of now, the base before the recent events, and those events."""

    agent_id: str
    base: Session = field(default_factory=Session)
    now: Session = field(default_factory=Session)
    events: list[ev.AgentLogin | ev.AgentLogout | ev.AgentState | ev.AgentHeartbeat] = field(
        default_factory=list
    )


def order_key(event: ev.AgentEvent) -> tuple[int, int, str]:
    """Return the canonical order of an agent's events."""
    return event.event_time_ms, _RANK[type(event)], event.event_id


class PresenceFold:
    """Applies agent events; finished presence spans go to ``span``, taken-out ones to ``unspan``.

    ``unresponsive_after_ms``: silence after a heartbeat that makes the agent unresponsive.
    """

    def __init__(self, span: SpanSink, unspan: SpanSink, unresponsive_after_ms: int) -> None:
        self._span = span
        self._unspan = unspan
        self._limit_ms = unresponsive_after_ms
        self.sink = span

    def apply(self, agent: Presence, event: Any) -> bool:
        """Fold one event; False if it was known already."""
        events = agent.events
        if not events or order_key(event) > order_key(events[-1]):
            if any(known.event_id == event.event_id for known in events):
                return self._correct(agent, event)
            events.append(event)
            self._step(agent.agent_id, agent.now, event)
            return True
        if any(known.event_id == event.event_id for known in events):
            return self._correct(agent, event)
        self._redo(agent, [*events, event])
        return True

    def _correct(self, agent: Presence, event: Any) -> bool:
        known = next(e for e in agent.events if e.event_id == event.event_id)
        if event.revision <= known.revision:
            return False
        self._redo(agent, [event if e is known else e for e in agent.events])
        return True

    def _redo(self, agent: Presence, events: list[Any]) -> None:
        self.sink = self._unspan
        session = replace(agent.base)
        for known in agent.events:
            self._step(agent.agent_id, session, known)
        self.sink = self._span
        agent.events = sorted(events, key=order_key)
        agent.now = replace(agent.base)
        for known in agent.events:
            self._step(agent.agent_id, agent.now, known)

    def forget_before(self, agent: Presence, watermark_ms: int) -> None:
        """Move events behind the watermark into the base: they cannot be corrected any more."""
        cut = 0
        while cut < len(agent.events) and agent.events[cut].event_time_ms < watermark_ms:
            cut += 1
        if not cut:
            return
        self.sink = _nowhere
        for event in agent.events[:cut]:
            self._step(agent.agent_id, agent.base, event)
        self.sink = self._span
        del agent.events[:cut]

    def _close(self, agent_id: str, session: Session, at_ms: int) -> None:
        """Book the span that ends at an instant, split where heartbeats stopped."""
        if session.state == OUT:
            return
        lost_ms = session.beat_ms + self._limit_ms
        if session.beat_ms >= 0 and lost_ms < at_ms:
            self._put(agent_id, session, session.since_ms, max(lost_ms, session.since_ms))
            silent = replace(session, state=UNRESPONSIVE, reason="")
            self._put(agent_id, silent, max(lost_ms, session.since_ms), at_ms)
        else:
            self._put(agent_id, session, session.since_ms, at_ms)

    def _put(self, agent_id: str, session: Session, start_ms: int, end_ms: int) -> None:
        if end_ms > start_ms:
            self.sink(
                AgentSpan(
                    end_ms,
                    start_ms,
                    agent_id,
                    PRESENCE,
                    0,
                    session.state,
                    session.reason,
                    session.slots,
                )
            )

    def _step(self, agent_id: str, session: Session, event: Any) -> None:
        if event.retracted:
            return
        at_ms = event.event_time_ms
        if event.team:
            session.team = event.team
        if isinstance(event, ev.AgentHeartbeat):
            if session.state != OUT:
                if 0 <= session.beat_ms < at_ms - self._limit_ms:
                    self._close(agent_id, session, at_ms)
                    session.since_ms = at_ms
                session.beat_ms = at_ms
        elif isinstance(event, ev.AgentLogin):
            self._login(agent_id, session, event)
        elif isinstance(event, ev.AgentLogout):
            self._logout(agent_id, session, event)
        else:
            self._state(agent_id, session, event)
        session.at_ms = at_ms

    def _login(self, agent_id: str, session: Session, event: ev.AgentLogin) -> None:
        at_ms = event.event_time_ms
        if event.queues:
            session.queues = tuple(dict.fromkeys((*session.queues, *event.queues)))
        slots = session.slots
        if event.channels:
            slots = max(1, sum(slot.max for slot in event.channels.values()))
        if session.state == OUT or (event.session_id and not session.explicit):
            # A membership before the session was no log-in: its running span is dropped.
            if session.state == OUT:
                session.state, session.reason, session.label = AVAILABLE, "", ""
            session.since_ms = session.state_since_ms = at_ms
            session.beat_ms = -1
        elif slots != session.slots:
            self._close(agent_id, session, at_ms)
            session.since_ms = at_ms
        session.slots = slots
        session.explicit = session.explicit or event.session_id is not None

    def _logout(self, agent_id: str, session: Session, event: ev.AgentLogout) -> None:
        at_ms = event.event_time_ms
        if event.queues and event.session_id is None:
            session.queues = tuple(q for q in session.queues if q not in event.queues)
            if session.explicit or session.queues:
                return
        if session.state == OUT:
            if event.login_ms:
                told = replace(session, state=AVAILABLE, reason="")
                self._put(agent_id, told, max(session.at_ms, at_ms - event.login_ms), at_ms)
            return
        self._close(agent_id, session, at_ms)
        session.state = OUT
        session.explicit = False
        session.queues = ()
        session.beat_ms = -1

    def _state(self, agent_id: str, session: Session, event: ev.AgentState) -> None:
        at_ms = event.event_time_ms
        self._close(agent_id, session, at_ms)
        if event.slots:
            session.slots = max(1, sum(slot.max for slot in event.slots.values()))
        if event.queues and not session.queues:
            session.queues = tuple(event.queues)
        shown = (session.state, session.reason)
        session.state = OUT if event.state == "offline" else event.state
        session.reason = (event.reason or event.label or "") if event.state == PAUSE else ""
        session.label = event.label or ""
        session.since_ms = at_ms
        if session.beat_ms >= 0:
            session.beat_ms = at_ms
        if shown != (session.state, session.reason):
            session.state_since_ms = at_ms


def _nowhere(_span: AgentSpan) -> None:
    """Drop spans that were booked before."""


def running_span(agent: Presence, as_of_ms: int, limit_ms: int) -> list[AgentSpan]:
    """Return the spans of the session that still runs, cut at an instant."""
    spans: list[AgentSpan] = []
    fold = PresenceFold(spans.append, spans.append, limit_ms)
    fold._close(agent.agent_id, agent.now, as_of_ms)
    return spans
