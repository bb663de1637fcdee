"""The worker of outage and partitions: works off what waits for it, and tells what that took.

``python -m benchmarks.growth.outage_worker SERVERS APP PARTITIONS EVENTS`` prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time

import msgspec
from msgspec import Struct

from aggregators.events import CUSTOMERS
from benchmarks.growth.cluster import stream_settings
from benchmarks.whole_worker import Boards, LostEventsError, StopWatch, watch_folds
from vigie.service import Service, run_async, service
from vigie.settings import load_settings

POLL_S = 0.02


class Worked(Struct, frozen=True, kw_only=True):
    """Seconds from the start of the service, of CPU too; ``read`` by all workers so far."""

    restored_s: float
    restored_cpu_s: float
    caught_up_s: float
    told_s: float
    cpu_s: float
    read: int
    duplicate: int
    open_contacts: int
    boards: int
    peak_mib: int


def unread(it: Service) -> int:
    """Return how much of what was told of customers is not folded yet."""
    folded = sum(
        owned.shard.next_offset
        for tp, owned in it.worker.registry.items()
        if tp.topic.endswith(CUSTOMERS)
    )
    return it.worker.told_of_customers() - folded


async def work_off(servers: str, app: str, partitions: int, expected: int) -> Worked:
    """Start, fold so many events, wait for what they tell of customers, stop.

    Raises:
        LostEventsError: an event was folded twice.
    """
    settings = load_settings(None, {})
    running: list[Service] = []
    watch = StopWatch(expected, None)
    watch_folds(watch)

    def newest_ms() -> int:
        shards = running[0].worker.shards() if running else []
        return max((shard.max_event_ms for shard in shards), default=0) + 1

    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    streams = stream_settings(servers, app, partitions)
    async with service(
        settings, streams, settings.rules(), mode="live", clock=newest_ms, with_web=False
    ) as it:
        restored_s = time.perf_counter() - began_s
        restored_cpu_s = time.process_time() - began_cpu_s
        running.append(it)
        boards = Boards(it.view)
        looking = asyncio.create_task(boards.look())
        failing = asyncio.create_task(it.worker.wait())
        finished = asyncio.create_task(watch.done.wait())
        await asyncio.wait({looking, failing, finished}, return_when=asyncio.FIRST_COMPLETED)
        for task in (looking, failing):
            if task.done():
                task.result()
        while unread(it) > 0:  # noqa: ASYNC110 - the registry tells nobody
            await asyncio.sleep(POLL_S)
        told_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
        for task in (looking, failing):
            task.cancel()
        shards = [shard for shard in it.worker.shards() if shard.topic != CUSTOMERS]
        worked = Worked(
            restored_s=restored_s,
            restored_cpu_s=restored_cpu_s,
            caught_up_s=watch.ended[0] - began_s,
            told_s=told_s,
            cpu_s=cpu_s,
            read=sum(shard.counts.read for shard in shards),
            duplicate=sum(shard.counts.duplicate for shard in shards),
            open_contacts=sum(len(shard.open) for shard in shards),
            boards=boards.computed,
            peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )
    if worked.duplicate:
        raise LostEventsError(f"{worked.duplicate} events were folded twice")
    return worked


def main() -> int:
    """Work off once."""
    servers, app, partitions, expected = sys.argv[1:]

    async def work(_stop: asyncio.Event) -> int:
        worked = await work_off(servers, app, int(partitions), int(expected))
        print(msgspec.json.encode(worked).decode(), flush=True)
        return 0

    return run_async(work)


if __name__ == "__main__":
    sys.exit(main())
