"""What grows when a centre grows: queues, windows, contacts, customers, partitions, an outage.

``python -m benchmarks.growth [--json FILE] [--part NAME]... [--small]``

The core is measured without Kafka, a size in a process of its own, its fold in multiples of
decoding the same events; the rest with a real Kafka and a real Redis. Parts that are not asked for
stay in the file as they are. ``--small`` takes sizes of nothing, to see that it runs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from benchmarks import machine
from benchmarks.growth import outage, partitions, written
from benchmarks.growth.core import QUEUES, Effort
from benchmarks.growth.figures import CaughtUp, Growth, Kept, Point, Remembered, Spread, Written
from benchmarks.growth.traffic import AGENTS, EVENTS_PER_S
from benchmarks.stage import BenchmarkError, ask_child, finish, keep
from benchmarks.throughput import say
from tests.bench.kafka import Kafka
from vigie.compiling import compile_core


class Scope(Struct, frozen=True, kw_only=True):
    """The sizes of every part, and how much is measured at each."""

    queues: tuple[int, ...] = (10, 30, 100, 250, 500)
    windows: tuple[int, ...] = (1, 2, 4, 8, 16)
    open: tuple[int, ...] = (100, 1_000, 10_000, 50_000, 100_000, 200_000)
    effort: Effort = Effort()
    customers: tuple[int, ...] = (10_000, 30_000, 100_000, 300_000, 1_000_000)
    contacts: int = 2_500
    memory: tuple[int, ...] = (10, 40, 80, 160)
    days: int = 8
    partitions: tuple[int, ...] = (1, 4, 16, 64)
    events: int = 100_000
    agents: tuple[int, ...] = (100, 1_000, 10_000)
    seconds: float = 15.0
    outage_agents: tuple[int, ...] = (1_000, 10_000)
    outage_ms: int = 3_600_000
    outage_before_ms: int = outage.BEFORE_MS


SMALL = Scope(
    queues=(2, 4), windows=(1, 2), open=(10, 40), effort=Effort(600, 1, 2), customers=(50, 100),
    contacts=40, memory=(2, 4), days=1, partitions=(1, 2), events=3_000, agents=(80,), seconds=2.0,
    outage_agents=(80,), outage_ms=60_000, outage_before_ms=60_000,
)  # fmt: skip


def core(size: int, *, queues: int = QUEUES, contacts: int = 0, windows: int = 0,
         effort: Effort) -> Point:  # fmt: skip
    """Measure the core at one size; 0 windows are those of the settings."""
    given = (size, queues, contacts, windows, *structs.astuple(effort))
    found = ask_child("benchmarks.growth.point", ["centre", *map(str, given)], Point)
    say(f"  {size:,}: fold {found.fold}, board {found.board_ms} ms, page {found.page_ms} ms")
    return found


def queues(scope: Scope) -> list[Point]:
    """The same contacts and agents in more queues."""
    return [core(size, queues=size, effort=scope.effort) for size in scope.queues]


def windows(scope: Scope) -> list[Point]:
    """More windows on the same centre."""
    return [core(size, windows=size, effort=scope.effort) for size in scope.windows]


def open_contacts(scope: Scope) -> list[Point]:
    """More contacts that stay open beside the same traffic."""
    return [core(size, contacts=size, effort=scope.effort) for size in scope.open]


def customers(scope: Scope) -> list[Remembered]:
    """A shard that remembers more and more customers."""
    sizes = ",".join(map(str, scope.customers))
    asking = ["customers", sizes, str(scope.contacts)]
    return ask_child("benchmarks.growth.point", asking, list[Remembered])


def memory(scope: Scope) -> list[Kept]:
    """More queues with the days that are kept."""
    asked = [["memory", str(size), str(scope.days)] for size in scope.memory]
    return [ask_child("benchmarks.growth.point", one, Kept) for one in asked]


@contextmanager
def own_kafka() -> Iterator[tuple[Kafka, Path]]:
    """Run a Kafka of our own; give its folder too, in which bytes are counted."""
    with tempfile.TemporaryDirectory(prefix="vigie-benchmark-") as name:
        broker = Kafka(Path(name))
        try:
            broker.start()
            yield broker, Path(name)
        finally:
            broker.kill()


def spread(scope: Scope) -> list[Spread]:
    """The same events over more partitions."""
    with own_kafka() as (broker, folder):
        return [partitions.measure(broker, folder, size, scope.events) for size in scope.partitions]


def bytes_written(scope: Scope) -> list[Written]:
    """Larger centres at their own time."""
    with own_kafka() as (broker, folder):
        return [written.measure(broker, folder, agents, scope.seconds) for agents in scope.agents]


def back_after_outage(scope: Scope, *, with_compiled: bool = True) -> list[CaughtUp]:
    """A worker that comes back, as Python and compiled."""
    with own_kafka() as (broker, _folder):
        return [
            outage.measure(
                broker, agents, scope.outage_ms, is_compiled=is_compiled,
                before_ms=scope.outage_before_ms,
            )
            for is_compiled in (False, True)[: 1 + with_compiled]
            for agents in scope.outage_agents
        ]  # fmt: skip


PARTS: dict[str, Callable[[Scope], list[Any]]] = {
    "queues": queues,
    "windows": windows,
    "open": open_contacts,
    "customers": customers,
    "memory": memory,
    "partitions": spread,
    "bytes": bytes_written,
    "outage": back_after_outage,
}


def read(path: Path) -> Growth:
    """Return kept figures.

    Raises:
        BenchmarkError: they are of another version of the benchmark.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Growth)
    except (OSError, msgspec.MsgspecError) as error:
        raise BenchmarkError(f"no figures: {error}; run benchmarks.growth with --json") from error


def main() -> int:
    """Measure the parts that are asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="benchmarks.growth", description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the figures; other parts stay in it")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="all if not given")
    parser.add_argument("--small", action="store_true", help="tiny sizes, the core as Python only")
    given = parser.parse_args()
    scope = SMALL if given.small else Scope()
    names = given.part or list(PARTS)
    if "outage" in names and not given.small:
        compile_core(say)
    figures = Growth(machine=machine.describe(), agents=AGENTS, events_per_s=EVENTS_PER_S)
    if given.json is not None and given.json.exists():
        figures = structs.replace(read(given.json), machine=figures.machine)
    for name in names:
        say(name)
        load = machine.load_per_core()
        if name == "outage":
            made: list[Any] = back_after_outage(scope, with_compiled=not given.small)
        else:
            made = PARTS[name](scope)
        figures = structs.replace(
            figures,
            **{name: made},
            taken_at={**figures.taken_at, name: machine.today()},
            load_per_core={**figures.load_per_core, name: load},
        )
        for row in made:
            print(name, msgspec.json.encode(row).decode(), flush=True)
        keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
