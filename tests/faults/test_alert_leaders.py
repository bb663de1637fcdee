"""Alerts of three workers on real Kafka and Redis while leaders are killed, paused and cut off."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from redis import Redis

from tests.bench.kafka import Kafka
from tests.bench.process import free_port, wait_until
from tests.bench.receiver import Receiver, receiving
from tests.bench.redis import RedisServer
from tests.e2e.alert_centre import (
    alert_settings,
    alerts,
    ask,
    enters,
    ids,
    leaves,
    messages,
    send,
    told,
)
from tests.e2e.front_door import FrontDoor, Running

WORKERS = 3
Fault = Callable[[float], None]


class Centre:
    """Three workers, one receiver."""

    def __init__(self, doors: list[FrontDoor], receiver: Receiver) -> None:
        self.doors = doors
        self.receiver = receiver
        self.running: list[Running] = []
        self.paused: set[int] = set()

    def start(self) -> None:
        """Starts all of them."""
        self.doors[0].done("topics", "create")
        self.running = [door.start_worker() for door in self.doors]

    def leader(self) -> int:
        """Waits for the worker that makes the alerts."""
        found: list[int] = []

        def is_found() -> bool:
            found[:] = [
                number
                for number, door in enumerate(self.doors)
                if not self.running[number].ended
                and number not in self.paused
                and door.metric("vigie_alert_evaluation_timestamp_seconds")
            ]
            return len(found) == 1

        wait_until(is_found, what="one leader of the alerts", timeout_s=40)
        return found[0]

    def kill(self, after_s: float) -> None:
        """Kills who leads, so long after the caller came."""
        leader = self.leader()
        time.sleep(after_s)
        self.running[leader].end(signal.SIGKILL)

    def pause(self, after_s: float) -> None:
        """Stops who leads where it stands, for longer than its lease."""
        leader = self.leader()
        time.sleep(after_s)
        self.running[leader].send(signal.SIGSTOP)
        self.paused.add(leader)

    def heal(self) -> None:
        """Lets those go on that were paused, starts those that were killed."""
        for number in self.paused:
            self.running[number].send(signal.SIGCONT)
        self.paused.clear()
        for number, worker in enumerate(self.running):
            if worker.ended:
                self.running[number] = self.doors[number].start_worker()
        self.leader()


def test_each_alert_is_told_once_whoever_leads(
    kafka: Kafka,
    redis_server: RedisServer,
    topic_prefix: str,
    tmp_path: Path,
    fault_seed: int,
) -> None:
    """F34, F11: leaders killed and paused at any moment around the firing, Redis emptied and away:
    of every alert one message that it fires and one that it is over, copies only with the same
    id, and an acknowledgement taken by a worker that does not lead."""
    chance = random.Random(fault_seed)
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        settings = alert_settings(kafka, topic_prefix, tmp_path, receiver)
        settings["kafka"]["session_timeout"] = "6s"
        doors = []
        for number in range(WORKERS):
            folder = tmp_path / f"worker-{number}"
            folder.mkdir()
            own = {"redis": {"url": redis_server.url}, "web": {"port": free_port()}}
            doors.append(FrontDoor(folder, {**settings, **own}))
            stack.callback(doors[-1].close)
        centre = Centre(doors, receiver)
        centre.start()
        faults: list[Fault] = [centre.kill, centre.pause, centre.kill, centre.pause]
        with Redis.from_url(redis_server.url) as client:

            def empty(_after_s: float) -> None:
                client.flushall()

            faults.append(empty)
            chance.shuffle(faults)
            for number, fault in enumerate(faults):
                queue = f"queue-{number}"
                send(doors[0], [enters(f"C{number}", queue)])
                fault(chance.uniform(0.0, 5.0))
                told(receiver, "firing", queue, within_s=40)
                centre.heal()
        redis_server.kill()
        send(doors[0], [enters("C-last", "queue-last")])
        redis_server.start()
        told(receiver, "firing", "queue-last", within_s=40)

        follower = (centre.leader() + 1) % WORKERS
        url = doors[follower].url
        wait_until(lambda: len(alerts(url)) == len(faults) + 1, what="all alerts at a follower")
        found = {alert["labels"]["queue"]: alert for alert in alerts(url)}
        status, _ = ask(url, f"/api/alerts/{found['queue-0']['id']}/acknowledge", by="Anna")
        assert status == 200
        shown = [
            one["acknowledged_by"] for one in alerts(doors[centre.leader()].url)
            if one["labels"]["queue"] == "queue-0"
        ]  # fmt: skip
        assert shown == ["Anna"]

        send(doors[0], [leaves(f"C{number}") for number in range(len(faults))])
        send(doors[0], [leaves("C-last")])
        for queue in found:
            told(receiver, "resolved", queue, within_s=40)
        for queue, alert in found.items():
            for what in ("firing", "resolved"):
                about = messages(receiver, what, queue)
                assert len(set(ids(about))) == 1, (queue, what, ids(about))
                ids_told = {
                    one["id"] for request in about for one in request.json()["data"]["alerts"]
                    if one["labels"].get("queue") == queue
                }  # fmt: skip
                assert ids_told == {alert["id"]}
        for worker in centre.running:
            assert worker.end() == 0
