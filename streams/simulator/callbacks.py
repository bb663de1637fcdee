"""Callers who leave the line and are called back by an agent of that queue."""

from __future__ import annotations

from random import Random

from aggregators.events import CallbackAttempted, CallbackDone, CallbackRequested
from streams.simulator.contact import Contact, Leg
from streams.simulator.floor import Agent, Line, WorkItem
from streams.simulator.presence import Presence
from streams.simulator.record import Record
from streams.simulator.timeline import Timeline

MINUTE_MS = 60_000
EXPIRES_AFTER_MS = 120 * MINUTE_MS
RETRY_AFTER_MS = 10 * MINUTE_MS
MAX_ATTEMPTS = 3


class CallbackJob(WorkItem):
    """A promised callback that waits in its line like a caller."""

    __slots__ = ("attempts", "callback_id", "contact", "process")

    def __init__(self, contact: Contact, line: Line, callback_id: str, process: Callbacks) -> None:
        super().__init__(line, 0)
        self.contact = contact
        self.callback_id = callback_id
        self.attempts = 0
        self.process = process

    def taken_by(self, agent: Agent) -> None:
        self.process.dial(self, agent)


class Callbacks:
    """Keeps the promises: due, tried up to three times, reached, failed or expired."""

    __slots__ = ("_presence", "_record", "_rng", "_timeline")

    def __init__(self, timeline: Timeline, record: Record, presence: Presence, rng: Random) -> None:
        self._timeline = timeline
        self._record = record
        self._presence = presence
        self._rng = rng

    def request(self, leg: Leg) -> None:
        """The caller of a waiting leg asks for a callback, at once or at a set time."""
        now_ms = self._timeline.now_ms
        job = CallbackJob(leg.contact, leg.line, f"cb{leg.leg_id}", self)
        scheduled = self._rng.random() < 0.5
        delay_ms = (15 + round(30 * self._rng.random())) * MINUTE_MS if scheduled else MINUTE_MS
        self._record.tell(
            CallbackRequested,
            contact_id=leg.contact.contact_id,
            leg_id=leg.leg_id,
            channel=leg.line.channel,
            queue=leg.line.name,
            callback_id=job.callback_id,
            due_at_ms=now_ms + delay_ms if scheduled else None,
            wait_ms=now_ms - leg.entered_ms,
        )
        self._timeline.after(delay_ms, self._due, job)
        self._timeline.after(delay_ms + EXPIRES_AFTER_MS, self._expire, job)

    def _due(self, job: CallbackJob) -> None:
        job.entered_ms = self._timeline.now_ms
        self._presence.floor.enter(job)

    def _expire(self, job: CallbackJob) -> None:
        if job.waiting:
            self._presence.floor.leave(job)
            self._done(job, None, "expired")

    def dial(self, job: CallbackJob, agent: Agent) -> None:
        """The agent calls the customer; until it is over they take nothing else."""
        self._presence.floor.occupy(agent, job.line)
        self._presence.busy_elsewhere(agent, "Rappel client", "callback")
        job.attempts += 1
        draw = self._rng.random()
        outcome = "reached" if draw < 0.72 else "no_answer" if draw < 0.92 else "busy"
        seconds = 6 + 8 * self._rng.random() if outcome == "reached" else 25.0
        self._timeline.after(round(seconds * 1000), self._attempted, job, agent, outcome)

    def _attempted(self, job: CallbackJob, agent: Agent, outcome: str) -> None:
        self._record.tell(
            CallbackAttempted,
            contact_id=job.contact.contact_id,
            channel=job.line.channel,
            queue=job.line.name,
            team=agent.team_name,
            agent_id=agent.agent_id,
            callback_id=job.callback_id,
            attempt=job.attempts,
            outcome=outcome,
        )
        if outcome == "reached":
            self._timeline.after(job.line.talk(), self._hang_up, job, agent)
            return
        if job.attempts >= MAX_ATTEMPTS:
            self._done(job, agent, "failed")
        else:
            self._timeline.after(RETRY_AFTER_MS, self._due, job)
        self._presence.floor.release(agent)

    def _hang_up(self, job: CallbackJob, agent: Agent) -> None:
        self._done(job, agent, "reached")
        self._presence.floor.release(agent)

    def _done(self, job: CallbackJob, agent: Agent | None, outcome: str) -> None:
        self._record.tell(
            CallbackDone,
            contact_id=job.contact.contact_id,
            channel=job.line.channel,
            queue=job.line.name,
            team=None if agent is None else agent.team_name,
            agent_id=None if agent is None else agent.agent_id,
            callback_id=job.callback_id,
            outcome=outcome,
        )
