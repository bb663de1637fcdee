"""A written conversation: agent and customer take turns; an agent with more chats is slower."""

from __future__ import annotations

from random import Random

from streams.simulator.contact import Leg
from streams.simulator.floor import Agent
from streams.simulator.queueing import Queueing
from streams.simulator.record import Record
from streams.simulator.timeline import Timeline

SLOWER_PER_CHAT = 0.3
"""How much longer an agent's message takes for each other chat in hand."""


class Chat:
    """Conversations on chat and messaging queues."""

    __slots__ = ("_queueing", "_record", "_rng", "_timeline")

    def __init__(self, timeline: Timeline, record: Record, queueing: Queueing, rng: Random) -> None:
        self._timeline = timeline
        self._record = record
        self._queueing = queueing
        self._rng = rng

    def begin(self, leg: Leg, agent: Agent) -> None:
        """The agent greets, then the customer has the word."""
        low, high = leg.line.spec.turns
        turns = low + int(self._rng.random() * (high - low + 1))
        self._timeline.after(leg.line.talk() // 4, self._agent_writes, leg, agent, turns)

    def _agent_writes(self, leg: Leg, agent: Agent, turns: int) -> None:
        self._record.message(leg.contact, "agent", leg, agent)
        if turns <= 1:
            self._timeline.after(leg.line.talk() // 2, self._close, leg)
        else:
            self._timeline.after(leg.line.talk(), self._customer_writes, leg, agent, turns - 1)

    def _customer_writes(self, leg: Leg, agent: Agent, turns: int) -> None:
        self._record.message(leg.contact, "customer", leg)
        slower = 1.0 + SLOWER_PER_CHAT * max(0, agent.load - 1)
        delay_ms = round(leg.line.talk() * slower)
        self._timeline.after(delay_ms, self._agent_writes, leg, agent, turns)

    def _close(self, leg: Leg) -> None:
        by_customer = self._rng.random() < 0.4
        self._queueing.end(leg, "customer" if by_customer else "agent", "talk")
