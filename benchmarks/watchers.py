"""What those who watch cost a worker: the same events folded alone, and with a crowd watching.

``python -m benchmarks.watchers [--events N] [--rounds N] [--json FILE]``

A day of the simulated centre lies in Kafka and a worker works it off as fast as it can, turn by
turn alone and with 50 wallboards (streams of different pages and windows), ten scrapers of
``/metrics`` once a second each, compressed, and one who asks for whole boards. Those who watch
are one process, the worker is another: they share the machine's cores with each other and Kafka,
so the aim is judged by events per second of the worker's own CPU, and the wall clock stands beside
it. A run in which somebody did not get boards or whole pages says nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from benchmarks import machine
from benchmarks.centre import (
    PARTITIONS,
    Sent,
    day_events,
    fill_topics,
    make_topics,
    stream_settings,
)
from benchmarks.measures import Crowd, WatchedRun, Watchers
from benchmarks.report_watchers import watchers_lines, watchers_table
from benchmarks.stage import (
    CHILD_TIMEOUT_S,
    ROOT,
    BenchmarkError,
    ask_child,
    finish,
    keep,
    own_kafka,
)
from benchmarks.throughput import say
from tests.bench.process import free_port

EVENTS = 600_000
"""So many that boards come at the pace of a backlog: the first ones show little, cost little and
follow each other closely."""
ROUNDS = 3
STREAMS = 50
SCRAPERS = 10
SCRAPE_EVERY_S = 1.0
LEAST = 2
"""Boards and pages that everybody must have got."""


def run_worker(
    servers: str, app_id: str, sent: Sent, *, is_watched: bool, least: int = LEAST
) -> WatchedRun:
    """Let a worker that nobody knew before work off everything, alone or watched.

    Raises:
        BenchmarkError: the run failed, or somebody did not get what was asked for.
    """
    asyncio.run(make_topics(stream_settings(servers, app_id)))
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="vigie-benchmark-") as folder:
        path = Path(folder) / "vigie.yml"
        path.write_text(
            f"kafka: {{bootstrap_servers: '{servers}', app_id: {app_id}, "
            f"partitions: {PARTITIONS}}}\nweb: {{port: {port}}}\n",
            encoding="utf-8",
        )
        crowd = start_crowd(port) if is_watched else None
        try:
            run = ask_child("benchmarks.watched_run", [str(path), str(sent.total)], WatchedRun)
            if crowd is None:
                return run
            told, complaint = crowd.communicate(timeout=CHILD_TIMEOUT_S)
        finally:
            if crowd is not None and crowd.poll() is None:
                crowd.kill()
    if crowd.returncode:
        raise BenchmarkError(f"the crowd failed: {complaint[-2000:]}")
    found = msgspec.json.decode(told.splitlines()[-1], type=Crowd)
    if min(found.boards) < least or min(found.pages) < least:
        raise BenchmarkError(
            f"somebody got less than {least} boards or pages (boards {sorted(found.boards)},"
            f" pages {sorted(found.pages)}): take more --events"
        )
    return msgspec.structs.replace(run, crowd=found)


def start_crowd(port: int) -> subprocess.Popen[str]:
    """Start those who watch; they wait for the worker."""
    arguments = [str(port), str(STREAMS), str(SCRAPERS), str(SCRAPE_EVERY_S)]
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.crowd", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def measure(events: int, rounds: int, least: int = LEAST) -> Watchers:
    """Measure everything.

    Raises:
        BenchmarkError: a run failed or is void.
    """
    load = machine.load_per_core()
    alone: list[WatchedRun] = []
    watched: list[WatchedRun] = []
    with own_kafka() as broker:
        servers = broker.bootstrap_servers
        sent = asyncio.run(fill_topics(stream_settings(servers, "filling"), day_events(events)))
        say(f"{sent.total:,} events in Kafka")
        for number in range(1, rounds + 1):
            # Who comes second has warmer caches: the order changes from round to round.
            for is_watched in (False, True) if number % 2 else (True, False):
                app_id = f"round-{number}-{'watched' if is_watched else 'alone'}"
                run = run_worker(servers, app_id, sent, is_watched=is_watched, least=least)
                (watched if is_watched else alone).append(run)
                say(f"{app_id}: {run.per_s:,.0f}/s, {run.per_cpu_s:,.0f} per second of CPU")
    return Watchers(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        streams=STREAMS,
        scrapers=SCRAPERS,
        scrape_every_s=SCRAPE_EVERY_S,
        events=sent.total,
        alone=alone,
        watched=watched,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.watchers", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--least", type=int, default=LEAST, help="boards and pages for everybody")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    if given.events < 1 or given.rounds < 1:
        parser.error("--events and --rounds must be at least 1")
    figures = measure(given.events, given.rounds, given.least)
    print(watchers_table(figures))
    print(watchers_lines(figures))
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
