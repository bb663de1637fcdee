"""What every source format is to the rest of vigie: lines in, canonical events out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from msgspec import Struct

from aggregators.events import Envelope
from streams.dead_letter import body_limit, bounded_body
from streams.reasons import Reason


class SourceSettingsError(Exception):
    """A wrong source setting; the message is one line with the path of the setting and the fix."""


class SourceLine(Struct, frozen=True):
    """One line of a file, without its line break; ``number`` counts from 1."""

    number: int
    text: str


class Refused(Struct, frozen=True):
    """A line that gave no event. ``position`` is ``file:line``; ``body`` is redacted."""

    reason: Reason
    detail: str
    position: str
    body: str


class Source(Protocol):
    """Reads one file or stream of one format. Keeps its own joins between lines.

    ``name`` is the name it was asked for, ``encoding`` how its files are read. ``ignored`` counts
    by name what is left out on purpose.
    """

    name: str
    encoding: str
    ignored: Counter[str]

    def feed(self, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events that this line completes; never raises for anything in the line."""
        ...

    def finish(self) -> Iterator[Envelope | Refused]:
        """Give what is left when there are no more lines."""
        ...


def refused(reason: Reason, detail: str, file: str, line: SourceLine) -> Refused:
    """Refuse a line; the body is bounded and redacted."""
    body = bounded_body(line.text.encode(errors="replace"), body_limit(reason))
    return Refused(reason, detail, f"{file}:{line.number}", body)


def text_setting(settings: Mapping[str, Any], name: str, default: str, path: str) -> str:
    """Return a setting that is a string.

    Raises:
        SourceSettingsError: it is something else.
    """
    value = settings.get(name, default)
    if not isinstance(value, str):
        raise SourceSettingsError(f"{path}.{name}: must be a string, not {value!r}; quote it")
    return value


def check_names(settings: Mapping[Any, Any], known: frozenset[str], path: str) -> None:
    """Refuse settings that nothing reads.

    Raises:
        SourceSettingsError: with the names that are known.
    """
    for name in settings:
        if name not in known:
            raise SourceSettingsError(
                f"{path}.{name}: unknown setting; known here: {', '.join(sorted(known))}"
            )
