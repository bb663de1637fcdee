"""A shard as bytes and back: the checkpoint record and the rows that it names.

The record holds what is small and hot (open contacts, presence, counts, totals, position); rows
hold one minute each (cells, agent spans, settled contacts) and are written only when changed.
Contacts are stored as their journals; what follows from a journal is folded anew when read, so
the stored format does not change with the state machine. Format: one version byte, then
zlib-compressed MessagePack.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Union

import msgspec
from msgspec import Struct

from aggregators.contact import WAITING, Contact
from aggregators.events import CALL_TYPES, TICKET_TYPES, MessagePosted
from aggregators.policy import MINUTE_MS, Rules
from aggregators.presence import Presence
from aggregators.scopes import Scope
from aggregators.shard import Counts, Shard
from aggregators.slices import Row
from aggregators.spans import AgentSpan
from aggregators.totals import Totals

VERSION = 1


class SnapshotError(ValueError):
    """A checkpoint cannot be read: damaged, of a newer version, or its rows are not complete."""


class Checkpoint(Struct, frozen=True):
    """One encoded checkpoint: the record, and the rows that changed, by minute number."""

    record: bytes
    rows: dict[int, bytes]
    next_offset: int
    totals: dict[tuple[str, str], Totals]
    counts: Counts


class _StoredContact(Struct, array_like=True):
    contact_id: str
    events: list[Union[(*CALL_TYPES, MessagePosted, *TICKET_TYPES)]]  # type: ignore[valid-type]
    is_closed: bool = False


class _Record(Struct):
    topic: str
    partition: int
    next_offset: int
    generation: int
    counts: Counts
    max_event_ms: int
    watermark_ms: int
    scopes: list[Scope]
    totals: list[tuple[str, str, Totals]]
    contacts: list[_StoredContact]
    agents: list[Presence]
    seen: dict[str, int]
    conflicts: dict[str, int]
    implied: int
    dropped: int
    rows: list[int]


class _StoredRow(Struct, array_like=True):
    start_ms: int
    level: int
    cells: dict[int, dict[int, int]]
    spans: list[AgentSpan]
    settled: list[_StoredContact]
    forgotten: list[int]


_encoder = msgspec.msgpack.Encoder()
_records = msgspec.msgpack.Decoder(_Record)
_stored_rows = msgspec.msgpack.Decoder(_StoredRow)


def encode(shard: Shard) -> Checkpoint:
    """Encode a shard as of now. Rows stay due until :func:`confirm`."""
    slices = shard.slices
    for minute in [minute for minute, row in slices.rows.items() if row.is_empty()]:
        del slices.rows[minute]
    for minute, row in slices.rows.items():
        if row.dirty:
            row.dirty = False
            shard.unconfirmed.add(minute)
    due = [minute for minute in shard.unconfirmed if minute in slices.rows]
    shard.unconfirmed.intersection_update(due)
    record = _Record(
        topic=shard.topic,
        partition=shard.partition,
        next_offset=shard.next_offset,
        generation=shard.generation,
        counts=shard.counts,
        max_event_ms=shard.max_event_ms,
        watermark_ms=shard.watermark_ms,
        scopes=shard.scopes.known,
        totals=[(queue, channel, total) for (queue, channel), total in shard.totals.items()],
        contacts=[
            _StoredContact(contact.contact_id, contact.events, contact.contact_id in shard.closed)
            for contacts in (shard.open, shard.closed)
            for contact in contacts.values()
        ],
        agents=list(shard.agents.values()),
        seen=shard.seen,
        conflicts=shard.fold.conflicts,
        implied=shard.fold.implied,
        dropped=shard.scopes.dropped,
        rows=list(slices.rows),
    )
    return Checkpoint(
        record=_pack(record),
        rows={minute: _pack(_stored(slices.rows[minute])) for minute in due},
        next_offset=shard.next_offset,
        totals=deepcopy(shard.totals),
        counts=deepcopy(shard.counts),
    )


def confirm(shard: Shard, checkpoint: Checkpoint) -> None:
    """Take note that a checkpoint is durable: its rows are clean, its totals may be shown."""
    shard.unconfirmed.difference_update(checkpoint.rows)
    shard.durable_totals = checkpoint.totals
    shard.durable_counts = checkpoint.counts


def decode(record: bytes, rows: Mapping[int, bytes], rules: Rules) -> Shard:
    """Rebuild a shard from a record and exactly the rows that it names.

    Raises SnapshotError when the bytes are damaged, of an unknown version, or rows are missing.
    """
    stored = _unpack(record, _records)
    shard = Shard(stored.topic, stored.partition, rules, stored.scopes)
    shard.next_offset = stored.next_offset
    shard.generation = stored.generation
    shard.counts = stored.counts
    shard.max_event_ms = stored.max_event_ms
    shard.watermark_ms = stored.watermark_ms
    shard.resume_sweeping()
    fold = shard.fold
    fold.mute()
    for kept in stored.contacts:
        contact = _revive(shard, kept)
        (shard.closed if kept.is_closed else shard.open)[kept.contact_id] = contact
    for minute in stored.rows:
        if minute not in rows:
            raise SnapshotError(
                f"{stored.topic}/{stored.partition}: the row of minute {minute} is missing; "
                "the checkpoint is not complete"
            )
        _read_row(shard, _unpack(rows[minute], _stored_rows))
    fold.unmute()
    shard.totals.update({(queue, channel): total for queue, channel, total in stored.totals})
    shard.durable_totals = deepcopy(shard.totals)
    shard.durable_counts = deepcopy(shard.counts)
    shard.agents.update({agent.agent_id: agent for agent in stored.agents})
    shard.seen = stored.seen
    fold.conflicts = stored.conflicts
    fold.implied = stored.implied
    shard.scopes.dropped = stored.dropped
    return shard


def _stored(row: Row) -> _StoredRow:
    return _StoredRow(
        row.start_ms,
        row.level,
        row.cells,
        row.spans,
        [_StoredContact(c.contact_id, c.events) for c in row.settled.values()],
        row.forgotten,
    )


def _read_row(shard: Shard, stored: _StoredRow) -> None:
    row = Row(stored.start_ms, stored.level)
    row.dirty = False
    row.cells = stored.cells
    row.spans = stored.spans
    for span in stored.spans:
        shard.spans.add(span)
    for kept in stored.settled:
        contact = _revive(shard, kept)
        contact.row = row.start_ms
        row.settled[kept.contact_id] = contact
    row.forgotten = stored.forgotten
    shard.forgotten.update(stored.forgotten)
    shard.slices.rows[row.start_ms // MINUTE_MS] = row


def _revive(shard: Shard, kept: _StoredContact) -> Contact:
    contact = Contact(kept.contact_id)
    contact.events = list(kept.events)
    contact.remember_all()
    shard.refold(contact)
    for leg in contact.legs.values():
        if leg.exit != WAITING:
            contact.counted.add(leg.leg_id)
        if leg.talk_end_ms >= 0:
            contact.counted |= {"handled " + leg.leg_id, "transferred " + leg.leg_id}
    shard.contacts[kept.contact_id] = contact
    return contact


def _pack(value: Any) -> bytes:
    return bytes([VERSION]) + zlib.compress(_encoder.encode(value), 1)


def _unpack(raw: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
    if not raw or raw[0] != VERSION:
        found = raw[0] if raw else "nothing"
        raise SnapshotError(
            f"checkpoint of version {found}, this vigie reads version {VERSION}; run the version "
            "that wrote it, or start from an exported state"
        )
    try:
        return decoder.decode(zlib.decompress(raw[1:]))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise SnapshotError(f"checkpoint is damaged: {error}") from error
