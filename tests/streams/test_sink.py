"""A sink: what was put before is on the broker after, in few deliveries, and a failure is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from streams.sink import Sink


class SlowSink(Sink[int]):
    """Delivers when told to."""

    def __init__(self, *, brake_at: int = 5_000) -> None:
        super().__init__(brake_at=brake_at)
        self.delivered: list[list[int]] = []
        self.may_go_on = asyncio.Event()
        self.failure: Exception | None = None

    async def deliver(self, items: Sequence[int]) -> None:
        await self.may_go_on.wait()
        if self.failure is not None:
            raise self.failure
        self.delivered.append(list(items))

    def put(self, item: int) -> None:
        self._waiting.append(item)


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_all_who_settle_during_a_delivery_share_the_next_one() -> None:
    sink = SlowSink()
    asked = []
    for item in range(4):
        sink.put(item)
        asked.append(asyncio.create_task(sink.settle()))
        await turns()
    assert not any(one.done() for one in asked)

    sink.may_go_on.set()
    await asyncio.gather(*asked)

    assert sink.delivered == [[0], [1, 2, 3]]


async def test_who_settles_after_a_delivery_began_waits_for_what_is_newer_than_it() -> None:
    sink = SlowSink()
    sink.put(1)
    first = asyncio.create_task(sink.settle())
    await turns()
    second = asyncio.create_task(sink.settle())
    await turns()
    sink.put(2)

    sink.may_go_on.set()
    await asyncio.gather(first, second)

    assert sink.delivered == [[1], [2]]
    assert sink.backlog == 0


async def test_nothing_to_deliver_is_settled_at_once() -> None:
    sink = SlowSink()

    await asyncio.wait_for(sink.settle(), 1)

    assert sink.delivered == []


async def test_a_failed_delivery_is_told_to_everybody_who_waits_for_it() -> None:
    sink = SlowSink()
    sink.put(1)
    blocking = asyncio.create_task(sink.settle())
    await turns()
    sink.put(2)
    asked = [asyncio.create_task(sink.settle()) for _ in range(2)]
    await turns()

    sink.failure = OSError("the broker said no")
    sink.may_go_on.set()
    told = await asyncio.gather(blocking, *asked, return_exceptions=True)

    assert [str(one) for one in told] == ["the broker said no"] * 3


async def test_one_who_gives_up_waiting_takes_nobody_elses_delivery_away() -> None:
    sink = SlowSink()
    sink.put(1)
    patient, hasty = (asyncio.create_task(sink.settle()) for _ in range(2))
    await turns()
    hasty.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hasty

    sink.may_go_on.set()
    await patient

    assert sink.delivered == [[1]]


async def test_the_brake_and_a_checkpoint_wait_for_the_same_delivery() -> None:
    sink = SlowSink(brake_at=2)
    for item in (1, 2, 3):
        sink.put(item)
    braking, settling = asyncio.create_task(sink.brake()), asyncio.create_task(sink.settle())
    await turns()
    assert (sink.backlog, braking.done(), settling.done()) == (0, False, False)

    sink.may_go_on.set()
    await asyncio.gather(braking, settling)

    assert sink.delivered == [[1, 2, 3]]
