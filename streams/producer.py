"""Produces canonical events to their topics: keyed, in whole record batches, in order.

``vigie send``, the replay and the demo use it. Records are collected per partition and handed to
aiokafka a batch at a time, which is several times faster than one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from aggregators.events import Envelope, message_key, topic_of
from streams.connecting import told_once
from streams.no_broker import no_broker
from streams.settings import StreamError, StreamSettings

_BATCH_BYTES = 256 * 1024
_IN_FLIGHT_BATCHES = 8
_POLL_S = 0.005
_FIND_S = 5.0
_STOP_S = 1.0

NextOffset = Callable[[str, int], "int | None"]
"""(full topic, partition) to the first offset not consumed, None if unknown."""


class Brake:
    """Holds the producer back so that a partition never has too much unread.

    The embedded broker drops what exceeds its few megabytes per partition.
    """

    def __init__(self, next_offset: NextOffset, *, unread_bytes: int, unread_records: int) -> None:
        self._next_offset = next_offset
        self._bytes = unread_bytes
        self._records = unread_records
        self._sent: dict[tuple[str, int], deque[tuple[int, int, int]]] = {}

    def note(self, where: tuple[str, int], last_offset: int, records: int, size: int) -> None:
        """Remember an acknowledged batch."""
        self._sent.setdefault(where, deque()).append((last_offset, records, size))

    async def wait(self, where: tuple[str, int]) -> None:
        """Wait until enough of what was sent to a partition is read."""
        sent = self._sent.get(where)
        while sent:
            reached = self._next_offset(*where) or 0
            while sent and sent[0][0] < reached:
                sent.popleft()
            records = sum(entry[1] for entry in sent)
            size = sum(entry[2] for entry in sent)
            if records <= self._records and size <= self._bytes:
                return
            await asyncio.sleep(_POLL_S)


class EventProducer:
    """Sends events; use it in an ``async with`` block.

    ``sent`` counts events that the broker has acknowledged. Order is kept per message key, and
    per partition: so a sender that was cut short is ``told`` how many messages each partition
    (full topic, number) has, and leaves out as many.
    """

    def __init__(
        self,
        settings: StreamSettings,
        *,
        linger_ms: int = 20,
        brake: Brake | None = None,
        told: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        settings.check()
        self._told = {where: count for where, count in (told or {}).items() if count}
        self._settings = settings
        self._linger_s = linger_ms / 1000
        self._brake = brake
        self._encode = msgspec.json.Encoder().encode
        self._topics = {name: full for full, name in settings.source_topics().items()}
        self._producer: Any = None
        self._partitions: dict[str, int] = {}
        self._open: dict[tuple[str, int], Any] = {}
        self._sizes: dict[tuple[str, int], int] = {}
        self._lock = asyncio.Lock()
        self._acks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._flusher: asyncio.Task[None] | None = None
        self.sent = 0

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=4 * _BATCH_BYTES,
            **self._settings.client_options(),
        )
        try:
            with told_once():
                starting = asyncio.ensure_future(self._producer.start())
                await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The library leaves half a connection behind if it is cancelled while it connects.
            with contextlib.suppress(KafkaError, OSError):
                await starting
            await self._producer.stop()
            raise
        except (KafkaError, OSError) as error:
            await self._producer.stop()
            raise await no_broker(self._settings) from error
        self._flusher = asyncio.create_task(self._flush_regularly())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._flusher is not None:
            self._flusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._flusher
        try:
            if error is None:
                await self.flush()
        finally:
            await self._stop()

    async def _stop(self) -> None:
        stopping = asyncio.ensure_future(self._producer.stop())
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            # Cancelled half-way, the library leaves a task behind that nobody ends any more.
            await asyncio.wait({stopping}, timeout=_STOP_S)
            stopping.cancel()
            raise

    async def send(self, event: Envelope, *, append_ms: int | None = None) -> None:
        """Queue one event for its topic; waits when too much is under way.

        ``append_ms`` is the record's time where the broker does not stamp its own.

        Raises:
            StreamError: an earlier batch was not accepted.
        """
        key = message_key(event).encode()
        await self.send_raw(self._topics[topic_of(event)], key, self._encode(event), append_ms)

    async def send_all(self, events: Iterable[Envelope]) -> None:
        """Send many events, one after the other."""
        for event in events:
            await self.send(event)

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes, append_ms: int | None = None
    ) -> None:
        """Queue one message as it is (full topic name)."""
        if self._failure is not None:
            raise StreamError(f"Kafka does not take the events: {self._failure}")
        where = topic, await self._partition(topic, key)
        if where in self._told:
            self._told[where] -= 1
            if not self._told[where]:
                del self._told[where]
            return
        async with self._lock:
            batch = self._open.get(where)
            if batch is None:
                batch = self._open[where] = self._producer.create_batch()
                self._sizes[where] = 0
            if batch.append(key=key, value=value, timestamp=append_ms) is None:
                await self._hand_over(where)
                batch = self._open[where] = self._producer.create_batch()
                self._sizes[where] = 0
                if batch.append(key=key, value=value, timestamp=append_ms) is None:
                    raise StreamError(f"a message of {len(value)} bytes is too large to send")
            self._sizes[where] += len(value) + 64

    async def flush(self) -> None:
        """Wait until everything is acknowledged.

        Raises:
            StreamError: something was not.
        """
        async with self._lock:
            for where in list(self._open):
                await self._hand_over(where)
        while self._acks:
            await asyncio.wait(self._acks)
        if self._failure is not None:
            raise StreamError(f"Kafka does not take the events: {self._failure}")

    async def _partition(self, topic: str, key: bytes | None) -> int:
        count = self._partitions.get(topic)
        if count is None:
            found = await self._find(topic)
            count = self._partitions[topic] = len(found)
        return (murmur2(key) & 0x7FFFFFFF) % count if key is not None else 0

    async def _find(self, topic: str) -> set[int]:
        try:
            with told_once():
                async with asyncio.timeout(_FIND_S):
                    found: set[int] = await self._producer.partitions_for(topic)
        except (KafkaError, TimeoutError):
            raise StreamError(
                f"topic {topic!r} is not on the broker: run `vigie topics create`"
            ) from None
        return found

    async def _hand_over(self, where: tuple[str, int]) -> None:
        batch = self._open.pop(where, None)
        if batch is None or batch.record_count() == 0:
            return
        records = batch.record_count()
        batch.close()
        if self._brake is not None:
            await self._brake.wait(where)
        while len(self._acks) >= _IN_FLIGHT_BATCHES:
            await asyncio.wait(self._acks, return_when=asyncio.FIRST_COMPLETED)
        acked = await self._producer.send_batch(batch, where[0], partition=where[1])
        task = asyncio.create_task(self._acknowledge(acked, where, records, self._sizes[where]))
        self._acks.add(task)
        task.add_done_callback(self._acks.discard)

    async def _acknowledge(
        self, acked: Any, where: tuple[str, int], records: int, size: int
    ) -> None:
        try:
            metadata = await acked
        except KafkaError as error:
            self._failure = error
            return
        self.sent += records
        if self._brake is not None:
            self._brake.note(where, metadata.offset + records - 1, records, size)

    async def _flush_regularly(self) -> None:
        while True:
            await asyncio.sleep(self._linger_s)
            async with self._lock:
                for where in list(self._open):
                    await self._hand_over(where)
