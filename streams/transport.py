"""The record-batch transport: one message per partition and fetch, not one per record.

Faust's own path costs some 80 microseconds per message; here a whole fetch of a partition passes
as one :class:`Batch`. The consumer's place follows the shards: it is set from their
``next_offset``, always in the consumer's own thread, and every batch is stamped there with the
offset it was asked from. Committed offsets are copies of durable checkpoints.

All of this overrides inner names of faust and aiokafka, so their versions are exact and
:func:`check_transport` refuses to start on anything else.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.consumer.subscription_state import Assignment
from faust.transport import consumer as base
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode.threads import QueueServiceThread

from streams import failpoints
from streams.batch import Batch
from streams.patient_producer import BatchProducer
from streams.raw_rows import hand_over_raw
from streams.settings import StreamError

if TYPE_CHECKING:
    from streams.registry import Registry

SCHEME = "vigiekafka"
_NO_PARTITIONS_YET_S = 0.02
_APPENDED = 1
"""Kafka's word for times that the broker gave; nobody here looks at it."""


def _span(rows: Any) -> tuple[int, int]:
    records = rows.rows if isinstance(rows, Batch) else rows
    return records[0].offset, records[-1].offset


class BatchThread(driver.AIOKafkaConsumerThread):
    """The consumer's thread; keeps, per partition, the offset the next records are asked from."""

    cursor: dict[Any, int]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.cursor = {}

    @property
    def registry(self) -> Registry:
        """The shards of this app instance."""
        registry: Registry = self.app.registry  # type: ignore[attr-defined]
        return registry

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # aiokafka sends one fetch per broker at a time: a freshly placed partition waits for it.
        consumer._fetch_max_wait_ms = self.app.fetch_wait_ms  # type: ignore[attr-defined]
        return consumer

    async def _fetch_records(
        self,
        consumer: Any,
        active_partitions: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - Faust's own signature
        max_records: int | None = None,
    ) -> Any:
        hand_over_raw(consumer._fetcher, self.registry.is_source)
        records: Any = await super()._fetch_records(
            consumer, active_partitions, timeout=timeout, max_records=max_records
        )
        # No await since the hand-over, so no seek came between.
        is_source = self.registry.is_source
        for tp, rows in records.items():
            if rows and is_source(tp):
                records[tp] = Batch(rows, self.cursor.get(tp))
                self.cursor[tp] = rows[-1].offset + 1
                failpoints.passing(failpoints.AFTER_FETCH)
        if not self.consumer.flow_active:
            self._give_back({tp: _span(rows) for tp, rows in records.items()})
            return {}
        return records

    async def give_back(self, spans: Mapping[TP, tuple[int, int]]) -> None:
        """Ask again for records that were handed over and will not be used: (first, last)."""
        await self.call_thread(self._give_back_later, spans)

    async def _give_back_later(self, spans: Mapping[TP, tuple[int, int]]) -> None:
        self._give_back(spans)

    def _give_back(self, spans: Mapping[TP, tuple[int, int]]) -> None:
        consumer = self._ensure_consumer()
        assignment = consumer._subscription.subscription.assignment
        assigned = consumer.assignment()
        for tp, (first, last) in spans.items():
            where = TopicPartition(tp.topic, tp.partition)
            if where not in assigned:
                continue
            state = assignment.state_value(where)
            # Somebody who placed the partition since then knows better.
            if state is not None and state.has_valid_position and state.position == last + 1:
                consumer.seek(where, first)
                if where in self.cursor:
                    self.cursor[where] = first

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Place every owned source partition at its shard's next offset (the name is Faust's)."""
        placed: Mapping[TP, int] = await self.call_thread(self._place_all)
        return placed

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        # Sent while the member joins again, a commit carries the old generation: Kafka refuses
        # it, aiokafka forgets the new one, joins again, and so on for ever.
        if self._ensure_consumer()._subscription.reassignment_in_progress:
            return False
        return bool(await super()._commit(offsets))

    async def place(self, tp: TP) -> None:
        """Place one partition at its shard's next offset."""
        await self.call_thread(self._place, tp)

    async def reaches_broker(self) -> bool:
        """Ask a broker for the metadata of the topics; return whether one answered."""
        return bool(await self.call_thread(self._reaches_broker))

    async def _reaches_broker(self) -> bool:
        return bool(await self._ensure_consumer()._client.force_metadata_update())

    def refused(self) -> BaseException | None:
        """Return why the broker does not let us into the group; nobody else asks for it."""
        coordinator = None if self._consumer is None else self._consumer._coordinator
        return getattr(coordinator, "_pending_exception", None)

    async def log_ends(self, tps: Collection[TP]) -> dict[TP, tuple[int, int]]:
        """Return the first offset of each partition's log and the next one to be written."""
        ends: dict[TP, tuple[int, int]] = await self.call_thread(self._log_ends, tps)
        return ends

    async def _log_ends(self, tps: Collection[TP]) -> dict[TP, tuple[int, int]]:
        consumer = self._ensure_consumer()
        first, last = await asyncio.gather(
            consumer.beginning_offsets(tps), consumer.end_offsets(tps)
        )
        return {tp: (first[tp], last[tp]) for tp in tps}

    async def committed(self, tps: Collection[TP]) -> dict[TP, int | None]:
        """Return what the group has committed of each partition, None where nothing."""
        offsets: dict[TP, int | None] = await self.call_thread(self._committed, tps)
        return offsets

    async def _committed(self, tps: Collection[TP]) -> dict[TP, int | None]:
        consumer = self._ensure_consumer()
        offsets = await asyncio.gather(
            *(consumer.committed(TopicPartition(tp.topic, tp.partition)) for tp in tps)
        )
        return {
            tp: offset if offset is None or offset >= 0 else None
            for tp, offset in zip(tps, offsets, strict=True)
        }

    async def _place_all(self) -> dict[TP, int]:
        self.cursor.clear()
        placed: dict[TP, int] = {}
        consumer = self._ensure_consumer()
        for tp in consumer.assignment():
            offset = self._place_now(tp)
            if offset is not None:
                placed[tp] = offset
            elif not self.registry.is_source(tp):
                consumer.pause(tp)  # changelogs are read elsewhere, and only after an assignment
        return placed

    async def _place(self, tp: TP) -> None:
        where = TopicPartition(tp.topic, tp.partition)
        if where in self._ensure_consumer().assignment():
            self._place_now(where)

    def _place_now(self, tp: Any) -> int | None:
        offset = self.registry.next_offset(tp) if self.registry.is_source(tp) else None
        if offset is not None:
            self._ensure_consumer().seek(tp, offset)
            self.cursor[tp] = offset
        return offset


class BatchConsumer(driver.Consumer):
    """Hands the streams one :class:`Batch` per source partition and fetch."""

    _thread: BatchThread
    _confirmed: dict[TP, int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._confirmed = {}
        super().__init__(*args, **kwargs)

    @property
    def registry(self) -> Registry:
        """The shards of this app instance."""
        return self._thread.registry

    @property
    def thread(self) -> BatchThread:
        """The thread that owns the Kafka connection."""
        return self._thread

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Place the consumer; what was committed before says nothing about where to go on."""
        self._confirmed.clear()
        await self.seek_to_committed()

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        active = self._get_active_partitions()
        if not active:
            await self.sleep(_NO_PARTITIONS_YET_S)
            return {}, active
        # A copy: aiokafka takes an empty set for "all", and Faust empties this one any time.
        return await self._getmany(set(active), timeout), active

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109
        """Fetch once; each source partition gives one message."""
        records, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if self.should_stop:
            return
        left = {tp: _span(rows) for tp, rows in records.items()}
        try:
            for tp, rows in records.items():
                for message in self._messages(tp, rows):
                    if self._is_over(generation):
                        return
                    if tp not in active and tp not in self._buffered_partitions:
                        break
                    left[tp] = (message.offset + 1, left[tp][1])
                    yield tp, message
                else:
                    del left[tp]
        finally:
            if left and not self.should_stop:
                await self._thread.give_back(left)

    def _messages(self, tp: TP, rows: Any) -> Iterator[Any]:
        if isinstance(rows, Batch):
            return iter((self._batch_message(tp, rows),))
        return (self._to_message(tp, row) for row in rows)

    def _is_over(self, generation: int) -> bool:
        return not self.flow_active or self.app.consumer_generation_id != generation

    def _batch_message(self, tp: TP, batch: Batch) -> Any:
        last = batch.rows[-1]
        self._read_offset[tp] = None  # Faust's own "seen already" test has no say here
        value: Any = batch
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, _APPENDED, None, None,
            value, None, None, None, tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    def _new_offset(self, tp: TP) -> int | None:
        if self.registry.is_source(tp):
            return self.registry.durable(tp)
        return super()._new_offset(tp)

    def _should_commit(self, tp: TP, offset: int) -> bool:
        if self.registry.is_source(tp):
            return self._confirmed.get(tp) != offset
        return super()._should_commit(tp, offset)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        is_done = bool(await super()._commit(offsets))
        if is_done:  # Faust takes a failed commit for done as well
            self._confirmed.update(offsets)
            failpoints.passing(failpoints.AFTER_COMMIT)
        return is_done

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        for tp in super()._filter_tps_with_pending_acks(topics):
            if not self.registry.is_source(tp):
                yield tp
        yield from self.registry.durable_tps(topics)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's own livelock report counts acks, which do not exist here."""


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with the consumer above and a patient producer."""

    Consumer: ClassVar[Any] = BatchConsumer
    Producer: ClassVar[Any] = BatchProducer


_CONTRACT: tuple[tuple[type, str, tuple[str, ...]], ...] = (
    (driver.AIOKafkaConsumerThread, "__post_init__", ("self",)),
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer", ("self", "transport")),
    (
        driver.AIOKafkaConsumerThread,
        "_fetch_records",
        ("self", "consumer", "active_partitions", "timeout", "max_records"),
    ),
    (driver.AIOKafkaConsumerThread, "seek_to_committed", ("self",)),
    (driver.AIOKafkaConsumerThread, "_commit", ("self", "offsets")),
    (base.ThreadDelegateConsumer, "_commit", ("self", "offsets")),
    (driver.AIOKafkaConsumerThread, "_ensure_consumer", ("self",)),
    (QueueServiceThread, "call_thread", ("self", "fun", "args", "kwargs")),
    (driver.Consumer, "_new_consumer_thread", ("self",)),
    (driver.Consumer, "_to_message", ("self", "tp", "record")),
    (driver.Consumer, "verify_event_path", ("self", "now", "tp")),
    (driver.Producer, "_new_producer", ("self", "transactional_id")),
    (base.Consumer, "perform_seek", ("self",)),
    (base.Consumer, "_wait_next_records", ("self", "timeout")),
    (base.Consumer, "getmany", ("self", "timeout")),
    (base.Consumer, "_get_active_partitions", ("self",)),
    (base.Consumer, "_new_offset", ("self", "tp")),
    (base.Consumer, "_filter_tps_with_pending_acks", ("self", "topics")),
    (base.Consumer, "_should_commit", ("self", "tp", "offset")),
    (AIOKafkaConsumer, "pause", ("self", "partitions")),
    (AIOKafkaConsumer, "seek", ("self", "partition", "offset")),
    (AIOKafkaConsumer, "beginning_offsets", ("self", "partitions")),
    (AIOKafkaConsumer, "end_offsets", ("self", "partitions")),
    (AIOKafkaConsumer, "committed", ("self", "partition")),
    (AIOKafkaClient, "force_metadata_update", ("self",)),
    (Assignment, "state_value", ("self", "tp")),
    (Fetcher, "fetched_records", ("self", "partitions", "timeout", "max_records")),
    (FetchResult, "getall", ("self", "max_records")),
    (FetchResult, "check_assignment", ("self", "tp")),
    (FetchResult, "has_more", ("self",)),
    (FetchResult, "_update_position", ("self",)),
    (PartitionRecords, "_unpack_records", ("self",)),
)


def check_transport(
    contract: tuple[tuple[type, str, tuple[str, ...]], ...] = _CONTRACT,
) -> None:
    """Compare every inner name the transport overrides or calls with what it was written for.

    Raises:
        StreamError: naming the first one that is missing or has another signature.
    """
    for owner, name, expected in contract:
        function = getattr(owner, name, None)
        found = tuple(inspect.signature(function).parameters) if callable(function) else None
        if found != expected:
            what = "is missing" if found is None else f"takes ({', '.join(found)})"
            raise StreamError(
                f"{owner.__module__}.{owner.__qualname__}.{name} {what}: this vigie needs "
                "faust-streaming 0.15.3, mode-streaming 0.7.1 and aiokafka 0.14.0; "
                "install exactly these"
            )


def register() -> None:
    """Make the transport known to Faust under the scheme ``vigiekafka``."""
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:{BatchTransport.__name__}"
