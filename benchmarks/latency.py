"""From an event to the metrics page: how long until a scrape would show it, on a real Kafka.

``python -m benchmarks.latency [--rate N] [--seconds N] [--page PATH] [--json FILE]``

A worker as in production (``vigie worker``, its own process) serves its pages while a simulated
centre sends its events at their time. Ten times a second a marker enters a queue of its own and
stays there; the page is read over and over, and a marker counts as shown when an answer with a
high enough ``vigie_contacts_waiting`` has arrived. So each latency contains the producer, the
broker, the fold, the wait for the next board, the wait for the next poll and the page itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import msgspec

from aggregators.events import ContactQueued, Envelope
from benchmarks import machine
from benchmarks.centre import AGENTS, PARTITIONS, stream_settings
from benchmarks.measures import Latency, median
from benchmarks.stage import ROOT, BenchmarkError, finish, own_kafka
from benchmarks.tables import latency_table
from streams import topics
from streams.producer import EventProducer
from streams.simulator.simulation import Simulation
from streams.simulator.studies import load_scenario
from tests.bench.process import Process, free_port
from tests.bench.web import answers

RATE_PER_S = 2_000.0
SECONDS = 20.0

BEFORE_MS = 60_000
POLL_MS = 200
MARKER_EVERY_MS = 100
PATIENCE_S = 10.0
QUEUE = "marker"
_GAUGE = re.compile(rb'^vigie_contacts_waiting\{[^}]*queue="marker"[^}]*\} ([0-9.]+)', re.MULTILINE)


def now_ms() -> int:
    """Return the wall clock."""
    return time.time_ns() // 1_000_000


class Markers:
    """Sends a marker every hundred milliseconds and knows when each was sent and shown."""

    def __init__(self, producer: EventProducer) -> None:
        self._producer = producer
        self.sent_s: list[float] = []
        self.shown_s: list[float] = []

    async def send(self, seconds: float) -> None:
        """Send for so long, evenly and never in step with the polls or the boards."""
        begun_s = time.perf_counter()
        for number in range(int(seconds * 1_000 / MARKER_EVERY_MS)):
            # Steps of 0.1 s would meet boards that come once a second at ten phases only.
            due_s = begun_s + number * (MARKER_EVERY_MS + 0.7) / 1_000
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            self.sent_s.append(time.perf_counter())
            await self._producer.send(marker(number, now_ms()))

    def see(self, waiting: int) -> None:
        """Note that an answer shows this many of the markers."""
        now_s = time.perf_counter()
        self.shown_s += [now_s] * (min(waiting, len(self.sent_s)) - len(self.shown_s))

    def latencies_ms(self) -> list[float]:
        """Return the latency of each marker that was shown."""
        pairs = zip(self.sent_s, self.shown_s, strict=False)
        return [(shown_s - sent_s) * 1_000 for sent_s, shown_s in pairs]


def marker(number: int, at_ms: int) -> ContactQueued:
    """Return a contact that enters the marker queue and stays there."""
    return ContactQueued(
        v=1,
        event_id=f"marker-{number}",
        source="benchmark",
        event_time_ms=at_ms,
        contact_id=f"marker-{number}",
        leg_id="1",
        channel="voice",
        queue=QUEUE,
    )


class Traffic:
    """The simulated centre: a minute at once, then each event when its time has come."""

    def __init__(self, producer: EventProducer, rate_per_s: float) -> None:
        self._producer = producer
        self._start_ms = now_ms() - BEFORE_MS
        scenario = load_scenario(AGENTS, rate_per_s)
        self.queues = len(scenario.queues)
        self._simulation = Simulation(scenario, seed=1, start_ms=self._start_ms)
        self.sent = 0

    def due(self) -> Iterator[Envelope]:
        """Return the events whose time has come."""
        return self._simulation.events(now_ms())

    async def catch_up(self) -> None:
        """Send what is due; counts nothing."""
        await self._producer.send_all(self.due())

    async def flow(self) -> None:
        """Send events as they fall due, until cancelled."""
        while True:
            for event in self.due():
                await self._producer.send(event)
                self.sent += 1
            await asyncio.sleep(0.005)


async def measure(servers: str, base_url: str, page: str, rate: float, seconds: float) -> Latency:
    """Send traffic and markers, read the page, and return the latencies.

    Raises:
        BenchmarkError: not every marker was shown in time.
    """
    load = machine.load_per_core()
    settings = stream_settings(servers, "latency")
    async with EventProducer(settings) as producer, aiohttp.ClientSession() as session:
        traffic, markers = Traffic(producer, rate), Markers(producer)
        await traffic.catch_up()
        await until_ready(session, base_url)
        flowing = asyncio.create_task(traffic.flow())
        await asyncio.sleep(1.0)
        sent_before, begun_s = traffic.sent, time.perf_counter()
        marking = asyncio.create_task(markers.send(seconds))
        page_ms: list[float] = []
        page_bytes = 0
        last_s = begun_s + seconds * 1.01 + PATIENCE_S
        while not marking.done() or len(markers.shown_s) < len(markers.sent_s):
            asked_s = time.perf_counter()
            if asked_s > last_s:
                raise BenchmarkError(
                    f"{len(markers.sent_s) - len(markers.shown_s)} of {len(markers.sent_s)} "
                    f"markers were never shown on {page}"
                )
            async with session.get(f"{base_url}{page}") as answer:
                body = await answer.read()
            found = _GAUGE.search(body)
            markers.see(0 if found is None else int(float(found[1])))
            page_ms.append((time.perf_counter() - asked_s) * 1_000)
            page_bytes = len(body)
            await asyncio.sleep(max(0.0, asked_s + POLL_MS / 1_000 - time.perf_counter()))
        spent_s = time.perf_counter() - begun_s
        events = traffic.sent - sent_before + len(markers.sent_s)
        flowing.cancel()
    return Latency(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        events_per_s=events / spent_s,
        seconds=spent_s,
        events=events,
        queues=traffic.queues,
        poll_ms=POLL_MS,
        page=page,
        page_ms=median(page_ms),
        page_bytes=page_bytes,
        latencies_ms=markers.latencies_ms(),
    )


async def until_ready(session: aiohttp.ClientSession, base_url: str) -> None:
    """Wait until the worker has caught up.

    Raises:
        BenchmarkError: it does not.
    """
    for _ in range(600):
        async with session.get(f"{base_url}/readyz") as answer:
            if answer.status == 200:
                return
        await asyncio.sleep(0.05)
    raise BenchmarkError("the worker did not get ready within 30 s")


def run(rate: float, seconds: float, page: str) -> Latency:
    """Start Kafka and a worker, measure, end both."""
    with own_kafka() as broker, tempfile.TemporaryDirectory(prefix="vigie-benchmark-") as folder:
        servers = broker.bootstrap_servers
        asyncio.run(topics.create(stream_settings(servers, "latency")))
        port = free_port()
        path = Path(folder) / "vigie.yml"
        path.write_text(
            f"kafka: {{bootstrap_servers: '{servers}', app_id: latency, "
            f"partitions: {PARTITIONS}}}\nweb: {{port: {port}}}\n",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "vigie", "--settings", str(path), "worker"]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}  # it runs in a folder of its own
        worker = Process("worker", command, Path(folder), env)
        url = f"http://127.0.0.1:{port}"
        try:
            worker.start(lambda: answers(f"{url}/livez"))
            return asyncio.run(measure(servers, url, page, rate, seconds))
        finally:
            worker.kill()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.latency", description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE_PER_S, help="events per second")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--page", default="/metrics")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    if given.rate <= 0 or given.seconds <= 0:
        parser.error("--rate and --seconds must be above 0")
    figures = run(given.rate, given.seconds, given.page)
    print(
        f"{figures.events_per_s:,.0f} events/s for {figures.seconds:.0f} s, "
        f"{figures.queues} queues, {len(figures.latencies_ms)} markers; "
        f"{figures.page} takes {figures.page_ms:.0f} ms"
    )
    print(latency_table(figures))
    if given.json is not None:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
