"""How an agent handles a leg, and which method takes which event: the contact state machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aggregators import events as ev
from aggregators import facts as f
from aggregators.contact import Contact, Leg
from aggregators.facts import Cell
from aggregators.queue_fold import QueueFold, told_or_measured
from aggregators.scopes import Scopes
from aggregators.slices import Slices
from aggregators.spans import ACW, HOLD, TALK, AgentSpans
from aggregators.totals import Totals

_TRANSFER = {
    (kind, scope): f.TRANSFERRED + 2 * k + s
    for k, kind in enumerate(f.TRANSFER_KINDS)
    for s, scope in enumerate(f.TRANSFER_SCOPES)
}


class ContactFold(QueueFold):
    """Applies every contact, message and ticket event."""

    def __init__(
        self,
        slices: Slices,
        spans: AgentSpans,
        scopes: Scopes,
        totals: dict[tuple[str, str], Totals],
        default_channel: str,
    ) -> None:
        super().__init__(slices, spans, scopes, totals, default_channel)
        self.handlers: dict[type[Any], Callable[[Contact, Any], None]] = {
            ev.ContactCreated: self.created,
            ev.ContactQueued: self.queued,
            ev.AgentOffered: self.agent_offered,
            ev.AgentOfferMissed: self.agent_offer_missed,
            ev.ContactAnswered: self.answered,
            ev.HoldStarted: self.hold_started,
            ev.HoldEnded: self.hold_ended,
            ev.ContactTransferred: self.transferred,
            ev.ContactAbandoned: self.abandoned,
            ev.FlowOut: self.flowed_out,
            ev.CallbackRequested: self.callback_requested,
            ev.CallbackAttempted: self.callback_attempted,
            ev.CallbackDone: self.callback_done,
            ev.ContactEnded: self.ended,
            ev.WrapUpStarted: self.wrap_up_started,
            ev.WrapUpEnded: self.wrap_up_ended,
            ev.MessagePosted: self.message_posted,
            ev.TicketOpened: self.ticket_opened,
            ev.TicketAssigned: self.ticket_assigned,
            ev.TicketReplied: self.ticket_replied,
            ev.TicketSolved: self.ticket_solved,
            ev.TicketReopened: self.ticket_reopened,
            ev.TicketEscalated: self.ticket_escalated,
            ev.TicketMerged: self.no_fact,
        }

    # -- handling ---------------------------------------------------------------------------

    def in_talk(self, contact: Contact, event: ev.ContactEvent) -> Leg | None:
        """Return the event's leg while an agent talks on it, else count a conflict."""
        leg = contact.legs.get(event.leg_id or "")
        if leg is None or leg.talk_since_ms < 0 or leg.talk_end_ms >= 0:
            self.conflict("handling")
            return None
        return leg

    def hold_started(self, contact: Contact, event: ev.HoldStarted) -> None:
        """The agent parks the customer."""
        leg = self.in_talk(contact, event)
        if leg is not None and leg.hold_since_ms < 0:
            at_ms = event.event_time_ms
            self.span(leg.agent_id, leg.talk_since_ms, at_ms, TALK, leg.scope)
            leg.hold_since_ms = at_ms
            leg.holds += 1

    def hold_ended(self, contact: Contact, event: ev.HoldEnded) -> None:
        """The agent takes the customer back."""
        leg = self.in_talk(contact, event)
        if leg is None:
            return
        at_ms = event.event_time_ms
        if leg.hold_since_ms < 0:
            if event.hold_ms is None:
                return
            leg.holds += 1
            leg.hold_since_ms = max(leg.talk_since_ms, at_ms - event.hold_ms)
            self.span(leg.agent_id, leg.talk_since_ms, leg.hold_since_ms, TALK, leg.scope)
        measured_ms = at_ms - leg.hold_since_ms
        leg.held_ms += told_or_measured(event.hold_ms, measured_ms, event.time_quality)
        self.span(leg.agent_id, leg.hold_since_ms, at_ms, HOLD, leg.scope)
        leg.hold_since_ms = -1
        leg.talk_since_ms = at_ms

    def transferred(self, contact: Contact, event: ev.ContactTransferred) -> None:
        """Handling of the leg ends by a transfer."""
        leg = self.in_talk(contact, event)
        if leg is None:
            return
        if leg.booked:
            key = _TRANSFER[event.kind, event.scope]
            at_ms = event.event_time_ms
            own = self.agent_cell(at_ms, leg.agent_id, leg.scope)
            for cell in (self.cell(at_ms, leg.scope), own):
                cell[key] = cell.get(key, 0) + self.sign
            if event.escalation:
                self.count(at_ms, self.places(contact, leg.scope, leg.agent_id), f.ESCALATED)
            if event.to_target == "selfcare":
                self.to_selfcare(leg, None)
            if self._is_first(contact, "transferred " + leg.leg_id):
                self.total(leg.scope).transferred += 1
        self.end_talk(contact, leg, event, event.talk_ms, None)

    def ended(self, contact: Contact, event: ev.ContactEnded) -> None:
        """The conversation of the leg, or of every leg in talk, is over."""
        if event.leg_id is not None:
            leg = self.in_talk(contact, event)
            legs = [] if leg is None else [leg]
        else:
            legs = [
                leg
                for leg in contact.legs.values()
                if leg.talk_since_ms >= 0 and leg.talk_end_ms < 0
            ]
        for leg in legs:
            held = leg.hold_since_ms >= 0 or event.during == "hold"
            if held and event.ended_by == "customer" and leg.booked:
                cell = self.cell(event.event_time_ms, leg.scope)
                cell[f.HOLD_ABANDONED] = cell.get(f.HOLD_ABANDONED, 0) + self.sign
            self.end_talk(contact, leg, event, event.talk_ms, event.hold_ms)
        if event.resolved is not None and legs and legs[-1].booked and not contact.ticket:
            self.conversation_solved(contact, legs[-1], event.event_time_ms, event.resolved)

    def end_talk(
        self,
        contact: Contact,
        leg: Leg,
        event: ev.ContactEvent,
        talk_ms: int | None,
        hold_ms: int | None,
    ) -> None:
        """End the conversation of a leg; it is handled unless wrap-up follows."""
        at_ms = event.event_time_ms
        if leg.hold_since_ms >= 0:
            leg.held_ms += at_ms - leg.hold_since_ms
            self.span(leg.agent_id, leg.hold_since_ms, at_ms, HOLD, leg.scope)
            leg.hold_since_ms = -1
        else:
            self.span(leg.agent_id, leg.talk_since_ms, at_ms, TALK, leg.scope)
        if hold_ms is not None:
            leg.held_ms = told_or_measured(hold_ms, leg.held_ms, event.time_quality)
            leg.holds = max(leg.holds, 1 if leg.held_ms else 0)
        measured_ms = at_ms - leg.exit_ms - leg.held_ms
        leg.talk_ms = told_or_measured(talk_ms, measured_ms, event.time_quality)
        leg.talk_end_ms = at_ms
        if contact.reply_due_since_ms >= 0:
            self.close_unanswered(contact, event)
        self.handled(leg, at_ms, 0, self.sign)
        if leg.booked and self._is_first(contact, "handled " + leg.leg_id):
            self.total(leg.scope).see_handle(leg.talk_ms + leg.held_ms)

    def handled(self, leg: Leg, done_ms: int, acw_ms: int, sign: int) -> None:
        """Book (or with the opposite sign unbook) a handled leg at the time it was done."""
        leg.done_ms = done_ms
        leg.acw_ms = acw_ms
        if not leg.booked:
            return
        cell = self.cell(done_ms, leg.scope)
        if leg.holds or leg.ring_ms > 0:
            self._book_handled(cell, leg, acw_ms, sign)
        else:
            cell[f.HANDLED] = cell.get(f.HANDLED, 0) + sign
            cell[f.TALK_MS] = cell.get(f.TALK_MS, 0) + leg.talk_ms * sign
            if acw_ms:
                cell[f.ACW_MS] = cell.get(f.ACW_MS, 0) + acw_ms * sign
        if self.by_agent:
            own = self.agent_cell(done_ms, leg.agent_id, leg.scope)
            self._book_handled(own, leg, acw_ms, sign)

    @staticmethod
    def _book_handled(cell: Cell, leg: Leg, acw_ms: int, sign: int) -> None:
        get = cell.get
        cell[f.HANDLED] = get(f.HANDLED, 0) + sign
        cell[f.TALK_MS] = get(f.TALK_MS, 0) + leg.talk_ms * sign
        if leg.holds:
            cell[f.HELD] = get(f.HELD, 0) + sign
            cell[f.HOLD_MS] = get(f.HOLD_MS, 0) + leg.held_ms * sign
        if acw_ms:
            cell[f.ACW_MS] = get(f.ACW_MS, 0) + acw_ms * sign
        if leg.ring_ms > 0:
            cell[f.HANDLE_RING_MS] = get(f.HANDLE_RING_MS, 0) + leg.ring_ms * sign

    def _is_first(self, contact: Contact, outcome: str) -> bool:
        """Tell whether an outcome is told for the first time; then it enters the totals."""
        if self.totals is None or outcome in contact.counted:
            return False
        contact.counted.add(outcome)
        return True

    def wrap_up_started(self, contact: Contact, event: ev.WrapUpStarted) -> None:
        """After-contact work begins: the leg is not done yet."""
        leg = contact.legs.get(event.leg_id)
        if leg is None or leg.talk_since_ms < 0 or leg.acw_since_ms >= 0:
            self.conflict("wrap_up")
            return
        if leg.talk_end_ms < 0:
            self.end_talk(contact, leg, event, None, None)
        leg.agent_id = leg.agent_id or event.agent_id
        self.handled(leg, leg.done_ms, leg.acw_ms, -self.sign)
        leg.acw_since_ms = event.event_time_ms

    def wrap_up_ended(self, contact: Contact, event: ev.WrapUpEnded) -> None:
        """After-contact work is done, and with it the leg."""
        leg = contact.legs.get(event.leg_id)
        if leg is None or leg.talk_since_ms < 0:
            self.conflict("wrap_up")
            return
        if event.motive and event.motive != contact.motive:
            self.name_motive(contact, event.motive)
        at_ms = event.event_time_ms
        if leg.talk_end_ms < 0:
            self.end_talk(contact, leg, event, None, None)
        if leg.acw_since_ms < 0:
            if leg.done_ms > leg.talk_end_ms or leg.acw_ms:
                self.conflict("wrap_up")
                return
            self.handled(leg, leg.done_ms, 0, -self.sign)
            since_ms = leg.talk_end_ms if event.acw_ms is None else at_ms - event.acw_ms
        else:
            since_ms = leg.acw_since_ms
        acw_ms = told_or_measured(event.acw_ms, at_ms - since_ms, event.time_quality)
        self.span(leg.agent_id, since_ms, at_ms, ACW, leg.scope)
        leg.acw_since_ms = -1
        self.handled(leg, at_ms, acw_ms, self.sign)
