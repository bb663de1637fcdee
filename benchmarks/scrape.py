"""How long a scrape takes, and how long the worker's loop stands still, on a real Kafka.

``python -m benchmarks.scrape [--rate N] [--scrapes N] [--sizes N,N] [--json FILE]``

A worker as in production folds a simulated centre's events at their time while ``/metrics`` is
read as Prometheus reads it (OpenMetrics, gzip), by a process of its own. A heartbeat inside the
worker tells how long its loop was held up. Sizes are KPI series; a centre has some thousand of
them per queue. The first size is scraped ``--scrapes`` times, the others a fifth as often.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import msgspec

from benchmarks import machine
from benchmarks.centre import PARTITIONS, make_topics, stream_settings
from benchmarks.latency import Traffic, until_ready
from benchmarks.measures import Scrape, ScrapeRow, Watched
from benchmarks.report_watchers import scrape_lines, scrape_table
from benchmarks.scraper import Scrapes
from benchmarks.stage import ROOT, BenchmarkError, ask_child, finish, keep, own_kafka
from streams.producer import EventProducer
from tests.bench.process import Process, free_port
from tests.bench.web import answers

RATE_PER_S = 2_000.0
SCRAPES = 200
EVERY_MS = 300.0
SIZES = (5_000, 20_000, 75_000)
AGENTS_PER_QUEUE = 40
SERIES_PER_QUEUE = 950.0
"""About: what a queue of the load scenario has with the settings as they come."""
WARM_UP_S = 3.0


def queues_for(series: int) -> int:
    """Return how many queues have about so many series; the scenario has two at least."""
    return max(2, round(series / SERIES_PER_QUEUE))


def measure(servers: str, series: int, rate: float, scrapes: int) -> ScrapeRow:
    """Measure one size.

    Raises:
        BenchmarkError: the worker or a page was not whole.
    """
    queues = queues_for(series)
    prefix = f"s{series}."
    asyncio.run(make_topics(stream_settings(servers, "scrape", prefix)))
    with tempfile.TemporaryDirectory(prefix="vigie-benchmark-") as folder:
        port = free_port()
        path = Path(folder) / "vigie.yml"
        path.write_text(
            f"kafka: {{bootstrap_servers: '{servers}', app_id: scrape, topic_prefix: {prefix}, "
            f"partitions: {PARTITIONS}}}\nweb: {{port: {port}}}\n",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "benchmarks.watched_worker", str(path)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}  # it runs in a folder of its own
        worker = Process("worker", command, Path(folder), env)
        try:
            worker.start(lambda: answers(f"http://127.0.0.1:{port}/livez"))
            found, per_s = asyncio.run(
                watch(servers, prefix, port, worker.pid, queues, rate, scrapes)
            )
            worker.stop()
            told = worker.log_path.read_text(encoding="utf-8").splitlines()
        finally:
            worker.kill()
    if not told or not told[-1].startswith("{"):
        raise BenchmarkError("the worker ended without a word:\n" + "\n".join(told[-20:]))
    return ScrapeRow(
        agents=queues * AGENTS_PER_QUEUE,
        queues=queues,
        series=found.series,
        page_bytes=found.page_bytes,
        gzip_bytes=found.gzip_bytes,
        events_per_s=per_s,
        scrapes_ms=found.took_ms,
        watched=msgspec.json.decode(told[-1], type=Watched),
    )


async def watch(
    servers: str, prefix: str, port: int, pid: int, queues: int, rate: float, scrapes: int
) -> tuple[Scrapes, float]:
    """Let events flow and scrape; return what was scraped, and the events per second."""
    settings = stream_settings(servers, "scrape", prefix)
    async with EventProducer(settings) as producer, aiohttp.ClientSession() as session:
        traffic = Traffic(producer, rate, queues * AGENTS_PER_QUEUE)
        await traffic.catch_up()
        await until_ready(session, f"http://127.0.0.1:{port}")
        flowing = asyncio.create_task(traffic.flow())
        asking = [str(port), "10", "200"]
        await asyncio.to_thread(ask_child, "benchmarks.scraper", asking, Scrapes)
        await asyncio.sleep(WARM_UP_S)
        os.kill(pid, signal.SIGUSR1)
        sent, began_s = traffic.sent, time.perf_counter()
        asking = [str(port), str(scrapes), str(EVERY_MS)]
        found = await asyncio.to_thread(ask_child, "benchmarks.scraper", asking, Scrapes)
        per_s = (traffic.sent - sent) / (time.perf_counter() - began_s)
        flowing.cancel()
    return found, per_s


def run(rate: float, scrapes: int, sizes: list[int]) -> Scrape:
    """Start Kafka, measure every size, end it."""
    load = machine.load_per_core()
    rows: list[ScrapeRow] = []
    with own_kafka() as broker:
        for number, series in enumerate(sizes):
            count = scrapes if number == 0 else max(1, scrapes // 5)
            rows.append(measure(broker.bootstrap_servers, series, rate, count))
    return Scrape(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        every_ms=round(EVERY_MS),
        rows=rows,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.scrape", description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE_PER_S, help="events per second")
    parser.add_argument("--scrapes", type=int, default=SCRAPES)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="KPI series")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",") if size.strip().isdigit()]
    if given.rate <= 0 or given.scrapes < 1 or not sizes:
        parser.error("--rate and --scrapes must be above 0, --sizes numbers with commas")
    figures = run(given.rate, given.scrapes, sizes)
    print(scrape_table(figures))
    print(scrape_lines(figures))
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
