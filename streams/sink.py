"""What must be on the broker before a checkpoint that contains its cause: the common part.

Dead letters and what vigie tells of customers are put here while a batch is folded. A checkpoint
may pass their causes only when they are acknowledged, so it settles the sinks first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


class Sink(Generic[Item]):
    """An unbounded queue with a brake: callers wait in :meth:`brake` when it grows."""

    def __init__(self, *, brake_at: int = 5_000) -> None:
        self._brake_at = brake_at
        self._waiting: list[Item] = []
        self._delivering = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None

    @property
    def backlog(self) -> int:
        """How many are not yet handed to the producer."""
        return len(self._waiting)

    async def brake(self) -> None:
        """Wait for the broker when too much has piled up."""
        if len(self._waiting) > self._brake_at:
            await self.settle()

    async def settle(self) -> None:
        """Wait until all that was put before now is acknowledged.

        All who ask while a delivery is under way share the next one: the shards of a round of
        checkpoints do not wait for one delivery each.

        Raises:
            Exception: whatever the producer reports; then something is not on the broker.
        """
        if not self._waiting and not self._delivering.locked():
            return
        if self._next is None:
            self._next = asyncio.create_task(self._deliver_waiting())
        await asyncio.shield(self._next)

    async def _deliver_waiting(self) -> None:
        async with self._delivering:
            self._next = None  # who asks from here on needs what was put since
            waiting, self._waiting = self._waiting, []
            if waiting:
                await self.deliver(waiting)

    async def deliver(self, items: Sequence[Item]) -> None:
        """Send items in their order and wait until the broker has them."""
        raise NotImplementedError


class Settles(Protocol):
    """A sink, or several."""

    async def settle(self) -> None:
        """Wait until all that was put before now is acknowledged."""


class Sinks:
    """Several sinks, settled together."""

    def __init__(self, *sinks: Settles) -> None:
        self._sinks = sinks

    async def settle(self) -> None:
        """Wait until all that was put into any of them before now is acknowledged."""
        await asyncio.gather(*(sink.settle() for sink in self._sinks))
