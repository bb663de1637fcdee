"""``vigie sources try``: what a sample file would become, without sending anything."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
import orjson

from aggregators.events import Envelope, event_type
from streams.sources import Refused
from vigie.settings import Settings
from vigie.source_files import open_source, source_events

_FIRST = ("contact_id", "leg_id", "queue")
_LEFT_OUT = frozenset({*_FIRST, "v", "type", "event_id", "source", "event_time_ms", "raw_ref",
                       "time_quality"})  # fmt: skip


def run_try(settings: Settings, source_name: str, path: Path, *, as_json: bool) -> int:
    """Print each event, each refusal and a summary; return 1 if nothing was understood.

    Raises:
        UserError: the source is unknown or wrong, or the file cannot be read.
    """
    source = open_source(settings, source_name, path)
    types: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for found in source_events(source, path):
        if isinstance(found, Refused):
            reasons[found.reason.value] += 1
            _show_json({"refused": msgspec.to_builtins(found)}) if as_json else _show_refused(found)
        else:
            types[event_type(found)] += 1
            _show_json({"event": msgspec.to_builtins(found)}) if as_json else _show_event(found)
    if as_json:
        counts = {"events": types, "ignored": source.ignored, "refused": reasons}
        _show_json({"summary": {name: dict(count) for name, count in counts.items()}})
    else:
        for name, count in sorted(source.ignored.items()):
            click.echo(f"ignored         {count} x {_printable(name)}")
        click.echo(
            f"{_counted('event', types)}; {source.ignored.total()} ignored; "
            f"{reasons.total()} not understood{_listed(reasons)}"
        )
    return 0 if types or source.ignored else 1


def _show_json(line: dict[str, Any]) -> None:
    click.echo(orjson.dumps(line).decode())


def _show_event(event: Envelope) -> None:
    row = msgspec.to_builtins(event)
    named = [f"{name.removesuffix('_id')}={row[name]}" for name in _FIRST if row.get(name)]
    rest = [f"{name}={_value(value)}" for name, value in row.items() if name not in _LEFT_OUT]
    if event.time_quality == "arrival":
        rest.append("time of arrival")
    line = f"{event_type(event):26} {_time(event):24}  {'  '.join([*named, *rest])}"
    click.echo(_printable(line.rstrip()))


def _show_refused(refused: Refused) -> None:
    click.echo(
        _printable(f"not understood  {refused.position}  {refused.reason}: {refused.detail}")
    )


def _value(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _time(event: Envelope) -> str:
    """Return the time of an event: to the second where it is known no better."""
    at = datetime.fromtimestamp(event.event_time_ms // 1000, UTC)
    if event.time_quality == "second" and event.event_time_ms % 1000 == 0:
        return f"{at:%Y-%m-%dT%H:%M:%S}Z"
    return f"{at:%Y-%m-%dT%H:%M:%S}.{event.event_time_ms % 1000:03}Z"


def _counted(what: str, counts: Counter[str]) -> str:
    total = counts.total()
    return f"{total} {what}{'' if total == 1 else 's'}{_listed(counts)}"


def _listed(counts: Counter[str]) -> str:
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return f" ({told})" if told else ""


def _printable(line: str) -> str:
    """Return one line whatever a file put into it, without control characters."""
    return "".join(c if c.isprintable() else " " for c in line)
