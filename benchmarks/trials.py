"""What was tried for speed beside what is built: event loop, collector, decoding, interned names.

``python -m benchmarks.trials [--events N] [--sample N] [--rounds N] [--json FILE] [--python]``

The first two with whole workers on a real Kafka, in processes of their own, turn by turn; the
others each by itself in one process. Every ratio is against what is built, in the same round. The
core is compiled, unless ``--python`` is given.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from benchmarks import machine
from benchmarks.centre import day_events, fill_topics, make_topics, stream_settings
from benchmarks.measures import Machine, WorkerRun, median
from benchmarks.stage import ask_child, finish, keep, own_kafka
from benchmarks.tables import table
from benchmarks.throughput import say
from benchmarks.trial_parts import FRESH, UNION, Parts
from benchmarks.trial_worker import AS_BUILT, VARIANTS
from vigie.compiling import compile_core

EVENTS = 150_000
SAMPLE = 20_000
ROUNDS = 4


class Trials(Struct, frozen=True, kw_only=True):
    """The trials: whole workers by variant and round, and the parts by themselves."""

    machine: Machine
    taken_at: str
    load_per_core: float
    is_compiled: bool
    events: int
    worker: dict[str, list[WorkerRun]]
    parts: Parts

    @property
    def worker_ratios(self) -> dict[str, list[float]]:
        """Events per CPU second of each variant against what is built, by round."""
        built = self.worker[AS_BUILT]
        return {
            name: [run.per_cpu_s / base.per_cpu_s for base, run in zip(built, runs, strict=True)]
            for name, runs in self.worker.items()
            if name != AS_BUILT
        }

    @property
    def decode_ratios(self) -> dict[str, list[float]]:
        """Speed of each way to decode against what is built, by round."""
        return faster(self.parts.decode_us, UNION)

    @property
    def fold_ratios(self) -> dict[str, list[float]]:
        """Speed of the fold of interned names against what is built, by round."""
        return faster(self.parts.fold_us, FRESH)


def faster(spent: dict[str, list[float]], base: str) -> dict[str, list[float]]:
    """Return how many times as fast as the base each other one is, by round."""
    return {
        name: [b / a for b, a in zip(spent[base], times, strict=True)]
        for name, times in spent.items()
        if name != base
    }


def measure(events: int, sample: int, rounds: int, *, is_compiled: bool) -> Trials:
    """Measure everything.

    Raises:
        BenchmarkError: a run failed or is void.
    """
    if is_compiled:
        compile_core(say)
    load = machine.load_per_core()
    worker: dict[str, list[WorkerRun]] = {name: [] for name in VARIANTS}
    with own_kafka() as broker:
        servers = broker.bootstrap_servers
        sent = asyncio.run(fill_topics(stream_settings(servers, "filling"), day_events(events)))
        names = list(VARIANTS)
        run_variant(servers, "warm-up", names[0], sent.total, is_compiled=is_compiled)
        for number in range(rounds):
            first = number % len(names)
            for at, name in enumerate(names[first:] + names[:first]):
                run = run_variant(
                    servers, f"trial-{number}-{at}", name, sent.total, is_compiled=is_compiled
                )
                worker[name].append(run)
                say(f"round {number + 1}, {name}: {run.per_cpu_s:,.0f} per CPU second")
    parts = ask_child(
        "benchmarks.trial_parts", [str(sample), str(rounds)], Parts, is_compiled=is_compiled
    )
    return Trials(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        is_compiled=is_compiled,
        events=sent.total,
        worker=worker,
        parts=parts,
    )


def run_variant(
    servers: str, app_id: str, name: str, events: int, *, is_compiled: bool
) -> WorkerRun:
    """Let a worker with one thing changed read everything once."""
    asyncio.run(make_topics(stream_settings(servers, app_id)))
    arguments = [name, servers, app_id, str(events)]
    return ask_child("benchmarks.trial_worker", arguments, WorkerRun, is_compiled=is_compiled)


def ratio_rows(ratios: dict[str, list[float]]) -> list[Sequence[str]]:
    """Return a row per trial: median, lowest and highest ratio."""
    return [
        (name, f"{median(found):.2f}", f"{min(found):.2f}", f"{max(found):.2f}")
        for name, found in ratios.items()
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.trials", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--sample", type=int, default=SAMPLE, help="events of the parts")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--python", action="store_true", help="the core as Python")
    given = parser.parse_args()
    if min(given.events, given.sample, given.rounds) < 1:
        parser.error("--events, --sample and --rounds must be at least 1")
    found = measure(given.events, given.sample, given.rounds, is_compiled=not given.python)
    rows = [
        row
        for ratios in (found.worker_ratios, found.decode_ratios, found.fold_ratios)
        for row in ratio_rows(ratios)
    ]
    print(table(("tried", "times as fast as built", "lowest", "highest"), rows))
    keep(found, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
