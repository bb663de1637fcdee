"""Sends messages to real topics, at once or from a thread at a steady pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from confluent_kafka import Producer

from tests.bench.process import ComponentError
from tests.faults.traffic import Message, Traffic

BURST = 50
PATIENCE_S = 120.0


class Feeder:
    """Sends to the topics of one prefix; the broker may go away and come back meanwhile."""

    def __init__(self, bootstrap_servers: str, prefix: str) -> None:
        self._prefix = prefix
        self._failures: list[str] = []
        self._thread: threading.Thread | None = None
        self._is_stopping = threading.Event()
        self.sent = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "acks": "all",
                # A broker that comes back must not see an event before an earlier one.
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.max.bytes": 3_000_000,
                "message.timeout.ms": int(PATIENCE_S * 1000),
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    def send(self, messages: Iterable[Message]) -> None:
        """Queue messages for sending."""
        for message in messages:
            while True:
                try:
                    self._producer.produce(
                        f"{self._prefix}{message.topic}",
                        key=message.key,
                        value=message.value,
                        on_delivery=lambda error, _: (
                            self._failures.append(str(error)) if error else None
                        ),
                    )
                    break
                except BufferError:
                    self._producer.poll(0.1)
            self.sent += 1
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until everything is acknowledged.

        :raises ComponentError: something was not.
        """
        unsent = self._producer.flush(PATIENCE_S)
        if unsent or self._failures:
            raise ComponentError(f"{unsent} messages unsent, failed: {self._failures[:3]}")

    def start(self, traffic: Traffic, per_second: int) -> None:
        """Send in a thread until :meth:`stop`."""
        self._is_stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(traffic, per_second), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait until everything is acknowledged."""
        self.abandon()
        self.flush()

    def abandon(self) -> None:
        """Stop the thread, whatever became of its messages."""
        if self._thread is not None:
            self._is_stopping.set()
            self._thread.join()
            self._thread = None

    def _run(self, traffic: Traffic, per_second: int) -> None:
        due_at = time.monotonic()
        while not self._is_stopping.is_set():
            self.send(traffic.take(BURST))
            due_at = max(due_at + BURST / per_second, time.monotonic() - 1)
            self._is_stopping.wait(max(0.0, due_at - time.monotonic()))
