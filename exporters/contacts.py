"""The contacts behind a live number: those that wait or are handled in a queue at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nsmallest
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from aggregators import events as ev
from aggregators.due import in_conversation, in_wrap_up, is_waiting
from aggregators.journal import journal_of
from aggregators.policy import OTHER

if TYPE_CHECKING:
    from aggregators.contact import Contact, Leg
    from aggregators.policy import Rules
    from aggregators.shard import Shard

MAX_CONTACTS_LISTED = 200
"""Contacts listed behind a number, per queue (design.md, section 11)."""

WAITING_STATES = ("waiting", "ringing")


class ContactRow(TypedDict):
    """One contact behind a number. Ids only, no customer data.

    ``state`` is waiting, ringing, in_progress, on_hold, in_wrap_up or open (a ticket);
    ``since_ms`` is when that state began, ``wait_ms`` the wait so far or until the answer.
    ``motive`` is one of the list that all channels share, ``priority`` as the source tells it;
    None where nobody told.
    """

    contact_id: str
    leg_id: str
    state: str
    since_ms: int
    wait_ms: int | None
    agent_id: str | None
    channel: str
    motive: str | None
    priority: str | int | None


class _Found(NamedTuple):
    """A contact of the queue; what costs more to read is read of those listed only."""

    shard: Shard
    contact: Contact
    leg: Leg | None
    channel: str
    state: str
    since_ms: int

    @property
    def order(self) -> tuple[bool, int, str, str]:
        leg_id = self.leg.leg_id if self.leg is not None else ""
        is_handled = self.state not in WAITING_STATES
        return is_handled, self.since_ms, self.contact.contact_id, leg_id


def contacts_of_queue(
    shards: Iterable[Shard], queue: str, as_of_ms: int, limit: int = MAX_CONTACTS_LISTED
) -> list[ContactRow]:
    """Return the contacts of a queue at an instant: waiting first, then the longest in state."""
    found = (one for shard in shards for one in _of_shard(shard, queue, as_of_ms))
    return [_row(one, as_of_ms) for one in nsmallest(limit, found, key=lambda one: one.order)]


def _of_shard(shard: Shard, queue: str, as_of_ms: int) -> Iterator[_Found]:
    known = shard.scopes.known
    for contact in shard.open.values():
        listed = False
        for leg in contact.legs.values():
            # Live numbers are those of legs in business hours, inbound.
            if leg.scope < 0 or not leg.booked:
                continue
            scope = known[leg.scope]
            if scope.queue != queue or scope.out:
                continue
            state = _state_of(leg, as_of_ms)
            if state is not None:
                listed = True
                yield _Found(shard, contact, leg, scope.channel, *state)
        if contact.ticket == "open" and not listed and shard.scopes.name(contact.queue) == queue:
            yield _Found(shard, contact, None, contact.channel, "open", contact.created_ms)


def _state_of(leg: Leg, as_of_ms: int) -> tuple[str, int] | None:
    if is_waiting(leg, as_of_ms):
        # The place in the line follows the wait, also while the contact rings at an agent.
        return "ringing" if leg.offers else "waiting", leg.enter_ms
    if in_conversation(leg, as_of_ms):
        if leg.hold_since_ms >= 0:
            return "on_hold", leg.hold_since_ms
        return "in_progress", leg.exit_ms
    if in_wrap_up(leg, as_of_ms):
        return "in_wrap_up", leg.acw_since_ms
    return None


def _row(found: _Found, as_of_ms: int) -> ContactRow:
    contact, leg = found.contact, found.leg
    if leg is None:
        agent_id = None
        wait_ms = as_of_ms - contact.created_ms if contact.replied_ms < 0 else None
    elif found.state in WAITING_STATES:
        agent_id = next((agent for agent, _ in (leg.offers or {}).values()), None)
        wait_ms = max(0, as_of_ms - leg.enter_ms)
    else:
        agent_id = leg.agent_id or None
        wait_ms = leg.wait_ms if leg.wait_ms >= 0 else None
    return ContactRow(
        contact_id=contact.contact_id,
        leg_id=leg.leg_id if leg is not None else "",
        state=found.state,
        since_ms=found.since_ms,
        wait_ms=wait_ms,
        agent_id=agent_id,
        channel=found.channel,
        motive=_motive(contact, found.shard.rules),
        priority=_priority(contact, leg),
    )


def _motive(contact: Contact, rules: Rules) -> str | None:
    """Return the motive as the figures name it: one that is not listed is no text of its own."""
    motive = contact.motive[: rules.max_label_length]
    if rules.motives and motive and motive not in rules.motives:
        return OTHER
    return motive or None


def _priority(contact: Contact, leg: Leg | None) -> str | int | None:
    """Return the latest priority told; it moves no figure, so the state does not keep it."""
    told: str | int | None = None
    for event in journal_of(contact).events:
        if isinstance(event, ev.TicketOpened) or (
            isinstance(event, ev.ContactQueued) and (leg is None or event.leg_id == leg.leg_id)
        ):
            told = event.priority if event.priority is not None else told
    return told
