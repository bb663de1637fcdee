"""The file of ``vigie state export``: JSON lines with a header, shards, their rows, and an end.

The end carries a digest of all lines before it, so a file that was cut short or changed is
refused as a whole.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from streams.checkpoint import Epoch, Snapshot
from streams.state_log import StoredShard
from streams.state_repair import Stored
from vigie.errors import UserError

FORMAT = 1


class Topic(Struct, frozen=True):
    """Which topic the offsets are of: Kafka's id (empty where unknown), and its partitions."""

    id: str
    partitions: int


class Header(Struct, frozen=True, tag="vigie-state", tag_field="kind"):
    """The first line. ``exported_at`` is ISO 8601 in UTC; ``vigie`` the version that wrote it."""

    format: int
    vigie: str
    app_id: str
    exported_at: str
    topics: dict[str, Topic]


class ShardLine(Struct, frozen=True, tag="shard", tag_field="kind"):
    """One checkpoint; so many row lines follow."""

    topic: str
    partition: int
    next_offset: int
    generation: int
    rows: int
    record: str


class RowLine(Struct, frozen=True, tag="row", tag_field="kind"):
    """One row of the shard before it."""

    topic: str
    partition: int
    row: int
    data: str


class End(Struct, frozen=True, tag="end", tag_field="kind"):
    """The last line."""

    shards: int
    rows: int
    sha256: str


class Export(NamedTuple):
    """A whole file as read."""

    header: Header
    stored: Stored


_encode = msgspec.json.Encoder().encode
_lines = msgspec.json.Decoder(Header | ShardLine | RowLine | End)


def write_export(path: Path, header: Header, stored: Stored) -> None:
    """Write an export, readable for its owner only; the name appears when all is there.

    Raises:
        UserError: the file exists or cannot be written.
    """
    if path.exists():
        raise UserError(f"{path} is there already", "Name a new file; an export replaces none.")
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for line in _all_lines(header, stored):
                file.write(line)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror}", "Give a file in a writable folder."
        ) from None


def read_export(path: Path) -> Export:
    """Read an export and check that it is whole.

    Raises:
        UserError: it cannot be read, is of another format, or is damaged.
    """
    fix = "Take another copy, or export again."
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}", "Check the path.") from None
    lines = raw.splitlines(keepends=True)
    header: Header | None = None
    end: End | None = None
    shards: list[tuple[ShardLine, dict[int, bytes]]] = []
    for number, line in enumerate(lines, start=1):
        try:
            told = _lines.decode(line)
            match told:
                case Header():
                    header = told
                    if told.format != FORMAT:
                        break
                case ShardLine():
                    shards.append((told, {}))
                case RowLine():
                    of, rows = shards[-1]
                    if (of.topic, of.partition) != (told.topic, told.partition):
                        raise ValueError("a row of another shard")
                    rows[told.row] = base64.b64decode(told.data, validate=True)
                case End():
                    end = told
        except (ValueError, IndexError) as error:
            raise UserError(f"{path}:{number} is no line of an export ({error})", fix) from None
    if header is None:
        raise UserError(f"{path} is no export of vigie", "Make one with: vigie state export FILE.")
    if header.format != FORMAT:
        raise UserError(
            f"{path} has format {header.format}, this vigie reads {FORMAT}",
            "Import it with the version of vigie that wrote it.",
        )
    found = len(shards), sum(len(rows) for _, rows in shards)
    digest = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    if end is None or end != End(*found, digest):
        raise UserError(f"{path} is damaged or cut short", fix)
    return Export(header, Stored([_shard(*told) for told in shards], _epochs(header)))


def _all_lines(header: Header, stored: Stored) -> Iterator[bytes]:
    digest = hashlib.sha256()
    rows = 0
    for line in _body(header, stored.shards):
        rows += isinstance(line, RowLine)
        encoded = _encode(line) + b"\n"
        digest.update(encoded)
        yield encoded
    yield _encode(End(len(stored.shards), rows, digest.hexdigest())) + b"\n"


def _body(header: Header, shards: list[StoredShard]) -> Iterator[Header | ShardLine | RowLine]:
    yield header
    for topic, partition, at in shards:
        yield ShardLine(
            topic, partition, at.next_offset, at.generation, len(at.rows), _text(at.body)
        )
        for row, data in sorted(at.rows.items()):
            yield RowLine(topic, partition, row, _text(data))


def _shard(told: ShardLine, rows: dict[int, bytes]) -> StoredShard:
    body = base64.b64decode(told.record)
    return StoredShard(
        told.topic, told.partition, Snapshot(told.next_offset, told.generation, body, rows)
    )


def _epochs(header: Header) -> dict[str, Epoch]:
    return {name: Epoch(topic.id, topic.partitions) for name, topic in header.topics.items()}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
