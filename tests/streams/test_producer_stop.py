"""A producer that is left while somebody cancels it is stopped all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from streams import producer as module
from streams.producer import EventProducer
from streams.settings import StreamSettings


class SlowToStop:
    """A client library's producer that takes a moment to stop."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.stopped = 0

    async def start(self) -> None:
        """At once."""

    async def stop(self) -> None:
        """A tenth of a second after it was asked to."""
        self.stopping.set()
        await asyncio.sleep(0.1)
        self.stopped += 1


async def test_a_cancellation_while_it_stops_does_not_leave_it_half_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when SIGTERM ends the demo's feed by its event and by a cancellation at once."""
    library = SlowToStop()

    def given(**_: Any) -> SlowToStop:
        return library

    monkeypatch.setattr(module, "AIOKafkaProducer", given)

    async def use() -> None:
        settings = StreamSettings(bootstrap_servers="127.0.0.1:1", app_id="x", partitions=1)
        async with EventProducer(settings):
            pass

    using = asyncio.create_task(use())
    await library.stopping.wait()
    using.cancel()
    with pytest.raises(asyncio.CancelledError):
        await using
    assert library.stopped == 1
