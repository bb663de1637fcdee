"""The same events over more and more partitions: CPU per event, and how soon a worker is ready."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from aggregators.events import CUSTOMERS
from benchmarks.centre import day_events, fill_topics
from benchmarks.growth.cluster import log_bytes, stream_settings, worker
from benchmarks.growth.figures import Spread
from benchmarks.growth.outage_worker import Worked
from benchmarks.stage import BenchmarkError, ask_child
from streams import topics
from tests.bench.kafka import Kafka


def measure(broker: Kafka, folder: Path, partitions: int, events: int) -> Spread:
    """Fill topics of so many partitions, let one worker read them, and start another one.

    Raises:
        BenchmarkError: not every event was folded exactly once.
    """
    settings = stream_settings(broker.bootstrap_servers, f"spread-{partitions}", partitions)
    sent = asyncio.run(fill_topics(settings, day_events(events)))
    asking = [settings.bootstrap_servers, settings.app_id, str(partitions), str(sent.total)]
    run = ask_child("benchmarks.growth.outage_worker", asking, Worked)
    if run.read != sent.total:
        raise BenchmarkError(f"{sent.total:,} events were sent, {run.read:,} were folded")
    told_bytes = log_bytes(broker, [settings.topic(CUSTOMERS)])
    began_s = time.perf_counter()
    with worker(settings, folder) as serving:
        ready_s, ready_cpu_s = time.perf_counter() - began_s, serving.cpu_s()
    asyncio.run(topics.delete(settings))
    return Spread(
        size=partitions,
        events=sent.total,
        cpu_us=round((run.cpu_s - run.restored_cpu_s) / sent.total * 1e6, 2),
        wall_us=round((run.told_s - run.restored_s) / sent.total * 1e6, 2),
        customer_bytes=told_bytes,
        peak_mib=run.peak_mib,
        ready_s=round(ready_s, 2),
        ready_cpu_s=round(ready_cpu_s, 2),
    )
