"""Writes checkpoints at their pace, clears old rows away, and notices a stuck partition.

Order of one checkpoint (faults.md D1, D7): encode at one moment; dead letters and what is told of
customers acknowledged; body and rows acknowledged; head acknowledged; only then the durable offset
moves.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, NamedTuple

from faust.types import TP

from aggregators.snapshot import Checkpoint
from streams import failpoints
from streams.checkpoint import Entry
from streams.effort import Effort, Pace
from streams.registry import Owned, Registry
from streams.sink import Settles

log = logging.getLogger(__name__)

ROWS_IN_FLIGHT = 1024
ENCODED_PER_TURN = 4
ENCODING_TURN_S = 0.008
"""Shards encoded before the loop gets its turn, so many or so long: all of them at once would hold
up the web side."""
SWEPT_PER_CHECKPOINT = 200
STUCK_AFTER_S = 2.0
SHARE = 1 / 12
"""Of the thread's time, for what checkpoints cost here: with the tasks of Kafka's client, which
are not counted, it stays below a tenth."""
LONGEST_REST_S = 3.0
"""However dear checkpoints are: other workers' alerts see a shard as of its last one."""

SendRow = Callable[[TP, bytes, "bytes | None"], Coroutine[Any, Any, Any]]
"""Send one changelog record of a source partition; awaitable until acknowledged."""


OnDurable = Callable[[TP, Checkpoint, int, list[int]], None]
"""Told of an acknowledged checkpoint, the generation of its owner and the keys of all its rows.
Must not block: it is called between two batches."""


class _Begun(NamedTuple):
    checkpoint: Checkpoint
    live_rows: list[int]
    entries: list[Entry]
    head: Entry


class Pump:
    """Keeps the owned shards durable."""

    def __init__(
        self,
        registry: Registry,
        sinks: Settles,
        send_row: SendRow,
        *,
        interval_ms: int,
        is_paused: Callable[[], bool],
        cursor: Callable[[TP], int | None],
        place_back: Callable[[TP], Awaitable[None]],
        on_durable: OnDurable | None = None,
        effort: Effort | None = None,
        calm: asyncio.Event | None = None,
    ) -> None:
        """``is_paused`` is true while partitions move; ``cursor`` is where the consumer asks.
        Nothing is encoded unless it is ``calm``: somebody waits for what is being made.

        A round of checkpoints begins ``interval_ms`` after the last one ended, or later where it
        would take more than its share of the thread.
        """
        self._registry = registry
        self._sinks = sinks
        self._send_row = send_row
        self._pace = Pace(interval_ms / 1000, share=SHARE, longest_s=LONGEST_REST_S)
        self._effort = effort or Effort()
        self._is_paused = is_paused
        self._cursor = cursor
        self._place_back = place_back
        self._on_durable = on_durable
        self._in_flight = asyncio.Semaphore(ROWS_IN_FLIGHT)
        self._encoding = asyncio.Semaphore(ENCODED_PER_TURN)
        self._encoded_s = 0.0
        self._calm = calm
        self._is_closing = asyncio.Event()
        self._stuck: dict[TP, tuple[int, int, float]] = {}

    async def run(self) -> None:
        """Write checkpoints until :meth:`close`. Any failure ends it, and with it the worker.

        It must not be cancelled: a head under way names slots that the next attempt would fill.
        """
        interval_s = rest_s = self._pace.interval_s
        is_last = False
        while not is_last:
            wait_s = min(rest_s, interval_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_closing.wait(), wait_s)
            is_last = self._is_closing.is_set()
            rest_s -= wait_s
            if self._is_paused():
                rest_s = interval_s
                continue
            if rest_s <= 0 or is_last:
                written = await self.write_all()
                rest_s = self._pace.rest_s(self._effort.take()) if written else interval_s
            await self.heal()

    def close(self) -> None:
        """Let :meth:`run` write a last checkpoint of every shard and end."""
        self._is_closing.set()

    async def write_all(self) -> int:
        """Write a checkpoint of every shard that has moved since its last one; return how many."""
        moved = [
            (tp, owned)
            for tp, owned in self._registry.items()
            if owned.durable_offset != owned.shard.next_offset
        ]
        await asyncio.gather(*(self._write(tp, owned) for tp, owned in moved))
        return len(moved)

    async def _write(self, tp: TP, owned: Owned) -> None:
        async with owned.lock:
            begun = await self._effort.of(self._begin(tp, owned))
            if begun is not None:
                await self._hand_over(tp, owned, begun)

    async def _begin(self, tp: TP, owned: Owned) -> _Begun | None:
        shard, writer = owned.shard, owned.writer
        async with self._encoding:
            await self._our_turn()
            # While this waited, the shard may have been put back to its checkpoint.
            if self._registry.get(tp) is not owned or owned.is_broken:
                return None
            failpoints.passing(failpoints.AFTER_APPLY_BEFORE_SNAPSHOT)
            began_s = time.perf_counter()
            checkpoint, live_rows = shard.encode(), shard.row_keys()
            entries = writer.begin(checkpoint.record, checkpoint.rows, live_rows)
            head = writer.head(checkpoint.next_offset, shard.generation)
            if not self._encoded_s:
                asyncio.get_running_loop().call_soon(self._next_turn)
            self._encoded_s += time.perf_counter() - began_s
            await asyncio.sleep(0)
        return _Begun(checkpoint, live_rows, entries, head)

    async def _our_turn(self) -> None:
        while True:
            if self._calm is not None and not self._calm.is_set():
                await self._calm.wait()
            elif self._encoded_s > ENCODING_TURN_S:
                await asyncio.sleep(0)
            else:
                return

    def _next_turn(self) -> None:
        self._encoded_s = 0.0

    async def _hand_over(self, tp: TP, owned: Owned, begun: _Begun) -> None:
        checkpoint, live_rows, entries, head = begun
        shard, writer, next_offset = owned.shard, owned.writer, checkpoint.next_offset
        await self._sinks.settle()
        await asyncio.gather(*(self._send(tp, *entry) for entry in entries))
        await self._send_head(tp, head)
        writer.confirm()
        shard.confirm(checkpoint)
        owned.durable_offset = next_offset
        owned.durable_at_ms = time.time_ns() // 1_000_000
        owned.checkpoint_bytes = len(head.value) + sum(len(entry.value) for entry in entries)
        owned.quarantined = {at for at in owned.quarantined if at >= next_offset}
        failpoints.passing(failpoints.SNAPSHOT_ACKED_BEFORE_COMMIT)
        if self._on_durable is not None:
            self._on_durable(tp, checkpoint, shard.generation, live_rows)
        await self._clear(tp, writer.sweep(SWEPT_PER_CHECKPOINT))

    async def _clear(self, tp: TP, swept: list[bytes]) -> None:
        if swept and swept[0].endswith(b"/h"):  # a head goes before the rows it names
            heads = [name for name in swept if name.endswith(b"/h")]
            await asyncio.gather(*(self._send(tp, name, None) for name in heads))
            swept = swept[len(heads) :]
        await asyncio.gather(*(self._send(tp, name, None) for name in swept))

    async def _send_head(self, tp: TP, head: Entry) -> None:
        sending = asyncio.ensure_future(self._send(tp, *head))
        if failpoints.is_armed(failpoints.SNAPSHOT_SENT_NOT_ACKED):
            await asyncio.sleep(0.005)  # long enough to leave, too short for an answer
            failpoints.passing(failpoints.SNAPSHOT_SENT_NOT_ACKED)
        await sending

    async def _send(self, tp: TP, key: bytes, value: bytes | None) -> None:
        async with self._in_flight:
            await self._effort.of(self._send_row(tp, key, value))

    async def heal(self) -> None:
        """Place the consumer back where records were handed over and never arrived.

        A rebalance may clear a batch from the queues after its hand-over; if nothing newer
        comes, no later batch would show the loss.
        """
        now = time.monotonic()
        for tp, owned in self._registry.items():
            at, cursor = owned.shard.next_offset, self._cursor(tp)
            if cursor is None or cursor <= at:
                self._stuck.pop(tp, None)
                continue
            seen = self._stuck.get(tp)
            if seen is None or seen[:2] != (at, cursor):
                self._stuck[tp] = (at, cursor, now)
            elif now - seen[2] >= STUCK_AFTER_S:
                log.info("%s[%d] stands at %d: asked again", tp.topic, tp.partition, at)
                self._stuck.pop(tp)
                owned.seek_backs += 1
                await self._place_back(tp)
