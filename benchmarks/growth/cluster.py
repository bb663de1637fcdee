"""What the parts with a real Kafka share: topics of a size, a worker as in production, bytes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from msgspec import structs

from benchmarks import centre
from benchmarks.latency_worker import Serving
from benchmarks.stage import ROOT
from streams.settings import StreamSettings
from streams.simulator.scenario import Scenario
from streams.simulator.studies import EVENTS_PER_CONTACT, LOAD_OCCUPANCY, load_scenario
from tests.bench.kafka import Kafka
from tests.bench.process import Process, free_port
from tests.bench.web import answers

HANDLE_S = 300.0
"""A contact keeps an agent for five minutes, wrap-up included."""
CONTACTS_PER_AGENT_H = LOAD_OCCUPANCY * 3_600 / HANDLE_S


def stream_settings(servers: str, app: str, partitions: int) -> StreamSettings:
    """Return settings with topics of their own."""
    made = centre.stream_settings(servers, app, f"{app}.")
    return structs.replace(made, partitions=partitions)


def rate_of(agents: int) -> float:
    """Return how many events a second so many busy agents make."""
    return agents * CONTACTS_PER_AGENT_H * EVENTS_PER_CONTACT / 3_600


def centre_of(agents: int) -> Scenario:
    """Return a centre of so many agents with contacts of five minutes, a queue per forty."""
    return load_scenario(agents, rate_of(agents))


@contextmanager
def worker(
    streams: StreamSettings, folder: Path, *, redis_url: str | None = None, until: str = "readyz"
) -> Iterator[Serving]:
    """Run ``vigie worker`` in a process of its own; it is there once it answers."""
    port = free_port()
    settings: dict[str, Any] = {
        "kafka": {
            "bootstrap_servers": streams.bootstrap_servers,
            "app_id": streams.app_id,
            "topic_prefix": streams.topic_prefix,
            "partitions": streams.partitions,
        },
        "web": {"port": port},
    }
    if redis_url is not None:
        settings["redis"] = {"url": redis_url}
    path = folder / f"{streams.app_id}.yml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "vigie", "--settings", str(path), "worker"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}  # it runs in a folder of its own
    process = Process(f"worker-{streams.app_id}", command, folder, env)
    try:
        process.start(lambda: answers(f"{url}/{until}"))
        yield Serving(url, process.pid, process.log_path)
        process.stop()
    finally:
        process.kill()


def resident_mib(pid: int) -> int:
    """Return the resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) // 1024


def log_bytes(broker: Kafka, topics: list[str]) -> int:
    """Return the bytes of all records of topics, as they lie on the broker's disk."""
    return sum(
        log.stat().st_size
        for topic in topics
        for log in broker.process.directory.glob(f"**/{topic}-[0-9]*/*.log")
        if log.parent.name.rpartition("-")[0] == topic
    )
