"""A report on real Kafka: killed between "begun" and "sent", and two workers that send one mail."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from aggregators.events import Envelope
from aggregators.policy import DAY_MS, HOUR_MS
from tests.bench.kafka import Kafka
from tests.bench.process import free_port, wait_until
from tests.bench.redis import RedisServer
from tests.bench.web import get_json
from tests.e2e.alert_centre import enters, leaves, send
from tests.e2e.day import now_ms
from tests.e2e.front_door import FrontDoor, on_kafka
from tests.reports.mail_house import MailHouse, mail_house

ADA, BOB = "ada@example.org", "bob@example.org"
SENT = "vigie_reports_last_sent_timestamp_seconds"
LOOKS_S = 5.0
"""A worker looks every second what is due."""


@pytest.fixture
def house() -> Iterator[MailHouse]:
    """A mail server."""
    with mail_house() as one:
        yield one


def yesterday() -> list[Envelope]:
    """Two callers of yesterday who gave up: all that the report is about."""
    noon_ms = now_ms() // DAY_MS * DAY_MS - 12 * HOUR_MS
    found: list[Envelope] = []
    for n in range(2):
        at_ms = noon_ms + n * 60_000
        found += [enters(f"C{n}", "sales", at_ms), leaves(f"C{n}", at_ms + 30_000)]
    return found


def settings(kafka: Kafka, prefix: str, house: MailHouse, **more: Any) -> dict[str, Any]:
    """A report that has been due since midnight."""
    return {
        **on_kafka(kafka, prefix),
        "reports": [
            {"name": "day", "at": "00:00", "catch_up": "3d", "recipients": [ADA, BOB]}
        ],
        "mail": {
            "host": "127.0.0.1", "port": house.port, "security": "none",
            "from": "vigie@example.org",
        },
        "web": {"port": free_port()},
        **more,
    }  # fmt: skip


def sent(door: FrontDoor) -> float:
    """When the worker knows the report to have been sent; 0 before."""
    return door.metric(SENT, report="day")


def test_a_worker_killed_while_it_sends_neither_forgets_nor_repeats(
    kafka: Kafka, topic_prefix: str, open_door: Callable[..., FrontDoor], house: MailHouse
) -> None:
    """SIGKILL after the server has the first mail and before it said so: the next worker sends it
    again with the same id, the other one once; and no later start sends anything."""
    given = settings(kafka, topic_prefix, house)
    given["kafka"]["instance_id"] = "one"  # a killed worker gets its partitions back at once
    door = open_door(**given)
    door.done("topics", "create")
    house.let_go.clear()
    worker = door.start_worker()
    send(door, yesterday())
    assert house.asked.wait(60), "no mail came"
    assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    assert house.recipients == [ADA]
    house.let_go.set()

    worker = door.start_worker()
    wait_until(lambda: sent(door) > 0, what="a report that is sent", timeout_s=240)
    assert Counter(house.recipients) == {ADA: 2, BOB: 1}
    assert len({str(mail["Message-ID"]) for _, mail in house.mails}) == 1
    body = house.mails[-1][1].get_body(("plain",))
    assert body is not None
    assert "sales (voice)" in body.get_content()
    (listed,) = get_json(f"{door.url}/api/reports")["reports"]
    assert (listed["name"], listed["recipients"]) == ("day", 2)

    assert worker.end() == 0
    worker = door.start_worker()
    wait_until(lambda: sent(door) > 0, what="a worker that knows it", timeout_s=60)
    time.sleep(LOOKS_S)
    assert len(house.mails) == 3


def test_of_two_workers_one_sends(
    kafka: Kafka,
    redis_server: RedisServer,
    topic_prefix: str,
    open_door: Callable[..., FrontDoor],
    house: MailHouse,
) -> None:
    """Both know the report, both have been leaders, Redis was emptied: one mail each."""
    shared = {"redis": {"url": redis_server.url, "lease": "1s"}}
    doors = [open_door(**settings(kafka, topic_prefix, house, **shared)) for _ in range(2)]
    doors[0].done("topics", "create")
    with ExitStack() as stack:
        workers = [door.start_worker() for door in doors]
        for worker in workers:
            stack.callback(worker.kill)
        send(doors[0], yesterday())
        wait_until(lambda: all(sent(d) > 0 for d in doors), what="a sent report", timeout_s=240)
        assert Counter(house.recipients) == {ADA: 1, BOB: 1}
        with Redis.from_url(redis_server.url) as redis:
            redis.flushall()
        leading = next(n for n, door in enumerate(doors) if door.metric("vigie_leader") == 1)
        assert workers[leading].end() == 0
        other = doors[1 - leading]
        wait_until(lambda: other.metric("vigie_leader") == 1, what="another leader", timeout_s=60)
        time.sleep(LOOKS_S)
    assert Counter(house.recipients) == {ADA: 1, BOB: 1}


def test_a_preview_and_a_test_mail(
    kafka: Kafka, topic_prefix: str, open_door: Callable[..., FrontDoor], house: MailHouse,
    tmp_path: Path,
) -> None:  # fmt: skip
    """An operator looks at the report of a running worker, and has it mailed to himself."""
    given = settings(kafka, topic_prefix, house)
    given["reports"][0]["recipients"] = []
    door = open_door(**given)
    door.done("topics", "create")
    door.start_worker()
    send(door, yesterday())
    wait_until(
        lambda: get_json(f"{door.url}/api/reports/day")["total"]["offered"] == 2,
        what="the callers of yesterday", timeout_s=60,
    )  # fmt: skip
    out = tmp_path / "looked-at"
    told = door.done("report", "--preview", "day", "--out", str(out))
    assert "report.html" in told
    assert {one.name for one in out.iterdir()} == {
        "report.html", "report.txt", "report.csv", "report.json", "report.eml", "volume.png",
        "level.png",
    }  # fmt: skip
    assert "sales (voice)" in (out / "report.txt").read_text()
    assert door.done("report", "--send", "day", "--to", BOB) == f"{BOB}: sent\n"
    assert house.recipients == [BOB]
    wrong = door.run("report", "--preview", "dai")
    assert wrong.returncode == 2
    assert wrong.stderr == "vigie: there is no report 'dai'. Did you mean day?\n"
    nobody = door.run("report", "--preview", "day", "--url", f"http://127.0.0.1:{free_port()}")
    assert nobody.returncode == 2
    assert "no worker answers at http://127.0.0.1" in nobody.stderr
