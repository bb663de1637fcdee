"""Sessions and pauses: what the agents' own state says, told when it becomes true.

A pause or the end of a shift waits until the contacts in hand are done; from that wish on the
agent takes nothing new.
"""

from __future__ import annotations

from streams.simulator.floor import Absence, Agent, Floor
from streams.simulator.record import Record
from streams.simulator.timeline import Timeline


class Presence:
    """Keeps what agents show in step with shifts, breaks and incidents."""

    __slots__ = ("_record", "_timeline", "floor")

    def __init__(self, timeline: Timeline, record: Record) -> None:
        self._timeline = timeline
        self._record = record
        self.floor = Floor(self.settle)

    def begin_shift(self, agent: Agent) -> None:
        """Log the agent in; nothing if the last shift is still being finished."""
        if agent.on_shift:
            return
        agent.on_shift = True
        self._show(agent)

    def end_shift(self, agent: Agent) -> None:
        """Log the agent out as soon as nothing is in hand."""
        agent.on_shift = False
        self._show(agent)

    def go_away(self, agent: Agent, cause: str, absence: Absence) -> None:
        """Begin an absence as soon as nothing is in hand; off shift it does not count.

        Its length runs from its beginning. A second one of the same cause is ignored.
        """
        if cause in agent.absences or (absence.length_ms is not None and not agent.on_shift):
            return
        agent.absences[cause] = absence
        self._show(agent)

    def come_back(self, agent: Agent, cause: str, absence: Absence | None = None) -> None:
        """End the absence of that cause; with ``absence`` only that very one."""
        current = agent.absences.get(cause)
        if current is None or (absence is not None and current is not absence):
            return
        del agent.absences[cause]
        self._show(agent)

    def busy_elsewhere(self, agent: Agent, label: str, reason: str) -> None:
        """Show work that no contact event tells, such as calling a customer back."""
        agent.shown = label
        self._record.state(agent, "other", label, reason)

    def settle(self, agent: Agent) -> None:
        """Tell what the agent, with nothing in hand, shows now."""
        if not agent.on_shift:
            self._log_out(agent)
            return
        if agent.shown == "offline":
            self._log_in(agent)
        absence = next(iter(agent.absences.values()), None)
        if absence is None:
            if agent.shown != "available":
                agent.shown = "available"
                self._record.state(agent, "available", None, None)
            return
        if agent.shown != absence.label:
            agent.shown = absence.label
            self._record.state(agent, absence.state, absence.label, absence.reason)
        if absence.length_ms is not None and not absence.started:
            absence.started = True
            cause = next(iter(agent.absences))
            self._timeline.after(absence.length_ms, self.come_back, agent, cause, absence)

    def _show(self, agent: Agent) -> None:
        agent.stamp += 1
        if agent.load == 0:
            self.settle(agent)
        self.floor.ready(agent)

    def _log_in(self, agent: Agent) -> None:
        agent.sessions += 1
        agent.logged_in_ms = self._timeline.now_ms
        agent.shown = "logged in"
        self._record.login(agent)

    def _log_out(self, agent: Agent) -> None:
        if agent.shown == "offline":
            return
        agent.shown = "offline"
        for cause in [c for c, a in agent.absences.items() if a.length_ms is not None]:
            del agent.absences[cause]
        self._record.logout(agent, self._timeline.now_ms - agent.logged_in_ms)
