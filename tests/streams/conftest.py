"""Where the tests of the Kafka side run: topics of their own on a real broker, quick intervals."""

from __future__ import annotations

import pytest

from streams import topics
from streams.settings import StreamSettings
from tests.bench.kafka import Kafka
from tests.streams.counting import quick_settings


@pytest.fixture
async def settings(kafka: Kafka, topic_prefix: str) -> StreamSettings:
    """Settings with topics of this test's own on a real broker."""
    wanted = quick_settings(kafka.bootstrap_servers, topic_prefix)
    await topics.create(wanted)
    return wanted
