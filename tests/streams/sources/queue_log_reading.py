"""Reads a queue_log given as text, and shows the events that it tells."""

from __future__ import annotations

from typing import Any

import msgspec

from aggregators.events import Envelope
from streams.sources import Refused, Source, SourceLine, build_source

SECRET = b"a secret of the test"


def source(**settings: Any) -> Source:
    name = "asterisk-queue-log"
    return build_source(name, {name: settings}, file="/var/log/asterisk/queue_log", secret=SECRET)


def read(text: str, adapter: Source | None = None) -> list[Envelope | Refused]:
    adapter = adapter or source()
    found: list[Envelope | Refused] = []
    for number, line in enumerate(text.strip().splitlines(), start=1):
        found += adapter.feed(SourceLine(number, line.strip()))
    return [*found, *adapter.finish()]


def told(text: str, *names: str, **settings: Any) -> list[dict[str, Any]]:
    """The events as JSON, with the type and the named fields alone."""
    rows = []
    for event in read(text, source(**settings)):
        assert isinstance(event, Envelope), event
        row = msgspec.to_builtins(event)
        rows.append({name: row[name] for name in ("type", *names) if name in row})
    return rows
