"""Messages and replies: first responses and later ones.

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
    """Applies messages, and what is said in tickets."""

    def scope_of(self, contact: Contact, event: ev.ContactEvent) -> tuple[int, QueuePolicy]:
        """Return where a conversation fact is booked: its last leg's queue, or its own."""
        leg = contact.legs.get(event.leg_id or "") or contact.last_leg
        if leg is not None and leg.scope >= 0:
            return leg.scope, leg.policy
        channel = contact.channel or event.channel or self.default_channel
        team = contact.team or event.team
        if contact.ticket:  # never out of hours: see desk.conversation_place
            scope, _, policy = self.scopes.resolve(contact.queue, channel, team)
            return scope, policy
        return self.scopes.at(contact.queue, channel, team, contact.created_ms)

    def places(self, contact: Contact, scope: int, agent_id: str | None) -> tuple[int, ...]:
        """Return where a fact is booked: in its scope, for its agent, and under its motive.

        What was begun out of hours is kept apart and is under no motive.
        """
        found = [scope]
        if self.by_agent and agent_id:
            found.append(self.scopes.of_agent(agent_id, scope))
        if contact.motive and not self.scopes.known[scope].out:
            found.append(self.scopes.of_motive(contact.motive))
        return tuple(found)

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
                places = self.places(contact, scope, event.agent_id)
                self.first_response(places, policy, contact.created_ms, at_ms)
                self.response_came(contact, places, at_ms)
        elif contact.reply_due_since_ms >= 0:
            scope, _ = self.scope_of(contact, event)
            cell = self.cell(at_ms, scope)
            waited_ms = (at_ms - contact.reply_due_since_ms) * self.sign
            cell[f.REPLY_MS] = cell.get(f.REPLY_MS, 0) + waited_ms
            cell[f.REPLY] = cell.get(f.REPLY, 0) + self.sign
        contact.reply_due_since_ms = -1

    def first_response(
        self, places: tuple[int, ...], policy: QueuePolicy, created_ms: int, at_ms: int
    ) -> None:
        """Book a first response by both clocks, and which limits it kept."""
        sign = self.sign
        response_ms = at_ms - created_ms
        business_ms = open_ms(policy.hours, policy.zone, created_ms, at_ms)
        kept = bisect_left(RESPONSE_EDGES_MS, response_ms)
        for scope in places:
            cell = self.cell(at_ms, scope)
            cell[f.RESPONSE_MS] = cell.get(f.RESPONSE_MS, 0) + response_ms * sign
            cell[f.RESPONSE_BUSINESS_MS] = cell.get(f.RESPONSE_BUSINESS_MS, 0) + business_ms * sign
            cell[f.RESPONSE] = cell.get(f.RESPONSE, 0) + sign
            for n in range(kept, len(RESPONSE_EDGES_MS)):
                cell[f.RESPONSE_IN + n] = cell.get(f.RESPONSE_IN + n, 0) + sign
            if kept:
                self.late_response(scope, created_ms, kept)

    def late_response(self, scope: int, created_ms: int, passed: int) -> None:
        """Book the limits that passed before a response came, each when it passed."""
        for n in range(passed):
            cell = self.cell(created_ms + RESPONSE_EDGES_MS[n], scope)
            cell[f.RESPONSE_LATE + n] = cell.get(f.RESPONSE_LATE + n, 0) + self.sign

    def response_came(self, contact: Contact, places: tuple[int, ...], at_ms: int) -> None:
        """Decide what was promised for the first response, if anything was."""

    def close_unanswered(self, contact: Contact, event: ev.ContactEvent) -> None:
        """Book the limits that passed before a conversation ended without any reply."""
        due_ms, contact.reply_due_since_ms = contact.reply_due_since_ms, -1
        if contact.replied_ms != NEVER or due_ms < 0 or contact.initiated_by_agent:
            return
        contact.replied_ms = ENDED_UNANSWERED
        scope, _ = self.scope_of(contact, event)
        passed = bisect_left(RESPONSE_EDGES_MS, event.event_time_ms - contact.created_ms)
        for place in self.places(contact, scope, None):
            self.late_response(place, contact.created_ms, passed)
