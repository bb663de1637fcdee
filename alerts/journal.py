"""Where every transition is written: a compacted log with one writer at a time.

The newest value of each key is the truth. Only the leader commits; anybody may hand in an action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

Listener: TypeAlias = Callable[[str, bytes | None], None]
"""Called with each key and value in the order of the log, None for a deleted key."""


class JournalError(Exception):
    """The log did not take what it was given, or could not be read; trying again may help."""


class LeadershipLostError(JournalError):
    """Another worker leads: nothing of ours was written, nor ever will be in this term."""


class Journal(Protocol):
    """The log, read from its start by every worker."""

    async def run(self, listener: Listener) -> None:
        """Read for ever, telling the listener of every record; ends only when cancelled."""

    async def lead(self) -> None:
        """Become the only writer, then wait until everything written before has been read.

        Raises:
            JournalError: the log cannot be reached.
        """

    async def commit(self, records: Mapping[str, bytes | None]) -> None:
        """Write all of them or none; return when they are durable.

        Raises:
            LeadershipLostError: another one leads.
            JournalError: not written, or nobody knows whether.
        """

    async def hand_in(self, key: str, value: bytes) -> None:
        """Write one record without leading. Raises JournalError."""

    async def close(self) -> None:
        """Let go of connections."""


class MemoryJournal:
    """A journal of one process that keeps nothing: for the demo, a rehearsal and tests."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self._listener: Listener = lambda _key, _value: None

    def listen(self, listener: Listener) -> None:
        """Tell a listener of all there is, and of everything from now on."""
        self._listener = listener
        for key, value in list(self.entries.items()):
            listener(key, value)

    async def run(self, listener: Listener) -> None:
        """See :class:`Journal`."""
        import asyncio

        self.listen(listener)
        await asyncio.Event().wait()

    async def lead(self) -> None:
        """See :class:`Journal`: nobody else is there."""

    async def commit(self, records: Mapping[str, bytes | None]) -> None:
        """See :class:`Journal`."""
        for key, value in records.items():
            if value is None:
                self.entries.pop(key, None)
            else:
                self.entries[key] = value
            self._listener(key, value)

    async def hand_in(self, key: str, value: bytes) -> None:
        """See :class:`Journal`."""
        await self.commit({key: value})

    async def close(self) -> None:
        """See :class:`Journal`."""
