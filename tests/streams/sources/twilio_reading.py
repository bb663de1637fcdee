"""Reads bodies of Twilio TaskRouter, and shows and folds the events that they tell."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from aggregators import events as ev
from aggregators.board import board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from streams.sources import Refused, Source, SourceLine, build_source

SECRET = b"a secret of the test"
T_S = 1_735_689_600
T = T_S * 1000  # 2025-01-01T00:00:00Z
CALLER = '{"from": "+33123456789"}'

CANCELED_FORM = (
    "EventType=task.canceled&TaskSid=WT1&TaskAge=34&TaskQueueName=Support"
    "&TaskChannelUniqueName=voice&TaskCanceledReason=hangup"
    "&TaskAttributes=%7B%22from%22%3A%22%2B3312%22%7D&TimestampMs=1719821115000"
)
ACCEPTED: dict[str, Any] = {
    "specversion": "1.0", "type": "com.twilio.taskrouter.reservation.accepted", "id": "NO1",
    "data": {"payload": {
        "task_sid": "WT1", "task_queue_name": "Support", "task_age_in_queue": 12,
        "reservation_sid": "WR1", "worker_sid": "WK1", "timestamp": "2025-01-01T00:00:12Z",
    }},
}  # fmt: skip


def source(**settings: Any) -> Source:
    name = "twilio-taskrouter"
    return build_source(name, {name: settings}, file="bodies.jsonl", secret=SECRET)


def read(*bodies: Any, adapter: Source | None = None) -> list[ev.Envelope | Refused]:
    adapter = adapter or source()
    found: list[ev.Envelope | Refused] = []
    for number, body in enumerate(bodies, start=1):
        text = body if isinstance(body, str) else json.dumps(body)
        found += adapter.feed(SourceLine(number, text))
    return [*found, *adapter.finish()]


def rows(found: Iterable[ev.Envelope | Refused], *names: str) -> list[dict[str, Any]]:
    told = []
    for event in found:
        assert isinstance(event, ev.Envelope), event
        row = msgspec.to_builtins(event)
        told.append({name: row[name] for name in ("type", *names) if name in row})
    return told


def callback(name: str, at_s: float, **fields: Any) -> dict[str, Any]:
    """The fields of an event callback of the task WT1, in the queue Support since T."""
    given = {
        "EventType": name, "Sid": f"EV{name}{at_s}", "TaskSid": "WT1", "TaskQueueSid": "WQ1",
        "TaskQueueName": "Support", "TaskQueueEnteredDate": str(T_S),
        "TaskChannelUniqueName": "voice", "TaskAttributes": CALLER,
        "TimestampMs": str(T + round(at_s * 1000)), **fields,
    }  # fmt: skip
    return {key: value for key, value in given.items() if value is not None}


BY_1 = {"ReservationSid": "WR1", "WorkerSid": "WK1"}
BY_2 = {"ReservationSid": "WR2", "WorkerSid": "WK2"}
IN_TECH = {"TaskQueueSid": "WQ2", "TaskQueueName": "Tech", "TaskQueueEnteredDate": str(T_S + 51)}
TRANSFER = {
    "TaskTransferSid": "TT1", "TransferType": "QUEUE", "TransferTo": "WQ2",
    "TransferInitiatingReservationSid": "WR1", "TransferInitiatingWorkerSid": "WK1",
}  # fmt: skip
CALL = [
    callback("task.created", 0.4, TaskDateCreated=str(T_S)),
    callback("task-queue.entered", 0.3),
    callback("reservation.created", 2, **BY_1),
    callback("reservation.accepted", 12.3, **BY_1),
    callback("reservation.wrapup", 112.3, **BY_1),
    callback("reservation.completed", 120, **BY_1),
]


def folded(found: Iterable[ev.Envelope | Refused]) -> dict[str, Any]:
    """Fold events in the order given, and look at the volumes of all queues an hour later."""
    rules = Rules(
        channels={"voice": QueuePolicy(threshold_ms=20_000, short_limit_ms=0)}, retention_ms=None
    )
    shard = Shard("calls", 0, rules)
    for event in found:
        assert isinstance(event, ev.Envelope), event
        if ev.topic_of(event) == "calls":
            shard.apply(event, event.event_time_ms)
    at_ms = max(T, 1_719_821_115_000) + 3_600_000
    total: Any = board([shard], at_ms, rules, ["whole"]).windows["whole"].total
    return {
        "offered": total["contacts_offered"], "answered": total["contacts_answered"],
        "abandoned": total["contacts_abandoned"], "wait_s": total["asa_seconds"]["queue"],
        "abandon_s": total["abandon_wait_mean_seconds"], "talk_s": total["talk_mean_seconds"],
    }  # fmt: skip


COLD = [
    *CALL[:4],
    callback("task.transfer-initiated", 50, **TRANSFER, TransferMode="COLD"),
    callback("reservation.wrapup", 50.5, **BY_1),
    callback("reservation.created", 61, **BY_2, **IN_TECH, TaskTransferSid="TT1"),
    callback("reservation.accepted", 65, **BY_2, **IN_TECH, TaskTransferSid="TT1"),
    callback("reservation.wrapup", 265, **BY_2, **IN_TECH, TaskTransferSid="TT1"),
]
