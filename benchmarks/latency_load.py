"""The events of the centre, sent by a process of their own, and how many of them there are.

``python -m benchmarks.latency_load SERVERS RATE`` sends until its reader is gone.
Five times a second it prints a line of JSON: how many events the broker has acknowledged.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.latency_traffic import Traffic, centre_of, streams_of
from benchmarks.stage import ROOT, BenchmarkError
from streams.producer import EventProducer

TELL_S = 0.2
BEFORE_S = 120.0
BEFORE_EVENTS = 250_000
"""The centre has been open for so long when it begins, or for the time that so many events take:
several contacts' time at any rate. They are sent at once."""


class Told(Struct, frozen=True):
    """Events that the broker had at an instant of the steady clock, seconds of CPU until then."""

    at_s: float
    events: int
    cpu_s: float
    queues: int


class Load:
    """The sending process, in a ``with`` block."""

    def __init__(self, servers: str, rate: float, log: Path) -> None:
        self._arguments = [servers, str(rate)]
        self._log = log
        self.told: list[Told] = []

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.latency_load", *self._arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.kill()
        self._child.wait()
        self._thread.join()

    def _read(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as lines:
            for line in lines:
                self.told.append(msgspec.json.decode(line, type=Told))

    async def until_told(self, after_s: float) -> None:
        """Wait until it has told of an instant.

        Raises:
            BenchmarkError: it ended, or says nothing for ten seconds.
        """
        begun_s = time.monotonic()
        while not self.told or self.told[-1].at_s < after_s:
            if self._child.poll() is not None or time.monotonic() > max(begun_s, after_s) + 30:
                end = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise BenchmarkError(f"the sender says nothing any more:\n{end}")
            await asyncio.sleep(0.02)


def before_s(rate: float) -> float:
    """Return for how many seconds the centre has been open when it begins."""
    return min(BEFORE_S, BEFORE_EVENTS / rate)


def between(told: Sequence[Told], begun_s: float, ended_s: float) -> tuple[float, float]:
    """Return the events and the seconds of CPU per second between two instants.

    What was told of is at least both of them; in between, everything is even.
    """
    (events, cpu_s), (later_events, later_cpu_s) = (
        _at(told, instant_s) for instant_s in (begun_s, ended_s)
    )
    spent_s = ended_s - begun_s
    return (later_events - events) / spent_s, (later_cpu_s - cpu_s) / spent_s


def _at(told: Sequence[Told], instant_s: float) -> tuple[float, float]:
    for one, other in pairwise(told):
        if one.at_s <= instant_s <= other.at_s:
            share = (instant_s - one.at_s) / (other.at_s - one.at_s)
            return (
                one.events + share * (other.events - one.events),
                one.cpu_s + share * (other.cpu_s - one.cpu_s),
            )
    raise BenchmarkError("the sender did not tell of the whole run")


async def send(servers: str, rate: float) -> None:
    """Send and tell, until nobody reads."""
    async with EventProducer(streams_of(servers, rate)) as producer:
        before_ms = round(before_s(rate) * 1_000)
        traffic = Traffic(producer, rate, before_ms=before_ms, scenario=centre_of(rate))
        await traffic.catch_up()
        flowing = asyncio.create_task(traffic.flow())
        while not flowing.done():
            told = Told(time.monotonic(), producer.sent, time.process_time(), traffic.queues)
            print(msgspec.json.encode(told).decode(), flush=True)
            await asyncio.sleep(TELL_S)
        flowing.result()


def main() -> int:
    """Send."""
    parser = argparse.ArgumentParser(prog="benchmarks.latency_load")
    parser.add_argument("servers")
    parser.add_argument("rate", type=float)
    given = parser.parse_args()
    uvloop.run(send(given.servers, given.rate))
    return 0


if __name__ == "__main__":
    sys.exit(main())
