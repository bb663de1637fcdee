"""Owners of one partition that fold, write checkpoints into a table, and die at any write.

The table is a dictionary in the place of a changelog; everything else is vigie's own: decoder,
fold, layout of checkpoints, restoring. No Kafka, so thousands of crashes take a second.
"""

from __future__ import annotations

from typing import NamedTuple

from aggregators.policy import Rules
from aggregators.shard import Shard
from streams.agents import fold_rows
from streams.batch import Record
from streams.checkpoint import CheckpointWriter, keys_of, restore
from streams.decode import EventDecoder
from tests.faults.raw_log import RawRecord


class Row(NamedTuple):
    """A record as the fold reads it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Owner:
    """One owner of a partition, from its restoring to its death."""

    def __init__(
        self,
        store: dict[bytes, bytes],
        letters: set[str],
        log: list[RawRecord],
        where: tuple[str, int],
        generation: int,
        rules: Rules,
    ) -> None:
        self._store, self.letters, self._log = store, letters, log
        topic, partition = where
        self._decode = EventDecoder(topic, rules).decode
        snapshot = restore(store, topic, partition)
        if snapshot is None:
            self.shard = Shard(topic, partition, rules)
        else:
            self.shard = Shard.decode(snapshot.body, snapshot.rows, rules)
        self.shard.generation = generation
        self._writer = CheckpointWriter(
            topic, partition, f"{generation}-owner",
            inherited=snapshot.rows if snapshot else None, garbage=keys_of(store, partition),
        )  # fmt: skip

    def read(self, records: int) -> None:
        """Fold the next so many records."""
        shard = self.shard
        rows = [
            Row(record.offset, record.append_ms, record.key, record.value)
            for record in self._log[shard.next_offset : shard.next_offset + records]
        ]
        if rows:
            fold_rows(shard, self._decode, rows, self._refuse)

    def checkpoint(self, writes: int | None = None) -> bool:
        """Write a checkpoint; only the first so many writes reach the table before a death.

        Returns whether it is whole. After one that is not, the owner must not be used again.
        """
        shard = self.shard
        checkpoint = shard.encode()
        entries = self._writer.begin(checkpoint.record, checkpoint.rows, shard.row_keys())
        entries.append(self._writer.head(shard.next_offset, shard.generation))
        for entry in entries[:writes]:
            self._store[entry.key] = entry.value
        if writes is not None and writes < len(entries):
            return False
        self._writer.confirm()
        shard.confirm(checkpoint)
        for key in self._writer.sweep(200):
            self._store.pop(key, None)
        return True

    def _refuse(self, row: Record, _reason: str, _detail: str) -> None:
        self.letters.add(f"{self.shard.topic}/{self.shard.partition}/{row.offset}")
