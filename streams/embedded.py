"""A broker inside the process: librdkafka's mock cluster, for the demo, replays and shell tests.

It speaks Kafka's protocol on a loopback port, keeps about 5 MB (100,000 records) per partition in
memory, compacts nothing, stamps nothing (a record's time is its producer's) and goes with the
process.

confluent-kafka can start one by a configuration line, but then topics get four partitions and a
new group waits three seconds. The library inside the package has calls for both, so they are
used where it is found.
"""

from __future__ import annotations

import ctypes
import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import confluent_kafka

from streams.settings import StreamError, StreamSettings

log = logging.getLogger(__name__)

PARTITION_BYTES = 5 * 1024 * 1024
PARTITION_RECORDS = 100_000
_DEFAULT_PARTITIONS = 4
_PRODUCER = 0
_ERROR_BYTES = 512


class _Cluster(Protocol):
    partitions: int
    address: str

    def stop(self) -> None: ...


class EmbeddedBroker:
    """A running mock broker; ``address`` is its bootstrap server.

    ``partitions`` is what its topics really have: the number asked for, or four where the
    library's own calls cannot be reached. Stop it, or use it in a ``with`` block.
    """

    def __init__(self, topics: Mapping[str, int], *, partitions: int) -> None:
        """Start with ``topics`` (name to partition count); others get ``partitions``."""
        self._cluster: _Cluster
        try:
            self._cluster = _NativeCluster(_library(), topics, partitions)
        except OSError as error:
            log.info("mock broker without its own settings: %s", error)
            self._cluster = _PlainCluster(topics)
        self.address = self._cluster.address
        self.partitions = self._cluster.partitions

    def stop(self) -> None:
        """Close the port and forget every record."""
        self._cluster.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_broker(settings: StreamSettings) -> EmbeddedBroker:
    """Start a broker that has all topics of the settings."""
    topics = {settings.dead_letter_topic: 1}
    for full_name, name in settings.source_topics().items():
        topics[full_name] = settings.partitions
        topics[settings.changelog(name)] = settings.partitions
    return EmbeddedBroker(topics, partitions=settings.partitions)


class _NativeCluster:
    def __init__(self, library: Any, topics: Mapping[str, int], partitions: int) -> None:
        self._library = library
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        conf = library.rd_kafka_conf_new()
        library.rd_kafka_conf_set(conf, b"log_level", b"3", error, _ERROR_BYTES)
        self._handle = library.rd_kafka_new(_PRODUCER, conf, error, _ERROR_BYTES)
        if not self._handle:
            raise StreamError(f"the embedded broker does not start: {error.value.decode()}")
        self._cluster = library.rd_kafka_mock_cluster_new(self._handle, 1)
        if not self._cluster:
            raise StreamError("the embedded broker does not start: no loopback port")
        self.partitions = partitions
        self.address: str = library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        with _kept_awake(self.address):
            library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
            for topic, count in topics.items():
                library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), count, 1)

    def stop(self) -> None:
        if self._cluster:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
            self._library.rd_kafka_destroy(self._handle)
            self._cluster = None


class _PlainCluster:
    def __init__(self, topics: Mapping[str, int]) -> None:
        self._producer: confluent_kafka.Producer | None = confluent_kafka.Producer(
            {"bootstrap.servers": "", "test.mock.num.brokers": 1, "log_level": 3}
        )
        brokers = self._producer.list_topics(timeout=10).brokers
        for topic in topics:  # a topic exists once somebody has asked for it
            self._producer.list_topics(topic, timeout=10)
        self.partitions = _DEFAULT_PARTITIONS
        self.address = ",".join(f"{broker.host}:{broker.port}" for broker in brokers.values())

    def stop(self) -> None:
        self._producer = None


@contextmanager
def _kept_awake(address: str) -> Iterator[None]:
    """Knock at the broker's port meanwhile: its thread now and then sleeps a second on a call."""
    host, _, port = address.rpartition(":")
    is_done = threading.Event()

    def knock() -> None:
        while not is_done.wait(0.002):
            with suppress(OSError), socket.create_connection((host, int(port)), timeout=0.05):
                pass

    knocking = threading.Thread(target=knock, name="embedded-broker-start", daemon=True)
    knocking.start()
    try:
        yield
    finally:
        is_done.set()
        knocking.join()


def _library() -> Any:
    """Load the librdkafka that confluent-kafka brings. Raises OSError when it is not there."""
    package = Path(confluent_kafka.__file__).parent
    found = [
        path
        for folder in (package.parent / "confluent_kafka.libs", package / ".dylibs")
        for path in sorted(folder.glob("librdkafka*"))
    ]
    if not found:
        raise OSError("confluent-kafka has no bundled library here")
    library = ctypes.CDLL(str(found[0]))
    pointer, text, whole = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (whole, [pointer, text, text, text, ctypes.c_size_t]),
        "rd_kafka_new": (pointer, [whole, pointer, text, ctypes.c_size_t]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, whole]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (whole, [pointer, text, whole, whole]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
    }
    for name, (result, arguments) in signatures.items():
        try:
            function = getattr(library, name)
        except AttributeError as error:
            raise OSError(f"the bundled librdkafka has no {name}") from error
        function.restype, function.argtypes = result, arguments
    return library
