"""A shard in table rows, and back: the layout that makes a checkpoint one atomic step.

Under keys that carry the owner's token a checkpoint writes the rows that changed and the body,
each into one of two alternating slots, and at last the *head*: it names the slot of every row
that counts. Until a head is acknowledged the one before it still names only untouched slots. A
new owner writes everything once under its own token and clears the older keys away afterwards.
The fold is deterministic, so any complete checkpoint is right and the furthest one is best.

Key: ``1/<partition>/<owner>/h`` (head), ``…/b/<slot>/<chunk>`` (body), ``…/r<row>/<slot>/<chunk>``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec
from msgspec import Struct

from streams.settings import StreamError

KEY_VERSION = "1"
FORMAT = 2
"""2: a format byte and a checksum stand before the head, and it names the topic's epoch. Heads of
format 1, which have none of this, are read."""

_UNCHECKED = 0x98  # a head of format 1 is bare MessagePack: an array of eight
CHUNK_BYTES = 640 * 1024
BODY = "b"


class CheckpointError(StreamError):
    """A checkpoint cannot be used; the message says which partition and what to do."""


class Epoch(NamedTuple):
    """Which topic it is: Kafka's id, and the partition count. Empty and 0 where not known."""

    topic_id: str = ""
    partitions: int = 0


UNKNOWN_EPOCH = Epoch()


class Head(Struct, frozen=True, array_like=True):
    """The record that names the rows which count."""

    format: int
    topic: str
    partition: int
    next_offset: int
    generation: int
    owner: str
    body_slot: int
    rows: bytes  # packed by pack_rows
    epoch: Epoch = UNKNOWN_EPOCH


class Snapshot(NamedTuple):
    """A complete checkpoint as read back."""

    next_offset: int
    generation: int
    body: bytes
    rows: dict[int, bytes]
    epoch: Epoch = UNKNOWN_EPOCH


class Entry(NamedTuple):
    """One key and value for the changelog."""

    key: bytes
    value: bytes


def key(partition: int, owner: str, name: str, slot: int = 0, chunk: int = 0) -> bytes:
    """Return the changelog key of a head (name ``h``), a body or a row chunk."""
    stem = f"{KEY_VERSION}/{partition}/{owner}/{name}"
    return (stem if name == "h" else f"{stem}/{slot}/{chunk}").encode()


def repair(topic: str, partition: int | None = None) -> str:
    """Return what to do about a checkpoint that cannot be used, as the end of a sentence."""
    where = f"--topic {topic}" + ("" if partition is None else f" --partition {partition}")
    return (
        "stop the workers, then `vigie state import FILE` brings an exported state back, and "
        f"`vigie state reset {where}` counts again from the log"
    )


def require_same(topic: str, then: Epoch, now: Epoch) -> None:
    """Refuse checkpoints of another topic of the same name; what is not known is not compared.

    Raises:
        CheckpointError: with the repair.
    """
    if then.partitions and now.partitions and then.partitions != now.partitions:
        raise CheckpointError(
            f"topic {topic} has {now.partitions} partitions, its checkpoints were made when it "
            f"had {then.partitions}: contacts would be torn between them; {repair(topic)}"
        )
    if then.topic_id and now.topic_id and then.topic_id != now.topic_id:
        raise CheckpointError(
            f"topic {topic} was deleted and created anew since its last checkpoint (id "
            f"{then.topic_id} then, {now.topic_id} now), so its offsets mean other events; "
            f"{repair(topic)}"
        )


def row_name(row: int) -> str:
    """Return the key part of a row."""
    return f"r{row}"


def pack_blob(data: bytes) -> list[bytes]:
    """Cut into chunks; the first one begins with chunk count and checksum.

    Nothing is compressed here: the shard's own encoding is.
    """
    count = max(1, -(-len(data) // CHUNK_BYTES))
    header = count.to_bytes(2) + zlib.crc32(data).to_bytes(4)
    first, *rest = (data[n * CHUNK_BYTES : (n + 1) * CHUNK_BYTES] for n in range(count))
    return [header + first, *rest]


def unpack_blob(store: Mapping[bytes, bytes], stem: tuple[int, str, str, int]) -> bytes:
    """Read a blob back. Raises ValueError when a chunk is missing or damaged."""
    first = store.get(key(*stem))
    if first is None:
        raise ValueError(f"{stem[2]} is missing")
    count, crc = int.from_bytes(first[:2]), int.from_bytes(first[2:6])
    if len(first) < 6 or count < 1:
        raise ValueError(f"{stem[2]} is cut off")
    pieces = [first[6:]]
    for chunk in range(1, count):
        piece = store.get(key(*stem, chunk))
        if piece is None:
            raise ValueError(f"{stem[2]} is missing its chunk {chunk}")
        pieces.append(piece)
    data = b"".join(pieces)
    if zlib.crc32(data) != crc:
        raise ValueError(f"{stem[2]} fails its checksum")
    return data


def pack_head(head: Head) -> bytes:
    """Return a head with its format and checksum."""
    packed = msgspec.msgpack.encode(head)
    return bytes([FORMAT]) + zlib.crc32(packed).to_bytes(4) + packed


def unpack_head(raw: bytes) -> Head:
    """Read a head of any format. Raises ValueError when it is damaged or not known."""
    kind = raw[0] if raw else 0
    if kind == FORMAT:
        packed, known = raw[5:], FORMAT
        if zlib.crc32(packed) != int.from_bytes(raw[1:5]):
            raise ValueError("a head fails its checksum")
    elif kind == _UNCHECKED:
        packed, known = raw, 1
    else:
        raise ValueError(f"a head cannot be read: format {kind}, this vigie reads 1 and {FORMAT}")
    try:
        head = msgspec.msgpack.decode(packed, type=Head)
    except msgspec.DecodeError as error:
        raise ValueError(f"a head cannot be read: {error}") from error
    if head.format != known:
        raise ValueError(f"a head cannot be read: format {head.format} in one of format {known}")
    return head


def pack_rows(slots: Mapping[int, int]) -> bytes:
    """Pack row -> slot: ordered rows as differences, so that thousands cost little."""
    ordered = sorted(slots)
    steps = [b - a for a, b in zip([0, *ordered], ordered, strict=False)]
    return zlib.compress(msgspec.msgpack.encode((steps, bytes(slots[row] for row in ordered))), 1)


def unpack_rows(packed: bytes) -> dict[int, int]:
    """Return row -> slot as packed by :func:`pack_rows`."""
    steps, slots = msgspec.msgpack.decode(zlib.decompress(packed), type=tuple[list[int], bytes])
    rows: dict[int, int] = {}
    row = 0
    for step, slot in zip(steps, slots, strict=True):
        row += step
        rows[row] = slot
    return rows


class CheckpointWriter:
    """Writes the checkpoints of one shard for one owner.

    ``inherited`` are raw rows of the checkpoint the shard was restored from: they are written
    once under this owner's token. ``garbage`` are keys of earlier owners; they are handed out by
    :meth:`sweep` only after this owner's first checkpoint is durable. ``epoch`` goes into every
    head.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        owner: str,
        *,
        inherited: Mapping[int, bytes] | None = None,
        garbage: Iterable[bytes] = (),
        epoch: Epoch = UNKNOWN_EPOCH,
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.owner = owner
        self.epoch = epoch
        self._inherited = dict(inherited or {})
        self._garbage = list(garbage)
        self._slots: dict[int, int] = {}
        self._body_slot = 1
        self._chunks: dict[tuple[str, int], int] = {}
        self._pending: tuple[dict[int, int], int] | None = None
        self._is_durable = False

    def begin(self, body: bytes, changed: Mapping[int, bytes], live: Iterable[int]) -> list[Entry]:
        """Return what must be acknowledged before the head: body and rows, in free slots.

        ``changed`` are the rows to write, ``live`` all rows the shard has.

        Raises:
            CheckpointError: a live row was never handed over.
        """
        rows = {**self._inherited, **changed}
        slots: dict[int, int] = {}
        entries: list[Entry] = []
        for row in live:
            data = rows.get(row)
            if data is not None:
                slots[row] = 1 - self._slots.get(row, 1)
                entries += self._blob(row_name(row), slots[row], data)
            elif row in self._slots:
                slots[row] = self._slots[row]
            else:
                raise CheckpointError(
                    f"checkpoint of {self.topic}[{self.partition}]: row {row} was never encoded"
                )
        body_slot = 1 - self._body_slot
        entries += self._blob(BODY, body_slot, body)
        self._pending = (slots, body_slot)
        return entries

    def head(self, next_offset: int, generation: int) -> Entry:
        """Return the head of the checkpoint begun last."""
        assert self._pending is not None
        slots, body_slot = self._pending
        head = Head(
            FORMAT, self.topic, self.partition, next_offset, generation, self.owner, body_slot,
            pack_rows(slots), self.epoch,
        )  # fmt: skip
        return Entry(key(self.partition, self.owner, "h"), pack_head(head))

    def confirm(self) -> None:
        """The head is acknowledged: its slots count now, rows it no longer names are garbage."""
        assert self._pending is not None
        slots, self._body_slot = self._pending
        self._garbage += [
            name for row in self._slots.keys() - slots.keys() for name in self._keys(row_name(row))
        ]
        self._slots = slots
        self._pending = None
        self._inherited = {}
        self._is_durable = True

    def sweep(self, limit: int) -> list[bytes]:
        """Return at most ``limit`` keys that no head of use names, to be deleted."""
        if not self._is_durable:
            return []
        swept, self._garbage = self._garbage[:limit], self._garbage[limit:]
        return swept

    def _blob(self, name: str, slot: int, data: bytes) -> Iterator[Entry]:
        pieces = pack_blob(data)
        if len(pieces) > 1:
            self._chunks[name, slot] = max(len(pieces), self._chunks.get((name, slot), 1))
        for chunk, piece in enumerate(pieces):
            yield Entry(key(self.partition, self.owner, name, slot, chunk), piece)

    def _keys(self, name: str) -> Iterator[bytes]:
        for slot in (0, 1):
            for chunk in range(self._chunks.pop((name, slot), 1)):
                yield key(self.partition, self.owner, name, slot, chunk)


def keys_of(store: Iterable[bytes], partition: int) -> list[bytes]:
    """Return the keys of one partition, heads first (they must be deleted first)."""
    stem = f"{KEY_VERSION}/{partition}/".encode()
    keys = [name for name in store if name.startswith(stem)]
    return sorted(keys, key=lambda name: (not name.endswith(b"/h"), name))


def restore(store: Mapping[bytes, bytes], topic: str, partition: int) -> Snapshot | None:
    """Return the complete checkpoint with the highest next offset, None if there never was one.

    Raises:
        CheckpointError: there are checkpoints, and none of them can be used.
    """
    faults: list[str] = []
    heads: list[Head] = []
    keys = keys_of(store, partition)
    for name in keys:
        if name.endswith(b"/h"):
            try:
                heads.append(_head(store[name], topic, partition))
            except ValueError as error:
                faults.append(str(error))
    for head in sorted(heads, key=lambda head: (head.next_offset, head.generation), reverse=True):
        try:
            return _read(store, head)
        except ValueError as error:
            faults.append(f"owner {head.owner} at offset {head.next_offset}: {error}")
    if faults:
        raise CheckpointError(
            f"no usable checkpoint of {topic}[{partition}] in its changelog "
            f"({'; '.join(faults)}): {repair(topic, partition)}"
        )
    return None


def highest_generation(store: Mapping[bytes, bytes], partition: int) -> int:
    """Return the highest owner generation seen in the keys of a partition, 0 if none."""
    generations = [0]
    for name in keys_of(store, partition):
        owner = name.split(b"/")[2].decode()
        head, _, _ = owner.partition("-")
        if head.isdigit():
            generations.append(int(head))
    return max(generations)


def _head(raw: bytes, topic: str, partition: int) -> Head:
    head = unpack_head(raw)
    if (head.topic, head.partition) != (topic, partition):
        raise ValueError(f"a head is of {head.topic}[{head.partition}]")
    return head


def _read(store: Mapping[bytes, bytes], head: Head) -> Snapshot:
    try:
        slots = unpack_rows(head.rows)
    except (zlib.error, ValueError) as error:  # msgspec's errors are of this kind
        raise ValueError(f"its row list cannot be read: {error}") from error
    where = head.partition, head.owner
    return Snapshot(
        head.next_offset,
        head.generation,
        unpack_blob(store, (*where, BODY, head.body_slot)),
        {row: unpack_blob(store, (*where, row_name(row), slot)) for row, slot in slots.items()},
        head.epoch,
    )
