"""The topics vigie needs: what they must be like, making them, checking them.

Source topics carry the broker's append time, so that a replay decides "late" as the first run
did; changelogs are compacted in small segments, so that recovery reads little.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code
from msgspec import Struct

from aggregators.events import CUSTOMERS, TOPICS
from streams.connecting import told_once
from streams.no_broker import no_broker
from streams.settings import StreamError, StreamSettings

_MAX_MESSAGE_BYTES = 4 * 1024 * 1024
_SEGMENT_BYTES = 16 * 1024 * 1024
_TIMEOUT_MS = 15_000
_EXISTS = 36
CUSTOMERS_KEPT_MS = 35 * 86_400_000
"""What vigie tells of customers stays as long as the figures that are made of it."""


class TopicError(StreamError):
    """A topic is missing or is not what vigie needs."""


class TopicSpec(Struct, frozen=True):
    """One topic: name, partitions, settings. ``strict`` settings must be so on the broker.

    ``has_own_count``: its partition count is always the same, whatever ``kafka.partitions`` says.
    """

    name: str
    partitions: int
    config: dict[str, str]
    strict: tuple[str, ...]
    has_own_count: bool = False


class Finding(Struct, frozen=True):
    """What is not as it should be, and the fix; no worker starts with a fatal one."""

    topic: str
    problem: str
    fix: str
    is_fatal: bool


def plan(settings: StreamSettings) -> list[TopicSpec]:
    """Return every topic: the sources, customers, their changelogs, dead letters, alerts."""
    retention = str(settings.retention_ms)
    source = {
        "cleanup.policy": "delete",
        "retention.ms": retention,
        "message.timestamp.type": "LogAppendTime",
    }
    changelog = {
        "cleanup.policy": "compact",
        "segment.bytes": str(_SEGMENT_BYTES),
        "segment.ms": str(3_600_000),
        "min.cleanable.dirty.ratio": "0.1",
        "delete.retention.ms": str(3_600_000),
        "max.message.bytes": str(_MAX_MESSAGE_BYTES),
    }
    letters = {
        "cleanup.policy": "delete",
        "retention.ms": str(settings.dead_letter_retention_ms),
    }
    # A worker that was away for hours must still read that an alert was deleted.
    alerts = changelog | {"delete.retention.ms": str(86_400_000)}
    count = settings.partitions
    customers = source | {"retention.ms": str(max(settings.retention_ms, CUSTOMERS_KEPT_MS))}
    return [
        *(
            TopicSpec(
                settings.topic(name),
                count,
                customers if name == CUSTOMERS else source,
                ("message.timestamp.type",),
            )
            for name in TOPICS
        ),
        *(
            TopicSpec(settings.changelog(name), count, changelog, ("cleanup.policy",))
            for name in TOPICS
        ),
        TopicSpec(settings.dead_letter_topic, count, letters, ()),
        TopicSpec(settings.alerts_topic, 1, alerts, ("cleanup.policy",), has_own_count=True),
    ]


async def create(settings: StreamSettings) -> list[str]:
    """Create the topics that do not exist; return their names. Existing ones stay as they are.

    Raises:
        StreamError: the broker cannot be reached or refuses.
    """
    async with open_admin(settings) as admin:
        existing = set(await admin.list_topics())
        missing = [spec for spec in plan(settings) if spec.name not in existing]
        if not missing:
            return []
        response = await admin.create_topics(
            [
                NewTopic(
                    spec.name, spec.partitions, settings.replication, topic_configs=spec.config
                )
                for spec in missing
            ],
            timeout_ms=_TIMEOUT_MS,
        )
        for name, code, *text in response.topic_errors:
            if code not in (0, _EXISTS):
                reason = (text and text[0]) or for_code(code).__name__
                raise TopicError(f"topic {name!r} cannot be created: {reason}")
        await _await_topics(admin, [spec.name for spec in missing])
        return [spec.name for spec in missing]


async def delete(settings: StreamSettings) -> None:
    """Delete every topic of the settings, as a replay does with its own at its end.

    Raises:
        StreamError: the broker cannot be reached or refuses.
    """
    async with open_admin(settings) as admin:
        await admin.delete_topics([spec.name for spec in plan(settings)])


async def check(settings: StreamSettings) -> list[Finding]:
    """Compare the broker's topics with the plan.

    Raises:
        StreamError: the broker cannot be reached.
    """
    async with open_admin(settings) as admin:
        found = {
            topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()
        }
        specs = plan(settings)
        configs = await _configs(admin, [spec.name for spec in specs if spec.name in found])
    return [
        finding
        for spec in specs
        for finding in _compare(
            spec, found.get(spec.name), configs.get(spec.name, {}), missing_fix(settings)
        )
    ]


async def require(settings: StreamSettings) -> None:
    """Refuse to go on unless every topic is there with the right partition count.

    Raises:
        TopicError: one line about the first fatal finding, and how many there are.
    """
    fatal = [finding for finding in await check(settings) if finding.is_fatal]
    if fatal:
        more = f" ({len(fatal) - 1} more like this)" if len(fatal) > 1 else ""
        first = fatal[0]
        raise TopicError(f"topic {first.topic!r} {first.problem}: {first.fix}{more}")


def missing_fix(settings: StreamSettings) -> str:
    """Return what to do about a topic that is not seen: brokers show only what one may read."""
    is_known = settings.username is not None or settings.ssl_context is not None
    return "run `vigie topics create`" + (", or allow our user to see it" if is_known else "")


def _compare(
    spec: TopicSpec, partitions: int | None, config: dict[str, str], missing: str
) -> Iterable[Finding]:
    if partitions is None:
        yield Finding(spec.name, "does not exist", missing, True)
        return
    if partitions != spec.partitions and spec.has_own_count:
        yield Finding(
            spec.name,
            f"has {partitions} partitions instead of {spec.partitions}",
            "stop all workers, delete it (open alerts are forgotten), then run "
            "`vigie topics create`",
            True,
        )
    elif partitions != spec.partitions:
        yield Finding(
            spec.name,
            f"has {partitions} partitions, the settings say {spec.partitions}",
            "set kafka.partitions and the partition count of all topics to the same number; where "
            "checkpoints were made with another one, run `vigie state reset` after it",
            spec.strict != (),
        )
    for name, wanted in spec.config.items():
        got = config.get(name)
        if got is not None and got != wanted:
            yield Finding(
                spec.name,
                f"has {name}={got}",
                f"set {name}={wanted}",
                name in spec.strict and name == "cleanup.policy",
            )


async def _configs(admin: Any, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    responses = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    )
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for response in responses
        for resource in response.resources
    }


async def _await_topics(admin: Any, names: list[str]) -> None:
    for _ in range(100):
        ready = {
            topic["topic"]
            for topic in await admin.describe_topics()
            if topic["partitions"] and all(p["leader"] >= 0 for p in topic["partitions"])
        }
        if ready.issuperset(names):
            return
        await asyncio.sleep(0.05)
    raise TopicError("the new topics have no leader yet; look at the brokers, then try again")


@asynccontextmanager
async def open_admin(settings: StreamSettings) -> AsyncIterator[Any]:
    """Give an admin client.

    Raises:
        StreamError: no broker answers, or the broker refuses what is asked meanwhile.
    """
    settings.check()
    admin = AIOKafkaAdminClient(request_timeout_ms=_TIMEOUT_MS, **settings.client_options())
    try:
        with told_once():
            await admin.start()
    except (KafkaError, OSError) as error:
        await admin.close()
        raise await no_broker(settings) from error
    try:
        yield admin
    except KafkaError as error:
        raise StreamError(f"Kafka at {settings.bootstrap_servers} refuses: {error}") from error
    finally:
        await admin.close()
