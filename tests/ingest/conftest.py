"""A receiver of the test's own: real HTTP on loopback, topics of its own on a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from confluent_kafka import KafkaException

from streams import topics
from streams.settings import StreamSettings
from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.ingest.sending import Bench


@pytest.fixture
async def streams(kafka: Kafka, topic_prefix: str) -> StreamSettings:
    """Settings with topics of this test's own."""
    wanted = StreamSettings(
        bootstrap_servers=kafka.bootstrap_servers, topic_prefix=topic_prefix, partitions=2
    )
    await topics.create(wanted)
    read = [wanted.topic(name) for name in ("calls", "chats", "dead-letters")]
    await asyncio.to_thread(
        wait_until, lambda: all(_is_led(kafka, topic) for topic in read), what=f"leaders of {read}"
    )
    return wanted


def _is_led(kafka: Kafka, topic: str) -> bool:
    """Whether the broker answers for a topic that was made just now."""
    try:
        return bool(kafka.end_offsets(topic))
    except KafkaException:
        return False


@pytest.fixture
async def bench(kafka: Kafka, streams: StreamSettings) -> AsyncIterator[Bench]:
    """Starts receivers and sends to them; all are ended with the test."""
    async with Bench(kafka, streams) as made:
        yield made
