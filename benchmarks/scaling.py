"""Two workers on two cores against one, on a real Kafka that shares these cores.

``python -m benchmarks.scaling [--events N] [--rounds N] [--json FILE] [--python]``

The same topics, turn by turn: one worker alone; two in one group with a shared view over Redis, as
in production; two in one group without it, which says what sharing costs. All wait at a gate until
each has its even share of the partitions, so starting, joining and dealing out are not timed. The
time runs from the first batch that any of them folds to the last one. A run in which the team did
not fold every event exactly once is void.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from aggregators.events import CUSTOMERS, TOPICS
from benchmarks import machine
from benchmarks.centre import PARTITIONS, day_events, fill_topics, make_topics, stream_settings
from benchmarks.measures import Machine, median
from benchmarks.scaling_team import Team, run_team
from benchmarks.stage import BenchmarkError, finish, keep, own_kafka
from benchmarks.tables import table
from benchmarks.throughput import say
from tests.bench.kafka import Kafka
from tests.bench.redis import RedisServer
from vigie.compiling import compile_core

EVENTS = 300_000
ROUNDS = 3
AIM = 1.7

ONE = "one"
TWO = "two"
APART = "two-apart"


class Core(Struct, frozen=True, kw_only=True):
    """All rounds with one core: one worker, two with a shared view, two without."""

    one: list[Team] = []
    two: list[Team] = []
    apart: list[Team] = []


class Scaling(Struct, frozen=True, kw_only=True):
    """The scaling benchmark; ``python`` is empty where only the compiled core ran, and
    ``compiled`` where there is none."""

    machine: Machine
    taken_at: str
    load_per_core: float
    events: int
    partitions: int
    compiled: Core
    python: Core


def ratios(one: Sequence[Team], two: Sequence[Team]) -> list[float]:
    """Return the rate of two workers against that of one, wall clock, by round."""
    return [b.per_s / a.per_s for a, b in zip(one, two, strict=True)]


def cpu_ratios(one: Sequence[Team], two: Sequence[Team]) -> list[float]:
    """Return the events per CPU second of two workers against those of one, by round.

    What is below 1 is lost by splitting, whatever the broker leaves.
    """
    return [b.per_cpu_s / a.per_cpu_s for a, b in zip(one, two, strict=True)]


def left_ratios(one: Sequence[Team], two: Sequence[Team], cores: int) -> list[float]:
    """Return the cores that the broker left to two workers against those that one kept busy.

    More than this nobody could have gained, unless splitting made events cheaper.
    """
    return [(cores - b.broker_cores) / a.cores for a, b in zip(one, two, strict=True)]


def measure(events: int, rounds: int, *, with_python: bool, with_compiled: bool = True) -> Scaling:
    """Measure everything.

    Raises:
        BenchmarkError: a run failed or is void.
    """
    if with_compiled:
        compile_core(say)
    load = machine.load_per_core()
    cores = {True: Core(one=[], two=[], apart=[]), False: Core(one=[], two=[], apart=[])}
    with own_kafka() as broker:
        filling = stream_settings(broker.bootstrap_servers, "filling")
        sent = asyncio.run(fill_topics(filling, day_events(events)))
        ends = ends_of(broker)
        if sum(ends.values()) != sent.total:
            raise BenchmarkError(f"{sent.total} events were sent, {ends} lie in Kafka")
        kinds = [
            (kind, is_compiled)
            for is_compiled in (True, False)
            if (with_compiled if is_compiled else with_python)
            for kind in (ONE, TWO, APART)
        ]
        run_once(broker, "warm-up", *kinds[0], ends)  # a broker just started is slow
        for number in range(rounds):
            for kind, is_compiled in kinds[number % 3 :] + kinds[: number % 3]:
                run = run_once(
                    broker, f"{kind}-{int(is_compiled)}-{number}", kind, is_compiled, ends
                )
                found = cores[is_compiled]
                {ONE: found.one, TWO: found.two, APART: found.apart}[kind].append(run)
                _tell(number + 1, kind, run)
    return Scaling(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        events=sent.total,
        partitions=PARTITIONS,
        compiled=cores[True],
        python=cores[False],
    )


def run_once(
    broker: Kafka, app_id: str, kind: str, is_compiled: bool, ends: dict[str, int]
) -> Team:
    """Let a team that nobody knew before work off everything once.

    Raises:
        BenchmarkError: a worker failed, or the run is void.
    """
    settings = stream_settings(broker.bootstrap_servers, app_id)
    asyncio.run(make_topics(settings))
    with own_redis() if kind == TWO else _nobody() as redis:
        return run_team(
            broker,
            1 if kind == ONE else 2,
            [broker.bootstrap_servers, app_id, *(["--redis", redis] if redis else [])],
            ends,
            settings.topic(CUSTOMERS),
            partitions=PARTITIONS * len(TOPICS),
            is_compiled=is_compiled,
        )


def ends_of(broker: Kafka) -> dict[str, int]:
    """Return how many events lie in each partition (``calls[0]``) of what sources send."""
    return {
        f"{topic}[{partition}]": end
        for topic, name in stream_settings(broker.bootstrap_servers, "").source_topics().items()
        if name != CUSTOMERS
        for partition, end in broker.end_offsets(topic).items()
    }


@contextmanager
def own_redis() -> Iterator[str]:
    """Start an empty Redis on loopback; nothing of it is left at the end."""
    with tempfile.TemporaryDirectory(prefix="vigie-benchmark-") as folder:
        server = RedisServer(Path(folder))
        try:
            server.start()
            yield server.url
        finally:
            server.kill()


@contextmanager
def _nobody() -> Iterator[str]:
    yield ""


def _tell(number: int, kind: str, run: Team) -> None:
    say(
        f"round {number}, {kind}: {run.per_s:,.0f}/s, "
        f"{run.per_cpu_s:,.0f} per CPU second, {run.cores:.2f} cores, "
        f"broker {run.broker_cores:.2f}"
    )


def rounds_table(found: Core, cores: int) -> str:
    """Return a row per round and kind of team, ratio first, then the medians."""
    head = ("", "of one", "of one, CPU", "the broker left", "events/s", "events per CPU s",
            "cores busy", "broker's cores", "CPU µs per event, by worker")  # fmt: skip
    rows = []
    for name, runs in (
        ("one", found.one), ("two, one view", found.two), ("two, apart", found.apart)
    ):  # fmt: skip
        columns = [
            ratios(found.one, runs),
            cpu_ratios(found.one, runs),
            left_ratios(found.one, runs, cores),
            [run.per_s for run in runs],
            [run.per_cpu_s for run in runs],
            [run.cores for run in runs],
            [run.broker_cores for run in runs],
        ]
        forms = ("{:.2f}", "{:.2f}", "{:.2f}", "{:,.0f}", "{:,.0f}", "{:.2f}", "{:.2f}")
        for n, run in enumerate(runs):
            cells = [form.format(column[n]) for form, column in zip(forms, columns, strict=True)]
            rows.append([f"round {n + 1}, {name}", *cells, _by_worker(run)])
        middle = [form.format(median(column)) for form, column in zip(forms, columns, strict=True)]
        rows.append([f"**median, {name}**", *middle, ""])
    return table(head, rows)


def _by_worker(run: Team) -> str:
    return " and ".join(f"{share.cpu_s / share.events * 1e6:.1f}" for share in run.shares)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.scaling", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--python", action="store_true", help="the core as Python too")
    parser.add_argument("--no-compiled", action="store_true", help="no runs with the compiled core")
    given = parser.parse_args()
    if given.events < 1 or given.rounds < 1:
        parser.error("--events and --rounds must be at least 1")
    figures = measure(
        given.events,
        given.rounds,
        with_python=given.python or given.no_compiled,
        with_compiled=not given.no_compiled,
    )
    for name, found in (("compiled", figures.compiled), ("Python", figures.python)):
        if found.one:
            print(f"core {name}:\n{rounds_table(found, figures.machine.cores)}")
            for kind, runs in (("apart", found.apart), ("with one view", found.two)):
                ratio = median(ratios(found.one, runs))
                print(f"two {kind} fold {ratio:.2f} times the events/s of one (aim {AIM})")
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
