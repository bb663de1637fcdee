"""Publishes the durable checkpoints of the shards that this worker owns.

The fold never waits for it: a checkpoint that became durable is only noted, and a task of its own
sends what changed. What Redis holds is therefore always durable, absolute and whole. A shard of
which Redis does not know this owner's last state is sent with all its rows: those of the newest
checkpoint, and the others as they are, as long as they did not change since it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Iterator
from itertools import count
from typing import Protocol

from msgspec import Struct

from aggregators.dossiers.pages import is_page
from aggregators.shard import Shard
from aggregators.snapshot import Checkpoint, encode_part, encode_record
from exporters.shared.durable import DurableTotals
from exporters.shared.store import Place, Publication, Store, StoreError

log = logging.getLogger(__name__)

BEAT_S = 1.0
RETRY_S = 0.5
CLOSE_S = 2.0
ROWS_PER_TURN = 20
MANY_ROWS = 500
"""So many changed rows are not kept for a Redis that is away: all are sent when it is back."""


class OwnShard(Struct, frozen=True):
    """A shard in this worker's hands, and the ``next_offset`` of its last durable checkpoint."""

    place: Place
    shard: Shard
    durable_offset: int | None


class Owned(Protocol):
    """The shards in this worker's hands now."""

    def get(self, place: Place) -> OwnShard | None:
        """Return the shard of a place, None if it is not ours."""

    def all(self) -> list[OwnShard]:
        """Return all of them."""


class _Line:
    """What is on its way of one shard. ``rows`` is what Redis may not have of ``checkpoint``."""

    def __init__(self, owner: str, shard: Shard) -> None:
        self.owner = owner
        self.shard = shard
        self.generation = 0
        self.checkpoint: Checkpoint | None = None
        self.live: frozenset[int] = frozenset()
        self.rows: dict[int, bytes] = {}
        self.is_due = False
        self.is_whole = True
        self.tried = 0
        self.acked = 0
        self.acked_live: frozenset[int] = frozenset()

    def take(self, checkpoint: Checkpoint, generation: int, row_keys: list[int]) -> None:
        """Note a durable checkpoint."""
        self.checkpoint = checkpoint
        self.generation = generation
        # Boards need the facts of dossiers, not the dossiers: their pages stay in Kafka.
        self.live = frozenset(key for key in row_keys if not is_page(key))
        self.rows |= checkpoint.rows
        for gone in self.rows.keys() - self.live:
            del self.rows[gone]
        self.is_due = True

    def shrink(self) -> None:
        """Let go of changes that Redis does not take, if they are many."""
        if len(self.rows) > MANY_ROWS:
            self.is_whole = True
            self.rows = {}


class Publisher:
    """Keeps Redis up to date about the shards of this worker."""

    def __init__(self, store: Store, owned: Owned, published: DurableTotals) -> None:
        """``published`` is told of the totals that Redis has taken."""
        self._store = store
        self._owned = owned
        self._published = published
        self._lines: dict[Place, _Line] = {}
        self._news = asyncio.Event()
        self._process = secrets.token_hex(6)
        self._numbers = count(1)
        self._next_beat_s = 0.0
        self.published_ms: int | None = None

    def durable(
        self, place: Place, checkpoint: Checkpoint, generation: int, row_keys: list[int]
    ) -> None:
        """Note a checkpoint that has just become durable. Only queues it."""
        own = self._owned.get(place)
        # A shard that was taken away, or read anew, meanwhile: its owner publishes it.
        if own is not None and own.shard.durable_totals is checkpoint.totals:
            self._line(own).take(checkpoint, generation, row_keys)
            self._news.set()

    async def run(self) -> None:
        """Publish until cancelled; Redis may come and go."""
        loop = asyncio.get_running_loop()
        while True:
            beat = loop.call_later(self._next_beat_s - time.monotonic(), self._news.set)
            try:
                await self._news.wait()
            finally:
                beat.cancel()
            self._news.clear()
            try:
                await self.round()
            except StoreError:
                for line in self._lines.values():
                    line.shrink()
                await asyncio.sleep(RETRY_S)

    async def close(self) -> None:
        """Publish what became durable last, if Redis takes it soon."""
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self.round()

    async def round(self) -> None:
        """Publish all that is due, and say once a second that the rest is as it was.

        Raises StoreError at the first call that Redis does not answer.
        """
        if not self._store.is_up:
            await self._store.ping()
        await self._adopt()
        for place, line in list(self._lines.items()):
            if line.is_due:
                await self._send(place, line)
        if time.monotonic() >= self._next_beat_s:
            self._next_beat_s = time.monotonic() + BEAT_S
            await self._beat()

    def _line(self, own: OwnShard) -> _Line:
        line = self._lines.get(own.place)
        if line is None or line.shard is not own.shard:
            owner = f"{self._process}.{next(self._numbers)}"
            line = self._lines[own.place] = _Line(owner, own.shard)
        return line

    async def _adopt(self) -> None:
        """Take in restored shards that have not moved yet, let go of those that went."""
        places = {own.place for own in self._owned.all()}
        for place in self._lines.keys() - places:
            del self._lines[place]
        for place in places:
            own = self._owned.get(place)
            if own is None:
                continue
            line, shard = self._line(own), own.shard
            if line.checkpoint is None and own.durable_offset == shard.next_offset:
                line.take(encode_record(shard), shard.generation, shard.row_keys())
                await asyncio.sleep(0)

    async def _send(self, place: Place, line: _Line) -> None:
        if line.is_whole and not await self._has_all_rows(line):
            return  # some change right now: the next checkpoint has them
        checkpoint, live, is_whole = line.checkpoint, line.live, line.is_whole
        rows = dict(line.rows)
        assert checkpoint is not None
        line.tried += 1
        seq = line.tried
        answer = await self._store.publish(
            place,
            Publication(
                owner=line.owner,
                generation=line.generation,
                offset=checkpoint.next_offset,
                seq=seq,
                acked=line.acked,
                is_whole=is_whole,
                record=checkpoint.record,
                gone=() if is_whole else tuple(line.acked_live - live),
                rows=rows,
            ),
        )
        if answer == "everything" and not is_whole:
            line.is_whole = True
            await self._send(place, line)
            return
        line.is_due = line.checkpoint is not checkpoint
        if answer != "written":
            log.info("%s[%d] not published: %s", place.topic, place.partition, answer)
            return
        line.acked, line.acked_live, line.is_whole = seq, live, False
        for minute, sent in rows.items():
            if line.rows.get(minute) is sent:
                del line.rows[minute]
        self._published.see(place, checkpoint.next_offset, checkpoint.totals)
        self.published_ms = time.time_ns() // 1_000_000

    async def _has_all_rows(self, line: _Line) -> bool:
        """Encode the rows that are missing, a few at a turn; tell whether none is missing."""
        while True:
            missing = [minute for minute in line.live if minute not in line.rows]
            if not missing:
                return True
            encoded = 0
            for minute, data in _as_of(line, missing):
                line.rows[minute] = data
                encoded += 1
                if encoded == ROWS_PER_TURN:
                    break
            if not encoded:
                return False
            await asyncio.sleep(0)

    async def _beat(self) -> None:
        quiet = [
            (place, line) for place, line in self._lines.items() if line.acked and not line.is_due
        ]
        answers = await self._store.beat(
            [(place, line.owner, line.generation, line.acked) for place, line in quiet]
        )
        for (_, line), answer in zip(quiet, answers, strict=True):
            if answer == "everything":
                line.is_due = line.is_whole = True
                self._news.set()
        if quiet:
            self.published_ms = time.time_ns() // 1_000_000


def _as_of(line: _Line, keys: list[int]) -> Iterator[tuple[int, bytes]]:
    """Encode the rows that are still what they were at the line's checkpoint."""
    shard, checkpoint = line.shard, line.checkpoint
    assert checkpoint is not None
    if shard.next_offset == checkpoint.next_offset:
        changed: set[int] = set()
    else:
        dirty = {minute for minute, row in shard.slices.rows.items() if row.dirty}
        changed = shard.unconfirmed | shard.slices.history.changed | dirty
    here = set(shard.row_keys())
    for key in keys:
        if key in here and key not in changed:
            yield key, encode_part(shard, key)
