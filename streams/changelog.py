"""Reads the tables' changelogs back, partition by partition, from their beginning to their end.

Faust's own recovery is not used for it: records that are still queued when partitions move make
it skip others, or end before it has read anything, or wait for ever (faust.md, section 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from streams.settings import StreamError, StreamSettings

_POLL_MS = 500
_FETCH_BYTES = 8 * 1024 * 1024

Rows = dict[bytes, bytes]
"""The live keys and values of one changelog partition."""


async def read_changelogs(settings: StreamSettings, wanted: Mapping[TP, str]) -> dict[TP, Rows]:
    """Read the changelog (topic name) of each source partition; deleted keys are left out.

    Raises:
        StreamError: the broker does not give the records.
    """
    logs = {TopicPartition(topic, tp.partition): tp for tp, topic in wanted.items()}
    rows: dict[TP, Rows] = {tp: {} for tp in wanted}
    if not logs:
        return rows
    consumer = AIOKafkaConsumer(
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=_FETCH_BYTES,
        **settings.client_options(),
    )
    try:
        await consumer.start()
        consumer.assign(list(logs))
        await _read(consumer, logs, rows)
    except (KafkaError, OSError) as error:
        raise StreamError(
            f"the checkpoints cannot be read from Kafka at {settings.bootstrap_servers}: {error}"
        ) from error
    finally:
        await consumer.stop()
    return rows


async def _read(consumer: Any, logs: Mapping[Any, TP], rows: dict[TP, Rows]) -> None:
    first = await consumer.beginning_offsets(list(logs))
    last = await consumer.end_offsets(list(logs))
    for log in logs:
        consumer.seek(log, first[log])
    left = {log for log in logs if last[log] > first[log]}
    while left:
        fetched = await consumer.getmany(*left, timeout_ms=_POLL_MS)
        for log, records in fetched.items():
            kept = rows[logs[log]]
            for record in records:
                if record.value is None:
                    kept.pop(record.key, None)
                else:
                    kept[record.key] = record.value
        # The position also passes what compaction took away at the end.
        left = {log for log in left if await consumer.position(log) < last[log]}
