"""`vigie simulate`: the past first, then live; started again it goes on with the same centre."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.simulator.demo import demo_scenario
from streams.simulator.simulation import Simulation
from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.e2e.front_door import FrontDoor, Running, on_kafka
from vigie.simulate import GIVEN_UP_MS, OVERLAP_MS, begin
from vigie.simulated_run import SimulatedRun, read_run

HOUR_MS = 3_600_000
NOW_MS = 1_795_000_000_000
FOUND = SimulatedRun(seed=1, start_ms=NOW_MS - 5 * HOUR_MS, newest_ms=NOW_MS - 60_000)


@pytest.fixture
def door(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[FrontDoor]:
    """vigie with topics of its own."""
    made = FrontDoor(tmp_path, on_kafka(kafka, topic_prefix))
    made.done("topics", "create")
    yield made
    made.close()


def stored(kafka: Kafka, prefix: str) -> list[dict[str, Any]]:
    """All events in the topics."""
    topics = ("calls", "chats", "tickets", "agents", "feedback", "selfcare", "business")
    return [
        json.loads(record.value)
        for topic in topics
        for record in kafka.read(f"{prefix}{topic}")
        if record.value is not None
    ]


def until_live(simulator: Running) -> None:
    """Waits until the past is told."""
    wait_until(lambda: "live from now on" in simulator.err or simulator.ended, what="live")
    assert not simulator.ended, simulator.err


def test_a_centre_is_told_once_across_a_restart(
    door: FrontDoor, kafka: Kafka, topic_prefix: str
) -> None:
    """Killed and started again, the topics hold every event of one and the same simulation."""
    first = door.start("simulate", "--history", "10m")
    until_live(first)
    first.kill()
    before = stored(kafka, topic_prefix)
    second = door.start("simulate", "--history", "10m")
    until_live(second)
    newest_ms = max(event["event_time_ms"] for event in before)
    wait_until(
        lambda: any(e["event_time_ms"] > newest_ms for e in stored(kafka, topic_prefix)),
        what="what happens now",
    )
    assert second.end() == 0
    assert "goes on with the run in the topics" in second.err

    events = stored(kafka, topic_prefix)
    runs = {event["event_id"].rpartition("-")[0] for event in events}
    (run,) = runs
    start_ms = int(run.split("-")[1], 16)
    last_ms = max(event["event_time_ms"] for event in events)
    told = Simulation(demo_scenario(), seed=1, start_ms=start_ms).events(last_ms)
    assert {event.event_id for event in told} <= {event["event_id"] for event in events}
    kinds = Counter(event["type"].split(".")[0] for event in events)
    assert {"contact", "agent", "selfcare"} <= set(kinds)


def test_it_follows_the_clock(door: FrontDoor, kafka: Kafka, topic_prefix: str) -> None:
    """The history asked for, the half hour in which the centre fills, and nothing of the future."""
    began_ms = time.time_ns() // 1_000_000
    simulator = door.start("simulate", "--history", "15m", "--seed", "7")
    until_live(simulator)
    assert simulator.end() == 0
    ended_ms = time.time_ns() // 1_000_000
    times = [event["event_time_ms"] for event in stored(kafka, topic_prefix)]
    assert began_ms - 45 * 60_000 <= min(times) <= began_ms - 40 * 60_000
    assert began_ms - 120_000 <= max(times) <= ended_ms
    assert f"{len(times)} events sent to {kafka.bootstrap_servers}" in simulator.err


def test_without_topics_it_says_what_to_run(
    kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    """One line and exit code 2."""
    done = FrontDoor(tmp_path, on_kafka(kafka, topic_prefix)).run("simulate", "--history", "1m")
    assert done.returncode == 2
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("vigie: ")]
    assert "is not on the broker: run `vigie topics create`" in said


def test_a_run_is_taken_up_where_it_stands() -> None:
    """From its own start, with what may be missing before its newest event sent again."""
    simulation, from_ms = begin(FOUND, seed=1, history_ms=HOUR_MS, now_ms=NOW_MS)
    assert simulation.now_ms == FOUND.start_ms
    assert from_ms == FOUND.newest_ms - OVERLAP_MS


@pytest.mark.parametrize(
    ("found", "seed"),
    [
        (None, 1),
        (FOUND, 2),
        (SimulatedRun(seed=1, start_ms=0, newest_ms=NOW_MS - GIVEN_UP_MS), 1),
    ],
    ids=["nothing there", "another seed", "too long ago"],
)
def test_else_a_new_one_begins(found: SimulatedRun | None, seed: int) -> None:
    """Half an hour before its history, which is when the centre opens."""
    simulation, from_ms = begin(found, seed=seed, history_ms=HOUR_MS, now_ms=NOW_MS)
    assert simulation.now_ms == from_ms == NOW_MS - HOUR_MS - HOUR_MS // 2


@pytest.mark.parametrize(
    ("record", "run"),
    [
        (b'{"event_id":"s7-ff-e1a","event_time_ms":9,"source":"simulator"}', (7, 255, 9)),
        (b'{"event_id":"s7-ff-e1a","event_time_ms":9,"source":"pbx"}', None),
        (b'{"event_id":"call-1","event_time_ms":9,"source":"simulator"}', None),
        (b'{"event_id":7}', None),
        (b"\xff", None),
    ],
)
def test_the_run_is_read_from_an_event(record: bytes, run: tuple[int, int, int] | None) -> None:
    """Its id says seed and start; what others wrote says nothing."""
    assert read_run(record) == (None if run is None else SimulatedRun(*run))
