"""Events per second of the worker against the bare read-and-decode loop, on a real Kafka.

``python -m benchmarks.throughput [--events N] [--rounds N] [--json FILE] [--profile] [--python]``

The worker has its core as Python, and compiled (``vigie compile``, which is run first if it was
not for these sources); ``--python`` leaves the latter out. All sides read the same topics from the
first offset, in processes of their own, one after the other and turn by turn. Time runs from the
first records handed over to the last one done, without process start, joining and the last
checkpoint. A worker that did not fold every event exactly once makes the run void.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from benchmarks import machine
from benchmarks.centre import (
    PARTITIONS,
    Sent,
    day_events,
    fill_topics,
    make_topics,
    stream_settings,
)
from benchmarks.measures import Spent, Throughput, WorkerRun
from benchmarks.stage import ask_child, finish, keep, own_kafka
from benchmarks.tables import throughput_tables
from vigie.compiling import compile_core

EVENTS = 400_000
ROUNDS = 3


def measure(events: int, rounds: int, *, profile: bool, with_compiled: bool = True) -> Throughput:
    """Measure everything.

    Raises:
        BenchmarkError: a run failed or is void.
    """
    if with_compiled:
        compile_core(say)
    load = machine.load_per_core()
    with own_kafka() as broker:
        servers = broker.bootstrap_servers
        sent = asyncio.run(fill_topics(stream_settings(servers, "filling"), day_events(events)))
        say(f"{sent.total:,} events in Kafka, {sent.value_bytes // sent.total} bytes each")
        bare: list[Spent] = []
        worker: list[WorkerRun] = []
        compiled: list[WorkerRun] = []
        for number in range(1, rounds + 1):
            bare.append(run_bare(servers, sent))
            say(f"round {number}: bare loop {bare[-1].per_s:,.0f}/s")
            for runs, name in ((worker, "python"), (compiled, "compiled")):
                if runs is compiled and not with_compiled:
                    continue
                run = run_worker(
                    servers, f"round-{number}-{name}", sent, is_compiled=runs is compiled
                )
                runs.append(run)
                say(f"  {name}: {run.per_s:,.0f}/s, ratio {run.per_s / bare[-1].per_s:.2f}")
        profiled = run_worker(servers, "profiled", sent, "--profile") if profile else None
        compiled_profiled = (
            run_worker(servers, "profiled-compiled", sent, "--profile", is_compiled=True)
            if profile and with_compiled
            else None
        )
    return Throughput(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        events_by_topic=sent.events,
        value_bytes=sent.value_bytes,
        span_s=sent.span_s,
        partitions=PARTITIONS,
        bare=bare,
        worker=worker,
        profile=profiled,
        compiled=compiled,
        compiled_profile=compiled_profiled,
    )


def run_bare(servers: str, sent: Sent) -> Spent:
    """Let the bare loop read everything once."""
    return ask_child("benchmarks.bare_loop", [servers, str(sent.total)], Spent)


def run_worker(
    servers: str,
    app_id: str,
    sent: Sent,
    *options: str,
    prefix: str = "",
    is_compiled: bool = False,
) -> WorkerRun:
    """Let a worker that nobody knew before read everything once."""
    asyncio.run(make_topics(stream_settings(servers, app_id, prefix)))
    arguments = [servers, app_id, str(sent.total), "--prefix", prefix, *options]
    return ask_child("benchmarks.whole_worker", arguments, WorkerRun, is_compiled=is_compiled)


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.throughput", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--profile", action="store_true", help="one more run that is sampled")
    parser.add_argument("--python", action="store_true", help="no runs with the compiled core")
    given = parser.parse_args()
    if given.events < 1 or given.rounds < 1:
        parser.error("--events and --rounds must be at least 1")
    figures = measure(
        given.events, given.rounds, profile=given.profile, with_compiled=not given.python
    )
    print(throughput_tables(figures))
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
