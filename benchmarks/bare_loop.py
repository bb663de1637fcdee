"""The yardstick: read with aiokafka, decode with msgspec, count. Nothing else.

``python -m benchmarks.bare_loop BOOTSTRAP_SERVERS EVENTS`` prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any, Union

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from aggregators.events import CUSTOMERS, TOPIC_TYPES, TOPICS
from benchmarks.centre import PARTITIONS, stream_settings
from benchmarks.measures import Spent
from streams.settings import StreamSettings
from vigie.service import run_async


async def read_all(settings: StreamSettings, expected: int) -> Spent:
    """Read and decode everything from the first offset on; time it from the first records."""
    decoders: dict[str, Any] = {
        settings.topic(name): msgspec.json.Decoder(Union[TOPIC_TYPES[name]]).decode  # noqa: UP007
        for name in TOPICS
        if name != CUSTOMERS  # a worker that ran before wrote there; nobody sent it
    }
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=settings.fetch_wait_ms,
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, n) for topic in decoders for n in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        count = 0
        started_s = started_cpu_s = 0.0
        while count < expected:
            found = await consumer.getmany(timeout_ms=1_000)
            if found and not started_s:
                started_s, started_cpu_s = time.perf_counter(), time.process_time()
            for place, rows in found.items():
                decode = decoders[place.topic]
                for row in rows:
                    decode(row.value)
                count += len(rows)
        return Spent(
            wall_s=time.perf_counter() - started_s,
            cpu_s=time.process_time() - started_cpu_s,
            events=count,
        )
    finally:
        await consumer.stop()


def main() -> int:
    """Measure once, with the loop and the collector settings that a worker has."""
    servers, expected = sys.argv[1], int(sys.argv[2])

    async def work(_stop: asyncio.Event) -> int:
        spent = await read_all(stream_settings(servers, "bare"), expected)
        print(msgspec.json.encode(spent).decode(), flush=True)
        return 0

    return run_async(work)


if __name__ == "__main__":
    sys.exit(main())
