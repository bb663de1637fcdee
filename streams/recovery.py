"""From changelogs back to shards, whenever partitions are assigned.

Each assigned partition gets its shard from the best complete checkpoint in its changelog.
Nothing is guessed: a checkpoint that is gone, damaged or behind the committed offset stops the
worker with a sentence that says so.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, NamedTuple

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.types import TP

from streams import failpoints
from streams.changelog import Rows
from streams.checkpoint import (
    UNKNOWN_EPOCH,
    CheckpointError,
    CheckpointWriter,
    Epoch,
    Snapshot,
    highest_generation,
    keys_of,
    repair,
    require_same,
    restore,
)
from streams.registry import Owned, Registry
from streams.transport import BatchConsumer

log = logging.getLogger(__name__)

NewShard = Callable[[str, int], Any]
"""(canonical topic, partition) to an empty shard."""

ReadShard = Callable[[bytes, "dict[int, bytes]"], Any]
"""(record, rows) of a checkpoint to the shard; raises ValueError or the like."""

ReadEpochs = Callable[[Collection[str]], Awaitable[Mapping[str, Epoch]]]
"""Full topic names to which topics they are."""


ReadRows = Callable[[Collection[TP]], Awaitable[dict[TP, Rows]]]
"""Read the changelog of each source partition."""


class LogEnds(NamedTuple):
    """First offset on the broker, the next one to be written, and the group's committed one."""

    first: int
    last: int
    committed: int | None


class _NoRecovery(Recovery):
    """Faust's recovery with nothing to read: it only tells when partitions have settled."""

    def need_recovery(self) -> bool:
        """Changelogs are read by :mod:`streams.changelog`."""
        return False


class ShardTables(TableManager):
    """Faust's table manager without its waits and without its own reading of changelogs."""

    @property
    def recovery(self) -> Recovery:
        """What watches over assignments."""
        if self._recovery is None:
            self._recovery = _NoRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """Start at once; Faust sleeps a second here."""
        await self._update_channels()
        await self.recovery.start()


class Restorer:
    """Puts shards into the registry after the changelogs were read.

    With ``retain`` a shard that is still in memory goes on: right only where no other worker can
    exist (the embedded broker, whose changelog is short). Without ``read_epochs`` a topic that
    was created anew is not told from the old one.
    """

    def __init__(
        self,
        registry: Registry,
        new_shard: NewShard,
        read_shard: ReadShard,
        *,
        retain: bool = False,
        read_epochs: ReadEpochs | None = None,
    ) -> None:
        self._registry = registry
        self._new_shard = new_shard
        self._read_shard = read_shard
        self._retain = retain
        self._read_epochs = read_epochs
        self._epochs: Mapping[str, Epoch] = {}
        self.progress = (0, 0)  # partitions restored, and of how many; (0, 0) at rest
        self._lock = asyncio.Lock()

    async def restore_all(
        self,
        consumer: BatchConsumer,
        read_rows: ReadRows,
        generation: Callable[[], int],
    ) -> None:
        """Restore every assigned source partition; ``generation`` is the group's, now.

        Nothing is adopted when partitions move meanwhile: then this is called again.

        Raises:
            CheckpointError: a checkpoint cannot be used, or contradicts the broker.
        """
        async with self._lock:
            at_start = generation()
            assigned = self._assigned(consumer)
            fresh = {tp for tp in assigned if not (self._retain and self._registry.get(tp))}
            self.progress = 0, len(fresh)
            (rows, ends), self._epochs = await asyncio.gather(
                _read(consumer, read_rows, fresh), self._epochs_of(fresh)
            )
            if generation() != at_start or self._assigned(consumer) != assigned:
                return
            self._registry.keep_only(assigned)
            for done, tp in enumerate(sorted(fresh), start=1):
                self.restore_partition(tp, rows.pop(tp), at_start, ends[tp])
                failpoints.passing(failpoints.DURING_RECOVERY)
                self.progress = done, len(fresh)
                await asyncio.sleep(0)  # readiness is asked for meanwhile
                if generation() != at_start:
                    return
            self.progress = 0, 0

    async def restore_one(
        self,
        tp: TP,
        consumer: BatchConsumer,
        read_rows: ReadRows,
        generation: Callable[[], int],
    ) -> None:
        """Put the shard of one partition back to its checkpoint, if it is still assigned.

        Raises:
            CheckpointError: see :meth:`restore_all`.
        """
        async with self._lock:
            at_start = generation()
            rows, ends = await _read(consumer, read_rows, {tp})
            before = self._registry.get(tp)
            if generation() != at_start or before is None:
                return  # partitions move: everything is restored anyway
            self.restore_partition(tp, rows[tp], at_start, ends[tp]).take_over(before)

    async def _epochs_of(self, tps: Collection[TP]) -> Mapping[str, Epoch]:
        return await self._read_epochs({tp.topic for tp in tps}) if self._read_epochs else {}

    def _assigned(self, consumer: BatchConsumer) -> set[TP]:
        return {tp for tp in consumer.assignment() if self._registry.is_source(tp)}

    def restore_partition(
        self,
        tp: TP,
        rows: Rows,
        generation: int,
        ends: LogEnds,
    ) -> Owned:
        """Build one shard from the rows of its table and adopt it.

        Raises:
            CheckpointError: see :meth:`restore_all`.
        """
        name = self._registry.source_topics[tp.topic]
        where = f"{tp.topic}[{tp.partition}]"
        epoch = self._epochs.get(tp.topic, UNKNOWN_EPOCH)
        snapshot = restore(rows, tp.topic, tp.partition)
        self._check(tp, snapshot, ends, epoch)
        generation = max(generation, highest_generation(rows, tp.partition) + 1)
        writer = CheckpointWriter(
            tp.topic,
            tp.partition,
            f"{generation}-{secrets.token_hex(4)}",
            inherited=snapshot.rows if snapshot else None,
            garbage=keys_of(rows, tp.partition),
            epoch=epoch,
        )
        if snapshot is None:
            shard = self._new_shard(name, tp.partition)
            shard.next_offset = ends.first
        else:
            try:
                shard = self._read_shard(snapshot.body, snapshot.rows)
            except Exception as error:
                raise CheckpointError(
                    f"the checkpoint of {where} cannot be read: {error}; go back to the version of "
                    f"vigie that wrote it, or {repair(*tp)}"
                ) from error
            if shard.next_offset != snapshot.next_offset:
                raise CheckpointError(
                    f"the checkpoint of {where} contradicts itself: offset {shard.next_offset} "
                    f"inside, {snapshot.next_offset} outside; {repair(*tp)}"
                )
        shard.generation = generation
        owned = Owned(shard, writer, shard.next_offset)
        owned.durable_offset = snapshot.next_offset if snapshot else None
        if shard.next_offset < ends.first:
            owned.gap_events = ends.first - shard.next_offset
            log.warning("%s: %d offsets are gone from the log unread", where, owned.gap_events)
            shard.next_offset = ends.first
        self._registry.adopt(tp, owned)
        log.info("%s restored at offset %d, generation %d", where, shard.next_offset, generation)
        return owned

    @staticmethod
    def _check(tp: TP, snapshot: Snapshot | None, ends: LogEnds, epoch: Epoch) -> None:
        where = f"{tp.topic}[{tp.partition}]"
        _, last, committed = ends
        if snapshot is None:
            if committed:
                raise CheckpointError(
                    f"{where} was read up to offset {committed} before, but its changelog holds "
                    f"no checkpoint; {repair(*tp)}"
                )
            return
        require_same(tp.topic, snapshot.epoch, epoch)
        if committed is not None and committed > snapshot.next_offset:
            raise CheckpointError(
                f"the checkpoint of {where} ends at offset {snapshot.next_offset}, but the group "
                f"has committed {committed}: it is stale or not ours; {repair(*tp)}"
            )
        if last < snapshot.next_offset:
            raise CheckpointError(
                f"{where} ends at offset {last}, before the checkpoint's {snapshot.next_offset}: "
                f"the topic was created anew or lost records; {repair(*tp)}"
            )


async def _read(
    consumer: BatchConsumer, read_rows: ReadRows, tps: Collection[TP]
) -> tuple[dict[TP, Rows], dict[TP, LogEnds]]:
    """Return changelogs and ends of partitions, with what was committed *before* they were read.

    An owner that still works could otherwise commit a checkpoint that was not there yet.
    """
    if not tps:
        return {}, {}
    thread = consumer.thread
    committed = await thread.committed(tps)
    rows = await read_rows(tps)
    ends = await thread.log_ends(tps)
    return rows, {tp: LogEnds(*ends[tp], committed[tp]) for tp in tps}
