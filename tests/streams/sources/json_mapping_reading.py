"""Reads bodies by a mapping, and shows the events that they become."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
import yaml

from aggregators import events as ev
from streams.sources import Refused, SourceLine
from streams.sources.json_mapping import JsonMapping

SECRET = b"a secret of the test"
LEAST: dict[str, Any] = {
    "event_id": "{id}", "type": "agent.heartbeat", "event_time": {"path": "at"},
    "agent_id": "{agent}",
}  # fmt: skip


def source(settings: str | dict[str, Any], *, secret: bytes = SECRET) -> JsonMapping:
    given = yaml.safe_load(settings) if isinstance(settings, str) else settings
    return JsonMapping("hook", given, file="bodies.jsonl", secret=secret)


def read(settings: str | dict[str, Any], *bodies: Any) -> list[ev.Envelope | Refused]:
    adapter = source(settings)
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
