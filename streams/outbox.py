"""Sends what the shards tell of customers to the topic ``customers`` (docs/customers.md).

Records go out in whole batches, keyed by the customer, to the partition that every producer of
that key would choose. They are acknowledged before the checkpoint that contains their cause: a
crash before it makes the shard tell the same again, with the same ids and revisions, and those
who read drop the repeat. So nothing is lost, and nothing counts twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from aggregators.envelope import Envelope
from streams.partitioner import partition_of
from streams.producer import Brake
from streams.sink import Sink

_encode = msgspec.json.Encoder().encode


class Outbox(Sink[Envelope]):
    """The queue in front of the topic ``customers``.

    ``producer`` gives the aiokafka producer that sends the batches. A ``hold`` keeps the embedded
    broker from dropping what was not read yet.
    """

    def __init__(
        self,
        topic: str,
        partitions: int,
        producer: Callable[[], Any],
        *,
        hold: Brake | None = None,
        brake_at: int = 5_000,
    ) -> None:
        super().__init__(brake_at=brake_at)
        self._topic = topic
        self._partitions = partitions
        self._producer = producer
        self._hold = hold
        self.sent_to: dict[int, int] = {}
        """Partition -> the offset behind the last record that was acknowledged."""

    def take(self, shard: Any) -> None:
        """Empty the outbox of a shard. Never waits."""
        self._waiting += shard.outbox
        shard.outbox.clear()

    async def deliver(self, items: Sequence[Envelope]) -> None:
        """Send events, batches of one partition after each other, and wait until all are there."""
        producer, partitions = self._producer(), self._partitions
        batches: dict[int, Any] = {}
        acks: list[asyncio.Task[None]] = []
        for event in items:
            key = (event.customer_key or "").encode()
            where = partition_of(key, partitions)
            batch = batches.get(where)
            record = {"key": key, "value": _encode(event), "timestamp": event.event_time_ms}
            if batch is None or batch.append(**record) is None:
                if batch is not None:
                    acks.append(await self._send(producer, where, batch))
                batch = batches[where] = producer.create_batch()
                batch.append(**record)
        acks += [await self._send(producer, where, batch) for where, batch in batches.items()]
        await asyncio.gather(*acks)

    async def _send(self, producer: Any, where: int, batch: Any) -> asyncio.Task[None]:
        records, size = batch.record_count(), batch.size()
        batch.close()
        if self._hold is not None:
            await self._hold.wait((self._topic, where))
        acked = await producer.send_batch(batch, self._topic, partition=where)
        return asyncio.create_task(self._acknowledge(acked, where, records, size))

    async def _acknowledge(self, acked: Any, where: int, records: int, size: int) -> None:
        last = (await acked).offset + records - 1
        self.sent_to[where] = max(self.sent_to.get(where, 0), last + 1)
        if self._hold is not None:
            self._hold.note((self._topic, where), last, records, size)
