"""Whether the brokers answer: a worker that is cut off must not say that its numbers are of now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

ASKED_EVERY_S = 2.0
ANSWER_S = 3.0
SILENT_S = 6.0


class BrokerWatch:
    """Asks the brokers for something small, over the consumer's own connection."""

    def __init__(
        self, ask: Callable[[], Awaitable[bool]], clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """``ask`` returns whether they answered; ``clock_s`` is a steady clock."""
        self._ask = ask
        self._clock_s = clock_s
        self._answered_s = clock_s()

    def is_silent(self) -> bool:
        """Tell whether no answer came for longer than a lost packet or two explain."""
        return self._clock_s() - self._answered_s > SILENT_S

    async def run(self) -> NoReturn:
        """Ask until cancelled."""
        while True:
            await self.ask_once()
            await asyncio.sleep(ASKED_EVERY_S)

    async def ask_once(self) -> None:
        """Ask, and note an answer. Never raises: whatever goes wrong is no answer."""
        try:
            async with asyncio.timeout(ANSWER_S):
                if await self._ask():
                    self._answered_s = self._clock_s()
        except Exception:  # noqa: BLE001
            return
