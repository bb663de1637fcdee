"""What a call comes to beyond its queue: its first response, its solution, its way to self-care.

On voice the answer is the first response (kpis.md, 4.3), so the time from the first sign to the
pick-up is booked as both. Limits of the first response pass while a call waits, as they do for
messages. A contact that ends with ``resolved`` is solved there (section 6).
"""

from __future__ import annotations

from bisect import bisect_left

from aggregators import facts as f
from aggregators.calendar import open_ms
from aggregators.contact import Contact, Leg
from aggregators.facts import Cell
from aggregators.policy import RESPONSE_EDGES_MS
from aggregators.tickets import TicketFold

_FIRST_EDGE_MS = RESPONSE_EDGES_MS[0]


class OutcomeFold(TicketFold):
    """Books what queues and agents do not see of a call."""

    def voice_start(
        self, contact: Contact, leg: Leg, cell: Cell, first_ms: int, from_start_ms: int
    ) -> None:
        """Book the pick-up of a call: on voice it is the first response (kpis.md, 4.3)."""
        sign = self.sign
        kept = 0
        if from_start_ms > _FIRST_EDGE_MS:
            kept = bisect_left(RESPONSE_EDGES_MS, from_start_ms)
            self.late_response(leg.scope, first_ms, kept)
        key = f.VOICE_START + kept
        cell[f.VOICE_START_MS] = cell.get(f.VOICE_START_MS, 0) + from_start_ms * sign
        cell[key] = cell.get(key, 0) + sign
        closed_ms = 0
        policy = leg.policy
        if policy.hours is not None:
            closed_ms = from_start_ms - open_ms(policy.hours, policy.zone, first_ms, leg.exit_ms)
            if closed_ms:
                cell[f.VOICE_CLOSED_MS] = cell.get(f.VOICE_CLOSED_MS, 0) + closed_ms * sign
        if self.by_agent:
            own = self.scopes.of_agent(leg.agent_id, leg.scope)
            at_ms = leg.exit_ms
            told = ((f.VOICE_START_MS, from_start_ms), (key, 1), (f.VOICE_CLOSED_MS, closed_ms))
            self.book((at_ms, own, fact, n) for fact, n in told if n)
            self.late_response(own, first_ms, kept)

    def voice_left(self, contact: Contact, leg: Leg) -> None:
        """Book the limits of the first response that passed before a call left unanswered."""
        first_ms = leg.enter_ms
        if len(contact.legs) == 1 and contact.created_ms >= 0:
            first_ms = contact.created_ms
        passed_ms = leg.exit_ms - first_ms
        if passed_ms <= _FIRST_EDGE_MS or contact.initiated_by_agent:
            return
        if self.scopes.is_voice[leg.scope]:
            self.late_response(leg.scope, first_ms, bisect_left(RESPONSE_EDGES_MS, passed_ms))

    def to_selfcare(self, leg: Leg, had_choice: bool | None) -> None:
        """Count a leg sent to a self-care tool, at the instant at which it left the queue."""
        keys = [f.TO_SELFCARE]
        if had_choice is not None:
            keys.append(f.TO_SELFCARE + 1 + had_choice)
        cell = self.cell(leg.exit_ms, leg.scope)
        for key in keys:
            cell[key] = cell.get(key, 0) + self.sign

    def conversation_solved(self, contact: Contact, leg: Leg, at_ms: int, resolved: bool) -> None:
        """Book the time to resolve of a contact that ended so; a later end replaces it."""
        if contact.solution is not None:
            self.book(contact.solution, -1)
            contact.solution = None
        if not resolved:
            return
        whole_ms = at_ms - contact.created_ms
        policy = leg.policy
        closed_ms = 0
        if policy.hours is not None:
            closed_ms = whole_ms - open_ms(policy.hours, policy.zone, contact.created_ms, at_ms)
        # The common case goes without places(): a call has its place and that of its motive.
        scope, key, sign = leg.scope, f.BASE_RESOLVED | whole_ms, self.sign
        if closed_ms or self.by_agent or self.scopes.known[scope].out:
            facts = [
                (at_ms, place, fact, n)
                for place in self.places(contact, scope, leg.agent_id)
                for fact, n in ((key, 1), (f.RESOLVED_CLOSED_MS, closed_ms))
                if n
            ]
            contact.solution = tuple(facts)
            self.book(facts)
            return
        cell = self.cell(at_ms, scope)
        cell[key] = cell.get(key, 0) + sign
        if not contact.motive:
            contact.solution = ((at_ms, scope, key, 1),)
            return
        own = self.scopes.of_motive(contact.motive)
        contact.solution = ((at_ms, scope, key, 1), (at_ms, own, key, 1))
        cell = self.cell(at_ms, own)
        cell[key] = cell.get(key, 0) + sign

    def name_motive(self, contact: Contact, motive: str) -> None:
        """Take note of a motive told in wrap-up; the time to resolve moves under it."""
        contact.motive, was = motive, contact.motive
        solution = contact.solution
        if solution is None or contact.ticket or self.scopes.known[solution[0][1]].out:
            return
        new, scope = self.scopes.of_motive(motive), solution[0][1]
        old = self.scopes.of_motive(was) if was else -1
        if new != old:
            self.book(solution, -1)
            kept = tuple(fact for fact in solution if fact[1] != old)
            moved = tuple((at, new, key, n) for at, place, key, n in kept if place == scope)
            contact.solution = kept + moved
            self.book(contact.solution)
