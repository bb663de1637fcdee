"""What the later groups of KPIs cost: a worker with all of them against the first three.

``python -m benchmarks.groups [--events N] [--rounds N] [--json FILE]``

The same hours of a dozen of the demo's centres, twice on the same Kafka: once as they are, with
customers, surveys, self-care and business, once the contact and agent events alone, of unknown
customers. Turn by turn, in processes of their own; the ratio is of events per second of CPU, all
threads, and counts the events that sources send: what the worker tells itself of customers is work,
not input.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from benchmarks import machine
from benchmarks.centre import demo_events, fill_topics, stream_settings, without_customers
from benchmarks.measures import Groups, WorkerRun, median
from benchmarks.stage import finish, keep, own_kafka
from benchmarks.throughput import ROUNDS, run_worker, say

AIM = 0.8
EVENTS = 240_000


def measure(events: int, rounds: int) -> Groups:
    """Measure everything.

    Raises:
        BenchmarkError: a run failed or is void.
    """
    load = machine.load_per_core()
    runs: dict[str, list[WorkerRun]] = {"all.": [], "three.": []}
    with own_kafka() as broker:
        servers = broker.bootstrap_servers
        sent = {
            prefix: asyncio.run(fill_topics(stream_settings(servers, "filling", prefix), day))
            for prefix, day in (
                ("all.", demo_events(events)),
                ("three.", without_customers(demo_events(events))),
            )
        }
        for number in range(1, rounds + 1):
            for prefix, found in runs.items():
                run = run_worker(servers, f"round-{number}", sent[prefix], prefix=prefix)
                found.append(run)
                say(
                    f"round {number}, {prefix:7} {run.per_s:,.0f}/s, {run.per_cpu_s:,.0f} per CPU"
                    f" second, {run.told:,} records told of customers"
                )
    return Groups(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        events=events,
        all_groups=runs["all."],
        first_three=runs["three."],
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.groups", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    if given.events < 1 or given.rounds < 1:
        parser.error("--events and --rounds must be at least 1")
    figures = measure(given.events, given.rounds)
    ratios = sorted(figures.ratios)
    print(
        f"all groups against the first three: {median(ratios):.2f} of the events per CPU second"
        f" ({ratios[0]:.2f} to {ratios[-1]:.2f}), aim {AIM}"
    )
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
