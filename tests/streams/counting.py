"""A small shard for tests of the shell: counts events per minute, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from aggregators.counts import Counts, Outcome
from aggregators.events import ContactQueued, Envelope
from aggregators.policy import Rules
from streams.decode import EventDecoder
from streams.parts import Parts, write_letter
from streams.producer import EventProducer
from streams.settings import StreamSettings
from streams.worker import StreamWorker

MINUTE_MS = 60_000
START_MS = 1_750_000_000_000


class CountingCheckpoint(Struct):
    """What a shard hands out to be stored."""

    record: bytes
    rows: dict[int, bytes]
    next_offset: int


class CountingShard:
    """Keeps the order of event numbers too, so that a repeat, a loss or a swap would show."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.next_offset = 0
        self.generation = 0
        self.counts = Counts()
        self.max_event_ms = 0
        self.watermark_ms = 0
        self.outbox: list[Envelope] = []
        self.minutes: dict[int, int] = {}
        self.changed: set[int] = set()
        self.event_ids: dict[str, int] = {}

    def apply(self, event: Envelope, append_ms: int) -> Outcome:
        """Count one event in its minute."""
        self.counts.read += 1
        self.counts.applied += 1
        minute = event.event_time_ms // MINUTE_MS
        self.minutes[minute] = self.minutes.get(minute, 0) + 1
        self.changed.add(minute)
        self.event_ids[event.event_id] = self.event_ids.get(event.event_id, 0) + 1
        return Outcome.APPLIED

    def begin_batch(self) -> None:
        """Each event is counted at once."""

    def end_batch(self) -> None:
        """Nothing is left to be counted."""

    def refuse(self, reason: str) -> None:
        """Count one dead letter."""
        self.counts.read += 1
        self.counts.dead_lettered += 1
        self.counts.reasons[reason] = self.counts.reasons.get(reason, 0) + 1

    def encode(self) -> CountingCheckpoint:
        """The state as of now; rows for the minutes that changed since the last one."""
        state = (self.topic, self.partition, self.next_offset, self.counts, self.event_ids)
        rows = {minute: str(self.minutes[minute]).encode() for minute in sorted(self.changed)}
        return CountingCheckpoint(msgspec.msgpack.encode(state), rows, self.next_offset)

    def confirm(self, checkpoint: CountingCheckpoint) -> None:
        """Rows that are stored as they are now need not be stored again."""
        self.changed -= {
            minute
            for minute, row in checkpoint.rows.items()
            if row == str(self.minutes[minute]).encode()
        }

    @classmethod
    def decode(cls, record: bytes, rows: Mapping[int, bytes]) -> CountingShard:
        """Build the shard again; minutes and counts must agree."""
        topic, partition, next_offset, counts, event_ids = msgspec.msgpack.decode(
            record, type=tuple[str, int, int, Counts, dict[str, int]]
        )
        shard = cls(topic, partition)
        shard.next_offset, shard.counts, shard.event_ids = next_offset, counts, event_ids
        shard.minutes = {minute: int(row) for minute, row in rows.items()}
        if sum(shard.minutes.values()) != counts.applied:
            raise ValueError(f"rows and record disagree: {shard.minutes}, {counts}")
        return shard

    def row_keys(self) -> list[int]:
        """All minutes."""
        return list(self.minutes)


def counting_parts(rules: Rules | None = None, shard: Any = CountingShard) -> Parts:
    """A worker's parts with the counting shard, the real decoder and the real dead letters."""
    known = rules or Rules()
    return Parts(
        new_shard=shard,
        read_shard=shard.decode,
        decoder=lambda topic: EventDecoder(topic, known),
        write_letter=write_letter,
    )


async def until(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    """Wait for a condition; TimeoutError when it never comes."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


def queued(number: int) -> ContactQueued:
    """Event number n: one of 50 contacts, one event a second."""
    return ContactQueued(
        v=1,
        event_id=f"e{number}",
        source="test",
        event_time_ms=START_MS + number * 1000,
        contact_id=f"c{number % 50}",
        leg_id="l1",
        channel="voice",
        queue="sales",
    )


def quick_settings(bootstrap_servers: str, prefix: str) -> StreamSettings:
    """Two partitions, short intervals, and the shortest session that brokers allow."""
    return StreamSettings(
        bootstrap_servers=bootstrap_servers,
        topic_prefix=prefix,
        app_id=f"{prefix}app",
        partitions=2,
        checkpoint_interval_ms=200,
        commit_interval_ms=200,
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_000,
    )


async def produce(settings: StreamSettings, first: int, end: int) -> None:
    """Send events number ``first`` to ``end`` - 1."""
    async with EventProducer(settings) as producer:
        await producer.send_all(queued(number) for number in range(first, end))


def read(worker: StreamWorker) -> int:
    """How many messages are in the state."""
    return sum(shard.counts.read for shard in worker.shards())
