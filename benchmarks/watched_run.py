"""A worker with its web side that works off everything once, in a process of its own.

``python -m benchmarks.watched_run SETTINGS_FILE EVENTS`` prints one line of JSON. Whoever wants
to watch finds the web side on its port from the start; time runs from the first batch to the last.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
from pathlib import Path

import msgspec

from benchmarks.instances import instances_of
from benchmarks.measures import WatchedRun
from benchmarks.whole_worker import StopWatch, checked, watch_folds
from exporters.http.feed import BoardFeed
from exporters.prometheus.kpi_pages import KpiPages
from vigie.service import Service, run_async, service
from vigie.settings import load_settings
from vigie.stream_settings import stream_settings


async def run_worker(path: Path, expected: int) -> WatchedRun:
    """Run a worker until it has folded everything, check that it did, return the figures.

    Raises:
        LostEventsError: the counts are not what was sent.
    """
    settings = load_settings(path, {})
    feeds, pages = instances_of(BoardFeed), instances_of(KpiPages)
    watch = StopWatch(expected, None)
    watch_folds(watch)
    running: list[Service] = []

    def newest_ms() -> int:
        # The clock of the events: on the wall clock every window of this past day would be empty.
        shards = running[0].worker.shards() if running else []
        return max((shard.max_event_ms for shard in shards), default=0) + 1

    async with service(
        settings, stream_settings(settings), settings.rules(), mode="live", clock=newest_ms
    ) as it:
        running.append(it)
        failing = asyncio.create_task(it.worker.wait())
        finished = asyncio.create_task(watch.done.wait())
        await asyncio.wait({failing, finished}, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            failing.result()
        failing.cancel()
        counts = checked(it, expected)
    assert watch.started is not None
    return WatchedRun(
        wall_s=watch.ended[0] - watch.started[0],
        cpu_s=watch.ended[1] - watch.started[1],
        events=counts.read,
        boards=it.view.computations,
        encodings=sum(feed.encodings for feed in feeds),
        pages=sum(one.made_count for one in pages),
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def main() -> int:
    """Measure once."""
    parser = argparse.ArgumentParser(prog="benchmarks.watched_run")
    parser.add_argument("settings", type=Path)
    parser.add_argument("events", type=int)
    given = parser.parse_args()

    async def work(_stop: asyncio.Event) -> int:
        run = await run_worker(given.settings, given.events)
        print(msgspec.json.encode(run).decode(), flush=True)
        return 0

    return run_async(work)


if __name__ == "__main__":
    sys.exit(main())
