"""What a source is to a connection that stays open: besides lines, it hears of gaps and time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Protocol

from aggregators.events import Envelope
from streams.sources.source import Refused, Source

LIVE_SETTINGS: Mapping[str, str] = {
    "host": "Address of the server for `vigie connect`; 127.0.0.1 if not set.",
    "port": "Its port; the usual one of the platform if not set.",
    "user": "User name, where the platform has users.",
    "secret_file": "File that holds the password.",
    "ping": "After how much silence the server is asked whether it is there; 15s if not set.",
    "tls": "true: the connection is encrypted and the server's certificate is checked.",
    "ca_file": "With tls: the authority that signed it, where the system does not know it.",
}
"""The settings that each source with a connection has, and their meaning."""


class LiveSource(Source, Protocol):
    """A source that remembers who waits, so that a gap in the connection can be repaired.

    ``ghosts`` counts what ended while nobody listened: its end is assumed, not told.
    """

    ghosts: int

    def lost(self, at_ms: int) -> None:
        """Take note that nothing is heard from this instant on; half a block is dropped."""
        ...

    def due(self, at_ms: int) -> Iterator[Envelope | Refused]:
        """Give what follows from nothing having been told until now."""
        ...


def wall_clock_ms() -> int:
    """Return the time of the machine in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000
