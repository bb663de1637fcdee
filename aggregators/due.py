"""Facts that the clock alone brings about, while no event says so.

A wait passes its threshold, a leg is given up as lost, a wrap-up runs into its limit, a reply is
overdue: all are functions of a contact and an instant. The board adds them to the windows at
look time; the shard books them for good once no event may change them any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from aggregators import facts as f
from aggregators.contact import IMPLIED, WAITING, Contact, Leg
from aggregators.desk import conversation_place
from aggregators.policy import HOUR_MS, RESPONSE_EDGES_MS, Rules
from aggregators.scopes import Scopes

DueFact = tuple[int, int, int, int]
"""(instant, scope, key, amount)"""

UNSEEN_FOR_MS = 4 * HOUR_MS
"""A contact that never got a leg is closed this long after its last event."""


def is_waiting(leg: Leg, as_of_ms: int) -> bool:
    """Tell whether a leg waits at an instant: entered, not left, not lost (kpis.md, 2.8)."""
    if leg.exit != WAITING or leg.enter_ms < 0:
        return False
    limit_ms = leg.policy.max_wait_ms
    return limit_ms is None or as_of_ms - leg.enter_ms <= limit_ms


def in_conversation(leg: Leg, as_of_ms: int) -> bool:
    """Tell whether an agent is in conversation on a leg; one without an end runs out."""
    return (
        leg.talk_since_ms >= 0
        and leg.talk_end_ms < 0
        and as_of_ms - leg.exit_ms <= leg.policy.max_handle_ms
    )


def in_wrap_up(leg: Leg, as_of_ms: int) -> bool:
    """Tell whether after-contact work goes on; past its limit it counts as never told."""
    return leg.acw_since_ms >= 0 and as_of_ms - leg.acw_since_ms <= leg.policy.wrap_up_limit_ms


def due_facts(contact: Contact, as_of_ms: int, rules: Rules, scopes: Scopes) -> Iterator[DueFact]:
    """Yield what the clock has brought about for an open contact before an instant."""
    for leg in contact.legs.values():
        if leg.booked:
            yield from leg_due(leg, as_of_ms, rules)
            if leg.exit == WAITING:
                yield from overdue_answer(contact, leg, as_of_ms, scopes)
    yield from overdue_reply(contact, as_of_ms, scopes)


def leg_due(leg: Leg, as_of_ms: int, rules: Rules) -> Iterator[DueFact]:
    """Yield what the clock has brought about for one leg that is booked."""
    policy = leg.policy
    if leg.exit == WAITING and leg.enter_ms >= 0:
        timer_ms = leg.enter_ms + policy.threshold_ms
        if as_of_ms > timer_ms:
            yield timer_ms, leg.scope, f.TIMER_MISSED, 1
        if policy.max_wait_ms is not None and as_of_ms > leg.enter_ms + policy.max_wait_ms:
            yield leg.enter_ms + policy.max_wait_ms, leg.scope, f.LOST, 1
    elif leg.exit == IMPLIED and as_of_ms > leg.exit_ms + rules.lateness_ms:
        yield leg.exit_ms, leg.scope, f.ENTERED, 1
        yield leg.exit_ms, leg.scope, f.ANSWERED_UNKNOWN_WAIT, 1
        yield leg.exit_ms, leg.scope, f.OFFER_ACCEPTED, 1
    if leg.acw_since_ms >= 0 and not in_wrap_up(leg, as_of_ms):
        yield from _handled_without_wrap_up(leg)


def _handled_without_wrap_up(leg: Leg) -> Iterator[DueFact]:
    at_ms = leg.talk_end_ms
    yield at_ms, leg.scope, f.HANDLED, 1
    yield at_ms, leg.scope, f.TALK_MS, leg.talk_ms
    if leg.holds:
        yield at_ms, leg.scope, f.HELD, 1
        yield at_ms, leg.scope, f.HOLD_MS, leg.held_ms
    if leg.ring_ms > 0:
        yield at_ms, leg.scope, f.HANDLE_RING_MS, leg.ring_ms


def overdue_reply(contact: Contact, as_of_ms: int, scopes: Scopes) -> Iterator[DueFact]:
    """Yield which limits of the first response have passed without one."""
    if contact.replied_ms != -1 or contact.reply_due_since_ms < 0 or contact.initiated_by_agent:
        return
    if contact.ticket == "solved":
        return
    scope, _ = conversation_place(contact, scopes)
    for place in _places(contact, scope, scopes):
        yield from _passed(contact.created_ms, as_of_ms, place)


def overdue_answer(contact: Contact, leg: Leg, as_of_ms: int, scopes: Scopes) -> Iterator[DueFact]:
    """Yield which limits of the first response have passed while a call waits."""
    if not scopes.is_voice[leg.scope] or contact.initiated_by_agent:
        return
    if leg.policy.max_wait_ms is not None:
        as_of_ms = min(as_of_ms, leg.enter_ms + leg.policy.max_wait_ms + 1)
    first_ms = contact.created_ms if len(contact.legs) == 1 else leg.enter_ms
    yield from _passed(first_ms, as_of_ms, leg.scope)


def _passed(since_ms: int, as_of_ms: int, scope: int) -> Iterator[DueFact]:
    for n, edge_ms in enumerate(RESPONSE_EDGES_MS):
        if as_of_ms <= since_ms + edge_ms:
            return
        yield since_ms + edge_ms, scope, f.RESPONSE_LATE + n, 1


def _places(contact: Contact, scope: int, scopes: Scopes) -> tuple[int, ...]:
    if not contact.motive or scopes.known[scope].out:
        return (scope,)
    return scope, scopes.of_motive(contact.motive)


def broken_promises(contact: Contact, as_of_ms: int, scopes: Scopes) -> Iterator[DueFact]:
    """Yield what was promised for an open ticket and has fallen due."""
    desk = contact.desk
    if desk is None or not desk.is_inbound or contact.ticket != "open":
        return
    places: tuple[int, ...] = ()
    for n, deadline in enumerate((desk.response, desk.resolution)):
        if as_of_ms > deadline.due_ms and not (n and desk.resolution_is_broken):
            if not places:
                places = _places(contact, conversation_place(contact, scopes)[0], scopes)
            for place in places:
                yield deadline.due_ms, place, f.PROMISE_BROKEN + n, 1


def may_close(contact: Contact, watermark_ms: int) -> bool:
    """Tell whether the clock has closed all of an open contact, seen from the watermark."""
    if contact.callbacks or contact.ticket == "open" or contact.last_ms >= watermark_ms:
        return False
    if not contact.legs:
        return contact.last_ms + UNSEEN_FOR_MS < watermark_ms
    for leg in contact.legs.values():
        if leg.exit == WAITING:
            if leg.policy.max_wait_ms is None or is_waiting(leg, watermark_ms):
                return False
        elif leg.exit == IMPLIED and leg.exit_ms >= watermark_ms:
            return False
        if in_conversation(leg, watermark_ms) or in_wrap_up(leg, watermark_ms):
            return False
    return True
