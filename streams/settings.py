"""What the Kafka side of vigie needs to know: brokers, names, intervals, security.

:class:`StreamSettings` is a frozen value that the front door fills. All names on the broker
(topics, changelogs, group) are derived here and nowhere else.
"""

from __future__ import annotations

import ssl
from typing import Any

from msgspec import Struct

from aggregators.events import TOPICS

DEAD_LETTERS = "dead-letters"
ALERTS = "alerts"
RETENTION_MS = 7 * 86_400_000


class StreamError(Exception):
    """Something the user can repair; the message is one line and says how."""


class StreamSettings(Struct, frozen=True, kw_only=True):
    """Connection, names and intervals of one worker.

    ``partitions`` is the partition count of every source topic and of its changelog.
    ``instance_id`` makes the worker a static member of its group: after a restart it gets its
    partitions back at once. ``fetch_wait_ms`` bounds how long one fetch may wait for records.
    Every ``epoch_interval_ms`` the worker looks whether the topics are still the same ones.
    A user name without ``ssl_context`` sends the password in clear, so it also needs
    ``allow_plaintext``. In ``data_dir``, by default the system's temporary folder, Faust makes a
    folder that holds nothing and goes with the worker.
    """

    bootstrap_servers: str = "127.0.0.1:9092"
    topic_prefix: str = ""
    app_id: str = "vigie"
    partitions: int = 4
    replication: int = 1
    retention_ms: int = RETENTION_MS
    dead_letter_retention_ms: int = RETENTION_MS
    checkpoint_interval_ms: int = 1000
    commit_interval_ms: int = 1000
    session_timeout_ms: int = 10_000
    heartbeat_interval_ms: int = 3_000
    fetch_wait_ms: int = 100
    max_poll_records: int = 4000
    buffered_batches: int = 16
    caught_up_events: int = 1000
    epoch_interval_ms: int = 10_000
    instance_id: str | None = None
    username: str | None = None
    password: str | None = None
    ssl_context: ssl.SSLContext | None = None
    allow_plaintext: bool = False
    data_dir: str | None = None
    embedded: bool = False

    def __repr__(self) -> str:
        """Name the connection, never the password."""
        return f"StreamSettings({self.app_id!r} at {self.bootstrap_servers!r})"

    def topic(self, name: str) -> str:
        """Return the full topic name of a canonical topic such as ``calls``."""
        return f"{self.topic_prefix}{name}"

    def source_topics(self) -> dict[str, str]:
        """Return full topic name -> canonical name of all topics that are folded."""
        return {self.topic(name): name for name in TOPICS}

    def table(self, name: str) -> str:
        """Return the name of the table that keeps the shards of a canonical topic."""
        return f"{self.topic(name)}-shards"

    def changelog(self, name: str) -> str:
        """Return the changelog topic of that table, as Faust names it."""
        return f"{self.app_id}-{self.table(name)}-changelog"

    @property
    def dead_letter_topic(self) -> str:
        """Where refused messages go."""
        return self.topic(DEAD_LETTERS)

    @property
    def alerts_topic(self) -> str:
        """Where every transition of an alert is written; compacted, one partition."""
        return self.topic(ALERTS)

    @property
    def alerts_transactional_id(self) -> str:
        """What the one writer of that topic holds; the same for all workers."""
        return f"{self.alerts_topic}-leader"

    def check(self) -> None:
        """Refuse settings that would leak a password or cannot work.

        Raises:
            StreamError: with the fix.
        """
        if self.username is not None and self.ssl_context is None and not self.allow_plaintext:
            raise StreamError(
                "kafka: a user name without TLS would send the password in clear; "
                "set a TLS context, or allow plaintext explicitly"
            )
        if self.username is not None and self.password is None:
            raise StreamError("kafka: a user name is set but no password")
        if self.partitions < 1:
            raise StreamError(f"kafka: partitions must be at least 1, not {self.partitions}")
        if self.heartbeat_interval_ms * 3 > self.session_timeout_ms:
            raise StreamError(
                "kafka: the session timeout must be at least three heartbeat intervals "
                f"({self.session_timeout_ms} < 3 x {self.heartbeat_interval_ms} ms)"
            )

    def client_options(self) -> dict[str, Any]:
        """Return the connection options of a plain aiokafka client."""
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap_servers.split(",")}
        if self.ssl_context is not None:
            options["ssl_context"] = self.ssl_context
        if self.username is not None:
            options["security_protocol"] = "SASL_SSL" if self.ssl_context else "SASL_PLAINTEXT"
            options["sasl_mechanism"] = "SCRAM-SHA-512"
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = self.password
        elif self.ssl_context is not None:
            options["security_protocol"] = "SSL"
        return options
