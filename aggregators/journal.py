"""A contact as bytes: its journal and what of it was counted.

Only facts are stored, never what follows from them: a contact is folded anew when it is read, so
the stored form does not change with the state machine. Fields carry their names, so an event type
may gain fields. An event is written when it is told, while it lies in the processor's cache:
later that takes five times as long. What is packed once is copied into every later checkpoint as
it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

import msgspec
from msgspec import Raw, Struct

from aggregators.contact import FEW_IDS, WAITING, Contact
from aggregators.events import CALL_TYPES, TICKET_TYPES, MessagePosted


class Journal(Struct, array_like=True):
    """What is stored of a contact. ``counted`` is None where it follows from the legs."""

    contact_id: str
    events: list[Union[(*CALL_TYPES, MessagePosted, *TICKET_TYPES)]]  # type: ignore[valid-type]
    is_closed: bool = False
    is_ticket: bool = False
    counted: list[str] | None = None


class Label(Struct, array_like=True):
    """The beginning of a journal and the flags behind the events, read without the events."""

    contact_id: str
    events: Raw
    is_closed: bool = False
    is_ticket: bool = False
    counted: list[str] | None = None


class _Witness(Struct):
    event_id: str


# Shared by all contacts that are packed; nothing is ever put in.
_NOTHING_TOLD = bytearray()
_NO_IDS: list[str] = []
_NOTHING_COUNTED: set[str] = set()
_FIELDS = b"\x95"  # a Journal is an array of five
_FLAG = (b"\xc2", b"\xc3")
_NONE = b"\xc0"
_encoder = msgspec.msgpack.Encoder()
_encode = _encoder.encode
_decode = msgspec.msgpack.Decoder(Journal).decode
_witnesses = msgspec.msgpack.Decoder(list[_Witness]).decode
read_label = msgspec.msgpack.Decoder(Label).decode
write = _encoder.encode_into
"""``write(event, contact.told, -1)`` tells a contact that is not packed of one more event; then
``contact.told_count`` is one more."""


def tell_all(contact: Contact, events: Sequence[Any]) -> None:
    """Replace the journal of a contact that is not packed."""
    contact.told = bytearray()
    for event in events:
        write(event, contact.told, -1)
    ids = [event.event_id for event in events]
    contact.told_count = len(ids)
    contact.ids = ids if len(ids) <= FEW_IDS else set(ids)


def journal_of(contact: Contact) -> Journal:
    """Read what is stored of a contact as it is now."""
    return unpack(pack(contact))


def pack(contact: Contact, *, is_closed: bool = False) -> bytes:
    """Return a contact as bytes."""
    if contact.packed is not None:
        return contact.packed
    return b"".join((
        _FIELDS, _encode(contact.contact_id), _array_of(contact.told_count), contact.told,
        _FLAG[is_closed], _FLAG[contact.is_ticket], _counted(contact),
    ))  # fmt: skip


def freeze(contact: Contact, packed: bytes) -> None:
    """Keep of the journal only its bytes, a third of its size, until the contact is told of."""
    contact.packed = packed
    contact.is_fresh = False
    contact.told = _NOTHING_TOLD
    contact.told_count = 0
    contact.ids = _NO_IDS
    contact.counted = _NOTHING_COUNTED
    contact.last_id = ""


def thaw(contact: Contact) -> None:
    """Undo :func:`freeze`."""
    if contact.packed is not None:
        label = read_label(contact.packed)
        events = bytes(label.events)
        ids = [told.event_id for told in _witnesses(events)]
        contact.told = bytearray(events[len(_array_of(len(ids))) :])
        contact.told_count = len(ids)
        contact.ids = ids if len(ids) <= FEW_IDS else set(ids)
        contact.last_id = ids[-1] if ids else ""
        contact.counted = contact.likely_counted() if label.counted is None else set(label.counted)
        contact.packed = None


def unpack(packed: bytes) -> Journal:
    """Read bytes of :func:`pack`. Raises msgspec.DecodeError when they are damaged."""
    return _decode(packed)


def _array_of(count: int) -> bytes:
    """Return how MessagePack begins an array."""
    if count < 1 << 4:
        return bytes((0x90 | count,))
    if count < 1 << 16:
        return b"\xdc" + count.to_bytes(2)
    return b"\xdd" + count.to_bytes(4)


def _counted(contact: Contact) -> bytes:
    """Write ``counted``; nil where it is what :meth:`Contact.likely_counted` gives."""
    counted = contact.counted
    left = len(counted)
    for leg in contact.legs.values():
        if leg.booked:
            if leg.exit != WAITING:
                if leg.leg_id not in counted:
                    return _encode(sorted(counted))
                left -= 1
            if leg.talk_end_ms >= 0:
                if "handled " + leg.leg_id not in counted:
                    return _encode(sorted(counted))
                left -= 1
    return _encode(sorted(counted)) if left else _NONE
