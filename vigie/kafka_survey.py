"""Looks at a Kafka cluster as it is: brokers, topics, their settings, the newest records."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from msgspec import Struct

from streams.no_broker import why_no_broker
from streams.settings import StreamSettings
from vigie.errors import UserError

TIMEOUT_S = 5.0
_LOG_APPEND_TIME = 1


class TopicFacts(Struct):
    """A topic as the cluster describes it; ``settings`` is None when it would not tell."""

    partitions: int
    replication: int
    settings: Mapping[str, str] | None


class Survey(Struct):
    """What was found. ``newest_append_ms`` is the broker's time of the newest record, if any;
    ``local_ms`` is this machine's time when it was read."""

    brokers: int
    topics: dict[str, TopicFacts]
    newest_append_ms: int | None = None
    local_ms: int = 0


def survey(stream: StreamSettings, names: Sequence[str], timeout_s: float = TIMEOUT_S) -> Survey:
    """Describe the cluster and the named topics.

    Raises:
        UserError: no broker answers in time, or it refuses us.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its lines say it less clearly
    try:
        return asyncio.run(asyncio.wait_for(_survey(stream, names, timeout_s), 3 * timeout_s))
    except (KafkaError, OSError, TimeoutError) as error:
        raise UserError(
            f"cannot reach Kafka at {stream.bootstrap_servers} ({_why(error)})",
            "Start the broker, or correct kafka.bootstrap_servers and kafka.security_protocol.",
        ) from None


async def _survey(stream: StreamSettings, names: Sequence[str], timeout_s: float) -> Survey:
    options = stream.client_options()
    admin = AIOKafkaAdminClient(**options, request_timeout_ms=int(timeout_s * 1000))
    try:
        try:
            await asyncio.wait_for(admin.start(), timeout_s)
        except (KafkaError, OSError, TimeoutError):
            reason = await why_no_broker(stream)
            raise UserError(reason.what, f"{reason.fix[0].upper()}{reason.fix[1:]}.") from None
        cluster = await admin.describe_cluster()
        described = await admin.describe_topics()
        wanted = [topic for topic in described if topic["topic"] in names]
        found = {
            topic["topic"]: TopicFacts(
                partitions=len(topic["partitions"]),
                replication=min((len(p["replicas"]) for p in topic["partitions"]), default=0),
                settings=None,
            )
            for topic in wanted
        }
        for name, settings in (await _settings(admin, list(found))).items():
            found[name].settings = settings
    finally:
        await admin.close()
    result = Survey(brokers=len(cluster["brokers"]), topics=found)
    sources = {name: found[name].partitions for name in stream.source_topics() if name in found}
    result.newest_append_ms = await _newest_append_ms(options, sources, timeout_s)
    result.local_ms = time.time_ns() // 1_000_000
    return result


async def _settings(
    admin: AIOKafkaAdminClient, topics: Sequence[str]
) -> dict[str, Mapping[str, str]]:
    """Return the settings of each topic that the broker tells; some brokers tell none."""
    if not topics:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    try:
        responses = await admin.describe_configs(resources)
    except KafkaError:
        return {}
    found: dict[str, Mapping[str, str]] = {}
    for response in responses:
        for code, _message, _kind, name, entries, *_ in response.resources:
            if code == 0:
                found[name] = {entry[0]: entry[1] for entry in entries}
    return found


async def _newest_append_ms(
    options: dict[str, Any], partitions: Mapping[str, int], timeout_s: float
) -> int | None:
    """Return the newest append time in the topics, None when nothing is there."""
    places = [TopicPartition(name, n) for name, count in partitions.items() for n in range(count)]
    if not places:
        return None
    consumer = AIOKafkaConsumer(
        **options, group_id=None, enable_auto_commit=False,
        request_timeout_ms=int(timeout_s * 1000),
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign(places)
        first = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        filled = [place for place in places if ends[place] > first[place]]
        if not filled:
            return None
        consumer.assign(filled)
        for place in filled:
            consumer.seek(place, ends[place] - 1)
        newest: int | None = None
        deadline = time.monotonic() + timeout_s / 2
        waiting = set(filled)
        while waiting and time.monotonic() < deadline:
            for place, records in (await consumer.getmany(timeout_ms=300)).items():
                waiting.discard(place)
                for record in records:
                    if record.timestamp_type == _LOG_APPEND_TIME:
                        newest = max(newest or 0, record.timestamp)
        return newest
    finally:
        await consumer.stop()


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = str(error).split("\n", maxsplit=1)[0]
    return "no connection" if "bootstrap" in text else text or type(error).__name__
