"""The journal as a compacted Kafka topic of one partition, written in transactions by one leader.

Leading is to hold the newest producer of a transactional id: the broker refuses what an older one
writes, even if its owner was frozen and believes that it still leads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, ProducerClosed, ProducerFenced

from alerts.journal import JournalError, LeadershipLostError, Listener
from alerts.kafka_tail import PARTITION, Tail

TIMEOUT_MS = 10_000
_LARGEST_BYTES = 2 * 1024 * 1024
_BATCH_BYTES = 256 * 1024
_STOP_S = 2.0


class KafkaJournal:
    """Implements :class:`alerts.journal.Journal`; :meth:`run` has to run while anybody leads.

    ``client_options`` are those of aiokafka's clients. Every worker gives the same
    ``transactional_id``. Each call ends within about ``timeout_ms``, except :meth:`lead`, which
    waits as long as reading goes on.

    After a :class:`JournalError` of which nobody knows whether the records were written, and after
    a lost leadership, :meth:`commit` refuses until :meth:`lead` was called again: that settles
    whether they were, and the listener hears of them before ``lead`` returns.
    """

    def __init__(
        self,
        topic: str,
        client_options: Mapping[str, Any],
        *,
        transactional_id: str,
        timeout_ms: int = TIMEOUT_MS,
    ) -> None:
        self._topic = topic
        self._transactional_id = transactional_id
        self._timeout_s = timeout_ms / 1000
        self._options = {
            "max_request_size": 2 * _LARGEST_BYTES,
            "max_batch_size": _BATCH_BYTES,
            "request_timeout_ms": timeout_ms,
            **client_options,
        }
        self._tail = Tail(topic, client_options, timeout_ms=timeout_ms)
        self._writer: AIOKafkaProducer | None = None
        self._is_lost = False
        self._writing = asyncio.Lock()
        self._plain: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()
        self._stopping: set[asyncio.Task[None]] = set()

    @property
    def is_behind(self) -> bool:
        """Whether records may be in the log that the listener was not told of."""
        return self._tail.is_behind

    async def run(self, listener: Listener) -> None:
        """See :class:`alerts.journal.Journal`; the broker may go and come back meanwhile."""
        await self._tail.run(listener)

    async def lead(self) -> None:
        """See :class:`alerts.journal.Journal`. What another one has begun is aborted by it."""
        async with self._writing:
            if self._writer is not None:
                self._let_go(self._writer)
                self._writer = None
            writer = AIOKafkaProducer(
                transactional_id=self._transactional_id,
                # Longer than we wait ourselves: the broker must not end what we still try.
                transaction_timeout_ms=int(self._timeout_s * 1500),
                **self._options,
            )
            try:
                async with asyncio.timeout(self._timeout_s):
                    await writer.start()
                await self._tail.reach_end()
            except BaseException as error:
                self._let_go(writer)
                if isinstance(error, Exception):
                    raise self._told(error, "cannot be led") from error
                raise
            self._writer, self._is_lost = writer, False

    async def commit(self, records: Mapping[str, bytes | None]) -> None:
        """See :class:`alerts.journal.Journal`. No records: nothing happens.

        A record that is too large is refused with all others, and we still lead. If the broker
        was away while a commit ended and another one led before it came back, a
        :class:`LeadershipLostError` may also mean that all records were written.
        """
        if not records:
            return
        if any(len(value or b"") > _LARGEST_BYTES for value in records.values()):
            raise JournalError(f"the journal of alerts takes no record above {_LARGEST_BYTES} B")
        async with self._writing:
            writer = self._writer
            if writer is None and self._is_lost:
                raise LeadershipLostError("another worker leads the journal of alerts")
            if writer is None:
                raise JournalError("the journal of alerts is not led by this worker")
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._transact(writer, records)
            except BaseException as error:
                self._writer = None
                self._let_go(writer)
                if isinstance(error, Exception):
                    told = self._told(error, "did not take the records")
                    self._is_lost = isinstance(told, LeadershipLostError)
                    raise told from error
                raise

    async def hand_in(self, key: str, value: bytes) -> None:
        """See :class:`alerts.journal.Journal`. After an error it may have been written."""
        producer = None
        try:
            async with asyncio.timeout(self._timeout_s):
                producer = await self._opened()
                await producer.send_and_wait(
                    self._topic, value, key=key.encode(), partition=PARTITION
                )
        except Exception as error:
            if producer is not None and self._plain is producer:
                self._plain = None
                self._let_go(producer)
            raise self._told(error, "did not take the record") from error

    async def close(self) -> None:
        """See :class:`alerts.journal.Journal`; :meth:`run` is ended by cancelling it."""
        for producer in (self._writer, self._plain):
            if producer is not None:
                self._let_go(producer)
        self._writer = self._plain = None
        await asyncio.gather(*self._stopping)

    async def _transact(self, writer: Any, records: Mapping[str, bytes | None]) -> None:
        await writer.begin_transaction()
        sent = []
        for key, value in records.items():
            future = await writer.send(self._topic, value, key=key.encode(), partition=PARTITION)
            future.add_done_callback(_is_noticed)
            sent.append(future)
        await asyncio.gather(*sent)
        await writer.commit_transaction()

    async def _opened(self) -> AIOKafkaProducer:
        async with self._opening:
            if self._plain is None:
                producer = AIOKafkaProducer(enable_idempotence=True, **self._options)
                try:
                    await producer.start()
                except BaseException:
                    self._let_go(producer)
                    raise
                self._plain = producer
            return self._plain

    def _told(self, error: Exception, what: str) -> JournalError:
        if _is_fenced(error):
            return LeadershipLostError("another worker leads the journal of alerts")
        why = "no answer in time" if isinstance(error, TimeoutError) else repr(error)
        return JournalError(f"the journal of alerts, topic {self._topic!r}, {what}: {why}")

    def _let_go(self, producer: AIOKafkaProducer) -> None:
        stopping = asyncio.create_task(_stop(producer), name="journal-producer-stop")
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)


async def _stop(producer: Any) -> None:
    transactions = producer._txn_manager
    if transactions is not None and transactions.is_in_transaction():
        # Or readers would wait behind it until the broker ends it.
        await _bounded(producer.abort_transaction)
    # Without this a stop waits for records that nobody can send while the broker is away.
    producer._message_accumulator.fail_all(ProducerClosed())
    for step in (producer.stop, producer._sender.close, producer.client.close):
        await _bounded(step)
    if transactions is not None:
        _is_noticed(transactions.wait_for_transaction_end())
    for batches in producer._message_accumulator._batches.values():
        for batch in batches:
            _is_noticed(batch._drain_waiter)


async def _bounded(step: Callable[[], Awaitable[None]]) -> None:
    with suppress(Exception):
        async with asyncio.timeout(_STOP_S):
            await step()


def _is_noticed(future: asyncio.Future[Any] | None) -> None:
    """Fetch the exception of a future that nobody waits for any more, or asyncio complains."""
    if future is not None and future.done() and not future.cancelled():
        future.exception()


def _is_fenced(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ProducerFenced | InvalidProducerEpoch):
            return True
        error = error.__cause__
    return False
