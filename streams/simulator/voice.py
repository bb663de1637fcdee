"""A telephone conversation: talk, sometimes a hold, sometimes hung up during it."""

from __future__ import annotations

from random import Random

from streams.simulator.contact import Leg
from streams.simulator.floor import Agent
from streams.simulator.queueing import Queueing
from streams.simulator.record import Record
from streams.simulator.timeline import Timeline


class Voice:
    """Conversations on voice queues."""

    __slots__ = ("_queueing", "_record", "_rng", "_timeline")

    def __init__(self, timeline: Timeline, record: Record, queueing: Queueing, rng: Random) -> None:
        self._timeline = timeline
        self._record = record
        self._queueing = queueing
        self._rng = rng

    def begin(self, leg: Leg, agent: Agent) -> None:
        """Plan the talk, with at most two holds in it."""
        talk_ms = leg.line.talk()
        spec = leg.line.spec
        if spec.hold_share and self._rng.random() < spec.hold_share:
            before_ms = round(talk_ms * (0.2 + 0.5 * self._rng.random()))
            self._timeline.after(before_ms, self._park, leg, agent, talk_ms - before_ms)
        else:
            self._timeline.after(talk_ms, self._hang_up, leg)

    def _park(self, leg: Leg, agent: Agent, rest_ms: int) -> None:
        leg.holds += 1
        self._record.hold_started(leg, agent)
        hold_ms = leg.line.hold()
        if self._rng.random() < leg.line.spec.hold_abandon_share:
            self._timeline.after(hold_ms, self._hang_up_on_hold, leg, hold_ms)
        else:
            self._timeline.after(hold_ms, self._take_back, leg, agent, hold_ms, rest_ms)

    def _take_back(self, leg: Leg, agent: Agent, hold_ms: int, rest_ms: int) -> None:
        leg.held_ms += hold_ms
        self._record.hold_ended(leg, agent, hold_ms)
        if leg.holds == 1 and self._rng.random() < 0.15:
            half_ms = rest_ms // 2
            self._timeline.after(half_ms, self._park, leg, agent, rest_ms - half_ms)
        else:
            self._timeline.after(rest_ms, self._hang_up, leg)

    def _hang_up(self, leg: Leg) -> None:
        ended_by = "customer" if self._rng.random() < 0.7 else "agent"
        self._queueing.end(leg, "customer" if ended_by == "customer" else "agent", "talk")

    def _hang_up_on_hold(self, leg: Leg, hold_ms: int) -> None:
        leg.held_ms += hold_ms
        self._queueing.end(leg, "customer", "hold")
