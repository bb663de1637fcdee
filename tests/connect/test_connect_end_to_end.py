"""From a false Asterisk through `vigie connect`, a real Kafka and a worker to the wallboard."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.connect.fake_ami import SECRET, USER, FakeAmi, block
from tests.e2e.front_door import FrontDoor, Running, on_kafka

PROCESS = Path(__file__).with_name("connect_process.py")


@pytest.fixture
def door(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[FrontDoor]:
    """A front door to topics of this test."""
    opened = FrontDoor(tmp_path, on_kafka(kafka, topic_prefix, partitions=2))
    yield opened
    opened.close()


async def seen(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition beside the false server."""
    await asyncio.to_thread(wait_until, condition, what=what, timeout_s=60.0)


async def test_who_waits_in_asterisk_waits_on_the_wallboard(
    door: FrontDoor, tmp_path: Path
) -> None:
    """Two wait when we come, a third joins; the connection breaks while one gives up and one is
    served; what the wallboard says agrees with Asterisk each time. SIGTERM ends with 0, the
    caller's number and the password stand nowhere."""
    secret = tmp_path / "ami_password"
    secret.write_text(f"{SECRET}\n")
    now_s = time.time()

    def caller(name: str, call: str, **more: Any) -> str:
        number = {"CallerIDNum": "33612345678", "CallerIDName": "Jean Valjean"}
        return block(name, time.time(), Uniqueid=call, Queue="sales", **number, **more)

    def waiting() -> int:
        return int(door.queue("sales").get("contacts_waiting", -1))

    async with FakeAmi() as server:
        door.settings["sources"] = {
            "pbx": {
                "format": "asterisk-ami", "port": server.port, "user": USER,
                "secret_file": str(secret),
            }
        }  # fmt: skip
        await asyncio.to_thread(door.done, "topics", "create")
        await asyncio.to_thread(door.start_worker)
        server.entries = [
            caller("QueueEntry", "c1", Wait="40"),
            caller("QueueEntry", "c2", Wait="9"),
        ]
        running = Running(
            [sys.executable, str(PROCESS), str(tmp_path / "vigie.yaml"), "pbx"], tmp_path, "connect"
        )
        try:
            await seen(lambda: waiting() == 2, "two who wait")
            row = door.queue("sales")
            assert 40 <= row["longest_wait_seconds"] <= time.time() - now_s + 41
            await server.say(caller("QueueCallerJoin", "c3", Linkedid="c3"))
            await seen(lambda: waiting() == 3, "three who wait")
            agent = {"MemberName": "Anna", "Interface": "PJSIP/1", "DestUniqueid": "d1"}
            await server.say(caller("AgentConnect", "c1", HoldTime="45", RingTime="3", **agent))
            await seen(lambda: waiting() == 2, "an answer")
            # c2 leaves while nobody listens; c1 still talks, c3 still waits.
            server.entries = [caller("QueueEntry", "c3", Wait="5")]
            server.channels = [
                block("CoreShowChannel", Uniqueid=c, Linkedid=c) for c in ("c1", "c3")
            ]
            await server.hang_up()
            await seen(lambda: waiting() == 1, "the ghost to go")
            row = door.queue("sales")
            assert (row["contacts_offered"], row["contacts_answered"]) == (2, 1)
            assert row["contacts_in_progress"] == 1
            done = {"HoldTime": "45", "TalkTime": "6", "Reason": "caller", **agent}
            await server.say(
                caller("AgentComplete", "c1", **done)
                + caller("QueueCallerAbandon", "c3", HoldTime="12", Position="1")
                + "CallerIDNum 33612345678 is no header\r\n\r\n"
            )
            await seen(lambda: waiting() == 0, "nobody to wait")
            letters = tmp_path / "dead-letters.jsonl"
            await seen(letters.exists, "the block that is none")
            assert await asyncio.to_thread(running.end, signal.SIGTERM) == 0
        finally:
            running.kill()
    row = door.queue("sales")
    assert (row["contacts_answered"], row["contacts_abandoned"]) == (1, 1)
    assert row["asa_seconds"]["queue"] == 45.0
    assert row["contacts_in_progress"] == 0
    assert running.out.startswith("7 events sent to ")
    told = running.out + running.err + letters.read_text()
    assert "connected 2 times, lost 1 times, 1 ends assumed after a gap" in running.err
    assert running.err.count("connected to Asterisk") == 2
    assert running.err.count("lost Asterisk") == 1
    assert SECRET not in told
    assert "33612345678" not in told
    assert "Valjean" not in told
