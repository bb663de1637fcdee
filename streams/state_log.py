"""The checkpoints in the changelogs, read and written from outside of a worker."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from streams.changelog import Rows, read_changelogs
from streams.checkpoint import (
    CheckpointWriter,
    Epoch,
    Snapshot,
    highest_generation,
    key,
    keys_of,
    restore,
)
from streams.settings import StreamError, StreamSettings

_MAX_REQUEST_BYTES = 4 * 1024 * 1024
_IN_FLIGHT = 512


class StoredShard(NamedTuple):
    """A complete checkpoint of one partition; ``topic`` is the canonical name."""

    topic: str
    partition: int
    snapshot: Snapshot


async def read_partitions(
    settings: StreamSettings, tps: Collection[TP], epochs: Mapping[str, Epoch]
) -> dict[TP, Rows]:
    """Return the live keys and values of each partition, none where its changelog is missing.

    ``epochs`` are those of the changelogs: they say which partitions there are.
    """
    names = settings.source_topics()
    logs = {tp: settings.changelog(names[tp.topic]) for tp in tps}
    there = {tp: log for tp, log in logs.items() if log in epochs and tp.partition < epochs[log][1]}
    return {tp: {} for tp in tps} | await read_changelogs(settings, there)


def stored_shards(settings: StreamSettings, rows: Mapping[TP, Rows]) -> list[StoredShard]:
    """Return the checkpoints in rows of changelogs; partitions without one are left out.

    Raises:
        CheckpointError: there are checkpoints, and none of them can be used.
    """
    names = settings.source_topics()
    found = []
    for tp in sorted(rows):
        snapshot = restore(rows[tp], tp.topic, tp.partition)
        if snapshot is not None:
            found.append(StoredShard(names[tp.topic], tp.partition, snapshot))
    return found


async def log_ends(
    settings: StreamSettings, tps: Collection[TP]
) -> tuple[dict[TP, int], dict[TP, int]]:
    """Return the first offset of each partition's log and the next one to be written."""
    consumer = AIOKafkaConsumer(
        group_id=None, enable_auto_commit=False, **settings.client_options()
    )
    try:
        await consumer.start()
        asked = [TopicPartition(tp.topic, tp.partition) for tp in tps]
        first = await consumer.beginning_offsets(asked)
        last = await consumer.end_offsets(asked)
    except (KafkaError, OSError) as error:
        raise StreamError(
            f"Kafka at {settings.bootstrap_servers} does not tell where the logs end: {error}"
        ) from error
    finally:
        await consumer.stop()
    return {tp: first[tp] for tp in tps}, {tp: last[tp] for tp in tps}


async def log_lengths(settings: StreamSettings) -> dict[tuple[str, int], int]:
    """Return how many messages were ever written to each partition (full topic) of the sources.

    Raises:
        StreamError: the broker does not tell.
    """
    tps = [TP(topic, n) for topic in settings.source_topics() for n in range(settings.partitions)]
    _, last = await log_ends(settings, tps)
    return {(tp.topic, tp.partition): end for tp, end in last.items()}


class StateWriter:
    """Writes to the changelogs; every method returns when the broker has acknowledged."""

    def __init__(self, settings: StreamSettings, producer: Any) -> None:
        self._settings = settings
        self._producer = producer
        self._names = settings.source_topics()
        self._in_flight = asyncio.Semaphore(_IN_FLIGHT)

    async def clear(self, tp: TP, rows: Rows) -> int:
        """Delete every key of a partition, heads first; return how many.

        One new key takes their place: it only tells the next owner which generations there were,
        and is cleared away by it.
        """
        keys = keys_of(rows, tp.partition)
        if keys:
            mark = f"{highest_generation(rows, tp.partition) + 1}-{secrets.token_hex(4)}"
            await self._send(tp, key(tp.partition, mark, "g"), b"reset")
        heads = [name for name in keys if name.endswith(b"/h")]
        for wave in (heads, keys[len(heads) :]):
            await asyncio.gather(*(self._send(tp, name, None) for name in wave))
        return len(keys)

    async def write(self, tp: TP, snapshot: Snapshot, generation: int) -> None:
        """Write a checkpoint under a token of its own, the head last."""
        writer = CheckpointWriter(
            tp.topic,
            tp.partition,
            f"{generation}-{secrets.token_hex(4)}",
            epoch=snapshot.epoch,
        )
        entries = writer.begin(snapshot.body, snapshot.rows, snapshot.rows)
        await asyncio.gather(*(self._send(tp, *entry) for entry in entries))
        await self._send(tp, *writer.head(snapshot.next_offset, generation))

    async def _send(self, tp: TP, name: bytes, value: bytes | None) -> None:
        log = self._settings.changelog(self._names[tp.topic])
        async with self._in_flight:
            sent = await self._producer.send(log, value, key=name, partition=tp.partition)
            await sent


@asynccontextmanager
async def open_state_writer(settings: StreamSettings) -> AsyncIterator[StateWriter]:
    """Give a writer of checkpoints.

    Raises:
        StreamError: the broker does not take what is written.
    """
    producer = AIOKafkaProducer(
        acks="all", enable_idempotence=True, max_request_size=_MAX_REQUEST_BYTES, linger_ms=5,
        **settings.client_options(),
    )  # fmt: skip
    try:
        await producer.start()
        yield StateWriter(settings, producer)
    except (KafkaError, OSError) as error:
        raise StreamError(
            f"the checkpoints cannot be written to Kafka at {settings.bootstrap_servers}: "
            f"{error}; run this again"
        ) from error
    finally:
        await producer.stop()
