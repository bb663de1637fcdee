"""A checkpoint's steps keep their order: dead letters, rows and body, head, then the offset."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from faust.types import TP

from streams.checkpoint import CheckpointWriter, restore
from streams.dead_letter_sink import DeadLetterSink
from streams.effort import Effort
from streams.pump import Pump
from streams.registry import Owned, Registry
from tests.streams.counting import CountingShard, queued, until

CALLS = TP("calls", 0)


class Broker:
    """Takes what is sent and acknowledges it when it is told to."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}
        self.order: list[str] = []
        self.letters: list[asyncio.Future[None]] = []
        self.refuses: str | None = None
        self.placed: list[TP] = []
        self.cursor: int | None = None

    async def send_letter(self, key: bytes, value: bytes) -> asyncio.Future[None]:
        """Acknowledged by the test."""
        self.order.append("letter")
        acked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.letters.append(acked)
        return acked

    async def send_row(self, tp: TP, key: bytes, value: bytes | None) -> None:
        """Acknowledged after a turn of the loop."""
        what = key.split(b"/")[3].decode() if value is not None else "deleted"
        await asyncio.sleep(0)
        if what == self.refuses:
            raise ConnectionError("the broker is gone")
        self.order.append(what)
        if value is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = value

    async def place_back(self, tp: TP) -> None:
        """Remember who was placed."""
        self.placed.append(tp)


@pytest.fixture
def broker() -> Broker:
    """An empty broker."""
    return Broker()


@asynccontextmanager
async def pumping(
    broker: Broker, effort: Effort | None = None, calm: asyncio.Event | None = None
) -> AsyncIterator[tuple[Pump, Owned, DeadLetterSink]]:
    """A pump with one shard that has folded ten events."""
    registry = Registry({"calls": "calls"})
    sink = DeadLetterSink(broker.send_letter)
    shard: Any = CountingShard("calls", 0)
    for number in range(10):
        shard.apply(queued(number), 0)
    shard.next_offset = 10
    owned = Owned(shard, CheckpointWriter("calls", 0, "1-aa"), 0)
    registry.adopt(CALLS, owned)
    yield (
        Pump(
            registry,
            sink,
            broker.send_row,
            interval_ms=10,
            is_paused=lambda: False,
            cursor=lambda tp: broker.cursor,
            place_back=broker.place_back,
            effort=effort,
            calm=calm,
        ),
        owned,
        sink,
    )


async def test_the_head_comes_last_and_only_then_the_offset_moves(broker: Broker) -> None:
    """What a head names is on the broker before the head."""
    async with pumping(broker) as (pump, owned, _):
        await pump.write_all()
        assert broker.order[-1] == "h"
        assert sorted(broker.order[:-1]) == ["b", "r29166666"]
        assert owned.durable_offset == 10
        snapshot = restore(broker.rows, "calls", 0)
        assert snapshot is not None
        assert snapshot.next_offset == 10


async def test_no_checkpoint_is_encoded_while_somebody_waits_for_a_board(broker: Broker) -> None:
    """It comes as soon as it is calm again, with what was folded by then."""
    calm = asyncio.Event()
    async with pumping(broker, calm=calm) as (pump, owned, _):
        writing = asyncio.create_task(pump.write_all())
        for _ in range(20):
            await asyncio.sleep(0)
        assert broker.rows == {}
        owned.shard.next_offset = 11
        calm.set()
        await writing
        assert owned.durable_offset == 11


async def test_long_checkpoints_are_encoded_one_a_turn(broker: Broker) -> None:
    """Shards that take longer than a turn each do not hold up the loop together."""
    async with pumping(broker) as (pump, owned, _):
        turns: list[int] = []
        turn = 0
        shard: Any = owned.shard
        encode = shard.encode

        def slow() -> Any:
            turns.append(turn)
            time.sleep(0.01)
            return encode()

        shard.encode = slow
        others = [
            (TP("calls", n), Owned(owned.shard, CheckpointWriter("calls", n, "1-aa"), 0))
            for n in range(1, 4)
        ]
        for tp, other in others:
            pump._registry.adopt(tp, other)
        writing = asyncio.create_task(pump.write_all())
        while not writing.done():
            await asyncio.sleep(0)
            turn += 1
        await writing
        assert len(turns) == len(set(turns)) == 4


async def test_nothing_is_written_before_the_dead_letters_are_on_the_broker(
    broker: Broker,
) -> None:
    """A checkpoint may not pass a refused message whose letter could still be lost."""
    async with pumping(broker) as (pump, owned, sink):
        sink.put(b"calls/0/3", b"{}")
        writing = asyncio.create_task(pump.write_all())
        await until(lambda: len(broker.letters) == 1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert broker.order == ["letter"]
        broker.letters[0].set_result(None)
        await writing
        assert owned.durable_offset == 10


@pytest.mark.parametrize("refuses", ["h", "b", "r29166666"])
async def test_a_refused_record_ends_the_pump_and_leaves_the_offset(
    broker: Broker, refuses: str
) -> None:
    """The worker stops; the offset stays where the last whole checkpoint is."""
    broker.refuses = refuses
    async with pumping(broker) as (pump, owned, _):
        with pytest.raises(ConnectionError):
            await pump.run()
        assert owned.durable_offset is None
        assert "h" not in broker.order


async def test_a_refused_dead_letter_ends_the_pump(broker: Broker) -> None:
    """No letter, no checkpoint."""
    async with pumping(broker) as (pump, owned, sink):
        sink.put(b"calls/0/3", b"{}")
        writing = asyncio.create_task(pump.write_all())
        await until(lambda: len(broker.letters) == 1)
        broker.letters[0].set_exception(ConnectionError("refused"))
        with pytest.raises(ConnectionError):
            await writing
        assert owned.durable_offset is None


async def test_closing_writes_what_is_left(broker: Broker) -> None:
    """The last checkpoint of a clean stop covers everything that was folded."""
    async with pumping(broker) as (pump, owned, _):
        running = asyncio.create_task(pump.run())
        await until(lambda: owned.durable_offset == 10)
        owned.shard.next_offset = 12
        pump.close()
        await running
        assert owned.durable_offset == 12


async def test_a_partition_that_lost_a_batch_is_asked_again(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records were handed over, never arrived, and nothing newer comes."""
    monkeypatch.setattr("streams.pump.STUCK_AFTER_S", 0.05)
    async with pumping(broker) as (pump, owned, _):
        broker.cursor = 10
        await pump.heal()
        assert broker.placed == []
        broker.cursor = 15
        await pump.heal()
        await asyncio.sleep(0.06)
        await pump.heal()
        assert broker.placed == [CALLS]
        assert owned.seek_backs == 1


async def test_while_dear_checkpoints_rest_a_stuck_partition_is_seen_and_closing_does_not_wait(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round that costs an hour of the thread is followed by a rest that no test lives to see."""
    monkeypatch.setattr("streams.pump.STUCK_AFTER_S", 0.02)
    monkeypatch.setattr("streams.pump.LONGEST_REST_S", 36_000.0)
    hours = itertools.count(step=3_600)
    async with pumping(broker, Effort(lambda: float(next(hours)))) as (pump, owned, _):
        running = asyncio.create_task(pump.run())
        await until(lambda: owned.durable_offset == 10)
        owned.shard.next_offset = 11  # one dear round alone delays nothing
        await until(lambda: owned.durable_offset == 11)
        owned.shard.next_offset = 12
        broker.cursor = 15
        await until(lambda: broker.placed == [CALLS])
        assert owned.durable_offset == 11
        pump.close()
        await running
        assert owned.durable_offset == 12


async def test_cheap_checkpoints_are_written_at_the_interval(broker: Broker) -> None:
    """Ten milliseconds here; the rest for its cost would be shorter."""
    async with pumping(broker, Effort(lambda: 0.0)) as (pump, owned, _):
        running = asyncio.create_task(pump.run())
        for _ in range(3):
            owned.shard.next_offset += 1
            await until(lambda: owned.durable_offset == owned.shard.next_offset)
        pump.close()
        await running


async def test_a_round_costs_what_encoding_and_sending_take(broker: Broker) -> None:
    """Two steps to encode (it lets the loop turn), and two for each record sent."""
    steps = itertools.count()
    effort = Effort(lambda: float(next(steps)))
    async with pumping(broker, effort) as (pump, _, _):
        await pump.write_all()
        assert len(broker.order) == 3
        assert effort.take() == 2 + 2 * 3
