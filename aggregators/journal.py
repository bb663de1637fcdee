"""A contact as bytes: its journal and what of it was counted.

Only facts are stored, never what follows from them: a contact is folded anew when it is read, so
the stored form does not change with the state machine. Fields carry their names, so an event type
may gain fields. What is packed once is copied into every later checkpoint as it is.
"""

from __future__ import annotations

from typing import Any, Union

import msgspec
from msgspec import Raw, Struct

from aggregators.contact import Contact
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


# Shared by all contacts that are packed; nothing is ever put in.
_NO_EVENTS: list[Any] = []
_NO_IDS: list[str] = []
_NOTHING_COUNTED: set[str] = set()
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Journal).decode
read_label = msgspec.msgpack.Decoder(Label).decode


def journal_of(contact: Contact, *, is_closed: bool = False) -> Journal:
    """Return what is stored of a contact as it is now."""
    counted = contact.counted
    return Journal(
        contact.contact_id,
        contact.events,
        is_closed,
        contact.is_ticket,
        None if counted == contact.likely_counted() else sorted(counted),
    )


def pack(contact: Contact, *, is_closed: bool = False) -> bytes:
    """Return a contact as bytes."""
    return contact.packed or _encode(journal_of(contact, is_closed=is_closed))


def freeze(contact: Contact, packed: bytes) -> None:
    """Keep the journal of a contact as bytes, a third of its size, until it is told of again."""
    contact.packed = packed
    contact.is_fresh = False
    contact.events = _NO_EVENTS
    contact.ids = _NO_IDS
    contact.counted = _NOTHING_COUNTED


def thaw(contact: Contact) -> None:
    """Undo :func:`freeze`."""
    if contact.packed is not None:
        journal = unpack(contact.packed)
        contact.events = list(journal.events)
        contact.counted = counted_of(contact, journal)
        contact.packed = None
        contact.remember_all()


def counted_of(contact: Contact, journal: Journal) -> set[str]:
    """Return the outcomes of a folded contact that entered the cumulative totals."""
    return contact.likely_counted() if journal.counted is None else set(journal.counted)


def unpack(packed: bytes) -> Journal:
    """Read bytes of :func:`pack`. Raises msgspec.DecodeError when they are damaged."""
    return _decode(packed)
