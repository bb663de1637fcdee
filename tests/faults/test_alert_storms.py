"""Alerts when everything breaks at once: 500 queues, Kafka away, all of vigie gone."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.bench.alertmanager import Alertmanager
from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.bench.receiver import Receiver, Request, receiving
from tests.e2e.alert_centre import (
    LONG_WAIT,
    alert_settings,
    alerts,
    enters,
    ids,
    leaves,
    looked,
    messages,
    send,
    told,
    write_rules,
)
from tests.e2e.front_door import FrontDoor

QUEUES = 500
INTERVAL_S = 4.0


def door_for(
    kafka: Kafka, prefix: str, tmp_path: Path, receiver: Receiver, stack: ExitStack, **alerting: Any
) -> FrontDoor:
    """A front door with topics of its own, and more settings of its alerts."""
    settings = alert_settings(kafka, prefix, tmp_path, receiver)
    settings["alerts"] |= alerting
    settings["kafka"]["instance_id"] = "one"
    folder = tmp_path / "worker"
    folder.mkdir()
    door = FrontDoor(folder, settings)
    stack.callback(door.close)
    door.done("topics", "create")
    return door


def from_alertmanager(receiver: Receiver, path: str) -> list[Request]:
    """What an Alertmanager sent to a path of the receiver."""
    return receiver.wanted(lambda request: request.path == path)


def alertmanager_of(tmp_path: Path, receiver: Receiver) -> Alertmanager:
    """One that tells the receiver of groups by name, and apart from them of the watchdog."""
    quick = {"group_wait": "500ms", "group_interval": "1s", "repeat_interval": "1h"}
    return Alertmanager(
        tmp_path / "alertmanager",
        {
            "route": {
                "receiver": "floor", "group_by": ["alertname"], **quick,
                "routes": [
                    {"matchers": ['alertname="VigieWatchdog"'], "receiver": "outside", **quick}
                ],
            },
            "receivers": [
                {"name": name, "webhook_configs": [{"url": f"{receiver.url}/{name}"}]}
                for name in ("floor", "outside")
            ],
        },
    )  # fmt: skip


def test_five_hundred_queues_at_once_are_told_in_groups(
    kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    """F32: never two messages of a group within its interval, and everybody is named in one; a
    real Alertmanager gets all of them and groups them, too."""
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        manager = alertmanager_of(tmp_path, receiver)
        stack.callback(manager.process.kill)
        manager.start()
        door = door_for(
            kafka, topic_prefix, tmp_path, receiver, stack, group_interval=f"{INTERVAL_S:g}s"
        )
        door.settings["alerts"]["targets"]["am"] = {
            "type": "alertmanager", "urls": [manager.url], "resend": "2s", "watchdog": False,
        }  # fmt: skip
        door.start_worker()
        send(door, [enters(f"C{number}", f"queue-{number}") for number in range(QUEUES)])

        def named() -> set[str]:
            return {
                one["id"] for request in messages(receiver)
                for one in request.json()["data"]["alerts"]
            }  # fmt: skip

        wait_until(lambda: len(named()) == QUEUES, what="all alerts to be told", timeout_s=60)
        wait_until(lambda: len(manager.alerts()) == QUEUES, what="the Alertmanager to know all")
        times_s = [one.at_s for one in messages(receiver)]
        assert 1 <= len(times_s) <= 5
        gaps_s = [later - one for one, later in pairwise(times_s)]
        assert all(gap_s > INTERVAL_S - 0.5 for gap_s in gaps_s), gaps_s
        wait_until(lambda: bool(from_alertmanager(receiver, "/floor")), what="its own message")
        assert len(from_alertmanager(receiver, "/floor")) <= 10
        assert {one["labels"]["severity"] for one in manager.alerts()} == {"critical"}


def test_when_all_of_vigie_is_gone_somebody_outside_notices(
    kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    """F36: the alert that always fires stops, and a real Alertmanager says so."""
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        manager = alertmanager_of(tmp_path, receiver)
        stack.callback(manager.process.kill)
        manager.start()
        door = door_for(kafka, topic_prefix, tmp_path, receiver, stack)
        door.settings["alerts"]["targets"]["am"] = {
            "type": "alertmanager", "urls": [manager.url], "resend": "1s",
        }  # fmt: skip
        worker = door.start_worker()

        def statuses() -> list[str]:
            return [one.json()["status"] for one in from_alertmanager(receiver, "/outside")]

        wait_until(lambda: "firing" in statuses(), what="the watchdog", timeout_s=30)
        worker.end(signal.SIGKILL)
        wait_until(lambda: "resolved" in statuses(), what="its end, told outside", timeout_s=60)


def test_without_kafka_people_are_told_and_nobody_twice_when_it_is_back(
    kafka: Kafka, topic_prefix: str, tmp_path: Path
) -> None:
    """Nothing can be written, so nothing may be lost: the message goes out after ten seconds."""
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        door = door_for(kafka, topic_prefix, tmp_path, receiver, stack)
        stopped = LONG_WAIT | {"id": "stopped", "when": "pipeline.data_age_seconds > 8"}
        del stopped["scope"]
        write_rules(Path(door.settings["alerts"]["rules"]), LONG_WAIT, stopped)
        door.start_worker()
        send(door, [enters("C1", "sales"), leaves("C1")])
        looked(door, 1)
        kafka.stop()
        try:
            wait_until(lambda: bool(messages(receiver, "firing")), what="a message", timeout_s=60)
            assert door.metric("vigie_alert_journal_failures_total") > 0
        finally:
            kafka.start()
        wait_until(lambda: bool(alerts(door.url)), what="the alert", timeout_s=60)
        began_s = time.monotonic()
        send(door, [enters("C2", "sales")])
        told(receiver, "firing", "sales", within_s=60)
        assert time.monotonic() - began_s < 60
        about = [
            one for one in messages(receiver, "firing")
            if one.json()["data"]["alerts"][0]["rule"] == "stopped"
        ]  # fmt: skip
        assert len(set(ids(about))) == 1
