"""How far the numbers are behind, asked of a real broker."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaProducer

from aggregators.policy import Rules
from streams import topics
from streams.lag_watch import LagWatch
from streams.settings import StreamSettings
from streams.worker import start_worker
from tests.bench.kafka import Kafka
from tests.bench.process import free_port
from tests.bench.tasks import running
from tests.streams.counting import counting_parts, produce, until


class View:
    """What is shown: nothing of a partition until it is set."""

    def __init__(self, settings: StreamSettings) -> None:
        self.offsets = {
            (topic, partition): 0
            for topic in settings.source_topics()
            for partition in range(settings.partitions)
        }

    def next_offset(self, topic: str, partition: int) -> int | None:
        return self.offsets.get((topic, partition))


async def test_behind_until_everything_that_was_in_the_topics_is_shown(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Nothing known before the first answer, then nothing missing, then three of one partition."""
    view = View(settings)
    calls = settings.topic("calls")
    watch = LagWatch(settings, view.next_offset)
    assert (watch.behind_s(), watch.events()) == (None, None)
    async with running(watch.run()):
        await until(lambda: watch.behind_s() == 0)
        assert watch.events() == 0
        kafka.produce(calls, [(b"k", b"1"), (b"k", b"2"), (b"k", b"3")], 1)
        await until(lambda: watch.events() == 3)
        await until(lambda: (watch.behind_s() or 0) > 1.5)
        view.offsets[calls, 1] = 2
        await until(lambda: watch.events() == 1)
        assert (watch.behind_s() or 0) > 1.5
        view.offsets[calls, 1] = 3
        await until(lambda: watch.behind_s() == 0 and watch.events() == 0, 2)


async def test_a_shard_that_nobody_shows_is_behind_as_soon_as_there_is_an_event(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Empty partitions without a shard are not."""
    view = View(settings)
    view.offsets.clear()
    watch = LagWatch(settings, view.next_offset)
    async with running(watch.run()):
        await until(lambda: watch.behind_s() == 0)
        kafka.produce(settings.topic("calls"), [(b"k", b"1")], 0)
        await until(lambda: (watch.behind_s() or 0) > 0)
        assert watch.events() == 1


async def test_the_markers_of_transactions_are_no_lag_and_records_behind_them_are(
    settings: StreamSettings,
) -> None:
    """Three of them at the end, where no shard ever gets to."""
    view, calls = View(settings), settings.topic("calls")
    watch = LagWatch(settings, view.next_offset)
    async with (
        AIOKafkaProducer(
            bootstrap_servers=settings.bootstrap_servers, transactional_id=f"{calls}-test"
        ) as producer,
        running(watch.run()),
    ):
        await until(lambda: watch.behind_s() == 0)
        for value in (b"1", b"2", b"3"):  # offsets 0, 2 and 4, a marker behind each
            async with producer.transaction():
                await producer.send(calls, value, partition=0)
        await until(lambda: watch.events() == 6)
        view.offsets[calls, 0] = 4  # the third is not shown: no looking makes it so
        await until(lambda: (watch.behind_s() or 0) > 5)
        assert watch.events() == 2
        view.offsets[calls, 0] = 5
        await until(lambda: watch.behind_s() == 0 and watch.events() == 0, 6)
        async with producer.transaction():
            await producer.send(calls, b"4", partition=0)
        await until(lambda: watch.events() == 2)
        view.offsets[calls, 0] = 7
        await until(lambda: watch.behind_s() == 0 and watch.events() == 0, 6)


async def test_a_broker_that_is_away_makes_it_unknown_until_it_is_back(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Ten seconds of grace; by the clock that is passed in here: at once."""
    ahead_s = [0.0]
    loop = asyncio.get_running_loop()
    view = View(settings)
    watch = LagWatch(settings, view.next_offset, lambda: loop.time() + ahead_s[0])
    async with running(watch.run()):
        await until(lambda: watch.behind_s() == 0)
        await asyncio.to_thread(kafka.kill)
        try:
            ahead_s[0] = 6.0
            assert watch.behind_s() == 0
            ahead_s[0] = 20.0
            assert (watch.behind_s(), watch.events()) == (None, None)
        finally:
            await asyncio.to_thread(kafka.start)
        await until(lambda: watch.behind_s() == 0)
        kafka.produce(settings.topic("calls"), [(b"k", b"1")], 0)
        await until(lambda: watch.events() == 1)


async def test_without_a_broker_it_stays_unknown_and_finds_one_that_comes() -> None:
    """It neither raises nor ends."""
    settings = StreamSettings(bootstrap_servers=f"127.0.0.1:{free_port()}")
    watch = LagWatch(settings, lambda _topic, _partition: 0)
    async with running(watch.run()):
        await asyncio.sleep(2.5)
        assert watch.behind_s() is None


async def test_a_real_worker_is_behind_while_it_is_stopped_and_not_once_it_caught_up(
    settings: StreamSettings,
) -> None:
    """Over a worker's own offsets."""
    await topics.require(settings)
    await produce(settings, 0, 500)
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    try:
        watch = LagWatch(settings, worker.next_offset)
        async with running(watch.run()):
            await until(lambda: watch.behind_s() == 0 and watch.events() == 0)
            assert sum(shard.next_offset for shard in worker.shards()) == 500
    finally:
        await worker.stop()
    watch = LagWatch(settings, lambda _topic, _partition: None)
    async with running(watch.run()):
        await until(lambda: watch.events() == 500)
