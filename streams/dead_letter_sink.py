"""Sends refused messages to the dead-letter topic and knows which are acknowledged.

A checkpoint may pass a refused message only when its dead letter is on the broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from streams.sink import Sink

Send = Callable[[bytes, bytes], Awaitable["asyncio.Future[Any]"]]
"""Hand (key, value) to the producer; the future is done when the broker has it."""


class DeadLetterSink(Sink[tuple[bytes, bytes]]):
    """The dead letters, one by one through the producer of the checkpoints."""

    def __init__(self, send: Send, *, brake_at: int = 5_000) -> None:
        super().__init__(brake_at=brake_at)
        self._send = send

    def put(self, key: bytes, value: bytes) -> None:
        """Take one dead letter. Never waits."""
        self._waiting.append((key, value))

    async def deliver(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Send dead letters and wait for their acknowledgements."""
        await asyncio.gather(*[await self._send(key, value) for key, value in items])
