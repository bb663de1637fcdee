"""Reads from Redis what other workers have published, into replicas of their shards."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from aggregators.policy import Rules
from aggregators.replica import Replica
from aggregators.shard import Shard
from aggregators.snapshot import SnapshotError
from exporters.live import Turn
from exporters.shared.durable import DurableTotals
from exporters.shared.lease import steady_s
from exporters.shared.store import Asked, Found, Place, Store, StoreError

log = logging.getLogger(__name__)

BUSY_S = 0.5
IDLE_S = 3.0
REST_FACTOR = 4.0
"""Reading may take a fifth of the thread that folds."""
READ_AT_ONCE = 8


class Heard(Struct, frozen=True):
    """What was last heard of a shard: its offset, and when its worker last spoke of it."""

    offset: int
    at_s: float


class Reader:
    """Keeps replicas of the shards that other workers own.

    ``own_offset`` gives the next offset of a shard of this worker, None if it is not ours: what is
    ours and not behind is not read. ``is_wanted`` tells whether somebody looks: then the replicas
    are brought up to date twice a second, else every three seconds. ``turn`` is held while a
    replica changes: no board is made of it meanwhile.
    """

    def __init__(
        self,
        store: Store,
        expected: Sequence[Place],
        rules: Rules,
        published: DurableTotals,
        own_offset: Callable[[Place], int | None],
        is_wanted: Callable[[], bool],
        turn: Turn = contextlib.nullcontext,
    ) -> None:
        self._store = store
        self._expected = tuple(expected)
        self._published = published
        self._own_offset = own_offset
        self._is_wanted = is_wanted
        self._turn = turn
        self._replicas = {place: Replica(rules) for place in expected}
        self._read: dict[Place, tuple[bytes, int]] = {}
        self._is_hurried = False
        self._unreadable: set[Place] = set()
        self.heard: dict[Place, Heard] = {}
        self.read_at_s = float("-inf")
        """When the last reading began that brought everything."""

    def replica(self, place: Place) -> Shard | None:
        """Return the replica of a shard, None if none was ever published."""
        return self._replicas[place].shard

    def hurry(self) -> None:
        """Read at once."""
        self._is_hurried = True

    async def run(self) -> None:
        """Read again and again until cancelled; Redis may come and go."""
        while True:
            self._is_hurried = False
            before_s = time.thread_time()
            with contextlib.suppress(StoreError):
                await self.refresh()
            await self._rest((time.thread_time() - before_s) * REST_FACTOR)

    async def _rest(self, least_s: float) -> None:
        """Rest; who begins to look need not wait until an idle pause is over."""
        is_wanted = self._is_wanted()
        ends_s = steady_s() + max(least_s, BUSY_S if is_wanted else IDLE_S)
        while (left_s := ends_s - steady_s()) > 0 and not self._is_hurried:
            if self._is_wanted() and not is_wanted:
                break
            await asyncio.sleep(min(left_s, BUSY_S / 2))

    async def refresh(self) -> None:
        """Read what changed of every shard. Raises StoreError."""
        began_s = steady_s()
        heads = await self._store.read([Asked(place, b"", 0, False) for place in self._expected])
        news: list[Asked] = []
        for place, head in zip(self._expected, heads, strict=True):
            if head is None:
                continue
            self.heard[place] = Heard(head.offset, steady_s() - head.age_ms / 1000)
            owner, seq = self._read.get(place, (b"", 0))
            own = self._own_offset(place)
            if (own is None or own < head.offset) and (owner, seq) != (head.owner, head.seq):
                news.append(Asked(place, owner, seq, True))
            else:
                self._published.confirm(place, head.offset)
        for start in range(0, len(news), READ_AT_ONCE):
            some = news[start : start + READ_AT_ONCE]
            for asked, found in zip(some, await self._store.read(some), strict=True):
                if found is not None:
                    async with self._turn():
                        self._take(asked.place, found)
                await asyncio.sleep(0)
        self.read_at_s = began_s

    def _take(self, place: Place, found: Found) -> None:
        replica = self._replicas[place]
        if found.record is None or (
            replica.shard is not None and found.offset < replica.shard.next_offset
        ):
            return  # somebody was faster after Redis lost its memory; the owner comes
        try:
            shard = replica.update(found.record, found.rows)
        except SnapshotError as error:
            self._read.pop(place, None)
            if place not in self._unreadable:  # as long as workers of two versions run
                self._unreadable.add(place)
                log.warning("%s[%d] is read anew: %s", place.topic, place.partition, error)
            return
        self._unreadable.discard(place)
        self._read[place] = found.owner, found.seq
        self._published.see(place, shard.next_offset, shard.durable_totals)
