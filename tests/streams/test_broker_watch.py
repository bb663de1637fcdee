"""Whether the brokers answer, as readiness sees it."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

from streams import broker_watch
from streams.broker_watch import BrokerWatch


class Brokers:
    """Answers or not, on a clock that only the test moves."""

    def __init__(self) -> None:
        self.at_s = 100.0
        self.answer: bool | Exception | None = True

    def clock_s(self) -> float:
        return self.at_s

    async def ask(self) -> bool:
        if self.answer is None:
            await asyncio.sleep(3600)
        if isinstance(self.answer, Exception):
            raise self.answer
        return bool(self.answer)


async def silent_after(brokers: Brokers, watch: BrokerWatch, seconds: float) -> bool:
    """Whether they are silent when asked once more after so long."""
    brokers.at_s += seconds
    await watch.ask_once()
    return watch.is_silent()


async def test_a_lost_answer_is_no_silence_and_many_are() -> None:
    """Six seconds without any answer; one answer ends it."""
    brokers = Brokers()
    watch = BrokerWatch(brokers.ask, brokers.clock_s)
    assert not await silent_after(brokers, watch, 60.0)
    brokers.answer = False
    assert not await silent_after(brokers, watch, 5.9)
    assert await silent_after(brokers, watch, 0.2)
    brokers.answer = True
    assert not await silent_after(brokers, watch, 60.0)


async def test_errors_and_no_reply_at_all_are_no_answer() -> None:
    """The watch goes on whatever the library does."""
    brokers = Brokers()
    watch = BrokerWatch(brokers.ask, brokers.clock_s)
    brokers.answer = ConnectionError("refused")
    assert await silent_after(brokers, watch, 7.0)
    brokers.answer = None
    with patch.object(broker_watch, "ANSWER_S", 0.01):
        assert await silent_after(brokers, watch, 1.0)
