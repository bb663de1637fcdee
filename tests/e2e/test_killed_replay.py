"""`vigie replay` against a real Kafka, killed and started again: the figures of `vigie compute`."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from functools import partial

from confluent_kafka import KafkaException

from aggregators.events import topic_of
from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.e2e.day import MINUTE_MS, write_simulated
from tests.e2e.front_door import FrontDoor, Running

START_MS = 1_736_928_000_000


def test_a_replay_that_was_killed_goes_on_and_ends_with_the_figures_of_the_batch(
    kafka: Kafka, open_door: Callable[..., FrontDoor]
) -> None:
    """SIGKILL at three places of eight simulated hours; then it prints the very same object."""
    door = open_door(kafka={"partitions": 2, "checkpoint_interval": "200ms"})
    simulated = door.folder / "simulated.jsonl"
    events = write_simulated(
        simulated, start_ms=START_MS, end_ms=START_MS + 480 * MINUTE_MS, seed=3
    )
    assert len(events) > 20_000
    asked = (
        "replay", "--source", "canonical", "--broker", kafka.bootstrap_servers,
        "--name", "killed", "--json", str(simulated),
    )  # fmt: skip

    calls = sum(1 for event in events if topic_of(event) == "calls")

    def has_sent(replay: Running, share: float) -> bool:
        try:
            sent = sum(kafka.end_offsets("replay-killed-calls").values())
        except KafkaException:  # the topic is being made
            sent = 0
        return replay.ended or sent > share * calls

    for share in (0.2, 0.4, 0.6):
        replay = door.start(*asked)
        wait_until(partial(has_sent, replay, share), what=f"{share:.0%} of {calls} calls on Kafka")
        assert replay.end(signal.SIGKILL) == -signal.SIGKILL, replay.err

    ended = door.run(*asked)
    assert ended.returncode == 0, ended.stderr
    behind = re.search(r"goes on behind (\d+) events on the broker", ended.stderr)
    assert behind is not None
    assert 0 < int(behind[1]) < len(events)
    assert json.loads(ended.stdout) == door.compute("canonical", simulated)
    assert {name for name in kafka.topics() if name.startswith("replay-killed")} == set()


def test_a_name_needs_a_broker_that_keeps_something(open_door: Callable[..., FrontDoor]) -> None:
    """One line, code 2."""
    door = open_door()
    write_simulated(door.folder / "s.jsonl", start_ms=START_MS, end_ms=START_MS + MINUTE_MS, seed=1)
    ended = door.run("replay", "--source", "canonical", "--name", "x", "s.jsonl")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("vigie: --name needs --broker, and looks at one instant only")
    ended = door.run("replay", "--source", "canonical", "--name", "a b", "s.jsonl")
    assert ended.returncode == 2
    assert "'a b' is no name" in ended.stderr
