"""When a shard tells of its contacts: some minutes after they settled, or opened and stayed so.

Nothing happens per event. A sweep tells of the contacts in the rows that ended meanwhile, so a
call whose wrap-up follows its end is told once. What changes after that is told at once, with a
higher revision. Telling twice changes nothing, so it may also be asked for earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aggregators.contact import Contact, Settled
from aggregators.journal import pack, unpack
from aggregators.policy import MINUTE_MS
from aggregators.summary import CLOSED, OPEN, SETTLED, customer_of, summary_of
from aggregators.telling import taken_back

if TYPE_CHECKING:
    from aggregators.shard import Shard

TOLD_AFTER_MS = 2 * MINUTE_MS
"""After the minute in which a contact settled."""

OPEN_AFTER_MS = 15 * MINUTE_MS
"""After its first sign a contact that is open still is told of as open."""


def tell_until(shard: Shard, until_ms: int) -> None:
    """Tell of what settled before an instant, and of what was open for long then."""
    from_ms = shard.told_until_ms
    if until_ms <= from_ms:
        return
    for row in shard.slices.rows_ended(from_ms // MINUTE_MS, until_ms):
        if row.end_ms > from_ms:
            for contact in row.settled.values():
                tell(shard, contact, SETTLED)
    _tell_open(shard, from_ms - OPEN_AFTER_MS, until_ms - OPEN_AFTER_MS)
    shard.told_until_ms = until_ms


def tell_all(shard: Shard, at_ms: int) -> None:
    """Tell at once of all that settled so far; the sweep may tell it again, which is the same."""
    for row in list(shard.slices.rows.values()):
        if row.end_ms > shard.told_until_ms:
            for contact in row.settled.values():
                tell(shard, contact, SETTLED)
    _tell_open(shard, shard.told_until_ms - OPEN_AFTER_MS, at_ms - OPEN_AFTER_MS)


def tell_changed(shard: Shard, contact: Contact, old: Sequence[Any], new: Sequence[Any]) -> None:
    """Tell of a contact whose journal did not just grow; take it back from another customer."""
    was, now = customer_of(old), customer_of(new)
    if was is not None and was != now:
        told = summary_of(contact.contact_id, old, SETTLED, shard.topic, shard.fold.default_channel)
        if told is not None:
            shard.outbox.append(taken_back(told, new))
    # A settled one was told when it settled, if it was time.
    is_open = contact.contact_id in shard.open
    if is_open and contact.created_ms <= shard.told_until_ms - OPEN_AFTER_MS:
        tell(shard, contact, OPEN)


def tell(shard: Shard, contact: Contact | Settled, stage: int) -> None:
    """Put the summary of a contact onto the outbox, if there is one."""
    packed = pack(contact) if isinstance(contact, Contact) else contact.packed
    journal = unpack(packed)
    told = summary_of(
        journal.contact_id, journal.events, stage, shard.topic, shard.fold.default_channel
    )
    if told is not None:
        shard.outbox.append(told)


def tell_closed(shard: Shard, contact: Contact) -> None:
    """Tell of a contact that the clock closed."""
    tell(shard, contact, CLOSED)


def _tell_open(shard: Shard, from_ms: int, until_ms: int) -> None:
    for contact in shard.open.values():
        if from_ms < contact.created_ms <= until_ms:
            tell(shard, contact, OPEN)
