"""How a leg enters its queue, rings and leaves it: the first half of the contact state machine.

Every method takes the contact and an event in canonical order. ``sign`` is +1 to book and -1
to take the same facts out again, so undoing is the same code run over the same journal.
Formulas and booking times: kpis.md, sections 2 to 4; rules for facts: inputs.md, section 4.
"""

from __future__ import annotations

from aggregators import events as ev
from aggregators import facts as f
from aggregators.contact import (
    ABANDONED,
    ANSWERED,
    CALLED_BACK,
    FLOWED_OUT,
    IMPLIED,
    WAITING,
    Callback,
    Contact,
    Leg,
)
from aggregators.outcomes import OutcomeFold
from aggregators.policy import UNKNOWN
from aggregators.spans import RING

_OFFER = {outcome: f.OFFER_MISSED + n for n, outcome in enumerate(f.OFFER_OUTCOMES)}
_CALLBACK = {outcome: f.CALLBACK_DONE + n for n, outcome in enumerate(f.CALLBACK_OUTCOMES)}
SECOND_MS = 1_000


def told_or_measured(told_ms: int | None, measured_ms: int, time_quality: str) -> int:
    """Return the duration that counts (inputs.md, rule 4.6).

    A told duration wins over the difference of event times. Where the source only knows whole
    seconds and both agree within one, the event times win: the told figure is then only a
    second rounding of the same stretch, and talk, handle time and occupancy stay consistent.
    A negative difference is clock skew and counts as 0.
    """
    if measured_ms < 0:
        measured_ms = 0
    if told_ms is None:
        return measured_ms
    if time_quality == "second" and abs(told_ms - measured_ms) <= SECOND_MS:
        return measured_ms
    return told_ms


class QueueFold(OutcomeFold):
    """Applies the events from the first sign of a contact to the end of its wait."""

    # -- entering ---------------------------------------------------------------------------

    def created(self, contact: Contact, event: ev.ContactCreated) -> None:
        """Note the first sign of the contact."""
        at_ms = event.event_time_ms
        if contact.created_ms < 0:
            contact.created_ms = at_ms
            contact.initiated_by_agent = event.initiated_by == "agent"
            contact.channel = event.channel
            contact.queue = event.queue or contact.queue
            if event.direction == "in":
                cell = self.cell(at_ms, self.scopes.resolve("", event.channel, event.team)[0])
                cell[f.CREATED] = cell.get(f.CREATED, 0) + self.sign
                if event.customer_key is None:
                    cell[f.UNIDENTIFIED] = cell.get(f.UNIDENTIFIED, 0) + self.sign
                if event.motive:
                    contact.motive = event.motive
                    cell = self.cell(at_ms, self.scopes.of_motive(event.motive))
                    cell[f.CONTACTS_RECEIVED] = cell.get(f.CONTACTS_RECEIVED, 0) + self.sign
        else:
            self.conflict("created")

    def queued(self, contact: Contact, event: ev.ContactQueued) -> None:
        """Open a leg, or complete one whose answer was told first."""
        leg = contact.legs.get(event.leg_id)
        if leg is None:
            leg = contact.legs[event.leg_id] = Leg(event.leg_id)
        elif leg.enter_ms >= 0:
            self.conflict("queued")
            return
        contact.last_leg = leg
        contact.channel = event.channel
        if event.motive:
            contact.motive = event.motive
        at_ms = event.event_time_ms
        self.enter(contact, leg, event, event.queue, event.channel, at_ms)
        if event.transferred_from is not None and leg.booked:
            cell = self.cell(at_ms, leg.scope)
            cell[f.TRANSFERRED_IN] = cell.get(f.TRANSFERRED_IN, 0) + self.sign
        if contact.created_ms < 0:
            contact.created_ms = at_ms
        if leg.exit == IMPLIED:
            self.answer(contact, leg, leg.exit_ms, max(0, leg.exit_ms - at_ms))

    def enter(
        self,
        contact: Contact,
        leg: Leg,
        event: ev.ContactEvent,
        queue: str,
        channel: str,
        enter_ms: int,
    ) -> None:
        """Let a leg enter its queue at an instant."""
        leg.scope, leg.policy = self.scopes.at(queue, channel, event.team, enter_ms)
        leg.enter_ms = enter_ms
        leg.booked = event.direction == "in"
        if leg.booked:
            cell = self.cell(enter_ms, leg.scope)
            cell[f.ENTERED] = cell.get(f.ENTERED, 0) + self.sign

    def leg_of(self, contact: Contact, event: ev.ContactEvent, wait_ms: int | None) -> Leg:
        """Return the event's leg; one that no queued event opened is implied.

        With a told wait it entered at ``event time - wait`` (inputs.md, rule 4.5).
        """
        leg_id = event.leg_id or ""
        leg = contact.legs.get(leg_id)
        if leg is None:
            leg = contact.legs[leg_id] = Leg(leg_id)
            contact.last_leg = leg
            channel = event.channel or contact.channel or self.default_channel
            queue = event.queue or contact.queue or UNKNOWN
            leg.scope, leg.policy = self.scopes.at(queue, channel, event.team, event.event_time_ms)
            leg.booked = event.direction == "in"
        if leg.enter_ms < 0 and wait_ms is not None:
            channel = event.channel or contact.channel or self.default_channel
            queue = event.queue or contact.queue or UNKNOWN
            enter_ms = event.event_time_ms - wait_ms
            self.enter(contact, leg, event, queue, channel, enter_ms)
            if contact.created_ms < 0:
                contact.created_ms = enter_ms
            self.implied += self.sign
        return leg

    # -- ringing ----------------------------------------------------------------------------

    def agent_offered(self, contact: Contact, event: ev.AgentOffered) -> None:
        """The leg rings at an agent; it goes on waiting."""
        leg = self.leg_of(contact, event, None)
        if leg.exit == WAITING:
            if leg.offers is None:
                leg.offers = {}
            leg.offers[event.offer_id] = (event.agent_id, event.event_time_ms)

    def agent_offer_missed(self, contact: Contact, event: ev.AgentOfferMissed) -> None:
        """The agent offer ended without an answer; the customer waits on."""
        leg = self.leg_of(contact, event, None)
        at_ms = event.event_time_ms
        offer = leg.offers.pop(event.offer_id, None) if leg.offers else None
        if event.ring_ms is not None:
            since_ms = at_ms - event.ring_ms
        else:
            since_ms = at_ms if offer is None else offer[1]
        self.span(event.agent_id, since_ms, at_ms, RING, leg.scope)
        if leg.booked:
            key = _OFFER[event.outcome]
            own = self.agent_cell(at_ms, event.agent_id, leg.scope)
            for cell in (self.cell(at_ms, leg.scope), own):
                cell[key] = cell.get(key, 0) + self.sign

    def end_offers(self, leg: Leg, at_ms: int, taken_by: str = "") -> None:
        """Close the agent offers of a leg that left; only the taker's ring is kept by answer."""
        if leg.offers:
            for agent_id, since_ms in leg.offers.values():
                if agent_id != taken_by:
                    self.span(agent_id, since_ms, at_ms, RING, leg.scope)
            leg.offers = None

    # -- leaving the queue ------------------------------------------------------------------

    def answered(self, contact: Contact, event: ev.ContactAnswered) -> None:
        """An agent takes the leg."""
        leg = self.leg_of(contact, event, event.wait_ms)
        if leg.exit != WAITING:
            self.conflict("exit")
            return
        at_ms = event.event_time_ms
        leg.agent_id = event.agent_id
        ring_ms = event.ring_ms
        if leg.offers:
            for agent_id, since_ms in leg.offers.values():
                if agent_id == event.agent_id and ring_ms is None:
                    ring_ms = at_ms - since_ms
            self.end_offers(leg, at_ms, event.agent_id)
        if ring_ms is not None:
            leg.ring_ms = ring_ms
            if ring_ms:
                self.span(event.agent_id, at_ms - ring_ms, at_ms, RING, leg.scope)
        leg.talk_since_ms = at_ms
        if leg.enter_ms < 0:
            leg.exit, leg.exit_ms = IMPLIED, at_ms
            return
        wait_ms = told_or_measured(event.wait_ms, at_ms - leg.enter_ms, event.time_quality)
        self.answer(contact, leg, at_ms, wait_ms)

    def answer(self, contact: Contact, leg: Leg, at_ms: int, wait_ms: int) -> None:
        """Book the answer of a leg whose wait is known."""
        leg.exit, leg.exit_ms, leg.wait_ms = ANSWERED, at_ms, wait_ms
        if not leg.booked:
            return
        sign = self.sign
        cell = self.cell(at_ms, leg.scope)
        get = cell.get
        key = f.BASE_ANSWERED | wait_ms
        cell[key] = get(key, 0) + sign
        cell[f.OFFER_ACCEPTED] = get(f.OFFER_ACCEPTED, 0) + sign
        # A transferred leg starts anew: the first agent's talk is no time to pick-up.
        first = contact.created_ms if len(contact.legs) == 1 else leg.enter_ms
        from_start_ms = at_ms - first
        if not self.scopes.is_voice[leg.scope] or contact.initiated_by_agent:
            cell[f.FROM_START_MS] = get(f.FROM_START_MS, 0) + from_start_ms * sign
            cell[f.FROM_START] = get(f.FROM_START, 0) + sign
        else:
            self.voice_start(contact, leg, cell, first, from_start_ms)
        if leg.ring_ms >= 0:
            cell[f.RING_MS] = get(f.RING_MS, 0) + leg.ring_ms * sign
            cell[f.RING] = get(f.RING, 0) + sign
        if self.by_agent:
            own = self.agent_cell(at_ms, leg.agent_id, leg.scope)
            for fact in (key, f.OFFER_ACCEPTED):
                own[fact] = own.get(fact, 0) + sign
        self.timer(leg, wait_ms)
        if self.totals is not None and leg.leg_id not in contact.counted:
            contact.counted.add(leg.leg_id)
            total = self.total(leg.scope)
            total.offered += 1
            total.answered += 1
            total.answered_in_target += wait_ms <= leg.policy.threshold_ms
            total.see_wait("answered", wait_ms)

    def timer(self, leg: Leg, wait_ms: int) -> None:
        """Book the miss of the service-level timer at enter + X (variant SL_K)."""
        if wait_ms > leg.policy.threshold_ms:
            cell = self.cell(leg.enter_ms + leg.policy.threshold_ms, leg.scope)
            cell[f.TIMER_MISSED] = cell.get(f.TIMER_MISSED, 0) + self.sign

    def leave(
        self, contact: Contact, event: ev.ContactEvent, told_ms: int | None, exit_: int, base: int
    ) -> Leg | None:
        """Let a leg leave the queue unanswered; None if it had left before."""
        leg = self.leg_of(contact, event, told_ms)
        if leg.exit != WAITING:
            self.conflict("exit")
            return None
        at_ms = event.event_time_ms
        self.end_offers(leg, at_ms)
        if leg.enter_ms < 0:
            leg.enter_ms = at_ms
        wait_ms = told_or_measured(told_ms, at_ms - leg.enter_ms, event.time_quality)
        leg.exit, leg.exit_ms, leg.wait_ms, leg.done_ms = exit_, at_ms, wait_ms, at_ms
        if contact.reply_due_since_ms >= 0:
            self.close_unanswered(contact, event)
        if leg.booked:
            cell = self.cell(at_ms, leg.scope)
            key = base | wait_ms
            cell[key] = cell.get(key, 0) + self.sign
            self.timer(leg, wait_ms)
            self.voice_left(contact, leg)
        return leg

    def abandoned(self, contact: Contact, event: ev.ContactAbandoned) -> None:
        """The customer gives up, in the menu or in the queue."""
        if event.stage == "ivr":
            if event.direction == "in":
                channel = event.channel or contact.channel or self.default_channel
                cell = self.cell(
                    event.event_time_ms, self.scopes.resolve("", channel, event.team)[0]
                )
                cell[f.IVR_ABANDONED] = cell.get(f.IVR_ABANDONED, 0) + self.sign
            return
        leg = self.leave(contact, event, event.wait_ms, ABANDONED, f.BASE_ABANDONED)
        if leg is not None and self._counts_first(contact, leg):
            total = self.total(leg.scope)
            total.offered += 1
            total.abandoned += 1
            total.abandoned_short += leg.wait_ms < leg.policy.short_limit_ms
            total.see_wait("abandoned", leg.wait_ms)

    def flowed_out(self, contact: Contact, event: ev.FlowOut) -> None:
        """The leg leaves by time-out, key, no agent and the like."""
        base = f.BASE_FLOW_OUT[event.reason]
        leg = self.leave(contact, event, event.wait_ms, FLOWED_OUT, base)
        if event.reason == "selfcare" and leg is not None and leg.booked:
            self.to_selfcare(leg, event.optional_choice)
        if leg is not None and self._counts_first(contact, leg):
            total = self.total(leg.scope)
            total.offered += 1
            total.flow_out += 1

    def _counts_first(self, contact: Contact, leg: Leg) -> bool:
        if self.totals is None or not leg.booked or leg.leg_id in contact.counted:
            return False
        contact.counted.add(leg.leg_id)
        return True

    # -- callbacks --------------------------------------------------------------------------

    def callback_requested(self, contact: Contact, event: ev.CallbackRequested) -> None:
        """The customer leaves the line and asks to be called."""
        leg = self.leave(contact, event, event.wait_ms, CALLED_BACK, f.BASE_CALLBACK)
        if leg is not None:
            if contact.callbacks is None:
                contact.callbacks = {}
            at_ms = event.event_time_ms
            due_ms = at_ms if event.due_at_ms is None else max(at_ms, event.due_at_ms)
            contact.callbacks[event.callback_id] = Callback(leg, at_ms, due_ms)

    def callback_attempted(self, contact: Contact, event: ev.CallbackAttempted) -> None:
        """One try to reach the customer."""
        pending = (contact.callbacks or {}).get(event.callback_id)
        if pending is None:
            self.conflict("callback")
            return
        pending.attempts += 1
        if event.outcome == "reached" and pending.reached_ms < 0:
            pending.reached_ms = event.event_time_ms

    def callback_done(self, contact: Contact, event: ev.CallbackDone) -> None:
        """The callback is over; the wait for it counts from its due time."""
        pending = contact.callbacks.pop(event.callback_id, None) if contact.callbacks else None
        if pending is None:
            self.conflict("callback")
            return
        if not pending.leg.booked:
            return
        sign = self.sign
        cell = self.cell(event.event_time_ms, pending.leg.scope)
        for key, n in ((_CALLBACK[event.outcome], 1), (f.CALLBACK_ATTEMPTS, pending.attempts)):
            cell[key] = cell.get(key, 0) + n * sign
        if event.outcome == "reached":
            reached_ms = pending.reached_ms if pending.reached_ms >= 0 else event.event_time_ms
            wait_ms = max(0, reached_ms - pending.due_ms)
            cell[f.CALLBACK_WAIT_MS] = cell.get(f.CALLBACK_WAIT_MS, 0) + wait_ms * sign
            cell[f.CALLBACK_REACHED] = cell.get(f.CALLBACK_REACHED, 0) + sign
