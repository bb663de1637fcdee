"""The transcript of Asterisk issue 759, an attended transfer, through every way in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.bench.kafka import Kafka
from tests.e2e.front_door import FrontDoor, on_kafka

TRANSCRIPT = """\
1717397259|1717397243.239826|1501|NONE|DID|4957877871
1717397259|1717397243.239826|1501|NONE|ENTERQUEUE||9031396745|1
1717397271|1717397243.239826|1501|PJSIP/7009|CONNECT|12|1717397259.239827|11
1717397390|1717397390.239830|1509|NONE|DID|
1717397390|1717397390.239830|1509|NONE|ENTERQUEUE||7009|1
1717397391|1717397390.239830|1501|PJSIP/7009|ATTENDEDTRANSFER|APP|Queue|12|120|1
1717397397|1717397243.239826|1509|PJSIP/7051|CONNECT|7|1717397390.239831|6
1717397570|1717397243.239826|1509|PJSIP/7051|COMPLETEAGENT|7|173|1
"""

MOMENTS = {
    1717397259: (0, 0, 0, 0),
    1717397260: (1, 0, 0, 0),
    1717397271: (1, 0, 0, 0),
    1717397272: (0, 0, 1, 0),
    1717397390: (0, 0, 1, 0),
    1717397391: (0, 1, 1, 0),
    1717397392: (0, 1, 0, 0),
    1717397397: (0, 1, 0, 0),
    1717397398: (0, 0, 0, 1),
    1717397570: (0, 0, 0, 1),
    1717397571: (0, 0, 0, 0),
}
"""Just before each second: waiting in 1501 and 1509, in conversation in 1501 and 1509."""

AT = [word for second in MOMENTS for word in ("--at", str(second))]


@pytest.fixture(scope="module")
def door(open_door: Callable[..., FrontDoor]) -> FrontDoor:
    opened = open_door()
    (opened.folder / "queue_log").write_text(TRANSCRIPT)
    return opened


def figures(door: FrontDoor, command: str, *arguments: str) -> list[dict[str, Any]]:
    """What a command says of the transcript."""
    printed = door.done(
        command, "--source", "asterisk-queue-log", "--json", *arguments, "queue_log"
    )
    found: list[dict[str, Any]] = json.loads(printed)
    return found


def gauges(board: dict[str, Any]) -> tuple[int, ...]:
    """Waiting and in conversation, in the order of MOMENTS; no row is nobody."""
    queues = board["windows"]["whole"]["queues"]
    return tuple(
        queues.get(queue, {}).get(kpi, 0)
        for kpi in ("contacts_waiting", "contacts_in_progress")
        for queue in ("1501", "1509")
    )


@pytest.mark.example(18)
@pytest.mark.proves("transfers_in_count", "contacts_transferred")
def test_two_legs_of_one_contact_with_their_waits_rings_and_talks(door: FrontDoor) -> None:
    """The table of the format's page: 12 and 7 s of waiting, 120 and 173 s of talking."""
    (end,) = figures(door, "compute")
    assert end["as_of"] == "2024-06-03T06:52:50.001Z"
    rows = end["windows"]["whole"]
    for queue, wait_s, ring_s, talk_s, transferred in (
        ("1501", 12.0, 11.0, 120.0, 1.0), ("1509", 7.0, 6.0, 173.0, 0.0),
    ):  # fmt: skip
        row = rows["queues"][queue]
        assert (row["contacts_entered"], row["contacts_offered"], row["contacts_answered"]) == (
            1, 1, 1,
        )  # fmt: skip
        assert row["asa_seconds"]["queue"] == row["wait_max_seconds"] == wait_s
        assert row["ring_mean_seconds"] == ring_s
        assert row["talk_mean_seconds"] == talk_s
        assert row["transfer_rate"]["attended"] == {"internal": transferred, "external": 0.0}
    total = rows["total"]
    assert (total["contacts_answered"], total["contacts_abandoned"]) == (2, 0)
    assert total["transfers_in_count"] == 1
    assert (total["contacts_waiting"], total["contacts_in_progress"]) == (0, 0)
    assert total["contacts_lost"] == 0


def test_nobody_waits_at_the_end_and_the_gauges_follow_the_calls(door: FrontDoor) -> None:
    """Waiting and talking over time, by many looks at one run of the batch."""
    boards = figures(door, "compute", *AT)
    assert [gauges(board) for board in boards] == list(MOMENTS.values())


def test_a_replay_through_broker_and_worker_gives_the_same(door: FrontDoor) -> None:
    """Every figure of every instant, and of the end."""
    assert figures(door, "replay", *AT) == figures(door, "compute", *AT)
    assert figures(door, "replay") == figures(door, "compute")


def test_on_kafka_it_is_one_contact(
    kafka: Kafka, prefix: str, open_door: Callable[..., FrontDoor]
) -> None:
    """All events have the caller's id as their key; sent twice they are the same events."""
    door = open_door(**on_kafka(kafka, prefix, partitions=1))
    (door.folder / "queue_log").write_text(TRANSCRIPT)
    door.done("topics", "create")
    sent = [
        door.done("send", "--source", "asterisk-queue-log", "queue_log"),
        door.done("send", "--source", "asterisk-queue-log", "queue_log"),
    ]
    assert sent[0] == sent[1]
    stored = kafka.read(f"{prefix}calls")
    first, second = stored[: len(stored) // 2], stored[len(stored) // 2 :]
    assert [row.value for row in first] == [row.value for row in second]
    assert {row.key for row in stored[:1]} == {b"1717397243.239826"}
    (end,) = figures(door, "replay", "--broker", kafka.bootstrap_servers)
    assert end["windows"]["whole"]["total"]["contacts_answered"] == 2
    assert {name for name in kafka.topics() if name.startswith("replay-")} == set()
