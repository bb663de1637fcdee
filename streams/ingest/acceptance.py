"""Puts the records of requests on Kafka, and tells each request when Kafka has all of them.

Every partition has a lane: what waits in it goes out as one batch, and the next batch follows when
Kafka has acknowledged that one (acks=all). So under load batches grow instead of waiting times, a
partition without a leader holds up nobody else's, and order within a partition is kept. A record
whose acknowledgement was lost may be on Kafka although its request was told otherwise: the platform
sends it again, and the same event id counts once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streams.connecting import told_once
from streams.ingest.lanes import Lane, Record, Request, UnavailableError
from streams.no_broker import no_broker
from streams.partitioner import partition_of
from streams.settings import StreamError, StreamSettings

log = logging.getLogger(__name__)

_BATCH_BYTES = 512 * 1024
_FIND_S = 5.0
_STOP_S = 5.0
_FAILURE_TOLD_S = 5.0


class Acceptance:
    """The way to Kafka; use it in an ``async with`` block.

    ``answer_s`` is how long a request may wait for Kafka. A lane that has waited ``stuck_s`` for
    an acknowledgement takes nothing more until it has it. ``broken`` is done, with the name of the
    error, when the client has given up: then a new one is needed.
    """

    def __init__(
        self,
        settings: StreamSettings,
        *,
        linger_s: float = 0.004,
        answer_s: float = 4.0,
        stuck_s: float = 2.0,
        batch_s: float = 10.0,
    ) -> None:
        settings.check()
        self._settings = settings
        self._linger_s = linger_s
        self._answer_s = answer_s
        self._stuck_s = stuck_s
        self._batch_ms = round(batch_s * 1000)
        self._producer: Any = None
        self._partitions: dict[str, int] = {}
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._tick: asyncio.TimerHandle | None = None
        self._failing: set[tuple[str, int]] = set()
        self._failed_at_s = float("-inf")
        self.broken: asyncio.Future[str] | None = None

    async def __aenter__(self) -> Self:
        """Connect. Raises StreamError where there is no broker, or a topic is not there."""
        self.broken = asyncio.get_running_loop().create_future()
        producer = AIOKafkaProducer(
            acks="all",
            max_batch_size=_BATCH_BYTES,
            max_request_size=4 * _BATCH_BYTES,
            request_timeout_ms=self._batch_ms,
            **self._settings.client_options(),
        )
        try:
            with told_once():
                await producer.start()
        except (KafkaError, OSError) as error:
            await producer.stop()
            raise await no_broker(self._settings) from error
        self._producer = producer
        try:
            for topic in (*self._settings.source_topics(), self._settings.dead_letter_topic):
                self._partitions[topic] = await self._count(topic)
        except StreamError:
            await producer.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait a moment for what is under way, then let go."""
        if self._tick is not None:
            self._tick.cancel()
            self._flush()
        if self._sending:
            await asyncio.wait(self._sending, timeout=_STOP_S)
        for task in tuple(self._sending):
            task.cancel()
        stopping = asyncio.ensure_future(self._producer.stop())
        await asyncio.wait({stopping}, timeout=_STOP_S)
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError, KafkaError, OSError):
            await stopping

    @property
    def is_away(self) -> bool:
        """Whether a partition has not acknowledged for too long, or a batch failed just now."""
        is_failing = time.monotonic() - self._failed_at_s < _FAILURE_TOLD_S
        return is_failing or any(self._is_stuck(lane) for lane in self._lanes.values())

    async def accept(self, records: Sequence[Record]) -> None:
        """Return when Kafka has all records.

        Raises:
            UnavailableError: it has not taken them in time.
        """
        if not records:
            return
        loop = asyncio.get_running_loop()
        lanes = [self._lane(record) for record in records]
        if any(self._is_stuck(lane) for lane in lanes):
            raise UnavailableError
        request = Request(len(records), loop.create_future())
        for lane, record in zip(lanes, records, strict=True):
            lane.waiting.append((record, request))
        self._schedule()
        try:
            async with asyncio.timeout(self._answer_s):
                await request.answer
        except TimeoutError:
            raise UnavailableError from None

    def _lane(self, record: Record) -> Lane:
        count = self._partitions[record.topic]
        where = record.topic, 0 if record.key is None else partition_of(record.key, count)
        lane = self._lanes.get(where)
        if lane is None:
            lane = self._lanes[where] = Lane(where)
        return lane

    def _is_stuck(self, lane: Lane) -> bool:
        since_s = lane.busy_since_s
        return since_s is not None and time.monotonic() - since_s > self._stuck_s

    def _schedule(self) -> None:
        if self._tick is None:
            loop = asyncio.get_running_loop()
            self._tick = loop.call_later(self._linger_s, self._flush)

    def _flush(self) -> None:
        """Send what waits in every lane that has nothing under way."""
        self._tick = None
        for lane in self._lanes.values():
            if lane.waiting and lane.busy_since_s is None:
                lane.busy_since_s = time.monotonic()
                task = asyncio.create_task(self._send(lane))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _send(self, lane: Lane) -> None:
        """Send one batch of a lane and wait until it is acknowledged."""
        batch, requests = self._take(lane)
        try:
            if requests:
                await self._deliver(lane.where, batch)
                self._succeeded(lane.where)
            for request in requests:
                request.has_one()
        except Exception as error:  # noqa: BLE001 - whatever it is, the senders must hear of it
            self._failed(lane.where, error)
            for request in requests:
                request.fail()
        finally:
            lane.busy_since_s = None
            if lane.waiting:
                self._schedule()

    async def _deliver(self, where: tuple[str, int], batch: Any) -> None:
        try:
            acked = await self._producer.send_batch(batch, where[0], partition=where[1])
        except KafkaTimeoutError:
            raise
        except Exception as error:
            # The client does not even try any more: only a new one will.
            assert self.broken is not None
            if not self.broken.done():
                self.broken.set_result(type(error).__name__)
            raise
        await acked

    def _take(self, lane: Lane) -> tuple[Any, list[Request]]:
        """Fill a batch with what waits, in order; who has given up is left out."""
        batch = self._producer.create_batch()
        requests: list[Request] = []
        taken = 0
        for record, request in lane.waiting:
            if not request.answer.done():
                if batch.append(key=record.key, value=record.value, timestamp=None) is None:
                    break  # full
                requests.append(request)
            taken += 1
        del lane.waiting[:taken]
        batch.close()
        return batch, requests

    def _succeeded(self, where: tuple[str, int]) -> None:
        if where in self._failing:
            self._failing.discard(where)
            if not self._failing:
                log.info("Kafka takes events again")

    def _failed(self, where: tuple[str, int], error: Exception) -> None:
        self._failed_at_s = time.monotonic()
        if not self._failing:
            log.warning("Kafka does not take events (%s): answering 503", type(error).__name__)
        self._failing.add(where)

    async def _count(self, topic: str) -> int:
        """Return how many partitions a topic has."""
        try:
            with told_once():
                async with asyncio.timeout(_FIND_S):
                    return len(await self._producer.partitions_for(topic))
        except (KafkaError, TimeoutError):
            raise StreamError(
                f"topic {topic!r} is not on the broker: run `vigie topics create`"
            ) from None
