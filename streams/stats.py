"""What a worker tells of itself, partition by partition."""

from __future__ import annotations

from msgspec import Struct

from aggregators.counts import Counts
from streams.registry import LAG_EDGES_S


class PartitionStats(Struct, frozen=True, kw_only=True):
    """One owned partition. ``lag`` is None until the broker has told its end."""

    topic: str
    partition: int
    counts: Counts
    next_offset: int
    start_offset: int
    durable_offset: int | None
    lag: int | None
    generation: int
    max_event_ms: int
    watermark_ms: int
    checkpoint_at_ms: int
    checkpoint_bytes: int
    replayed: int
    gap_events: int
    fold_failures: int
    stale_batches: int
    seek_backs: int


class StreamStats(Struct, frozen=True, kw_only=True):
    """What a worker knows of itself. ``event_lag_counts`` has one count per edge and overflow."""

    partitions: tuple[PartitionStats, ...]
    is_recovering: bool
    rebalances: int
    last_commit_at_ms: int | None
    dead_letter_backlog: int
    event_lag_counts: tuple[int, ...]
    event_lag_sum_s: float
    event_lag_edges_s: tuple[float, ...] = LAG_EDGES_S
