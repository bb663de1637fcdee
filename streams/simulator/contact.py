"""A contact and its legs while they last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulator.floor import Agent, Line, WorkItem

if TYPE_CHECKING:
    from streams.simulator.queueing import Queueing

WAITING, RINGING, TALKING, OVER = range(4)
"""Phases of a leg; only the first two can be abandoned."""


class Contact:
    """One customer with one demand on one channel, for the ``visit``-th time."""

    __slots__ = ("channel", "contact_id", "customer_key", "legs", "messages", "motive", "visit")

    def __init__(
        self, contact_id: str, channel: str, customer_key: str, motive: str, visit: int = 1
    ) -> None:
        self.contact_id = contact_id
        self.channel = channel
        self.customer_key = customer_key
        self.motive = motive
        self.visit = visit
        self.legs = 0
        self.messages = 0


class Leg(WorkItem):
    """One stay of a contact in one queue and its handling there."""

    __slots__ = (
        "agent", "answered_ms", "contact", "held_ms", "holds", "leg_id", "offered_ms", "offers",
        "overdue", "phase", "process",
    )  # fmt: skip

    def __init__(self, contact: Contact, line: Line, now_ms: int, process: Queueing) -> None:
        super().__init__(line, now_ms)
        contact.legs += 1
        self.contact = contact
        self.leg_id = f"L{contact.legs}"
        self.process = process
        self.phase = WAITING
        self.offers = 0
        self.offered_ms = 0
        self.answered_ms = 0
        self.agent: Agent | None = None
        self.holds = 0
        self.held_ms = 0
        self.overdue = False

    def taken_by(self, agent: Agent) -> None:
        self.process.offer(self, agent)
