"""Messages and tickets: first responses, later replies and what is open.

A conversation's first response is the first public reply of a person; automatic replies do not
count, and where an agent began the conversation there is none (kpis.md, section 4.3).
"""

from __future__ import annotations

from bisect import bisect_left

from aggregators import events as ev
from aggregators import facts as f
from aggregators.booking import Booking
from aggregators.calendar import open_ms
from aggregators.contact import Contact
from aggregators.policy import RESPONSE_EDGES_MS, QueuePolicy

NEVER, ENDED_UNANSWERED = -1, -2
"""In place of the time of the first reply: not yet, and never to come."""


class ConversationFold(Booking):
    """Applies message and ticket events."""

    def scope_of(self, contact: Contact, event: ev.ContactEvent) -> tuple[int, QueuePolicy]:
        """Return where a conversation fact is booked: its last leg's queue, or its own."""
        leg = contact.legs.get(event.leg_id or "") or contact.last_leg
        if leg is not None and leg.scope >= 0:
            return leg.scope, leg.policy
        channel = contact.channel or event.channel or self.default_channel
        return self.scopes.at(
            contact.queue, channel, contact.team or event.team, contact.created_ms
        )

    def message_posted(self, contact: Contact, event: ev.MessagePosted) -> None:
        """Note one message."""
        if contact.created_ms < 0:
            contact.created_ms = event.event_time_ms
            contact.initiated_by_agent = event.author == "agent"
        if not contact.queue and event.queue:
            contact.queue = event.queue
        if event.public:
            self.spoke(contact, event, event.author)

    def spoke(self, contact: Contact, event: ev.ContactEvent, author: str) -> None:
        """Note who spoke in public: a customer starts a wait, a person ends it."""
        at_ms = event.event_time_ms
        if author == "customer":
            if contact.reply_due_since_ms < 0:
                contact.reply_due_since_ms = at_ms
            return
        if author != "agent":
            return
        if contact.replied_ms < 0:
            unanswered = contact.replied_ms == NEVER
            contact.replied_ms = at_ms
            if unanswered and not contact.initiated_by_agent and event.direction == "in":
                scope, policy = self.scope_of(contact, event)
                self.first_response(scope, policy, contact.created_ms, at_ms)
        elif contact.reply_due_since_ms >= 0:
            scope, _ = self.scope_of(contact, event)
            cell = self.cell(at_ms, scope)
            waited_ms = (at_ms - contact.reply_due_since_ms) * self.sign
            cell[f.REPLY_MS] = cell.get(f.REPLY_MS, 0) + waited_ms
            cell[f.REPLY] = cell.get(f.REPLY, 0) + self.sign
        contact.reply_due_since_ms = -1

    def first_response(self, scope: int, policy: QueuePolicy, created_ms: int, at_ms: int) -> None:
        """Book a first response by both clocks, and which limits it kept."""
        sign = self.sign
        response_ms = at_ms - created_ms
        cell = self.cell(at_ms, scope)
        business_ms = open_ms(policy.hours, policy.zone, created_ms, at_ms)
        cell[f.RESPONSE_MS] = cell.get(f.RESPONSE_MS, 0) + response_ms * sign
        cell[f.RESPONSE_BUSINESS_MS] = cell.get(f.RESPONSE_BUSINESS_MS, 0) + business_ms * sign
        cell[f.RESPONSE] = cell.get(f.RESPONSE, 0) + sign
        kept = bisect_left(RESPONSE_EDGES_MS, response_ms)
        for n in range(kept, len(RESPONSE_EDGES_MS)):
            cell[f.RESPONSE_IN + n] = cell.get(f.RESPONSE_IN + n, 0) + sign
        for n in range(kept):
            late = self.cell(created_ms + RESPONSE_EDGES_MS[n], scope)
            late[f.RESPONSE_LATE + n] = late.get(f.RESPONSE_LATE + n, 0) + sign

    def close_unanswered(self, contact: Contact, event: ev.ContactEvent) -> None:
        """Book the limits that passed before a conversation ended without any reply."""
        due_ms, contact.reply_due_since_ms = contact.reply_due_since_ms, -1
        if contact.replied_ms != NEVER or due_ms < 0 or contact.initiated_by_agent:
            return
        contact.replied_ms = ENDED_UNANSWERED
        scope, _ = self.scope_of(contact, event)
        for n, edge_ms in enumerate(RESPONSE_EDGES_MS):
            if contact.created_ms + edge_ms < event.event_time_ms:
                cell = self.cell(contact.created_ms + edge_ms, scope)
                cell[f.RESPONSE_LATE + n] = cell.get(f.RESPONSE_LATE + n, 0) + self.sign

    # -- tickets ----------------------------------------------------------------------------

    def ticket_opened(self, contact: Contact, event: ev.TicketOpened) -> None:
        """A ticket begins."""
        if contact.ticket and contact.created_ms >= 0:
            self.conflict("opened")
            return
        contact.ticket = contact.ticket or "open"
        contact.created_ms = event.event_time_ms
        contact.channel = event.channel
        contact.queue = event.queue or contact.queue
        contact.team = event.team or contact.team
        contact.initiated_by_agent = event.initiated_by == "agent"
        if not contact.initiated_by_agent and event.direction == "in":
            contact.reply_due_since_ms = event.event_time_ms
        scope, _ = self.scope_of(contact, event)
        cell = self.cell(event.event_time_ms, scope)
        cell[f.TICKETS_OPENED] = cell.get(f.TICKETS_OPENED, 0) + self.sign

    def ticket_assigned(self, contact: Contact, event: ev.TicketAssigned) -> None:
        """The ticket moves to a queue or team; later facts are booked there."""
        self.known_ticket(contact, event)
        contact.queue = event.queue or contact.queue
        contact.team = event.team or contact.team

    def ticket_replied(self, contact: Contact, event: ev.TicketReplied) -> None:
        """One reply."""
        self.known_ticket(contact, event)
        if event.public:
            self.spoke(contact, event, event.author)

    def ticket_solved(self, contact: Contact, event: ev.TicketSolved) -> None:
        """The ticket is solved."""
        self.known_ticket(contact, event)
        if contact.ticket == "open":
            contact.ticket = "solved"
            self.close_unanswered(contact, event)
            scope, _ = self.scope_of(contact, event)
            cell = self.cell(event.event_time_ms, scope)
            cell[f.TICKETS_SOLVED] = cell.get(f.TICKETS_SOLVED, 0) + self.sign

    def ticket_reopened(self, contact: Contact, event: ev.TicketReopened) -> None:
        """The ticket is open again."""
        self.known_ticket(contact, event)
        contact.ticket = "open"

    def known_ticket(self, contact: Contact, event: ev.ContactEvent) -> None:
        """Take a ticket whose opening was never told as opened before this event."""
        if not contact.ticket:
            contact.ticket = "open"
            contact.channel = contact.channel or event.channel or self.default_channel
            contact.queue = contact.queue or event.queue or ""
            if contact.created_ms < 0:
                contact.created_ms = event.event_time_ms
                contact.replied_ms = event.event_time_ms  # unknown: no first response is booked
