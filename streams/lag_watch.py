"""Whether the numbers have everything that is in the topics, of all workers, as the broker says.

One consumer without a group asks for the ends of all source partitions, whoever folds them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.backlog import Backlog, Extent, Place, Shown
from streams.settings import StreamSettings

log = logging.getLogger(__name__)

EVERY_S = 1.0
SILENT_S = 10.0
_ANSWER_MS = 4_000
_LOOK_S = 3.0
_LOOK_BYTES = 64 * 1024


class LagWatch:
    """Runs where somebody wants to know, for as long as :meth:`run` does.

    Where nothing moves although offsets are left, it reads them: a transaction leaves a marker
    at the end of a partition that no shard ever passes. Only records count.
    """

    def __init__(
        self,
        settings: StreamSettings,
        next_offset: Shown,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """``next_offset`` says what the merged view shows, by the full name of the topic; it is
        asked for every partition several times a second.
        """
        self._options = settings.client_options()
        self._places = [
            Place(topic, partition)
            for topic in settings.source_topics()
            for partition in range(settings.partitions)
        ]
        self._next_offset = next_offset
        self._clock_s = clock_s
        self._backlog = Backlog()
        self._answered_s: float | None = None

    def behind_s(self) -> float | None:
        """Return for how long something has been in the topics that is not shown; 0.0: nothing is.

        None before the first answer and after ten seconds without one. Never less than the truth
        by more than the second between two questions.
        """
        now_s = self._clock_s()
        return self._backlog.behind_s(now_s, self._next_offset) if self._is_known(now_s) else None

    def events(self) -> int | None:
        """Return how many events are in the topics and not shown, None as for :meth:`behind_s`."""
        return self._backlog.events(self._next_offset) if self._is_known(self._clock_s()) else None

    async def run(self) -> None:
        """Ask every second until cancelled; without a broker, try again and again."""
        while True:
            try:
                await self._ask_on()
            except Exception as error:  # noqa: BLE001  behind_s() tells of it: None
                log.debug("the ends of the topics cannot be read: %r", error)
            await asyncio.sleep(EVERY_S)

    async def _ask_on(self) -> None:
        consumer = await _open(self._options)
        try:
            while True:
                asked_s = self._clock_s()
                with suppress(KafkaError):  # it finds the brokers again by itself
                    await self._ask(consumer, asked_s)
                await asyncio.sleep(max(0.0, EVERY_S - (self._clock_s() - asked_s)))
        finally:
            await _close(consumer)

    async def _ask(self, consumer: Any, asked_s: float) -> None:
        self._backlog.answer(asked_s, await _extents(consumer, self._places))
        self._answered_s = self._clock_s()
        if doubtful := self._backlog.doubtful(self._answered_s, self._next_offset):
            await self._look(doubtful)

    async def _look(self, doubtful: Mapping[Place, Extent]) -> None:
        solid = await _with_records(self._options, doubtful)
        for place in doubtful.keys() - solid:
            self._backlog.is_hollow(place, doubtful[place])
        self._backlog.is_solid(solid, self._clock_s())

    def _is_known(self, now_s: float) -> bool:
        return self._answered_s is not None and now_s - self._answered_s <= SILENT_S


async def _extents(consumer: Any, places: Iterable[Place]) -> dict[Place, Extent]:
    asked = [TopicPartition(*place) for place in places]
    starts = await consumer.beginning_offsets(asked)
    ends = await consumer.end_offsets(asked)
    return {Place(tp.topic, tp.partition): Extent(starts[tp], ends[tp]) for tp in asked}


async def _with_records(
    options: Mapping[str, Any], extents: Mapping[Place, Extent]
) -> frozenset[Place]:
    """Return the partitions with a record in the given extent, or where nobody can tell."""
    left = {TopicPartition(*place): extent for place, extent in extents.items()}
    solid: set[Any] = set()
    consumer = await _open(options)
    try:
        consumer.assign(list(left))
        for tp, extent in left.items():
            consumer.seek(tp, extent.start)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                while left:
                    for tp, records in (await consumer.getmany(*left, timeout_ms=200)).items():
                        if any(record.offset < left[tp].end for record in records):
                            solid.add(tp)
                    for tp in list(left):
                        if tp in solid or await consumer.position(tp) >= left[tp].end:
                            del left[tp]
    finally:
        await _close(consumer)
    return frozenset(Place(tp.topic, tp.partition) for tp in (*solid, *left))


async def _open(options: Mapping[str, Any]) -> Any:
    consumer = AIOKafkaConsumer(
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=_LOOK_BYTES,
        request_timeout_ms=_ANSWER_MS,
        **options,
    )
    try:
        await consumer.start()
    except BaseException:
        await _close(consumer)
        raise
    return consumer


async def _close(consumer: Any) -> None:
    with suppress(Exception):
        async with asyncio.timeout(_LOOK_S):
            await consumer.stop()
