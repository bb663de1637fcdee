"""Sends refused messages to the dead-letter topic and knows which are acknowledged.

A checkpoint may pass a refused message only when its dead letter is on the broker; so the sink
keeps, per source partition, what is still under way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from faust.types import TP

Send = Callable[[bytes, bytes], Awaitable["asyncio.Future[Any]"]]
"""Hand (key, value) to the producer; the future is done when the broker has it."""


class DeadLetterSink:
    """An unbounded queue with a brake: callers wait in :meth:`brake` when it grows."""

    def __init__(self, send: Send, *, brake_at: int = 5_000) -> None:
        self._send = send
        self._brake_at = brake_at
        self._waiting: dict[TP, deque[tuple[bytes, bytes]]] = {}
        self._locks: dict[TP, asyncio.Lock] = {}
        self._backlog = 0

    @property
    def backlog(self) -> int:
        """How many dead letters are not yet handed to the producer."""
        return self._backlog

    def put(self, tp: TP, key: bytes, value: bytes) -> None:
        """Take one dead letter of a source partition. Never waits."""
        self._waiting.setdefault(tp, deque()).append((key, value))
        self._backlog += 1

    async def brake(self) -> None:
        """Wait for the broker when too much has piled up."""
        if self._backlog > self._brake_at:
            for tp in list(self._waiting):
                await self.settle(tp)

    async def settle(self, tp: TP) -> None:
        """Wait until all that was put for a partition before now is acknowledged.

        Raises:
            Exception: whatever the producer reports; the dead letter is not on the broker.
        """
        if tp not in self._waiting and tp not in self._locks:
            return
        async with self._locks.setdefault(tp, asyncio.Lock()):
            waiting = self._waiting.pop(tp, None)
            if not waiting:
                return
            self._backlog -= len(waiting)
            sent = [await self._send(key, value) for key, value in waiting]
            await asyncio.gather(*sent)
