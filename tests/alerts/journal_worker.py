"""A worker that reads the journal of alerts, for tests on a real broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from alerts.kafka_journal import KafkaJournal
from tests.bench.tasks import running
from tests.streams.counting import until

COMPACTED = {
    "cleanup.policy": "compact", "segment.ms": "50", "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "0", "max.message.bytes": str(4 * 1024 * 1024),
}  # fmt: skip
Entries = dict[str, bytes]


class Worker:
    """A journal that is read, and what was heard of it."""

    def __init__(
        self, servers: str, topic: str, *, timeout_ms: int = 10_000, fails_at: bytes = b"\0"
    ) -> None:
        self.topic = topic
        self._fails_at = fails_at
        self.entries: Entries = {}
        self.heard: list[tuple[str, bytes | None]] = []
        options = {"bootstrap_servers": servers}
        self.journal = KafkaJournal(
            topic, options, transactional_id=f"{topic}-leader", timeout_ms=timeout_ms
        )

    def hear(self, key: str, value: bytes | None) -> None:
        if value == self._fails_at:
            raise ValueError("secret word")
        self.heard.append((key, value))
        if value is None:
            self.entries.pop(key, None)
        else:
            self.entries[key] = value

    async def hears(self, records: int) -> None:
        await until(lambda: len(self.heard) >= records)

    async def reaches_the_end(self) -> None:
        await until(lambda: not self.journal.is_behind)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Worker]:
        try:
            async with running(self.journal.run(self.hear)):
                yield self
        finally:
            await self.journal.close()

    async def send_without_commit(self, key: str, value: bytes) -> Any:
        """As a leader that is frozen in the middle of a transaction."""
        producer = self.journal._writer
        assert producer is not None
        await producer.begin_transaction()
        await (await producer.send(self.topic, value, key=key.encode(), partition=0))
        return producer
