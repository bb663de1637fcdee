"""The doctor: what it says about a cluster, and that an unreachable one is one clear line."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from aggregators.events import TOPICS
from streams.settings import StreamSettings
from tests.bench.redis import RedisServer
from vigie.cli import run
from vigie.doctor import findings
from vigie.doctor_kafka import kafka_findings
from vigie.kafka_survey import Survey, TopicFacts, survey
from vigie.series_budget import series_besides_pairs, series_per_pair
from vigie.settings import load_settings

STREAM = StreamSettings(partitions=4)
GOOD = {"message.timestamp.type": "LogAppendTime", "cleanup.policy": "delete"}
LOGGED = {"cleanup.policy": "compact"}


def healthy() -> Survey:
    topics = {name: TopicFacts(4, 1, dict(GOOD)) for name in (*TOPICS, "dead-letters")}
    topics |= {STREAM.changelog(name): TopicFacts(4, 1, dict(LOGGED)) for name in TOPICS}
    topics[STREAM.alerts_topic] = TopicFacts(1, 1, dict(LOGGED))
    return Survey(brokers=1, topics=topics, newest_append_ms=999_000, local_ms=1_000_000)


def to_fix(found: Survey) -> list[str]:
    return [str(one) for one in kafka_findings(found, STREAM) if not one.ok]


def test_a_healthy_cluster_needs_nothing() -> None:
    """All findings are fine."""
    assert to_fix(healthy()) == []


def test_a_redis_that_answers_is_fine_and_one_that_does_not_a_finding(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    """Only where the settings name one, and without its password."""
    secret = tmp_path / "password"
    secret.write_text("opensesame")

    def told(**redis: str) -> list[str]:
        environ = {f"VIGIE_REDIS__{name.upper()}": value for name, value in redis.items()}
        found = findings(load_settings(None, environ))
        # Those about Kafka, which come last, are not asked for.
        return [str(one) for one in islice(found, 8) if one.subject == "redis"]

    assert told() == []
    assert told(url=redis_server.url) == ["OK  redis: answers; several workers share one view"]
    (refused,) = told(url=redis_server.url, username="nobody", password_file=str(secret))
    assert refused.endswith("Start it, or correct redis.url and its user.")
    assert "opensesame" not in refused
    redis_server.kill()
    (away,) = told(url=redis_server.url)
    assert away.startswith("FIX redis: Redis: ")


def test_missing_topics_are_named_in_one_line() -> None:
    """And the command that makes them."""
    found = healthy()
    del found.topics["calls"], found.topics["dead-letters"]
    assert to_fix(found) == ["FIX topics: missing: calls, dead-letters. Run `vigie topics create`."]


def test_unequal_partitions_are_a_finding() -> None:
    """A contact's events must meet in partitions of the same number."""
    found = healthy()
    found.topics["chats"].partitions = 6
    assert len(to_fix(found)) == 1
    assert "partitions: differ between the topics" in to_fix(found)[0]
    assert to_fix(found)[0].endswith("and set kafka.partitions: 6.")


def test_partitions_other_than_the_settings_are_a_finding() -> None:
    """The settings follow the cluster."""
    found = healthy()
    for name in TOPICS:
        found.topics[name].partitions = 8
    assert to_fix(found) == [
        "FIX partitions: the topics have 8, the settings say 4. Set kafka.partitions: 8."
    ]


def test_producer_time_on_a_topic_is_a_finding() -> None:
    """Only the broker's own time bounds a wrong producer clock."""
    found = healthy()
    found.topics["calls"].settings = {"message.timestamp.type": "CreateTime"}
    (line,) = to_fix(found)
    assert line.startswith("FIX topic calls: message.timestamp.type is CreateTime")
    assert line.endswith("--topic calls --add-config message.timestamp.type=LogAppendTime")


def test_a_changelog_must_be_compacted() -> None:
    """Otherwise checkpoints expire."""
    found = healthy()
    name = STREAM.changelog("calls")
    found.topics[name].settings = {"cleanup.policy": "delete"}
    (line,) = to_fix(found)
    assert line.startswith(f"FIX topic {name}: cleanup.policy is delete")


def test_the_journal_of_alerts_has_one_partition_and_is_compacted() -> None:
    """Otherwise nobody could tell what happened first, or it would be forgotten."""
    found = healthy()
    found.topics["alerts"].partitions = 4
    (line,) = to_fix(found)
    assert line.startswith("FIX topic alerts: has 4 partitions instead of 1. Stop all workers")
    found.topics["alerts"] = TopicFacts(1, 1, {"cleanup.policy": "delete"})
    (line,) = to_fix(found)
    assert line.startswith("FIX topic alerts: cleanup.policy is delete")


def test_a_clock_behind_the_broker_is_a_finding() -> None:
    """A record from the future shows it."""
    found = healthy()
    found.newest_append_ms = found.local_ms + 7_500
    assert to_fix(found) == [
        (
            "FIX clock: this machine is at least 7.5 s behind the broker. "
            "Switch on time synchronisation (NTP) on both."
        )
    ]


def test_an_unreachable_broker_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, one FIX line about Kafka, nothing on standard error."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("VIGIE_KAFKA__BOOTSTRAP_SERVERS", f"127.0.0.1:{port}")
    monkeypatch.setenv("VIGIE_WEB__PORT", "0")
    assert run(["doctor"]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert [line for line in out.splitlines() if line.startswith("FIX")] == [
        (
            f"FIX kafka: no Kafka broker answers at 127.0.0.1:{port}. "
            "Start it, or set the right address."
        )
    ]


def test_a_port_in_use_and_an_open_address_are_findings() -> None:
    """Each with its fix."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = load_settings(None, {"VIGIE_WEB__PORT": str(port)})
        lines = [str(one) for one in _local(settings)]
    assert any(line.startswith(f"FIX port {port}: cannot listen on 127.0.0.1") for line in lines)
    settings = load_settings(None, {"VIGIE_WEB__HOST": "0.0.0.0", "VIGIE_WEB__PORT": "0"})
    assert "FIX web: 0.0.0.0 is open to the network without a password or a token. " in str(
        [str(one) for one in _local(settings)]
    )


def _local(settings: object) -> Iterator[object]:
    for one in findings(settings):  # type: ignore[arg-type]
        yield one
        if one.subject == "series":
            return


def test_the_series_of_a_queue_grow_with_the_windows() -> None:
    """The budget is measured, so it follows the catalogue and the settings."""
    few = series_per_pair(load_settings(None, {"VIGIE_WINDOWS": "5m"}).rules())
    many = series_per_pair(load_settings(None, {"VIGIE_WINDOWS": "5m,15m,1h"}).rules())
    assert 50 < few < many < 5_000


def test_the_centre_and_the_channels_have_their_share_of_the_series() -> None:
    """Nothing where both are switched off, more with more channels."""
    rules = load_settings(None, {}).rules()
    kinds = ("centre", "channel", "survey")
    assert series_besides_pairs(rules, ("survey",), 3) < 5
    one, three = (series_besides_pairs(rules, kinds, channels) for channels in (1, 3))
    assert 100 < one < three < 5_000


@pytest.fixture
def broker() -> Iterator[str]:
    """A broker within the process: librdkafka's mock cluster."""
    from streams.embedded import EmbeddedBroker

    with EmbeddedBroker({"calls": 3, "other": 1}, partitions=3) as embedded:
        yield embedded.address


def test_the_survey_reads_a_broker(broker: str) -> None:
    """Brokers, partitions; topics that are not asked for stay out."""
    found = survey(StreamSettings(bootstrap_servers=broker), ["calls", "chats"])
    assert found.brokers == 1
    assert {name: facts.partitions for name, facts in found.topics.items()} == {"calls": 3}
