"""A shard as bytes and back: the checkpoint record and the rows that it names.

The record holds what is small and hot (open contacts, presence, counts, totals, position); rows
hold one minute each (cells, agent spans, settled contacts) or a page of dossiers, and are written
only when changed.
Contacts are stored as their journals (:mod:`aggregators.journal`). Format: MessagePack, sealed
(:mod:`aggregators.sealing`).
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msgspec
from msgspec import Raw, Struct

from aggregators.contact import Contact, Settled
from aggregators.counts import Counts
from aggregators.dossiers.pages import FIRST_PAGE, Page
from aggregators.forgotten import marks, stored_marks
from aggregators.history import FIRST_DAY, Day
from aggregators.journal import freeze, pack, read_label, unpack
from aggregators.policy import MINUTE_MS, Rules
from aggregators.presence import Presence
from aggregators.scopes import Scope
from aggregators.sealing import seal, unseal
from aggregators.shard import Shard
from aggregators.slices import Row
from aggregators.spans import AgentSpan
from aggregators.totals import Totals

VERSION = 3
"""3: scopes have facets, rows may be pages of dossiers, all is sealed by Zstandard. 2: fingerprints
of forgotten contacts are bytes; version 1 has them as a list. All are read: rows that did not
change keep the version they were written with."""


class SnapshotError(ValueError):
    """A checkpoint cannot be read: damaged, of a newer version, or its rows are not complete."""


class Checkpoint(Struct, frozen=True):
    """One encoded checkpoint: the record, and the rows that changed, by minute number."""

    record: bytes
    rows: dict[int, bytes]
    next_offset: int
    totals: dict[tuple[str, str], Totals]
    counts: Counts


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
    contacts: list[Raw]
    agents: list[Presence]
    seen: dict[str, int]
    conflicts: dict[str, int]
    implied: int
    dropped: int
    rows: list[int]
    expressions: bytes = b""
    told_until_ms: int = 0
    notes: list[tuple[str, Any]] = []


class LightRecord(_Record):
    """A record as it is read: its contacts are left as they are stored."""


class StoredRow(Struct, array_like=True):
    """One row as it is stored."""

    start_ms: int
    level: int
    cells: dict[int, dict[int, int]]
    spans: list[AgentSpan]
    settled: list[Raw]
    forgotten: bytes | list[int]


class _LightRow(StoredRow):
    cells: Raw  # type: ignore[assignment]


_encoder = msgspec.msgpack.Encoder()
_light_records = msgspec.msgpack.Decoder(LightRecord)
_stored_rows = msgspec.msgpack.Decoder(StoredRow)
_stored_pages = msgspec.msgpack.Decoder(Page)
_stored_days = msgspec.msgpack.Decoder(Day)
_light_rows = msgspec.msgpack.Decoder(_LightRow)


def encode(shard: Shard) -> Checkpoint:
    """Encode a shard as of now. Rows stay due until :func:`confirm`."""
    slices = shard.slices
    for minute in [minute for minute, row in slices.rows.items() if row.is_empty()]:
        del slices.rows[minute]
    for minute, row in slices.rows.items():
        if row.dirty:
            row.dirty = False
            shard.unconfirmed.add(minute)
    pages = shard.dossiers.pages
    shard.unconfirmed.update(FIRST_PAGE + number for number in pages.changed)
    pages.changed.clear()
    shard.unconfirmed.update(slices.history.changed)
    slices.history.changed.clear()
    shard.unconfirmed.intersection_update(shard.row_keys())
    return Checkpoint(
        record=_seal(_record(shard)),
        rows={key: encode_part(shard, key) for key in shard.unconfirmed},
        next_offset=shard.next_offset,
        totals=deepcopy(shard.totals),
        counts=deepcopy(shard.counts),
    )


def encode_record(shard: Shard) -> Checkpoint:
    """Encode a shard as of now without its rows; which of them are due does not change."""
    return Checkpoint(
        record=_seal(_record(shard)),
        rows={},
        next_offset=shard.next_offset,
        totals=deepcopy(shard.totals),
        counts=deepcopy(shard.counts),
    )


def encode_row(shard: Shard, row: Row) -> bytes:
    """Encode a row as it is now; whether it is due does not change."""
    return _seal(_stored(shard, row))


def encode_part(shard: Shard, key: int) -> bytes:
    """Encode what a key of ``shard.row_keys()`` names: a row, a page of dossiers or a day."""
    if key >= FIRST_DAY:
        return _seal(shard.slices.history.stored(key))
    if key >= FIRST_PAGE:
        return _seal(shard.dossiers.pages.pages[key - FIRST_PAGE])
    return encode_row(shard, shard.slices.rows[key])


def _record(shard: Shard) -> _Record:
    return _Record(
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
            _stored_contact(contact, is_closed=contacts is shard.closed)
            for contacts in (shard.open, shard.closed)
            for contact in contacts.values()
        ],
        agents=list(shard.agents.values()),
        seen=shard.seen,
        conflicts=shard.fold.conflicts,
        implied=shard.fold.implied,
        dropped=shard.scopes.dropped,
        rows=shard.row_keys(),
        expressions=shard.dossiers.expressions.encode(),
        told_until_ms=shard.told_until_ms,
        notes=shard.dossiers.notes(),
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
    stored = read_record(record)
    shard = Shard(stored.topic, stored.partition, rules, stored.scopes)
    fold = shard.fold
    fold.mute()
    for raw in stored.contacts:
        read_contact(shard, bytes(raw))
    forgotten = marks()
    for minute in stored.rows:
        if minute not in rows:
            raise SnapshotError(
                f"{stored.topic}/{stored.partition}: the row of minute {minute} is missing; "
                "the checkpoint is not complete"
            )
        if minute >= FIRST_DAY:
            shard.slices.history.take(minute, _unpack(rows[minute], _stored_days))
        elif minute >= FIRST_PAGE:
            page = _unpack(rows[minute], _stored_pages)
            shard.dossiers.pages.take(minute - FIRST_PAGE, page)
        else:
            _read_row(shard, _unpack(rows[minute], _light_rows), forgotten)
    shard.forgotten.update(forgotten)
    fold.unmute()
    take_rest(shard, stored)
    shard.durable_totals = deepcopy(shard.totals)
    shard.durable_counts = deepcopy(shard.counts)
    shard.resume_sweeping()
    shard.dossiers.resume(shard.watermark_ms)
    return shard


def read_contact(shard: Shard, packed: bytes) -> Contact:
    """Derive an open contact from its bytes; the shard's booking is muted. Raises SnapshotError."""
    try:
        journal = unpack(packed)
    except msgspec.MsgspecError as error:
        raise SnapshotError(f"checkpoint is damaged: {error}") from error
    contact = shard.revive(journal, packed)
    (shard.closed if journal.is_closed else shard.open)[contact.contact_id] = contact
    return contact


def take_rest(shard: Shard, stored: LightRecord) -> None:
    """Take from a record all but contacts, rows and scopes."""
    shard.next_offset = stored.next_offset
    shard.generation = stored.generation
    shard.counts = stored.counts
    shard.max_event_ms = stored.max_event_ms
    shard.watermark_ms = stored.watermark_ms
    # The fold books into the mapping that the shard has.
    shard.totals.clear()
    shard.totals.update({(queue, channel): total for queue, channel, total in stored.totals})
    shard.presence.agents = {agent.agent_id: agent for agent in stored.agents}
    shard.seen = stored.seen
    shard.told_until_ms = stored.told_until_ms
    shard.dossiers.told_notes = stored.notes
    shard.fold.conflicts = stored.conflicts
    shard.fold.implied = stored.implied
    shard.scopes.dropped = stored.dropped
    shard.dossiers.expressions.restore(stored.expressions)


def read_record(raw: bytes) -> LightRecord:
    """Read a record but for its contacts. Raises SnapshotError."""
    record: LightRecord = _unpack(raw, _light_records)
    return record


def read_day(raw: bytes) -> Day:
    """Read a day of the history. Raises SnapshotError."""
    day: Day = _unpack(raw, _stored_days)
    return day


def read_row(raw: bytes) -> StoredRow:
    """Read a row. Raises SnapshotError."""
    row: StoredRow = _unpack(raw, _stored_rows)
    return row


def _stored_contact(contact: Contact, *, is_closed: bool) -> Raw:
    packed = contact.packed
    if packed is None:
        packed = pack(contact, is_closed=is_closed)
        if contact.is_fresh:
            contact.is_fresh = False
        else:
            freeze(contact, packed)
    return Raw(packed)


def _stored(shard: Shard, row: Row) -> StoredRow:
    shard.pack_settled(row)
    row.pack()
    return StoredRow(
        row.start_ms,
        row.level,
        row.cells if row.packed is None else Raw(row.packed),  # type: ignore[arg-type]
        row.spans,
        [Raw(settled.packed) for settled in row.settled.values() if type(settled) is Settled],
        stored_marks(row.forgotten),
    )


def _read_row(shard: Shard, stored: _LightRow, forgotten: array[int]) -> None:
    row = Row(stored.start_ms, stored.level)
    row.dirty = False
    row.read(bytes(stored.cells))
    row.spans = stored.spans
    for span in stored.spans:
        shard.spans.add(span)
    for packed in stored.settled:
        label = read_label(packed)
        settled = Settled(bytes(packed), row.start_ms, is_ticket=label.is_ticket)
        shard.contacts[label.contact_id] = row.settled[label.contact_id] = settled
    row.forgotten = marks(stored.forgotten)
    forgotten += row.forgotten
    shard.slices.rows[row.start_ms // MINUTE_MS] = row


def _seal(value: Struct) -> bytes:
    return seal(VERSION, _encoder.encode(value))


def _unpack(raw: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
    if not raw or not 1 <= raw[0] <= VERSION:
        found = raw[0] if raw else "nothing"
        raise SnapshotError(
            f"checkpoint of version {found}, this vigie reads versions 1 to {VERSION}; run the "
            "version that wrote it, or start from an exported state"
        )
    try:
        return decoder.decode(unseal(raw))
    except ValueError as error:  # msgspec's errors are of this kind
        raise SnapshotError(f"checkpoint is damaged: {error}") from error
