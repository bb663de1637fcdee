"""Alerts of one worker on real Kafka: told once, while the caller waits, whatever happens."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregators.events import Envelope
from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.bench.receiver import Answer, Receiver, receiving
from tests.e2e.alert_centre import (
    LONG_WAIT,
    WAIT_S,
    alert_settings,
    alerts,
    ask,
    enters,
    ids,
    leaves,
    looked,
    messages,
    send,
    told,
    write_rules,
)
from tests.e2e.day import MINUTE_MS, now_ms
from tests.e2e.front_door import FrontDoor

LATE_S = 5.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody to be told."""
    with receiving() as one:
        yield one


@pytest.fixture
def door(
    kafka: Kafka,
    topic_prefix: str,
    tmp_path: Path,
    open_door: Callable[..., FrontDoor],
    receiver: Receiver,
) -> FrontDoor:
    """A front door with topics of its own."""
    settings = alert_settings(kafka, topic_prefix, tmp_path, receiver)
    settings["kafka"]["instance_id"] = "one"  # a killed worker gets its partitions back at once
    opened = open_door(**settings)
    opened.done("topics", "create")
    return opened


def test_a_caller_on_a_silent_topic_is_told_of_once_and_taken_over_through_kills(
    door: FrontDoor, receiver: Receiver
) -> None:
    """Fired within 5 s of the threshold by the clock alone; neither SIGKILL, before and after the
    acknowledgement, nor the end makes a second page; who took it is known for good."""
    worker = door.start_worker()
    entered_s = time.monotonic()
    send(door, [enters("C1", "sales")])
    first = told(receiver, "firing", "sales")
    assert WAIT_S - 1 < first.at_s - entered_s < WAIT_S + LATE_S + 1
    (alert,) = alerts(door.url)
    assert alert["state"] == "firing"
    looked(door, 2)  # it is written down that the message arrived

    assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    worker = door.start_worker()
    wait_until(lambda: bool(alerts(door.url)), what="the alert after a kill")
    looked(door, 3)
    assert len(messages(receiver, "firing")) == 1

    status, _ = ask(
        door.url, f"/api/alerts/{alert['id']}/acknowledge", by="Anna", why="calls him back"
    )
    assert status == 200
    assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    worker = door.start_worker()
    wait_until(lambda: bool(alerts(door.url)), what="the alert after a second kill")
    (taken,) = alerts(door.url)
    assert (taken["id"], taken["state"]) == (alert["id"], "acknowledged")
    assert taken["acknowledged_by"] == "Anna"

    send(door, [leaves("C1")])
    resolved = told(receiver, "resolved", "sales")
    assert resolved.json()["data"]["alerts"][0]["id"] == alert["id"]
    looked(door, 2)
    assert worker.end() == 0
    assert len(set(ids(messages(receiver)))) == len(messages(receiver)) == 2

    door.start_worker()
    wait_until(lambda: bool(alerts(door.url, "resolved")), what="the history")
    (over,) = alerts(door.url, "resolved")
    assert over["id"] == alert["id"]


def test_what_was_resolved_while_nobody_listened_is_told_by_the_next_worker(
    door: FrontDoor, receiver: Receiver
) -> None:
    """The receiver fails, the condition clears, the worker is killed: F35."""
    worker = door.start_worker()
    send(door, [enters("C1", "sales")])
    told(receiver, "firing", "sales")
    receiver.usual = Answer(500)
    send(door, [leaves("C1")])
    wait_until(
        lambda: bool(messages(receiver, "resolved")), what="a try to tell the end", timeout_s=20
    )
    worker.end(signal.SIGKILL)
    tried = ids(messages(receiver, "resolved"))
    receiver.usual = Answer()
    restarted_s = time.monotonic()
    door.start_worker()
    wait_until(
        lambda: any(one.at_s > restarted_s for one in messages(receiver, "resolved")),
        what="the end, told anew", timeout_s=20,
    )  # fmt: skip
    assert set(ids(messages(receiver, "resolved"))) == set(tried)
    assert len(messages(receiver, "firing")) == 1


def test_a_past_that_is_told_late_pages_nobody(door: FrontDoor, receiver: Receiver) -> None:
    """An hour of callers who waited for minutes, half of them without an end in the log."""
    worker = door.start_worker()
    start_ms = now_ms() - 90 * MINUTE_MS
    past: list[Envelope] = []
    for number in range(60):
        entered_ms = start_ms + number * MINUTE_MS
        past.append(enters(f"old-{number}", "sales", entered_ms))
        if number % 2:
            past.append(leaves(f"old-{number}", entered_ms + 5 * MINUTE_MS))
    send(door, past)
    door.wait_for_events(len(past))
    looked(door, 8)
    assert messages(receiver) == []
    assert door.queue("sales")["contacts_waiting"] == 30
    assert worker.end() == 0


def test_a_wrong_rule_file_keeps_the_rules_before_and_says_so(
    door: FrontDoor, receiver: Receiver
) -> None:
    """A good change holds from then on, without a restart; F39."""
    worker = door.start_worker()
    path = Path(door.settings["alerts"]["rules"])
    assert door.metric("vigie_config_last_reload_successful") == 1
    path.write_text("rules:\n  - id: half-")
    wait_until(
        lambda: door.metric("vigie_config_last_reload_successful") == 0, what="the bad file seen"
    )
    assert door.metric("vigie_alert_rules") == 1
    assert "the rules before it hold" in worker.err
    second = LONG_WAIT | {"id": "nobody-there", "when": "contacts_waiting >= 1", "for": "0s"}
    write_rules(path, LONG_WAIT, second)
    wait_until(lambda: door.metric("vigie_alert_rules") == 2, what="the good file taken over")
    assert door.metric("vigie_config_last_reload_successful") == 1
    send(door, [enters("C1", "sales")])
    told(receiver, "firing", "sales")
    wait_until(
        lambda: {one["rule"] for one in alerts(door.url)} == {"long-wait", "nobody-there"},
        what="both rules to fire",
    )


def test_what_comes_and_goes_is_two_messages(door: FrontDoor, receiver: Receiver) -> None:
    """F33, scaled: a queue full and empty in turns, ten times within the time to clear."""
    flapping = LONG_WAIT | {"id": "full", "when": "contacts_waiting >= 1", "clear_for": "8s"}
    write_rules(Path(door.settings["alerts"]["rules"]), flapping)
    door.start_worker()
    looked(door, 1)
    for number in range(10):
        send(door, [enters(f"C{number}", "sales")])
        wait_until(lambda: door.queue("sales").get("contacts_waiting") == 1, what="a full queue")
        looked(door, 1)
        send(door, [leaves(f"C{number}")])
        wait_until(lambda: door.queue("sales").get("contacts_waiting") == 0, what="an empty queue")
        looked(door, 1)
    told(receiver, "resolved", "sales", within_s=40)
    looked(door, 2)
    kinds = [one.json()["data"]["what"] for one in messages(receiver)]
    assert kinds == ["firing", "resolved"]
    (over,) = alerts(door.url, "resolved")
    assert over["reopened"] == 0
