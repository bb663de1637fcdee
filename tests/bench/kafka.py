"""Apache Kafka of the test's own: one KRaft process, broker and controller in one."""

from __future__ import annotations

import base64
import subprocess
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from tests.bench.process import (
    ComponentError,
    Process,
    free_port,
    is_open,
    require_program,
    wait_until,
)

LIBS = Path(__file__).parent.parent / "kafka" / "libs"
ANSWER_TIMEOUT_S = 10.0


class Stored(NamedTuple):
    """One record as it lies in a topic."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Kafka:
    """A broker on loopback whose data outlives a stop and a kill, until the test run ends."""

    def __init__(self, directory: Path, *, heap: str = "512m") -> None:
        self.port = free_port()
        self._controller_port = free_port()
        self.proxied_port = free_port()
        self.proxy_port = free_port()
        self.format_options: list[str] = []
        self._properties = directory / "server.properties"
        self._directory = directory
        java = require_program("java", "default-jre-headless")
        if not any(LIBS.glob("kafka-server-*.jar")):
            pytest.fail(
                f"Apache Kafka's jars are missing from {LIBS}: run `make test` or `make kafka` "
                "(needs the Debian package maven)",
                pytrace=False,
            )
        self._java = [
            java,
            *(f"-Xmx{heap}", "-Xms256m", "-XX:+UseSerialGC"),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            *("-cp", f"{LIBS}/*"),
        ]
        self.process = Process(
            "kafka", [*self._java, "kafka.Kafka", str(self._properties)], directory
        )

    @property
    def bootstrap_servers(self) -> str:
        """What a client connects to."""
        return f"127.0.0.1:{self.port}"

    @property
    def proxied_servers(self) -> str:
        """What a client connects to that must go through a proxy, which a test puts there.

        It has to pass on to ``proxied_port``, whose listener names the proxy as its address.
        """
        return f"127.0.0.1:{self.proxy_port}"

    def start(self) -> None:
        """Starts the broker, with the topics that it had before, and waits until it answers."""
        if not self._properties.exists():
            self._format()
        self.process.start(self._answers)

    def stop(self) -> None:
        """Ends the broker cleanly."""
        self.process.stop()

    def kill(self) -> None:
        """Ends the broker as a power cut would."""
        self.process.kill()

    def restart(self) -> None:
        """A clean stop and a start on the same port with the same data."""
        self.stop()
        self.start()

    def create_topics(
        self,
        names: str | Iterable[str],
        partitions: int = 1,
        config: Mapping[str, str] | None = None,
    ) -> None:
        """Creates topics and returns when the broker leads all their partitions.

        :raises KafkaException: a topic exists already, or a setting is wrong.
        """
        wanted = [names] if isinstance(names, str) else list(names)
        admin = self._admin()
        created = admin.create_topics(
            [NewTopic(name, partitions, 1, config=dict(config or {})) for name in wanted],
            operation_timeout=ANSWER_TIMEOUT_S,
        )
        for future in created.values():
            future.result(ANSWER_TIMEOUT_S)
        wait_until(
            lambda: all(self._led_partitions(admin, name) == partitions for name in wanted),
            what=f"leaders of {wanted}",
        )

    def delete_topics(self, names: Iterable[str]) -> None:
        """Deletes topics and returns when the broker agreed."""
        admin = self._admin()  # must live until it has answered
        for future in admin.delete_topics(list(names)).values():
            future.result(ANSWER_TIMEOUT_S)

    def topics(self) -> dict[str, int]:
        """Names of the topics, without Kafka's own, and their numbers of partitions."""
        found = self._admin().list_topics(timeout=ANSWER_TIMEOUT_S).topics
        return {
            name: len(about.partitions)
            for name, about in found.items()
            if not name.startswith("__")
        }

    def produce(
        self, topic: str, records: Iterable[tuple[bytes | None, bytes | None]], partition: int = -1
    ) -> None:
        """Appends (key, value) records and returns when all of them are acknowledged."""
        failures: list[str] = []
        producer = Producer({"bootstrap.servers": self.bootstrap_servers, "acks": "all"})
        for key, value in records:
            while True:
                try:
                    producer.produce(
                        topic,
                        value=value,
                        key=key,
                        partition=partition,
                        on_delivery=lambda error, _: failures.append(str(error)) if error else None,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
        unsent = producer.flush(ANSWER_TIMEOUT_S)
        if failures or unsent:
            raise ComponentError(f"{topic}: {unsent} records unsent, failed: {failures[:3]}")

    def read(self, topic: str) -> list[Stored]:
        """Everything that lies in a topic now, by partition and offset."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap_servers,
                "group.id": f"bench-{uuid.uuid4()}",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": False,
            }
        )
        try:
            return sorted(self._read(consumer, topic), key=lambda row: (row.partition, row.offset))
        finally:
            consumer.close()

    def end_offsets(self, topic: str) -> dict[int, int]:
        """The next offset to be written, of each partition."""
        consumer = Consumer(
            {"bootstrap.servers": self.bootstrap_servers, "group.id": f"bench-{uuid.uuid4()}"}
        )
        try:
            return self._ends(consumer, topic)
        finally:
            consumer.close()

    def _read(self, consumer: Consumer, topic: str) -> Iterable[Stored]:
        # Position, not the last record seen, says when the end is reached: compaction and
        # transactions leave offsets without a record.
        ends = self._ends(consumer, topic)
        consumer.assign([TopicPartition(topic, number, 0) for number in ends])
        left = {number for number, end in ends.items() if end > 0}
        idle_polls = 0
        while left:
            message = consumer.poll(0.2)
            if message is None:
                idle_polls += 1
                if idle_polls * 0.2 > ANSWER_TIMEOUT_S:
                    raise ComponentError(f"{topic}: no more records, partitions {left} not at end")
            elif (error := message.error()) is not None:
                raise KafkaException(error)
            else:
                idle_polls = 0
                partition, offset = message.partition(), message.offset()
                assert partition is not None
                assert offset is not None
                if offset < ends[partition]:
                    yield Stored(partition, offset, message.key(), message.value())
            for position in consumer.position([TopicPartition(topic, number) for number in left]):
                if position.offset >= ends[position.partition]:
                    left.discard(position.partition)

    def _ends(self, consumer: Consumer, topic: str) -> dict[int, int]:
        about = consumer.list_topics(topic, timeout=ANSWER_TIMEOUT_S).topics[topic]
        if about.error is not None:
            raise KafkaException(about.error)
        ends: dict[int, int] = {}
        for number in about.partitions:
            marks = consumer.get_watermark_offsets(
                TopicPartition(topic, number), timeout=ANSWER_TIMEOUT_S
            )
            if marks is None:
                raise ComponentError(f"{topic}-{number}: the broker does not tell its end")
            ends[number] = marks[1]
        return ends

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})

    def _led_partitions(self, admin: AdminClient, topic: str) -> int:
        about = admin.list_topics(topic, timeout=ANSWER_TIMEOUT_S).topics[topic]
        return sum(partition.leader == 1 for partition in about.partitions.values())

    def _answers(self) -> bool:
        # A client that finds the port closed waits long before it tries again: knock first.
        if not is_open(self.port):
            return False
        try:
            admin = self._admin()
            about = admin.list_topics(timeout=ANSWER_TIMEOUT_S)
            # After a kill the broker names itself the leader a moment before it serves as one.
            asked = admin.list_offsets(
                {
                    TopicPartition(topic, number): OffsetSpec.latest()
                    for topic, details in about.topics.items()
                    for number in details.partitions
                },
                request_timeout=ANSWER_TIMEOUT_S,
            )
            for answer in asked.values():
                answer.result(ANSWER_TIMEOUT_S)
        except KafkaException:
            return False
        return bool(about.brokers)

    def _format(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(
            "".join(f"{name}={value}\n" for name, value in self.settings().items())
        )
        # "A": an id that begins with a minus sign would be taken for an option.
        cluster_id = "A" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        done = subprocess.run(
            [
                *(*self._java, "kafka.tools.StorageTool", "format"),
                *("-t", cluster_id, "-c", str(self._properties), *self.format_options),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            self._properties.unlink()
            raise ComponentError(f"Kafka could not format its folder: {done.stdout}{done.stderr}")

    def settings(self) -> dict[str, object]:
        """The broker's properties."""
        client, controller, proxied, proxy = (
            f"127.0.0.1:{port}"
            for port in (self.port, self._controller_port, self.proxied_port, self.proxy_port)
        )
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"PLAINTEXT://{client},PROXIED://{proxied},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{client},PROXIED://{proxy}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": (
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT"
            ),
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self._directory / "data",
            # A test that needs a topic declares it: none appears by a typing error.
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            # A killed broker may come back when the controller has given up its former self:
            # after 9 s by default. Heartbeats also let a fresh one serve its first client.
            "broker.session.timeout.ms": 4_000,
            "broker.heartbeat.interval.ms": 200,
        }
