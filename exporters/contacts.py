"""The contacts behind a live number: those that wait or are handled in a queue at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nsmallest
from typing import TYPE_CHECKING, TypedDict

from aggregators.due import in_conversation, in_wrap_up, is_waiting

if TYPE_CHECKING:
    from aggregators.contact import Contact, Leg
    from aggregators.shard import Shard

MAX_CONTACTS_LISTED = 200
"""Contacts listed behind a number, per queue (design.md, section 11)."""

_WAITING = ("waiting", "ringing")


class ContactRow(TypedDict):
    """One contact behind a number. Ids only, no customer data.

    ``state`` is waiting, ringing, in_progress, on_hold, in_wrap_up or open (a ticket);
    ``since_ms`` is when that state began, ``wait_ms`` the wait so far or until the answer.
    """

    contact_id: str
    leg_id: str
    state: str
    since_ms: int
    wait_ms: int | None
    agent_id: str | None
    channel: str


def contacts_of_queue(
    shards: Iterable[Shard], queue: str, as_of_ms: int, limit: int = MAX_CONTACTS_LISTED
) -> list[ContactRow]:
    """Return the contacts of a queue at an instant: waiting first, then the longest in state."""
    rows = (row for shard in shards for row in _of_shard(shard, queue, as_of_ms))
    return nsmallest(limit, rows, key=_order)


def _order(row: ContactRow) -> tuple[bool, int, str, str]:
    return row["state"] not in _WAITING, row["since_ms"], row["contact_id"], row["leg_id"]


def _of_shard(shard: Shard, queue: str, as_of_ms: int) -> Iterator[ContactRow]:
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
            row = _of_leg(contact, leg, scope.channel, as_of_ms)
            if row is not None:
                listed = True
                yield row
        if contact.ticket == "open" and not listed and shard.scopes.name(contact.queue) == queue:
            yield ContactRow(
                contact_id=contact.contact_id,
                leg_id="",
                state="open",
                since_ms=contact.created_ms,
                wait_ms=as_of_ms - contact.created_ms if contact.replied_ms < 0 else None,
                agent_id=None,
                channel=contact.channel,
            )


def _of_leg(contact: Contact, leg: Leg, channel: str, as_of_ms: int) -> ContactRow | None:
    agent_id = leg.agent_id or None
    wait_ms = leg.wait_ms if leg.wait_ms >= 0 else None
    if is_waiting(leg, as_of_ms):
        # The place in the line follows the wait, also while the contact rings at an agent.
        state, since_ms = "ringing" if leg.offers else "waiting", leg.enter_ms
        wait_ms = max(0, as_of_ms - leg.enter_ms)
        agent_id = next((agent for agent, _ in (leg.offers or {}).values()), None)
    elif in_conversation(leg, as_of_ms):
        held = leg.hold_since_ms >= 0
        state = "on_hold" if held else "in_progress"
        since_ms = leg.hold_since_ms if held else leg.exit_ms
    elif in_wrap_up(leg, as_of_ms):
        state, since_ms = "in_wrap_up", leg.acw_since_ms
    else:
        return None
    return ContactRow(
        contact_id=contact.contact_id,
        leg_id=leg.leg_id,
        state=state,
        since_ms=since_ms,
        wait_ms=wait_ms,
        agent_id=agent_id,
        channel=channel,
    )
