"""Tickets: opened, solved, reopened, escalated, and what was promised for them.

A ticket's time to resolve is booked when it is solved and taken out again when it is reopened, so
it always belongs to the last solve (kpis.md, section 6). What is booked at a solve is kept with
the contact, so it can be taken out exactly.

What gives no duration is decided here and counted by reason (``facts.OUT_OF_TIME_REASONS``): a
reply or a solve before the opening (up to two seconds are clock skew and count as 0), a solve of a
ticket whose opening nobody told. A solve of what is solved and a reopening of what is open change
nothing and count as conflicts.
"""

from __future__ import annotations

from collections.abc import Iterable

from aggregators import events as ev
from aggregators import facts as f
from aggregators.calendar import NEVER_MS, open_ms
from aggregators.contact import Contact
from aggregators.conversation import NEVER, ConversationFold
from aggregators.desk import BookedFact, Desk
from aggregators.policy import QueuePolicy

RESPONSE, RESOLUTION = range(len(f.PROMISES))
REPLY_BEFORE, SOLVE_BEFORE, NEVER_OPENED = range(len(f.OUT_OF_TIME_REASONS))
SKEW_MS = 2_000
FINAL = 2
"""Added to the keys of a cohort once its figure is final."""

COHORT = tuple((key, key + FINAL) for key in (f.FIRST_SOLVED, f.REOPENED))
"""Facts of the cohort of tickets, at their first solve, and their keys as final."""


class TicketFold(ConversationFold):
    """Applies ticket events."""

    def book(self, facts: Iterable[BookedFact], sign: int = 1) -> None:
        """Book facts, or take out with the opposite sign what was booked."""
        sign *= self.sign
        for at_ms, scope, key, n in facts:
            cell = self.cell(at_ms, scope)
            total = cell.get(key, 0) + n * sign
            if total:
                cell[key] = total
            else:
                cell.pop(key, None)

    def count(self, at_ms: int, places: Iterable[int], key: int) -> None:
        """Count one fact in several scopes."""
        self.book([(at_ms, scope, key, 1) for scope in places])

    def count_cohort(self, at_ms: int, places: Iterable[int], key: int) -> None:
        """Count one fact of a cohort, also as final if nothing may change it any more."""
        self.count(at_ms, places, key)
        if at_ms < self.final_before_ms:
            self.count(at_ms, places, key + FINAL)

    # -- opening ----------------------------------------------------------------------------

    def ticket_opened(self, contact: Contact, event: ev.TicketOpened) -> None:
        """A ticket begins; it may have been heard of before."""
        desk = contact.desk
        if desk is not None and desk.is_told:
            self.conflict("opened")
            return
        at_ms = event.event_time_ms
        is_received = not contact.channel or (desk is not None and desk.opened_ms < 0)
        contact.channel = event.channel
        contact.queue = event.queue or contact.queue
        contact.team = event.team or contact.team
        contact.motive = event.motive or contact.motive
        contact.initiated_by_agent = event.initiated_by == "agent"
        contact.ticket = contact.ticket or "open"
        was_known = desk is not None
        if desk is None:
            desk = contact.desk = Desk()
        desk.is_told = True
        desk.is_inbound = event.direction == "in"
        if desk.is_inbound:
            desk.promise = self.sla.promise(event.priority)
        if was_known and desk.opened_ms < 0:
            contact.created_ms = desk.opened_ms = at_ms
            self._heard_of_before(contact, desk, event)
        elif not was_known:
            if contact.created_ms < 0:
                contact.created_ms = at_ms
            desk.opened_ms = contact.created_ms
        if contact.replied_ms == NEVER and desk.is_inbound and not contact.initiated_by_agent:
            contact.reply_due_since_ms = at_ms
        scope, policy = self.scope_of(contact, event)
        if contact.ticket == "open":
            self.set_deadlines(contact, desk, policy)
        if desk.is_inbound:
            places = self.places(contact, scope, None)
            self.count(at_ms, places, f.TICKETS_OPENED)
            if is_received:
                self.count(at_ms, places[1:], f.CONTACTS_RECEIVED)
                if event.customer_key is None:
                    self.count(at_ms, places, f.UNIDENTIFIED)

    def known(self, contact: Contact, event: ev.ContactEvent) -> Desk:
        """Return the ticket of an event; one whose opening was not told yet is taken as open."""
        desk = contact.desk
        if desk is None:
            desk = contact.desk = Desk()
            desk.is_inbound = event.direction == "in"
            contact.ticket = "open"
            contact.channel = contact.channel or event.channel or self.default_channel
            contact.queue = contact.queue or event.queue or ""
            desk.since_ms = event.event_time_ms
            if contact.created_ms < 0:
                contact.created_ms = event.event_time_ms
                contact.replied_ms = event.event_time_ms  # unknown: no first response is booked
            else:
                desk.opened_ms = desk.since_ms = contact.created_ms
        contact.motive = event.motive or contact.motive
        desk.agent_id = event.agent_id or desk.agent_id
        return desk

    def _heard_of_before(self, contact: Contact, desk: Desk, event: ev.TicketOpened) -> None:
        """Put right what was told of a ticket before its opening."""
        at_ms = event.event_time_ms
        scope, policy = self.scope_of(contact, event)
        places = self.places(contact, scope, None)
        desk.since_ms = at_ms
        if desk.early_reply_ms < 0:
            contact.replied_ms = NEVER
        elif desk.is_inbound and not contact.initiated_by_agent:
            if desk.early_reply_ms >= at_ms - SKEW_MS:
                contact.replied_ms = desk.early_reply_ms
                self.first_response(places, policy, contact.replied_ms, contact.replied_ms)
            else:
                self.count(at_ms, places, f.OUT_OF_TIME + REPLY_BEFORE)
        if contact.ticket == "solved":
            desk.open_ms = desk.open_business_ms = 0
            if contact.solution is not None:
                self.book(contact.solution, -1)
                self._book_solution(contact, desk, desk.solved_ms, scope, policy)

    def ticket_assigned(self, contact: Contact, event: ev.TicketAssigned) -> None:
        """The ticket moves to a queue, a team or an agent; later facts are booked there."""
        desk = self.known(contact, event)
        contact.team = event.team or contact.team
        if event.queue and event.queue != contact.queue:
            contact.queue = event.queue
            if contact.ticket == "open":
                self.set_deadlines(contact, desk, self.scope_of(contact, event)[1])

    def set_deadlines(self, contact: Contact, desk: Desk, policy: QueuePolicy) -> None:
        """Let the promises of an open ticket fall due by the clock of its queue."""
        promised_ms = desk.promise.first_response_ms
        if promised_ms is not None and contact.replied_ms == NEVER and not (
            contact.initiated_by_agent
        ):  # fmt: skip
            since_ms = contact.created_ms
            desk.response.set(desk.promise, policy, since_ms, promised_ms, self.sla.at_risk_ms)
        desk.open(max(desk.since_ms, desk.opened_ms), policy, self.sla.at_risk_ms)

    # -- replies and escalations ------------------------------------------------------------

    def ticket_replied(self, contact: Contact, event: ev.TicketReplied) -> None:
        """One reply."""
        desk = self.known(contact, event)
        if not event.public:
            return
        if event.author == "agent":
            desk.replies += 1
            if desk.early_reply_ms < 0:
                desk.early_reply_ms = event.event_time_ms
        self.spoke(contact, event, event.author)

    def response_came(self, contact: Contact, places: tuple[int, ...], at_ms: int) -> None:
        """Decide what was promised for the first response, if anything was."""
        desk = contact.desk
        if desk is not None and desk.response.due_ms != NEVER_MS:
            due_ms, desk.response.due_ms = desk.response.due_ms, NEVER_MS
            if at_ms <= due_ms:
                self.count(at_ms, places, f.PROMISE_KEPT + RESPONSE)
            else:
                self.count(due_ms, places, f.PROMISE_BROKEN + RESPONSE)

    def ticket_escalated(self, contact: Contact, event: ev.TicketEscalated) -> None:
        """The ticket goes to a higher level, and to that level's team if it is named."""
        desk = self.known(contact, event)
        if desk.is_inbound:
            scope, _ = self.scope_of(contact, event)
            self.count(event.event_time_ms, self.places(contact, scope, desk.agent_id), f.ESCALATED)
        contact.team = event.to_team or contact.team

    # -- solving ----------------------------------------------------------------------------

    def ticket_solved(self, contact: Contact, event: ev.TicketSolved) -> None:
        """The ticket is solved; without ``resolved`` it is only closed."""
        desk = self.known(contact, event)
        if contact.ticket == "solved":
            self.conflict("solved")
            return
        at_ms = event.event_time_ms
        scope, policy = self.scope_of(contact, event)
        self.close_unanswered(contact, event)
        contact.ticket = "solved"
        desk.solved_ms = at_ms
        desk.stop(at_ms, policy)
        places = self.places(contact, scope, desk.agent_id)
        due_ms, desk.response.due_ms = desk.response.due_ms, NEVER_MS
        if due_ms < at_ms:
            self.count(due_ms, places, f.PROMISE_BROKEN + RESPONSE)
        if not desk.is_inbound:
            return
        self.count(at_ms, places, f.TICKETS_SOLVED)
        if desk.first_solved is None:
            desk.first_solved = (at_ms, places)
            self.count_cohort(at_ms, places, f.FIRST_SOLVED)
        if desk.resolution.due_ms < at_ms and not desk.resolution_is_broken:
            desk.resolution_is_broken = True
            self.count(desk.resolution.due_ms, places, f.PROMISE_BROKEN + RESOLUTION)
        if event.resolved:
            self._book_solution(contact, desk, at_ms, scope, policy)

    def _book_solution(
        self, contact: Contact, desk: Desk, at_ms: int, scope: int, policy: QueuePolicy
    ) -> None:
        """Book what the last solve says, and remember it."""
        keys: dict[int, int] = {f.TICKETS_RESOLVED: 1}
        if desk.replies == 1:
            keys[f.ONE_TOUCH] = 1
        if desk.opened_ms < 0:
            keys[f.OUT_OF_TIME + NEVER_OPENED] = 1
        elif at_ms < desk.opened_ms - SKEW_MS:
            keys[f.OUT_OF_TIME + SOLVE_BEFORE] = 1
        else:
            keys |= self._times(desk, at_ms, policy)
            if not desk.resolution_is_broken and desk.resolution.due_ms != NEVER_MS:
                keys[f.PROMISE_KEPT + RESOLUTION] = 1
        places = self.places(contact, scope, desk.agent_id)
        contact.solution = tuple(
            (at_ms, place, key, n) for place in places for key, n in keys.items() if n
        )
        self.book(contact.solution)

    def _times(self, desk: Desk, at_ms: int, policy: QueuePolicy) -> dict[int, int]:
        """Return the times to resolve: to the last solve, and what the variants differ by."""
        opened_ms = min(desk.opened_ms, at_ms)
        first_ms = desk.first_solved[0] if desk.first_solved is not None else at_ms
        whole_ms = at_ms - opened_ms
        business_ms = open_ms(policy.hours, policy.zone, opened_ms, at_ms)
        later_ms = at_ms - first_ms
        later_business_ms = open_ms(policy.hours, policy.zone, first_ms, at_ms)
        paused_ms = whole_ms - desk.open_ms
        paused_business_ms = business_ms - desk.open_business_ms
        return {
            f.BASE_RESOLVED | whole_ms: 1,
            f.RESOLVED_CLOSED_MS: whole_ms - business_ms,
            f.RESOLVED_LATER_MS: later_ms,
            f.RESOLVED_LATER_CLOSED_MS: later_ms - later_business_ms,
            f.RESOLVED_PAUSED_MS: paused_ms,
            f.RESOLVED_PAUSED_CLOSED_MS: paused_ms - paused_business_ms,
        }

    def ticket_reopened(self, contact: Contact, event: ev.TicketReopened) -> None:
        """A solved ticket is open again: it has no time to resolve until it is solved again."""
        is_new = contact.desk is None
        desk = self.known(contact, event)
        if contact.ticket == "open":
            if not is_new:
                self.conflict("reopened")
            return
        at_ms = event.event_time_ms
        contact.ticket = "open"
        if contact.solution is not None:
            self.book(contact.solution, -1)
            contact.solution = None
        if desk.first_solved is not None and not desk.is_reopened:
            desk.is_reopened = True
            first_ms, places = desk.first_solved
            if at_ms <= first_ms + self.sla.reopen_within_ms:
                self.count_cohort(first_ms, places, f.REOPENED)
        desk.open(at_ms, self.scope_of(contact, event)[1], self.sla.at_risk_ms)
