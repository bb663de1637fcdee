"""A centre at its own time: what it writes to Kafka and Redis, and what the worker itself needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from redis import Redis

from aggregators.events import CUSTOMERS, TOPICS
from benchmarks.growth.cluster import centre_of, log_bytes, resident_mib, stream_settings, worker
from benchmarks.growth.figures import Written
from benchmarks.latency_traffic import Traffic
from benchmarks.latency_worker import Serving
from streams import topics
from streams.producer import EventProducer
from streams.settings import StreamSettings
from tests.bench.kafka import Kafka
from tests.bench.redis import RedisServer

PARTITIONS = 4
BEFORE_MS = 600_000
"""So long the centre has been open: contacts of five minutes come and go."""
WARM_UP_S = 5.0


class Bytes(NamedTuple):
    """What was written so far."""

    events: int
    checkpoints: int
    redis: int


class Scales:
    """Where the bytes of one application are weighed."""

    def __init__(self, broker: Kafka, redis: Redis, settings: StreamSettings) -> None:
        self._broker = broker
        self._redis = redis
        self._events = [settings.topic(name) for name in TOPICS if name != CUSTOMERS]
        self._checkpoints = [settings.changelog(name) for name in TOPICS]

    def weigh(self) -> Bytes:
        """Return what lies on Kafka's disk, and what went to Redis."""
        stats = self._redis.info("stats")
        return Bytes(
            log_bytes(self._broker, self._events),
            log_bytes(self._broker, self._checkpoints),
            int(stats["total_net_input_bytes"]),
        )

    def held_mib(self) -> float:
        """Return what Redis holds, beside its own data."""
        memory = self._redis.info("memory")
        return round(int(memory["used_memory_dataset"]) / 2**20, 2)


@contextmanager
def own_redis(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis of our own."""
    server = RedisServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def measure(broker: Kafka, folder: Path, agents: int, seconds: float) -> Written:
    """Let a centre of so many agents work for some seconds."""
    settings = stream_settings(broker.bootstrap_servers, f"live-{agents}", PARTITIONS)
    asyncio.run(topics.create(settings))
    with own_redis(folder) as redis:
        client = Redis.from_url(redis.url)
        scales = Scales(broker, client, settings)
        with worker(settings, folder, redis_url=redis.url) as serving:
            found = asyncio.run(_live(settings, serving, scales, agents, seconds))
        client.close()
    asyncio.run(topics.delete(settings))
    return found


async def _live(
    settings: StreamSettings, serving: Serving, scales: Scales, agents: int, seconds: float
) -> Written:
    async with EventProducer(settings) as producer:
        scenario = centre_of(agents)
        traffic = Traffic(producer, 0.0, before_ms=BEFORE_MS, scenario=scenario)
        await traffic.catch_up()
        flowing = asyncio.create_task(traffic.flow())
        await asyncio.sleep(WARM_UP_S)
        before, sent, cpu_s = scales.weigh(), traffic.sent, serving.cpu_s()
        began_s = time.perf_counter()
        await asyncio.sleep(seconds)
        after, events = scales.weigh(), traffic.sent - sent
        took_s, spent_s = time.perf_counter() - began_s, serving.cpu_s() - cpu_s
        flowing.cancel()
    return Written(
        size=agents,
        seconds=round(took_s, 2),
        events=events,
        event_bytes=after.events - before.events,
        checkpoint_bytes=after.checkpoints - before.checkpoints,
        redis_bytes=after.redis - before.redis,
        redis_mib=scales.held_mib(),
        worker_cpu_s=round(spent_s, 3),
        resident_mib=resident_mib(serving.pid),
    )
