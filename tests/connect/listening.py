"""A connection that runs beside the test and keeps what it gave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from aggregators.events import Envelope
from streams.connect.connection import Address, Connection, Dialogue, Pauses

PATIENCE_S = 20.0
SHORT = Pauses(first_s=0.02, longest_s=0.1)


class Heard:
    """What came so far, and the connection that it came over."""

    def __init__(self, connection: Connection, stop: asyncio.Event) -> None:
        self.connection = connection
        self.stop = stop
        self.items: list[Any] = []

    async def run(self) -> None:
        """Listen until the end."""
        async for item in self.connection.items():
            self.items.append(item)

    def told(self, *names: str) -> list[dict[str, Any]]:
        """The events, with the type and the named fields alone."""
        rows = [msgspec.to_builtins(item) for item in self.items if isinstance(item, Envelope)]
        return [{name: row[name] for name in ("type", *names) if name in row} for row in rows]


@asynccontextmanager
async def listening(
    dialogue: Dialogue, port: int, *, ping_s: float = 5.0, pauses: Pauses = SHORT, tls: Any = None
) -> AsyncIterator[Heard]:
    """Connect and listen; leaving the block asks for the end and waits for it."""
    stop = asyncio.Event()
    address = Address("127.0.0.1", port, tls)
    heard = Heard(Connection(dialogue, address, stop, ping_s=ping_s, pauses=pauses), stop)
    running = asyncio.create_task(heard.run())
    try:
        yield heard
    finally:
        stop.set()
        await asyncio.wait_for(running, PATIENCE_S)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - any condition
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"waited in vain for {what}") from None
