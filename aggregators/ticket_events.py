"""Events of tickets and e-mail."""

from __future__ import annotations

from typing import Literal

from aggregators.contact_events import ContactEvent
from aggregators.envelope import Author, Channel, Count, Id, Name


class TicketOpened(ContactEvent, kw_only=True, tag="ticket.opened"):
    """A ticket or e-mail conversation begins."""

    channel: Channel
    priority: str | int | None = None
    initiated_by: Literal["customer", "agent", "system"] = "customer"


class TicketAssigned(ContactEvent, kw_only=True, tag="ticket.assigned"):
    """The ticket goes to an agent, a team or a queue; at least one is named."""


class TicketReplied(ContactEvent, kw_only=True, tag="ticket.replied"):
    """One reply; private ones are notes."""

    message_id: Id
    author: Author
    public: bool = True


class TicketSolved(ContactEvent, kw_only=True, tag="ticket.solved"):
    """The ticket is solved, until it is reopened."""

    resolved: bool = True


class TicketReopened(ContactEvent, kw_only=True, tag="ticket.reopened"):
    """A solved ticket is open again."""

    reopened_by: Author | None = None


class TicketEscalated(ContactEvent, kw_only=True, tag="ticket.escalated"):
    """The ticket goes to a higher level."""

    level: Count
    from_team: Name | None = None
    to_team: Name | None = None


class TicketMerged(ContactEvent, kw_only=True, tag="ticket.merged"):
    """The ticket leaves every KPI; the other one goes on."""

    into_contact_id: Id
