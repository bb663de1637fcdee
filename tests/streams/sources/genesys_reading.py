"""Reads bodies of Genesys Cloud, and shows and folds the events that they tell."""

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
T = 1_735_551_900_000  # 2024-12-30T09:45:00Z
DETAIL = "v2.detail.events.conversation."

ABANDON: dict[str, Any] = {
    "topicName": "v2.detail.events.conversation.c1.acd.end",
    "eventBody": {
        "eventTime": 1_735_551_914_839, "conversationId": "c1", "sessionId": "s1",
        "mediaType": "VOICE", "queueId": "q1", "acdOutcome": "ABANDON", "connectedDurationMs": 0,
    },
}  # fmt: skip
OBSERVATIONS: dict[str, Any] = {
    "topicName": "v2.analytics.queues.q1.observations",
    "eventBody": {
        "group": {"queueId": "q1", "mediaType": "voice"},
        "data": [{
            "interval": "2024-12-30T09:30:00.000Z/2024-12-30T10:00:00.000Z",
            "metrics": [
                {"metric": "nOffered", "stats": {"count": 2}},
                {"metric": "tAbandon",
                 "stats": {"count": 2, "sum": 86168, "min": 11781, "max": 74387}},
                {"metric": "oServiceLevel",
                 "stats": {"ratio": 0, "numerator": 0, "denominator": 2, "target": 0.5}},
            ],
        }],
    },
}  # fmt: skip


def source(**settings: Any) -> Source:
    name = "genesys-cloud"
    return build_source(name, {name: settings}, file="bodies.jsonl", secret=SECRET)


def read(*bodies: Any, adapter: Source | None = None) -> list[ev.Envelope | Refused]:
    adapter = adapter or source()
    found: list[ev.Envelope | Refused] = []
    for number, body in enumerate(bodies, start=1):
        found += adapter.feed(SourceLine(number, json.dumps(body)))
    return [*found, *adapter.finish()]


def rows(found: Iterable[ev.Envelope | Refused], *names: str) -> list[dict[str, Any]]:
    told = []
    for event in found:
        assert isinstance(event, ev.Envelope), event
        row = msgspec.to_builtins(event)
        told.append({name: row[name] for name in ("type", *names) if name in row})
    return told


def detail(kind: str, at_s: float, **fields: Any) -> dict[str, Any]:
    """A detail event of the conversation c2, so many seconds after T."""
    body = {
        "eventTime": T + round(at_s * 1000), "conversationId": "c2", "mediaType": "VOICE",
        "direction": "INBOUND", "ani": "tel:+33123456789", **fields,
    }  # fmt: skip
    return {"topicName": f"{DETAIL}c2.{kind}", "version": "2", "eventBody": body}


CALL = [
    detail("customer.start", 0, sessionId="sc"),
    detail("acd.start", 10, sessionId="a1", queueId="q1"),
    detail("user.start", 25, sessionId="u2", userId="U2", queueId="q1"),
    detail("acd.end", 30, sessionId="a1", queueId="q1", acdOutcome="ANSWERED",
           answeredUserId="U2"),
    detail("user.end", 130, sessionId="u2", userId="U2", queueId="q1",
           interactingDurationMs=80_000, heldDurationMs=20_000, disconnectType="PEER"),
    detail("acw", 140, sessionId="u2", userId="U2", queueId="q1", wrapupDurationMs=10_000,
           wrapupCode="w7"),
    detail("customer.end", 130, sessionId="sc", disconnectType="CLIENT"),
]  # fmt: skip
TRANSFERRED = [
    *CALL[:4],
    detail("acd.start", 120, sessionId="a2", queueId="q2"),
    detail("user.end", 130, sessionId="u2", userId="U2", queueId="q1",
           interactingDurationMs=80_000, heldDurationMs=20_000,
           disconnectType="CONSULT_TRANSFER"),
    detail("acd.end", 150, sessionId="a2", queueId="q2", acdOutcome="ANSWERED",
           answeredUserId="U3"),
    detail("user.end", 300, sessionId="u3", userId="U3", queueId="q2",
           interactingDurationMs=150_000, disconnectType="ENDPOINT"),
    detail("acw", 310, sessionId="u3", userId="U3", queueId="q2", wrapupDurationMs=10_000),
]  # fmt: skip


def folded(found: Iterable[ev.Envelope | Refused]) -> dict[str, Any]:
    """Fold events in the order given, and look at the volumes of all queues an hour later."""
    rules = Rules(
        channels={"voice": QueuePolicy(threshold_ms=20_000, short_limit_ms=0)}, retention_ms=None
    )
    shard = Shard("calls", 0, rules)
    for event in found:
        assert isinstance(event, ev.Envelope), event
        assert ev.topic_of(event) == "calls"
        shard.apply(event, event.event_time_ms)
    total: Any = board([shard], T + 3_600_000, rules, ["whole"]).windows["whole"].total
    return {
        "offered": total["contacts_offered"], "answered": total["contacts_answered"],
        "abandoned": total["contacts_abandoned"], "wait_s": total["asa_seconds"]["queue"],
        "abandon_s": total["abandon_wait_mean_seconds"], "talk_s": total["talk_mean_seconds"],
        "ivr": total["ivr_abandon_rate"],
    }  # fmt: skip


def routing(status: str, at_ms: int) -> dict[str, Any]:
    return {"topicName": "v2.users.Ua-1.routingStatus", "eventBody": {
        "id": "Ua-1", "routingStatus": {"status": status, "startTime": at_ms}}}  # fmt: skip


def presence(name: str, at: str) -> dict[str, Any]:
    return {"topicName": "v2.users.Ua-1.presence", "eventBody": {
        "source": "PURECLOUD", "modifiedDate": at,
        "presenceDefinition": {"id": "P1", "systemPresence": name}}}  # fmt: skip
