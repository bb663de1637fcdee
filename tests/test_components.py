"""Every real component of the bench starts and answers: the ground of all other real tests."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import KafkaException
from redis.asyncio import Redis

from tests.bench.alertmanager import Alertmanager
from tests.bench.kafka import Kafka
from tests.bench.process import ComponentError, Process, require_program
from tests.bench.prometheus import Prometheus, scrape_config
from tests.bench.redis import RedisServer
from tests.bench.web import get_json

if TYPE_CHECKING:
    from playwright.async_api import Browser


class TestKafka:
    async def test_what_one_client_sends_another_receives_in_order(
        self, kafka: Kafka, topic_prefix: str
    ) -> None:
        """A record sent with aiokafka comes back with its key, value and offset."""
        topic = f"{topic_prefix}calls"
        kafka.create_topics(topic, 2, {"message.timestamp.type": "LogAppendTime"})
        async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
            for value in (b"offered", b"answered", b"ended"):
                await producer.send_and_wait(topic, key=b"c1", value=value, partition=1)
        consumer = AIOKafkaConsumer(
            topic, bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest"
        )
        async with consumer:
            got = [await anext(consumer) for _ in range(3)]
        assert [(r.partition, r.offset, r.key, r.value) for r in got] == [
            (1, 0, b"c1", b"offered"),
            (1, 1, b"c1", b"answered"),
            (1, 2, b"c1", b"ended"),
        ]

    def test_records_survive_a_clean_stop_and_a_kill(self, kafka: Kafka, topic_prefix: str) -> None:
        """The broker comes back on the same port with its topics and records."""
        topic = f"{topic_prefix}calls"
        kafka.create_topics(topic, 2)
        kafka.produce(topic, [(b"k", b"1"), (b"k", b"2")], partition=0)
        kafka.restart()
        kafka.produce(topic, [(b"k", b"3")], partition=1)
        kafka.kill()
        kafka.start()
        assert kafka.read(topic) == [
            (0, 0, b"k", b"1"),
            (0, 1, b"k", b"2"),
            (1, 0, b"k", b"3"),
        ]
        assert kafka.end_offsets(topic) == {0: 2, 1: 1}
        assert kafka.topics()[topic] == 2

    def test_no_topic_appears_by_asking_for_it(self, kafka: Kafka, topic_prefix: str) -> None:
        """A topic that nobody declared is an error, as in a well-kept cluster."""
        with pytest.raises(KafkaException, match="UNKNOWN_TOPIC_OR_PART"):
            kafka.read(f"{topic_prefix}typo")

    def test_compressed_records_can_be_read(self, kafka: Kafka, topic_prefix: str) -> None:
        """A producer may choose its compression: kcat sends each kind, and a reader gets it."""
        topic = f"{topic_prefix}calls"
        kafka.create_topics(topic)
        kinds = ("gzip", "snappy", "lz4", "zstd")
        for kind in kinds:
            subprocess.run(
                [
                    *(require_program("kcat", "kcat"), "-P", "-b", kafka.bootstrap_servers),
                    *("-t", topic, "-z", kind, "-K", ":"),
                ],
                input=f"{kind}:{kind * 100}\n".encode(),
                check=True,
                timeout=30,
            )
        assert [(row.key, row.value) for row in kafka.read(topic)] == [
            (kind.encode(), kind.encode() * 100) for kind in kinds
        ]


class TestRedis:
    async def test_redis_answers_and_comes_back_empty(self, redis_server: RedisServer) -> None:
        """Nothing outlives the process: persistence is off."""
        async with Redis.from_url(redis_server.url) as client:
            assert await client.ping()
            await client.set("board", b"1")
            assert await client.get("board") == b"1"
        redis_server.kill()
        redis_server.start()
        async with Redis.from_url(redis_server.url) as client:
            assert await client.get("board") is None


class TestPrometheus:
    def test_prometheus_scrapes_itself(
        self, prometheus_server: Callable[[Mapping[str, object]], Prometheus]
    ) -> None:
        """A scraped number is to be had through PromQL."""
        first = prometheus_server({})
        second = prometheus_server(scrape_config(f"127.0.0.1:{first.port}"))
        instance = (("instance", f"127.0.0.1:{first.port}"), ("job", "vigie"))
        assert second.wait_for("up == 1") == {instance: 1.0}
        assert [target["health"] for target in second.targets()] == ["up"]
        assert second.query("1 + 1") == {(): 2.0}
        with pytest.raises(ComponentError, match="parse error"):
            second.query("up ==")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n", 0),
            ("# TYPE a counter\na 1\n", 3),
        ],
    )
    def test_promtool_tells_good_metrics_from_bad(self, text: str, code: int) -> None:
        """A counter without help and without `_total` is found."""
        done = subprocess.run(
            [require_program("promtool", "prometheus"), "check", "metrics"],
            input=text.encode(),
            capture_output=True,
            timeout=30,
        )
        assert done.returncode == code, done.stderr


class TestAlertmanager:
    def test_alertmanager_is_ready_and_knows_no_alert(self, alertmanager: Alertmanager) -> None:
        """Its API answers, and it stands alone."""
        assert alertmanager.alerts() == []
        status = get_json(f"{alertmanager.url}/api/v2/status")
        assert status["cluster"]["status"] == "disabled"


class TestChromium:
    async def test_chromium_renders_a_page_and_runs_its_script(self, chromium: Browser) -> None:
        """Text, script and size of the window are real."""
        page = await chromium.new_page(viewport={"width": 1024, "height": 768})
        await page.set_content("<h1>waiting</h1><script>document.title = 1 + 1</script>")
        assert await page.title() == "2"
        assert await page.inner_text("h1") == "waiting"
        assert await page.evaluate("innerWidth") == 1024
        assert (await page.screenshot()).startswith(b"\x89PNG")


class TestProcess:
    def test_a_program_that_ends_at_once_shows_its_log(self, tmp_path: Path) -> None:
        """The reason stands in the error, not in a file that is gone."""
        process = Process("broken", ["sh", "-c", "echo no such port >&2; exit 3"], tmp_path)
        with pytest.raises(ComponentError, match=r"code 3\n.*\nno such port"):
            process.start(lambda: False)

    def test_a_program_that_never_gets_ready_is_ended_with_its_children(
        self, tmp_path: Path
    ) -> None:
        """Nothing of a failed start is left running."""
        process = Process("slow", ["sh", "-c", "sleep 60 & wait"], tmp_path)
        with pytest.raises(ComponentError, match="in vain: slow to get ready"):
            process.start(lambda: False, timeout_s=0.2)
        assert not process.running

    def test_a_missing_program_fails_the_test_and_says_what_to_do(self) -> None:
        """A component that is not there is a failure with the package's name, never a skip."""
        with pytest.raises(pytest.fail.Exception, match=r"package no-such-package.*make test"):
            require_program("no-such-program", "no-such-package")
