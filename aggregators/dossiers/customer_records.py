"""The records of a customer as a dossier keeps them: arrays, without what follows from the rest.

A million and a half customers have to fit into memory, so names of fields, the key, versions and
instants that are told twice are left out. Attributes have the names of the events
(:mod:`aggregators.customer_events`); where both differ, a property puts it right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from aggregators import events as ev


class ContactRecord(Struct, array_like=True, tag=1, gc=False):
    """A contact. All handling was done at ``event_time_ms``, that of its newest event."""

    event_id: str
    event_time_ms: int
    revision: int
    retracted: bool
    channel: str
    is_outbound: bool
    queue: str | None
    team: str | None
    agent_id: str | None
    motive: str | None
    journey_id: str | None
    opened_ms: int
    answered_ms: int | None
    ended_ms: int | None
    handled: bool
    transfers: int
    escalated: bool
    resolved: bool | None
    continues: bool
    own_id: str | None = None

    @property
    def contact_id(self) -> str:
        """The id of the contact."""
        return self.own_id or self.event_id.split("/", 2)[2]


class SessionRecord(Struct, array_like=True, tag=2, gc=False):
    """A self-care session that ended."""

    event_id: str
    event_time_ms: int
    revision: int
    retracted: bool
    tool: str | None
    motive: str | None
    started_ms: int
    ended_ms: int
    contained: bool
    handed_off_ms: int | None
    contact_id: str | None


class ScoreRecord(Struct, array_like=True, tag=3, gc=False):
    """An answer to a survey."""

    event_id: str
    event_time_ms: int
    revision: int
    retracted: bool
    survey_kind: str
    good: bool
    contact_id: str | None


class OrderRecord(Struct, array_like=True, tag=4, gc=False):
    """A sale."""

    event_id: str
    event_time_ms: int
    revision: int
    retracted: bool
    amount_micro: int
    contact_id: str | None


Record: TypeAlias = ContactRecord | SessionRecord | ScoreRecord | OrderRecord


def _contact(event: ev.CustomerContact) -> ContactRecord:
    head, _, rest = event.event_id.partition("/")
    follows = head == "contact" and rest.partition("/")[2] == event.contact_id
    return ContactRecord(
        event.event_id, event.event_time_ms, event.revision, event.retracted, event.channel,
        event.direction == "out", event.queue, event.team, event.agent_id, event.motive,
        event.journey_id, event.opened_ms, event.answered_ms, event.ended_ms, event.handled,
        event.transfers, event.escalated, event.resolved, event.continues,
        None if follows else event.contact_id,
    )  # fmt: skip


def _session(event: ev.CustomerSession) -> SessionRecord:
    return SessionRecord(
        event.event_id, event.event_time_ms, event.revision, event.retracted, event.tool,
        event.motive, event.started_ms, event.ended_ms, event.contained, event.handed_off_ms,
        event.contact_id,
    )  # fmt: skip


def _score(event: ev.CustomerScore) -> ScoreRecord:
    return ScoreRecord(
        event.event_id, event.event_time_ms, event.revision, event.retracted, event.survey_kind,
        event.good, event.contact_id,
    )  # fmt: skip


def _order(event: ev.CustomerOrder) -> OrderRecord:
    return OrderRecord(
        event.event_id, event.event_time_ms, event.revision, event.retracted,
        event.amount_micro, event.contact_id,
    )  # fmt: skip


_RECORD_OF: dict[type[Any], Callable[[Any], Record]] = {
    ev.CustomerContact: _contact,
    ev.CustomerSession: _session,
    ev.CustomerScore: _score,
    ev.CustomerOrder: _order,
}
_encode = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(list[Record]).decode
"""Read the bytes of :func:`pack`."""


def record_of(event: ev.CustomerEvent) -> Record:
    """Return the record of an event."""
    return _RECORD_OF[type(event)](event)


def pack(records: Sequence[Record]) -> bytes:
    """Return the records of a dossier as bytes."""
    return _encode(records)
