"""Blocks of ``Name: value`` lines, closed by an empty line, as Asterisk's manager sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from streams.reasons import MAX_MESSAGE_BYTES
from streams.sources.source import SourceLine

GREETING = "Asterisk Call Manager/"
_MOST_LINES = 400
_SHOWN = frozenset(
    {
        "actionid", "event", "holdtime", "linkedid", "message", "originalposition", "position",
        "priority", "queue", "reason", "response", "ringtime", "talktime", "timestamp", "uniqueid",
        "wait",
    }
)  # fmt: skip
"""Headers that name no person: the others do not go to a dead letter."""

_write = msgspec.json.Encoder().encode


class Block:
    """The block that is being read. ``fault`` says why it is none, in words."""

    __slots__ = ("_size", "fault", "first", "headers", "lines")

    def __init__(self, first: int) -> None:
        self.first = first
        self.headers: dict[str, str] = {}
        self.lines = 0
        self.fault = ""
        self._size = 0

    def add(self, text: str) -> None:
        """Take a line; of a header that comes several times the first counts."""
        self.lines += 1
        self._size += len(text)
        if self.lines > _MOST_LINES or self._size > MAX_MESSAGE_BYTES:
            self.fault = (
                f"the block is longer than {_MOST_LINES} lines or {MAX_MESSAGE_BYTES} bytes"
            )
            self.headers.clear()
            return
        name, colon, value = text.partition(":")
        if not colon or not name.strip() or "\0" in text:
            self.fault = self.fault or f"line {self.lines} of the block is no `Name: value`"
            return
        self.headers.setdefault(name.strip(), value.strip())

    def line(self) -> SourceLine:
        """Return the block as it may be shown, at the number of its first line."""
        return shown(self.headers, self.first)


def shown(given: Mapping[str, Any], number: int) -> SourceLine:
    """Return what of a block may go to a dead letter: nothing that names a person."""
    kept = {name: value for name, value in given.items() if name.lower() in _SHOWN}
    return SourceLine(number, _write(kept).decode())
