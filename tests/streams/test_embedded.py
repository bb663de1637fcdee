"""The broker in the process: a worker runs on it as on a real one, without durability."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import uvloop
from aiokafka import AIOKafkaConsumer

from aggregators.policy import Rules
from streams.embedded import PARTITION_BYTES, EmbeddedBroker, start_broker
from streams.producer import Brake, EventProducer
from streams.settings import StreamSettings
from streams.worker import StreamWorker, start_worker
from tests.streams.counting import counting_parts, queued, until


@pytest.fixture
def settings() -> Iterator[StreamSettings]:
    """Settings of a running embedded broker with three partitions per topic."""
    wanted = StreamSettings(
        partitions=3, embedded=True, fetch_wait_ms=50, checkpoint_interval_ms=100,
        commit_interval_ms=100,
    )  # fmt: skip
    with start_broker(wanted) as broker:
        yield msgspec.structs.replace(
            wanted, bootstrap_servers=broker.address, partitions=broker.partitions
        )


async def until_read(worker: StreamWorker, events: int) -> None:
    """Wait until the worker has read so many messages."""
    await until(lambda: sum(shard.counts.read for shard in worker.shards()) == events)


def is_durable(worker: StreamWorker) -> bool:
    """Whether everything that was read is in a checkpoint."""
    return all(p.durable_offset == p.next_offset for p in worker.stats().partitions)


async def test_topics_have_the_partitions_that_were_asked_for(settings: StreamSettings) -> None:
    """All topics exist from the start, not from their first use."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers)
    await consumer.start()
    try:
        found = await consumer.topics()
        assert set(settings.source_topics()) <= found
        consumer.subscribe(["calls"])
        assert len(consumer.partitions_for_topic("calls") or ()) in (0, 3)
    finally:
        await consumer.stop()


async def test_events_go_through_the_whole_shell(settings: StreamSettings) -> None:
    """What is produced is counted once, bad messages are told apart, and the pipe goes on."""
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    try:
        assert len(worker.shards()) == 8 * 3
        async with EventProducer(settings) as producer:
            await producer.send_all(queued(number) for number in range(500))
            await producer.send_raw("calls", b"c1", b"{not json")
            await producer.send_all(queued(number) for number in range(500, 1000))
        await until_read(worker, 1001)
        calls = [shard for shard in worker.shards() if shard.topic == "calls"]
        assert sum(shard.counts.applied for shard in calls) == 1000
        assert {event for shard in calls for event in shard.event_ids} == {
            f"e{number}" for number in range(1000)
        }
        assert sum(shard.counts.reasons.get("not_json", 0) for shard in calls) == 1
        await until(lambda: is_durable(worker))
        assert worker.ready() == (True, "")
        stats = worker.stats()
        assert sum(stats.event_lag_counts) == 1001
        assert all(p.lag == 0 and p.gap_events == 0 for p in stats.partitions)
    finally:
        await worker.stop()
    await worker.wait()


async def test_more_than_the_broker_keeps_goes_through_with_the_brake(
    settings: StreamSettings,
) -> None:
    """The producer waits for the worker, so nothing is dropped in between."""
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    try:
        brake = Brake(worker.next_offset, unread_bytes=200_000, unread_records=2_000)
        async with EventProducer(settings, brake=brake) as producer:
            await producer.send_all(queued(number) for number in range(30_000))
        await until_read(worker, 30_000)
        assert sum(p.gap_events for p in worker.stats().partitions) == 0
        assert sum(shard.counts.applied for shard in worker.shards()) == 30_000
    finally:
        await worker.stop()


async def test_a_decoder_that_fails_costs_its_event_and_not_the_worker(
    settings: StreamSettings,
) -> None:
    """Faust would acknowledge the event and go on; vigie keeps it as a dead letter and counts."""
    parts = counting_parts()
    real = parts.decoder("calls")

    class Broken:
        def decode(self, raw: bytes | None, key: bytes | None, append_ms: int) -> Any:
            if raw is not None and b'"e1"' in raw:
                raise ZeroDivisionError("a fault of ours")
            return real.decode(raw, key, append_ms)

    parts.decoder = lambda topic: Broken()
    worker = await start_worker(settings, Rules(), parts=parts)
    try:
        async with EventProducer(settings) as producer:
            await producer.send_all(queued(number) for number in range(3))
        await until_read(worker, 3)
        told = [shard.counts.reasons for shard in worker.shards() if shard.counts.reasons]
        assert told == [{"internal_error": 1}]
        assert sum(shard.counts.applied for shard in worker.shards()) == 2
    finally:
        await worker.stop()


def test_a_worker_runs_on_uvloop_too() -> None:
    """The faster event loop changes nothing else."""

    async def run() -> int:
        wanted = StreamSettings(partitions=1, embedded=True, fetch_wait_ms=50)
        with start_broker(wanted) as broker:
            settings = msgspec.structs.replace(wanted, bootstrap_servers=broker.address)
            worker = await start_worker(settings, Rules(), parts=counting_parts())
            async with EventProducer(settings) as producer:
                await producer.send_all(queued(number) for number in range(100))
            await until_read(worker, 100)
            await worker.stop()
            return sum(shard.counts.applied for shard in worker.shards())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run()) == 100


def test_a_stopped_broker_can_be_stopped_again() -> None:
    """Stopping twice is harmless, and another broker starts beside it."""
    first = EmbeddedBroker({"a": 1}, partitions=1)
    second = EmbeddedBroker({"a": 1}, partitions=1)
    assert first.address != second.address
    first.stop()
    first.stop()
    second.stop()
    assert PARTITION_BYTES == 5_242_880
