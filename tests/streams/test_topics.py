"""Topics on a real broker: made as planned, and told when they are not."""

from __future__ import annotations

import pytest

from streams import topics
from streams.settings import StreamError, StreamSettings
from tests.bench.kafka import Kafka
from tests.bench.process import free_port


@pytest.fixture
def settings(kafka: Kafka, topic_prefix: str) -> StreamSettings:
    """Settings with names of this test's own."""
    return StreamSettings(
        bootstrap_servers=kafka.bootstrap_servers,
        topic_prefix=topic_prefix,
        app_id=f"{topic_prefix}app",
        partitions=3,
    )


def test_the_plan_has_sources_changelogs_dead_letters_and_alerts() -> None:
    """Eighteen topics; a changelog has as many partitions as its source."""
    settings = StreamSettings(partitions=6, retention_ms=7_000, dead_letter_retention_ms=9_000)
    specs = {spec.name: spec for spec in topics.plan(settings)}
    assert len(specs) == 18
    assert specs["calls"].config["retention.ms"] == "7000"
    assert specs["dead-letters"].config["retention.ms"] == "9000"
    assert specs["calls"].config["message.timestamp.type"] == "LogAppendTime"
    assert specs["vigie-calls-shards-changelog"].config["cleanup.policy"] == "compact"
    assert specs["vigie-calls-shards-changelog"].partitions == specs["calls"].partitions == 6
    assert specs["dead-letters"].config["cleanup.policy"] == "delete"
    assert specs["alerts"].config["cleanup.policy"] == "compact"
    assert specs["alerts"].partitions == 1


async def test_topics_are_created_once_and_found_right(settings: StreamSettings) -> None:
    """The second call creates nothing, and the check has nothing to say."""
    assert len(await topics.create(settings)) == 18
    assert await topics.create(settings) == []
    assert await topics.check(settings) == []
    await topics.require(settings)


async def test_a_missing_topic_is_told_with_its_remedy(settings: StreamSettings) -> None:
    """One line that names the first of them and the command to run."""
    name = settings.topic("calls")
    with pytest.raises(
        topics.TopicError, match=f"'{name}' does not exist: run `vigie topics create`.*17 more"
    ):
        await topics.require(settings)


async def test_wrong_partitions_and_wrong_time_stamps_are_found(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """A wrong partition count is fatal, create time only makes replays less exact."""
    kafka.create_topics(settings.topic("calls"), 2)
    kafka.create_topics(settings.topic("chats"), 3)
    await topics.create(settings)
    findings = {(f.topic, f.is_fatal): f.problem for f in await topics.check(settings)}
    assert (settings.alerts_topic, True) not in findings
    assert findings[settings.topic("calls"), True] == "has 2 partitions, the settings say 3"
    assert findings[settings.topic("chats"), False] == "has message.timestamp.type=CreateTime"


async def test_alerts_in_several_partitions_or_not_compacted_stop_a_worker(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Their order would be lost, or they themselves."""
    kafka.create_topics(settings.alerts_topic, 3)
    await topics.create(settings)
    found = {f.problem: f.fix for f in await topics.check(settings) if f.is_fatal}
    assert found == {
        "has 3 partitions instead of 1": "stop all workers, delete it (open alerts are "
        "forgotten), then run `vigie topics create`",
        "has cleanup.policy=delete": "set cleanup.policy=compact",
    }
    with pytest.raises(topics.TopicError, match=r"alerts' has 3 partitions instead of 1"):
        await topics.require(settings)


async def test_a_broker_that_does_not_answer_is_told_in_one_line() -> None:
    """The address and what to do; no traceback for the user."""
    settings = StreamSettings(bootstrap_servers=f"127.0.0.1:{free_port()}")
    with pytest.raises(StreamError, match=r"no Kafka broker answers at 127\.0\.0\.1:\d+: start it"):
        await topics.check(settings)


def test_a_password_is_never_sent_in_clear_by_mistake() -> None:
    """A user name without TLS needs an explicit permission, and is not printed."""
    settings = StreamSettings(username="vigie", password="secret-word")
    with pytest.raises(StreamError, match="would send the password in clear"):
        settings.check()
    StreamSettings(username="vigie", password="secret-word", allow_plaintext=True).check()
    assert "secret-word" not in repr(settings)
