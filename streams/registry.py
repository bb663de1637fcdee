"""The shards this worker owns, by topic-partition, with what surrounds each of them.

One registry per app instance. The main loop changes it; the consumer thread only reads
``next_offset`` (a plain integer) when it places the consumer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from faust.types import TP
from msgspec import Struct, field

from aggregators.shard import Shard
from streams.checkpoint import CheckpointWriter

LAG_EDGES_S: tuple[float, ...] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class Owned(Struct, weakref=True, eq=False):
    """A shard in this worker's hands.

    ``durable_offset`` is the ``next_offset`` of its last acknowledged checkpoint, None as long
    as there is none. The counters are of this process, not of the state: ``replayed`` events
    skipped below ``next_offset``, ``gap_events`` offsets that no longer existed, ``fold_failures``
    records on which the fold itself failed. Those not yet behind a durable checkpoint are
    ``quarantined``; up to ``careful_until`` records are folded one by one. A shard that
    ``is_broken`` is neither folded into nor written; ``lock`` is held while it is written or
    replaced.
    """

    shard: Shard
    writer: CheckpointWriter
    start_offset: int
    durable_offset: int | None = None
    durable_at_ms: int = 0
    checkpoint_bytes: int = 0
    replayed: int = 0
    gap_events: int = 0
    stale_batches: int = 0
    seek_backs: int = 0
    caught_up: bool = False
    fold_failures: int = 0
    quarantined: set[int] = field(default_factory=set)
    careful_until: int = -1
    is_broken: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def take_over(self, before: Owned) -> None:
        """Go on with what this process counted of the same partition before."""
        self.replayed = before.replayed
        self.gap_events += before.gap_events
        self.stale_batches = before.stale_batches
        self.seek_backs = before.seek_backs
        self.caught_up = before.caught_up
        self.fold_failures = before.fold_failures
        self.quarantined = before.quarantined
        self.careful_until = before.careful_until


class LagHistogram:
    """Append time to applied, in seconds; counts per edge of LAG_EDGES_S and overflow."""

    def __init__(self) -> None:
        self.counts = [0] * (len(LAG_EDGES_S) + 1)
        self.sum_s = 0.0

    def see(self, lag_ms: int, events: int) -> None:
        """Count ``events`` events that waited ``lag_ms``."""
        lag_s = max(0, lag_ms) / 1000
        at = 0
        for edge in LAG_EDGES_S:
            if lag_s <= edge:
                break
            at += 1
        self.counts[at] += events
        self.sum_s += lag_s * events


class Registry:
    """Owned shards by topic-partition (full topic names)."""

    def __init__(self, source_topics: Mapping[str, str]) -> None:
        """Take full topic name -> canonical topic name of all sources."""
        self.source_topics = dict(source_topics)
        self.event_lag = LagHistogram()
        self._owned: dict[TP, Owned] = {}

    def is_source(self, tp: Any) -> bool:
        """Return whether the partition belongs to a source topic (not to a changelog)."""
        return tp.topic in self.source_topics

    def get(self, tp: TP) -> Owned | None:
        """Return the owned shard of a partition, None before its recovery or after its loss."""
        return self._owned.get(tp)

    def adopt(self, tp: TP, owned: Owned) -> None:
        """Take a restored or new shard; it replaces the one held before."""
        self._owned[tp] = owned

    def keep_only(self, assigned: Iterable[TP]) -> None:
        """Drop the shards of partitions that now belong to somebody else."""
        kept = set(assigned)
        self._owned = {tp: owned for tp, owned in self._owned.items() if tp in kept}

    def next_offset(self, tp: Any) -> int | None:
        """Return where the consumer must stand, None when the shard is not there yet."""
        owned = self._owned.get(tp)
        return None if owned is None else owned.shard.next_offset

    def next_offsets(self) -> dict[TP, int]:
        """Return the first offset of each owned partition that is not folded in."""
        return {tp: owned.shard.next_offset for tp, owned in self._owned.items()}

    def durable(self, tp: Any) -> int | None:
        """Return the offset that the last acknowledged checkpoint covers."""
        owned = self._owned.get(tp)
        return None if owned is None else owned.durable_offset

    def durable_tps(self, topics: Any = None) -> Iterator[TP]:
        """Yield the partitions with a durable checkpoint, of ``topics`` if given."""
        for tp, owned in self._owned.items():
            if owned.durable_offset is not None and (
                topics is None or tp in topics or tp.topic in topics
            ):
                yield tp

    def items(self) -> list[tuple[TP, Owned]]:
        """Return the owned shards, ordered by topic and partition."""
        return sorted(self._owned.items())

    def shards(self) -> list[Shard]:
        """Return the owned shards, ordered by topic and partition."""
        return [owned.shard for _, owned in self.items()]
