"""The agents of an Asterisk ``queue_log``: sessions, memberships and pauses.

Log-ins of agents are sessions and carry a ``session_id``; members that are added to a queue and
taken out carry the queue instead. Pauses are told per queue; an agent is paused when that holds
for all queues known to be theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aggregators.events import AgentLogin, AgentLogout, AgentState, Envelope
from streams.sources.queue_log_line import QueueLogLine


class Agents:
    """What the log told of each agent so far."""

    def __init__(self) -> None:
        self._sessions: dict[str, str] = {}
        self._queues: dict[str, set[str]] = {}
        self._paused: dict[str, set[str]] = {}

    def login(self, line: QueueLogLine, head: Mapping[str, Any]) -> Envelope:
        """AGENTLOGIN, AGENTCALLBACKLOGIN: a session begins."""
        session_id = f"{line.agent}:{line.stamp}"
        self._sessions[line.agent] = session_id
        self._paused.pop(line.agent, None)
        return AgentLogin(**head, agent_id=line.agent, session_id=session_id)

    def logoff(self, line: QueueLogLine, head: Mapping[str, Any]) -> Envelope:
        """AGENTLOGOFF, AGENTCALLBACKLOGOFF (channel or extension, log-in time in seconds)."""
        seconds = line.count(1)
        session_id = self._sessions.pop(line.agent, None)
        if session_id is None:  # logged in before the log begins
            session_id = f"{line.agent}:{line.stamp - (seconds or 0)}"
        self._paused.pop(line.agent, None)
        login_ms = None if seconds is None else seconds * 1000
        return AgentLogout(**head, agent_id=line.agent, session_id=session_id, login_ms=login_ms)

    def add_member(self, line: QueueLogLine, head: Mapping[str, Any]) -> Envelope:
        """ADDMEMBER: the agent joins a queue."""
        self._queues.setdefault(line.agent, set()).add(line.queue)
        return AgentLogin(**head, agent_id=line.agent, queues=[line.queue])

    def remove_member(self, line: QueueLogLine, head: Mapping[str, Any]) -> Envelope:
        """REMOVEMEMBER: the agent leaves a queue."""
        self._queues.get(line.agent, set()).discard(line.queue)
        self._paused.get(line.agent, set()).discard(line.queue)
        return AgentLogout(**head, agent_id=line.agent, queues=[line.queue])

    def pause(self, line: QueueLogLine, head: Mapping[str, Any], *, on: bool) -> Envelope:
        """PAUSE, UNPAUSE: in one queue."""
        queues = self._queues.setdefault(line.agent, set())
        queues.add(line.queue)
        paused = self._paused.setdefault(line.agent, set())
        if on:
            paused.add(line.queue)
        else:
            paused.discard(line.queue)
        return _state(line, head, paused=paused >= queues, queues=[line.queue])

    def pause_all(self, line: QueueLogLine, head: Mapping[str, Any], *, on: bool) -> Envelope:
        """PAUSEALL, UNPAUSEALL: in all queues, also in those that the log has not named."""
        if on:
            self._paused[line.agent] = set(self._queues.get(line.agent, set()))
        else:
            self._paused.pop(line.agent, None)
        return _state(line, head, paused=on, queues=None)


def _state(
    line: QueueLogLine, head: Mapping[str, Any], *, paused: bool, queues: list[str] | None
) -> Envelope:
    reason = line.text(0)[:128] or None
    return AgentState(
        **head,
        agent_id=line.agent,
        state="pause" if paused else "available",
        reason=reason if paused else None,
        queues=queues,
    )
