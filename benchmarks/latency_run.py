"""One rate of the latency benchmark, in a process of its own.

``python -m benchmarks.latency_run SERVERS RATE SECONDS BURST`` starts a worker as in production,
a process that sends the centre's events, and somebody to be told of alerts; it sends the marked
events, waits for them in three places, and prints one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import msgspec

from benchmarks.centre import make_topics
from benchmarks.latency_load import Load, before_s, between
from benchmarks.latency_marks import (
    ALARM,
    MARK,
    MARKS_PER_S,
    Marks,
    Shown,
    arrivals,
    bursts,
    moments,
)
from benchmarks.latency_measures import WAYS, RateRow
from benchmarks.latency_readers import MetricsPage, Wallboard
from benchmarks.latency_traffic import agents_of, contact_s, streams_of, until_ready
from benchmarks.latency_worker import Serving, serving
from benchmarks.measures import median
from benchmarks.stage import BenchmarkError, finish
from streams.producer import EventProducer
from tests.bench.receiver import Receiver, receiving

REHEARSAL_S = 20.0
PATIENCE_S = 60.0
"""At the end; after a moment of backlog boards rest for some ten seconds."""
HOOK = "/hook"


class Run:
    """A worker, those who wait, and what was sent; everything by the steady clock."""

    def __init__(self, producer: EventProducer, receiver: Receiver) -> None:
        self.marks, self.alarms = Marks(MARK, producer), Marks(ALARM, producer)
        self.on_page, self.on_board = Shown(self.marks), Shown(self.marks)
        self.page, self.board = MetricsPage(self.on_page), Wallboard(self.on_board)
        self._receiver = receiver

    def told(self) -> dict[int, float]:
        """Return when each alarm was told of, by number."""
        requests = self._receiver.wanted(lambda request: request.path == HOOK)
        return arrivals([(request.at_s, request.json()) for request in requests])

    def is_whole(self) -> bool:
        """Tell whether every marked event has arrived in all its places."""
        is_shown = self.on_page.is_whole and self.on_board.is_whole
        return is_shown and len(self.told()) == len(self.alarms.sent_s)


async def until(condition: Callable[[], bool], within_s: float) -> None:
    """Wait until a condition holds, or the time is over."""
    last_s = time.monotonic() + within_s
    while not condition() and time.monotonic() < last_s:  # noqa: ASYNC110 - others' threads
        await asyncio.sleep(0.05)


async def measure(
    worker: Serving, load: Load, receiver: Receiver, given: argparse.Namespace
) -> RateRow:
    """Rehearse once, send the marked events, wait for them.

    Raises:
        BenchmarkError: the run is void.
    """
    settings = streams_of(given.servers, given.rate)
    async with EventProducer(settings) as producer, aiohttp.ClientSession(worker.url) as session:
        await load.until_told(0.0)
        await until_ready(session, "")
        run = Run(producer, receiver)
        waiting = [
            asyncio.create_task(run.page.read(session)),
            asyncio.create_task(run.board.follow(session)),
        ]
        await asyncio.gather(run.marks.send([0.0]), run.alarms.send([0.0]))
        await until(run.is_whole, REHEARSAL_S)
        polls, made, came = len(run.page.lags), run.page.boards, run.board.boards
        begun_s, begun_cpu_s = time.monotonic(), worker.cpu_s()
        chance = random.Random(5)
        marks = moments(round(given.seconds * MARKS_PER_S), given.seconds, chance)
        alarms = bursts(given.burst, given.seconds, chance)
        await asyncio.gather(run.marks.send(marks), run.alarms.send(alarms))
        ended_s, ended_cpu_s = time.monotonic(), worker.cpu_s()
        lags, took_ms = run.page.lags[polls:], run.page.took_ms[polls:]
        made, came = run.page.boards - made, run.board.boards - came
        await load.until_told(ended_s)
        await until(run.is_whole, PATIENCE_S)
        for task in waiting:
            if task.done():
                task.result()
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    spent_s = ended_s - begun_s
    per_s, sender_cpu = between(load.told, begun_s, ended_s)
    return RateRow(
        core=worker.core(),
        wanted_per_s=given.rate,
        reached_per_s=per_s,
        seconds=spent_s,
        before_s=before_s(given.rate),
        agents=agents_of(given.rate),
        queues=load.told[-1].queues,
        contact_s=contact_s(given.rate),
        page_ms=median(took_ms),
        page_bytes=run.page.bytes,
        board_bytes=run.board.bytes,
        boards=made,
        sent_boards=came,
        worker_cpu=(ended_cpu_s - begun_cpu_s) / spent_s,
        sender_cpu=sender_cpu,
        lag_events=max(lags),
        left_events=lags[-1],
        metrics=run.marks.series(run.on_page.at_s),
        wallboard=run.marks.series(run.on_board.at_s),
        alert=run.alarms.series(run.told()),
    )


def checked(row: RateRow) -> RateRow:
    """Return the row.

    Raises:
        BenchmarkError: a marked event never arrived although the worker kept pace: a fault.
    """
    if row.missing and not row.is_behind:
        places = ", ".join(f"{way.name} {way.series(row).missing}" for way in WAYS)
        raise BenchmarkError(
            f"marked events never arrived ({places}) at {row.reached_per_s:,.0f} events/s, "
            f"though only {row.left_events} events were left"
        )
    return row


def run(given: argparse.Namespace) -> RateRow:
    """Start everything, measure, end it.

    Raises:
        BenchmarkError: the run is void.
    """
    streams = streams_of(given.servers, given.rate)
    asyncio.run(make_topics(streams))
    alarms = 1 + len(bursts(given.burst, given.seconds, random.Random(0)))
    with tempfile.TemporaryDirectory(prefix="vigie-benchmark-") as name, receiving() as receiver:
        folder = Path(name)
        with (
            serving(streams, folder, f"{receiver.url}{HOOK}", alarms) as worker,
            Load(given.servers, given.rate, folder / "load.log") as load,
        ):
            return checked(asyncio.run(measure(worker, load, receiver, given)))


def main() -> int:
    """Measure one rate."""
    parser = argparse.ArgumentParser(prog="benchmarks.latency_run")
    parser.add_argument("servers")
    parser.add_argument("rate", type=float)
    parser.add_argument("seconds", type=float)
    parser.add_argument("burst", type=int)
    row = run(parser.parse_args())
    print(msgspec.json.encode(row).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
