"""A centre whose alerts are quick: callers, rules of a second or two, and somebody to be told."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from aggregators.events import ContactAbandoned, ContactQueued, Envelope
from streams.producer import EventProducer
from tests.bench.kafka import Kafka
from tests.bench.process import free_port, wait_until
from tests.bench.receiver import Receiver, Request
from tests.bench.web import get_json
from tests.e2e.day import now_ms, waiting
from tests.e2e.front_door import FrontDoor, on_kafka
from vigie.settings import load_settings
from vigie.stream_settings import stream_settings

WAIT_S = 3
"""Callers who wait longer are an alert."""
SECRET = "whsec_" + "dmlnaWUtdGVzdHMtb25seS1zZWNyZXQtMzI="
CLEAR_S = 2
HOOK = "/hook"

LONG_WAIT: dict[str, Any] = {
    "id": "long-wait",
    "name": {"en": "Long wait", "fr": "Attente longue"},
    "when": f"longest_wait_seconds > {WAIT_S}s",
    "clear_for": f"{CLEAR_S}s",
    "reopen_within": "5s",
    "scope": {"queue": "*", "channel": "voice"},
    "severity": "critical",
}


def write_rules(path: Path, *rules: dict[str, Any]) -> None:
    """Writes a rule file, at once: nobody sees half of it."""
    new = path.with_suffix(".new")
    new.write_text(yaml.safe_dump({"rules": list(rules)}))
    new.replace(path)


def alert_settings(
    kafka: Kafka, prefix: str, folder: Path, receiver: Receiver, **more: Any
) -> dict[str, Any]:
    """Settings of a worker with the rule ``long-wait`` and a webhook to the receiver."""
    rules = folder / "rules.yaml"
    write_rules(rules, LONG_WAIT)
    return {
        **on_kafka(kafka, prefix),
        "alerts": {
            "rules": str(rules),
            "hosts": ["127.0.0.1"],
            "group_wait": "500ms",
            "group_interval": "2s",
            "targets": {
                "duty": {"type": "webhook", "url": f"{receiver.url}{HOOK}", "secret": SECRET}
            },
        },
        "web": {"port": free_port()},
        **more,
    }


def enters(contact: str, queue: str, since_ms: int | None = None) -> ContactQueued:
    """A caller who enters a queue, now unless told otherwise."""
    return waiting(contact, queue, now_ms() if since_ms is None else since_ms)


def leaves(contact: str, at_ms: int | None = None) -> ContactAbandoned:
    """The caller hangs up."""
    left_ms = now_ms() if at_ms is None else at_ms
    return ContactAbandoned(
        v=1, event_id=f"{contact}:gone", source="test", event_time_ms=left_ms,
        contact_id=contact, leg_id="L1", channel="voice", stage="queue",
    )  # fmt: skip


def send(door: FrontDoor, events: Sequence[Envelope]) -> None:
    """Sends events; returns when the broker has them."""

    async def sent() -> None:
        streams = stream_settings(load_settings(door.folder / "vigie.yaml", {}))
        async with EventProducer(streams) as producer:
            await producer.send_all(events)

    asyncio.run(sent())


def alerts(url: str, state: str = "open") -> list[dict[str, Any]]:
    """The alerts that a worker's API lists."""
    found: list[dict[str, Any]] = get_json(f"{url}/api/alerts?state={state}")["alerts"]
    return found


def ask(url: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """Posts JSON; returns status and answer."""
    request = urllib.request.Request(
        f"{url}{path}", data=json.dumps(body).encode(), method="POST",
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def messages(receiver: Receiver, what: str = "", queue: str = "") -> list[Request]:
    """The messages of a kind, about a queue, in the order in which they came."""

    def is_wanted(request: Request) -> bool:
        if request.path != HOOK:
            return False
        found = request.json()["data"]
        queues = {alert["labels"].get("queue") for alert in found["alerts"]}
        return what in ("", found["what"]) and (not queue or queue in queues)

    return receiver.wanted(is_wanted)


def told(receiver: Receiver, what: str, queue: str, *, within_s: float = 20.0) -> Request:
    """Waits for a message and returns the first one."""
    wait_until(
        lambda: bool(messages(receiver, what, queue)),
        what=f"a message {what} about {queue}", timeout_s=within_s,
    )  # fmt: skip
    return messages(receiver, what, queue)[0]


def ids(requests: Sequence[Request]) -> list[str]:
    """The ids of messages; copies have the same."""
    return [request.headers["webhook-id"] for request in requests]


def looked(door: FrontDoor, seconds: float) -> None:
    """Returns when the rules have been looked at for so many seconds more."""
    name = "vigie_alert_evaluation_timestamp_seconds"
    wait_until(lambda: door.metric(name) > 0, what="a first look", timeout_s=60)
    looked_s = door.metric(name)
    wait_until(
        lambda: door.metric(name) >= looked_s + seconds,
        what=f"{seconds:g} s of looks", timeout_s=60,
    )  # fmt: skip
