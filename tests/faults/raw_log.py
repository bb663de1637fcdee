"""The raw log of a topic: every record as the broker has it, from the log's start to its end."""

from __future__ import annotations

import time
import uuid
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

ANSWER_S = 10.0
IDLE_S = 15.0


class RawRecord(NamedTuple):
    """One record: where it stands, when the broker appended it (ms since 1970), and its bytes."""

    topic: str
    partition: int
    offset: int
    append_ms: int
    key: bytes | None
    value: bytes | None


class LogMissingError(Exception):
    """The broker did not give all that lies in a topic."""


def log_ends(bootstrap_servers: str, topic: str) -> dict[int, tuple[int, int]]:
    """First offset that is still there and next one to be written, by partition."""
    consumer = _consumer(bootstrap_servers)
    try:
        return _ends(consumer, topic)
    finally:
        consumer.close()


def read_log(bootstrap_servers: str, topic: str) -> list[RawRecord]:
    """Everything that lies in a topic now, by partition and offset.

    :raises LogMissingError: the broker stopped giving records before the end.
    """
    consumer = _consumer(bootstrap_servers)
    try:
        ends = _ends(consumer, topic)
        left = {number: end for number, (first, end) in ends.items() if end > first}
        consumer.assign([TopicPartition(topic, number, ends[number][0]) for number in left])
        records: list[RawRecord] = []
        deadline = time.monotonic() + IDLE_S
        while left:
            for message in consumer.consume(5_000, 0.2):
                if (error := message.error()) is not None:
                    raise KafkaException(error)
                partition, offset = message.partition(), message.offset()
                assert partition is not None
                assert offset is not None
                if offset < ends[partition][1]:
                    at_ms = message.timestamp()[1]
                    key, value = message.key(), message.value()
                    records.append(RawRecord(topic, partition, offset, at_ms, key, value))
                deadline = time.monotonic() + IDLE_S
            for at in consumer.position([TopicPartition(topic, number) for number in left]):
                if at.offset >= left[at.partition]:
                    del left[at.partition]
            if time.monotonic() > deadline:
                raise LogMissingError(f"{topic}: no more records, partitions {left} not at end")
        return sorted(records, key=lambda row: (row.partition, row.offset))
    finally:
        consumer.close()


def _consumer(bootstrap_servers: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": f"raw-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "log_level": 0,
        }
    )


def _ends(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    about = consumer.list_topics(topic, timeout=ANSWER_S).topics[topic]
    if about.error is not None:
        raise KafkaException(about.error)
    found: dict[int, tuple[int, int]] = {}
    for number in about.partitions:
        marks = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=ANSWER_S)
        if marks is None:
            raise LogMissingError(f"{topic}-{number}: the broker does not tell its end")
        found[number] = marks
    return found
