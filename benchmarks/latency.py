"""From an event to where it is seen: metrics page, wallboard, alert; on a real Kafka.

``python -m benchmarks.latency [--rates N,N] [--seconds N] [--burst N] [--python]
[--json FILE]``

For each rate a worker as in production (``vigie worker``, its own process) serves its pages while
another process sends the events of a simulated centre at their time. Ten times a second a marked
event enters a queue and stays there: it has arrived when an answer of ``/metrics`` shows it, and
when the board of a stream does, as the wallboard follows it. Other marked events fulfil the
condition of an alert rule each: those have arrived when a webhook tells of the alert. So each
latency contains the producer, the broker, the fold, and all waiting up to there. The worker has
its core as Python, and then compiled; ``--python`` leaves the latter out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import machine
from benchmarks.latency_marks import BURST_EVERY_S
from benchmarks.latency_measures import COMPILED, Latencies, RateRow
from benchmarks.latency_readers import POLL_MS
from benchmarks.latency_traffic import Traffic, until_ready
from benchmarks.report_latency import latency_table, runs_table
from benchmarks.stage import BenchmarkError, ask_child, finish, keep, own_kafka
from benchmarks.throughput import say
from vigie.compiling import compile_core
from vigie.sections_alerts import Alerts

__all__ = ["Traffic", "main", "run", "until_ready"]

RATES = (100.0, 2_000.0, 20_000.0)
SECONDS = 24.0
BURST = 15


def run(rates: list[float], seconds: float, burst: int, *, with_compiled: bool = True) -> Latencies:
    """Start Kafka, measure every rate in a process of its own, end it.

    Raises:
        BenchmarkError: a run is void.
        UserError: the core cannot be compiled.
    """
    if with_compiled:
        compile_core(say)
    load = machine.load_per_core()
    rows: list[RateRow] = []
    for is_compiled in (False, True) if with_compiled else (False,):
        for rate in rates:
            rows.append(measured(rate, seconds, burst, is_compiled=is_compiled))
            say(f"{rows[-1].core}: {rows[-1].reached_per_s:,.0f} of {rate:,.0f} events/s")
    return Latencies(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        poll_ms=POLL_MS,
        group_wait_ms=Alerts().group_wait_ms,
        burst=burst,
        burst_every_s=BURST_EVERY_S,
        rows=rows,
    )


def measured(rate: float, seconds: float, burst: int, *, is_compiled: bool) -> RateRow:
    """Measure one rate on a Kafka of its own: none has the segments of others to clean.

    Raises:
        BenchmarkError: the run is void.
    """
    with own_kafka() as broker:
        arguments = [broker.bootstrap_servers, str(rate), str(seconds), str(burst)]
        row = ask_child("benchmarks.latency_run", arguments, RateRow, is_compiled=is_compiled)
    if (row.core == COMPILED) is not is_compiled:
        raise BenchmarkError(f"the worker had another core than it was to have: {row.core}")
    return row


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.latency", description=__doc__)
    parser.add_argument(
        "--rates", default=",".join(f"{rate:g}" for rate in RATES), help="events per second"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of marked events, per rate")
    parser.add_argument("--burst", type=int, default=BURST, help="alerts that come at once")
    parser.add_argument("--python", action="store_true", help="no runs with the compiled core")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    try:
        rates = [float(rate) for rate in given.rates.split(",")]
    except ValueError:
        rates = []
    if not rates or min(rates) <= 0 or given.seconds < 1 or given.burst < 1:
        parser.error("--rates must be numbers above 0 with commas, --seconds and --burst above 0")
    figures = run(rates, given.seconds, given.burst, with_compiled=not given.python)
    print(latency_table(figures))
    print()
    print(runs_table(figures))
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
