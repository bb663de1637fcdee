"""The webhook receiver under load: ``python -m benchmarks.ingest [--json FILE]``.

A receiver in a process of its own, on a real Kafka, takes signed requests that another process
sends at a fixed rate (:mod:`benchmarks.ingest_load`); then as many as it can take. Afterwards the
topic is read: an event that was answered 200 and is not there, or one that is there twice, makes
the benchmark void.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct

from benchmarks import machine
from benchmarks.ingest_load import CANONICAL, SECRET, SOURCE, ZENDESK, Load, body, event_ids
from benchmarks.measures import Machine
from benchmarks.stage import BenchmarkError, ask_child, finish, keep, own_kafka
from streams import topics
from streams.settings import StreamSettings
from tests.bench.kafka import Kafka
from tests.bench.process import Process, free_port, is_open

RATE = 2_000.0
SECONDS = 20.0
FULL_SECONDS = 6.0
CONNECTIONS = 64
FULL_CONNECTIONS = 256
"""So many requests wait at a time when the sender sends as many as it can."""
ROUNDS = 3
PARTITIONS = 4
AIM_P99_MS = 50.0
AIM_PER_S = 2_000.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Run(Struct, frozen=True, kw_only=True):
    """One run: the rate that was asked for (0: as many as possible) and reached, answers by status,
    events answered 200 that Kafka does not have, ms to the answer from when a request was due, and
    CPU seconds per second of receiver, sender and broker."""

    asked_per_s: float
    per_s: float
    sent: int
    statuses: dict[str, int]
    lost: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    receiver_cores: float
    sender_cores: float
    broker_cores: float

    @property
    def per_cpu_s(self) -> float:
        """Requests answered 200 per second of the receiver's CPU: what one core can take."""
        return self.per_s / self.receiver_cores


class IngestLoad(Struct, frozen=True, kw_only=True):
    """The benchmark of the receiver: rounds at the fixed rate with canonical events, with bodies
    of Zendesk (two events each), and rounds of all it can take."""

    machine: Machine
    taken_at: str
    load_per_core: float
    body_bytes: int
    ticket_bytes: int
    connections: int
    full_connections: int
    seconds: float
    steady: list[Run]
    tickets: list[Run]
    full: list[Run]


def measure(rate: float, seconds: float, full_seconds: float, rounds: int) -> IngestLoad:
    """Measure everything.

    Raises:
        BenchmarkError: something was lost or there twice, or a process failed.
    """
    load = machine.load_per_core()
    steady: list[Run] = []
    tickets: list[Run] = []
    full: list[Run] = []
    with own_kafka() as broker, tempfile.TemporaryDirectory(prefix="vigie-benchmark-") as folder:
        run_once(broker, Path(folder) / "warm-up", rate, min(seconds, 3.0))
        for number in range(rounds):
            steady.append(run_once(broker, Path(folder) / f"steady-{number}", rate, seconds))
            tickets.append(
                run_once(broker, Path(folder) / f"tickets-{number}", rate, seconds, ZENDESK)
            )
            full.append(run_once(broker, Path(folder) / f"full-{number}", 0.0, full_seconds))
            for run in (steady[-1], tickets[-1], full[-1]):
                _tell(number + 1, run)
    return IngestLoad(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        body_bytes=len(body(12_345)),
        ticket_bytes=len(body(12_345, ZENDESK)),
        connections=CONNECTIONS,
        full_connections=FULL_CONNECTIONS,
        seconds=seconds,
        steady=steady,
        tickets=tickets,
        full=full,
    )


def run_once(
    broker: Kafka, folder: Path, rate: float, seconds: float, kind: str = CANONICAL
) -> Run:
    """Let a new receiver with topics of its own take requests for some seconds."""
    streams = StreamSettings(
        bootstrap_servers=broker.bootstrap_servers,
        topic_prefix=f"{folder.name}-",
        partitions=PARTITIONS,
    )
    asyncio.run(topics.create(streams))
    with receiver(streams, folder, kind) as (port, pid):
        before = [cpu_s(process) for process in (pid, broker.process.pid)]
        connections = CONNECTIONS if rate else FULL_CONNECTIONS
        arguments = [str(port), str(rate), str(seconds), str(connections), kind]
        load = ask_child("benchmarks.ingest_load", arguments, Load)
        after = [cpu_s(process) for process in (pid, broker.process.pid)]
    spent = [later - earlier for earlier, later in zip(before, after, strict=True)]
    topic = streams.topic("tickets" if kind == ZENDESK else "calls")
    return judged(load, rate, spent, Counter(_ids(broker, topic)), kind)


def judged(
    load: Load, rate: float, spent_s: list[float], stored: Counter[str], kind: str = CANONICAL
) -> Run:
    """Return the figures of a run; ``spent_s`` is CPU of receiver and broker.

    Raises:
        BenchmarkError: what Kafka has is not what was answered.
    """
    accepted = set(range(load.sent)) - set(load.refused)
    wanted = [event_id for number in accepted for event_id in event_ids(number, kind)]
    lost = sum(event_id not in stored for event_id in wanted)
    twice = sum(count > 1 for count in stored.values())
    if lost or twice or not load.answer_ms:
        raise BenchmarkError(
            f"{len(load.answer_ms)} requests were answered 200, {lost} of their events are not on "
            f"Kafka, {twice} are there more than once"
        )
    ms = load.answer_ms
    return Run(
        asked_per_s=rate,
        per_s=len(ms) / load.span_s,
        sent=load.sent,
        statuses=load.statuses,
        lost=lost,
        p50_ms=ms[len(ms) // 2],
        p99_ms=ms[min(len(ms) - 1, len(ms) * 99 // 100)],
        max_ms=ms[-1],
        receiver_cores=spent_s[0] / load.span_s,
        sender_cores=load.cpu_s / load.span_s,
        broker_cores=spent_s[1] / load.span_s,
    )


@contextmanager
def receiver(
    streams: StreamSettings, folder: Path, kind: str = CANONICAL
) -> Iterator[tuple[int, int]]:
    """Start a receiver; gives its port and process id."""
    folder.mkdir(parents=True)
    port = free_port()
    settings = {
        "kafka": {
            "bootstrap_servers": streams.bootstrap_servers,
            "topic_prefix": streams.topic_prefix,
            "partitions": streams.partitions,
        },
        "sources": {SOURCE: {"format": kind}},
        "ingest": {
            "port": port,
            "rate": 100_000,
            "webhooks": {SOURCE: {"scheme": "chatwoot", "secret": SECRET}},
        },
    }
    file = folder / "vigie.yaml"
    file.write_text(yaml.safe_dump(settings))
    root = Path(__file__).resolve().parent.parent
    process = Process(
        "receiver",
        [sys.executable, "-m", "benchmarks.ingest_receiver", str(file)],
        folder,
        {**os.environ, "PYTHONPATH": str(root)},
    )
    try:
        process.start(lambda: is_open(port))
        yield port, process.pid
        code = process.stop()
        if code:
            raise BenchmarkError(f"the receiver ended with code {code}\n{process.tail()}")
    finally:
        process.kill()


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _ids(broker: Kafka, topic: str) -> Iterator[str]:
    for row in broker.read(topic):
        yield msgspec.json.decode(row.value or b"")["event_id"]


def _tell(number: int, run: Run) -> None:
    name = f"{run.asked_per_s:,.0f}/s" if run.asked_per_s else "as many as possible"
    print(
        f"round {number}, {name}: {run.per_s:,.0f}/s answered {run.statuses}, lost {run.lost}, "
        f"p50 {run.p50_ms:.1f} ms, p99 {run.p99_ms:.1f} ms, max {run.max_ms:.1f} ms; cores: "
        f"receiver {run.receiver_cores:.2f}, sender {run.sender_cores:.2f}, "
        f"broker {run.broker_cores:.2f}; {run.per_cpu_s:,.0f} per CPU second",
        flush=True,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.ingest", description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE, help="requests per second")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--full-seconds", type=float, default=FULL_SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    if given.rate <= 0 or given.seconds <= 0 or given.full_seconds <= 0 or given.rounds < 1:
        parser.error("rate, seconds and rounds must be above 0")
    keep(measure(given.rate, given.seconds, given.full_seconds, given.rounds), given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
