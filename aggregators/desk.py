"""What is known of a ticket beyond its conversation: how long it was open and what was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from aggregators.calendar import NEVER_MS, due_ms, open_ms
from aggregators.policy import QueuePolicy
from aggregators.promises import NOTHING, Promise

if TYPE_CHECKING:
    from aggregators.contact import Contact
    from aggregators.scopes import Scopes

BookedFact: TypeAlias = tuple[int, int, int, int]
"""(instant, scope, key, amount)"""


class Deadline:
    """When a promise falls due; NEVER_MS while nothing is promised or it is decided."""

    __slots__ = ("due_ms", "risk_ms")

    def __init__(self) -> None:
        self.due_ms = self.risk_ms = NEVER_MS

    def set(
        self, promise: Promise, policy: QueuePolicy, since_ms: int, left_ms: int, at_risk_ms: int
    ) -> None:
        """Let it fall due once ``left_ms`` have run since an instant, by the promise's clock."""
        hours = policy.hours if promise.is_business else None
        self.due_ms = due_ms(hours, policy.zone, since_ms, max(0, left_ms))
        self.risk_ms = since_ms - 1
        if left_ms > at_risk_ms:
            self.risk_ms = due_ms(hours, policy.zone, since_ms, left_ms - at_risk_ms)


class Desk:
    """A ticket at the help desk.

    ``opened_ms`` is its first demand, -1 where nobody told of it; it is open since ``since_ms``
    and was open for ``open_ms`` before (``open_business_ms`` of it in the queue's hours).
    ``first_solved`` is the first solve: its instant and the scopes it was booked in. The first
    reply ``early_reply_ms`` matters where it came before the opening.
    """

    __slots__ = (
        "agent_id", "early_reply_ms", "first_solved", "is_inbound", "is_reopened", "is_told",
        "open_business_ms", "open_ms", "opened_ms", "promise", "replies", "resolution",
        "resolution_is_broken", "response", "since_ms", "solved_ms",
    )  # fmt: skip

    def __init__(self) -> None:
        self.opened_ms = self.since_ms = self.solved_ms = self.early_reply_ms = -1
        self.is_told = self.is_reopened = False
        self.is_inbound = True
        self.promise = NOTHING
        self.replies = 0
        self.agent_id = ""
        self.open_ms = self.open_business_ms = 0
        self.first_solved: tuple[int, tuple[int, ...]] | None = None
        self.response = Deadline()
        self.resolution = Deadline()
        self.resolution_is_broken = False

    def open(self, at_ms: int, policy: QueuePolicy, at_risk_ms: int) -> None:
        """Let time run (again); what was promised for the solution falls due accordingly."""
        self.since_ms = at_ms
        promised_ms = self.promise.resolution_ms
        if promised_ms is not None and not self.resolution_is_broken:
            used_ms = self.open_business_ms if self.promise.is_business else self.open_ms
            self.resolution.set(self.promise, policy, at_ms, promised_ms - used_ms, at_risk_ms)

    def stop(self, at_ms: int, policy: QueuePolicy) -> None:
        """Stop the time: the ticket is solved."""
        self.open_ms += max(0, at_ms - self.since_ms)
        self.open_business_ms += open_ms(policy.hours, policy.zone, self.since_ms, at_ms)


def conversation_place(contact: Contact, scopes: Scopes) -> tuple[int, QueuePolicy]:
    """Return where a conversation is booked: in its last leg's queue, or in its own.

    Tickets are never kept apart as out of hours: most of them are written when nobody works, and
    their clock starts at the next opening (kpis.md, 4.3).
    """
    leg = contact.last_leg
    if leg is not None and leg.scope >= 0:
        return leg.scope, leg.policy
    if contact.ticket:
        scope, _, policy = scopes.resolve(contact.queue, contact.channel, contact.team)
        return scope, policy
    return scopes.at(contact.queue, contact.channel, contact.team, contact.created_ms)
