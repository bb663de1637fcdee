"""A worker as in production with its web side and a heartbeat, in a process of its own.

``python -m benchmarks.watched_worker SETTINGS_FILE`` runs until SIGTERM, and then prints one line
of JSON: how long its loop stood still, and where. SIGUSR1 makes it forget what was before.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import signal
import sys
import time
from pathlib import Path

import msgspec

from benchmarks.instances import instances_of
from benchmarks.measures import Watched
from benchmarks.stalls import Heartbeat
from exporters.prometheus.exposition import Exposition, Scraped
from exporters.prometheus.kpi_pages import KpiPages
from vigie.service import run_async, service
from vigie.settings import load_settings
from vigie.stream_settings import stream_settings


def watch_scrapes(heart: Heartbeat) -> None:
    """Let every scrape of this process pass by the heartbeat."""
    scrape = Exposition.scrape

    async def noted(page: Exposition, accept: str, accept_encoding: str) -> Scraped:
        heart.asked += 1
        try:
            return await scrape(page, accept, accept_encoding)
        finally:
            heart.asked -= 1

    setattr(Exposition, "scrape", noted)  # noqa: B010 - in this process only


def main() -> int:
    """Run until asked to end."""
    parser = argparse.ArgumentParser(prog="benchmarks.watched_worker")
    parser.add_argument("settings", type=Path)
    settings = load_settings(parser.parse_args().settings, {})
    streams, rules = stream_settings(settings), settings.rules()

    async def work(stop: asyncio.Event) -> int:
        heart = Heartbeat()
        watch_scrapes(heart)
        pages = instances_of(KpiPages)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heart.forget)
        async with service(settings, streams, rules, mode="live") as running:
            beating = asyncio.create_task(heart.beat())
            await stop.wait()
            beating.cancel()
            told = Watched(
                beats=heart.beats,
                stalls=heart.longest,
                boards=running.view.computations,
                pages=sum(one.made_count for one in pages),
                cpu_s=time.process_time(),
                peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            )
        print(msgspec.json.encode(told).decode(), flush=True)
        return 0

    return run_async(work)


if __name__ == "__main__":
    sys.exit(main())
