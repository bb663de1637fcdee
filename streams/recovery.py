"""From table rows back to shards, whenever partitions are assigned.

Faust reads the changelogs into the tables; then each assigned partition gets its shard from the
best complete checkpoint. Nothing is guessed: a checkpoint that is gone, damaged or behind the
committed offset stops the worker with a sentence that says so.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from faust.tables.manager import TableManager
from faust.types import TP

from streams.checkpoint import (
    CheckpointError,
    CheckpointWriter,
    Snapshot,
    highest_generation,
    keys_of,
    restore,
)
from streams.registry import Owned, Registry
from streams.transport import BatchConsumer, LogEnds

log = logging.getLogger(__name__)

NewShard = Callable[[str, int], Any]
"""(canonical topic, partition) to an empty shard."""

ReadShard = Callable[[bytes, "dict[int, bytes]"], Any]
"""(record, rows) of a checkpoint to the shard; raises ValueError or the like."""


class ShardTables(TableManager):
    """Faust's table manager without its waits, reading changelogs from the start each time.

    Between two assignments somebody else may have owned the partition and cleared our rows away,
    so what was read earlier counts for nothing.
    """

    async def on_start(self) -> None:
        """Start at once; Faust sleeps a second here."""
        await self._update_channels()
        await self.recovery.start()

    async def on_rebalance(
        self, assigned: Any, revoked: Any, newly_assigned: Any, generation_id: int = 0
    ) -> None:
        """Forget what the tables hold and read it again."""
        for table in self.values():
            clear(table)
        self.recovery.active_offsets.clear()
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)


def rows_of(table: Any) -> dict[bytes, bytes]:
    """Return what recovery read into a table's memory store."""
    rows: dict[bytes, bytes] = table.data.data
    return rows


def clear(table: Any) -> None:
    """Empty a table's memory store; the shards hold the state from here on."""
    table.data.data.clear()
    table.data._key_partition.clear()


class Restorer:
    """Puts shards into the registry after the changelogs were read.

    With ``retain`` a shard that is still in memory goes on: right only where no other worker can
    exist (the embedded broker, whose changelog is short).
    """

    def __init__(
        self,
        registry: Registry,
        new_shard: NewShard,
        read_shard: ReadShard,
        *,
        retain: bool = False,
    ) -> None:
        self._registry = registry
        self._new_shard = new_shard
        self._read_shard = read_shard
        self._retain = retain

    async def restore_all(
        self, consumer: BatchConsumer, tables: Mapping[str, Any], generation: int
    ) -> None:
        """Restore every assigned source partition from its topic's table (by full topic name).

        Raises:
            CheckpointError: a checkpoint cannot be used, or contradicts the broker.
        """
        assigned = {tp for tp in consumer.assignment() if self._registry.is_source(tp)}
        self._registry.keep_only(assigned)
        if self._retain:
            held = {tp for tp in assigned if self._registry.get(tp) is not None}
            assigned -= held
        if assigned:
            # Two questions for all of them: each waits for the fetch that is under way.
            ends = await consumer.thread.log_ends(assigned)
            for tp in sorted(assigned):
                rows = rows_of(tables[tp.topic])
                self.restore_partition(tp, rows, generation, ends[tp])
        for table in tables.values():
            clear(table)

    def restore_partition(
        self,
        tp: TP,
        rows: dict[bytes, bytes],
        generation: int,
        ends: LogEnds,
    ) -> Owned:
        """Build one shard from the rows of its table and adopt it.

        Raises:
            CheckpointError: see :meth:`restore_all`.
        """
        name = self._registry.source_topics[tp.topic]
        where = f"{tp.topic}[{tp.partition}]"
        snapshot = restore(rows, tp.topic, tp.partition)
        self._check(where, snapshot, ends)
        generation = max(generation, highest_generation(rows, tp.partition) + 1)
        writer = CheckpointWriter(
            tp.topic,
            tp.partition,
            f"{generation}-{secrets.token_hex(4)}",
            inherited=snapshot.rows if snapshot else None,
            garbage=keys_of(rows, tp.partition),
        )
        if snapshot is None:
            shard = self._new_shard(name, tp.partition)
            shard.next_offset = ends.first
        else:
            try:
                shard = self._read_shard(snapshot.body, snapshot.rows)
            except Exception as error:
                raise CheckpointError(
                    f"the checkpoint of {where} cannot be read: {error}; it was written by "
                    "another version of vigie: go back to it, or reset this application"
                ) from error
            if shard.next_offset != snapshot.next_offset:
                raise CheckpointError(
                    f"the checkpoint of {where} contradicts itself: offset {shard.next_offset} "
                    f"inside, {snapshot.next_offset} outside"
                )
        shard.generation = generation
        owned = Owned(shard, writer, shard.next_offset)
        owned.durable_offset = snapshot.next_offset if snapshot else None
        self._registry.adopt(tp, owned)
        log.info("%s restored at offset %d, generation %d", where, shard.next_offset, generation)
        return owned

    @staticmethod
    def _check(where: str, snapshot: Snapshot | None, ends: LogEnds) -> None:
        _, last, committed = ends
        if snapshot is None:
            if committed:
                raise CheckpointError(
                    f"{where} was read up to offset {committed} before, but its changelog holds "
                    "no checkpoint; restore the changelog topic, or reset the group's offsets"
                )
            return
        if committed is not None and committed > snapshot.next_offset:
            raise CheckpointError(
                f"the checkpoint of {where} ends at offset {snapshot.next_offset}, but the group "
                f"has committed {committed}: it is stale or not ours; restore the changelog topic"
            )
        if last < snapshot.next_offset:
            raise CheckpointError(
                f"{where} ends at offset {last}, before the checkpoint's {snapshot.next_offset}: "
                "the topic was created anew; delete the changelog and the group to start afresh"
            )
