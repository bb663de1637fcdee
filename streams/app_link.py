"""What the parts of a worker ask of the Faust app: to send, to place the consumer, where it is.

Faust declares little of it in its types, so the casts are here and nowhere else.
"""

from __future__ import annotations

from typing import Any

from faust.types import TP

from streams.app import VigieApp
from streams.settings import StreamSettings


class AppLink:
    """The app of a worker, for those who know nothing of Faust; ``tables`` by full topic name."""

    def __init__(self, app: VigieApp, settings: StreamSettings, tables: dict[str, Any]) -> None:
        self._app: Any = app
        self._settings = settings
        self._tables = tables

    def producer(self) -> Any:
        """Return the client library's own producer."""
        return self._app.producer._ensure_producer()

    async def send_dead_letter(self, key: bytes, value: bytes) -> Any:
        """Hand a dead letter over; return what is awaited until it is acknowledged."""
        topic = self._settings.dead_letter_topic
        return await self._app.producer.send(topic, key, value, None, None, None)

    async def send_row(self, tp: TP, key: bytes, value: bytes | None) -> None:
        """Write one changelog record of a source partition; return when it is acknowledged."""
        # Not through the table: the buffer behind it hands over one row per turn of the loop as
        # long as anything else asks for the producer, and each row then is a request of its own.
        log_topic = self._tables[tp.topic].changelog_topic.get_topic_name()
        sent = await self._app.producer.send(log_topic, key, value, tp.partition, None, None)
        await sent

    async def reaches_broker(self) -> bool:
        """Ask a broker for something small; return whether one answered."""
        return bool(await self._app.consumer.thread.reaches_broker())

    async def place_back(self, tp: TP) -> None:
        """Have the consumer ask again from where the shard stands."""
        await self._app.consumer.thread.place(tp)

    def cursor(self, tp: TP) -> int | None:
        """Return the offset that the consumer asks from next."""
        cursor: dict[Any, int] = self._app.consumer.thread.cursor
        return cursor.get(tp)

    def end(self, tp: TP) -> int | None:
        """Return the offset behind the newest record, None while nobody knows it."""
        try:
            end: int | None = self._app.consumer.highwater(tp)
        except Exception:  # noqa: BLE001 - the partition was taken away this moment
            return None
        return end

    def is_recovering(self) -> bool:
        """Tell whether partitions move or their shards are read back."""
        recovered = self._app.tables.recovery.completed.is_set()
        return bool(self._app.rebalancing or not recovered)

    def refused(self) -> BaseException | None:
        """Return why the broker does not let us into the group, None as far as it does."""
        if self._settings.embedded:
            return None
        refused: BaseException | None = self._app.consumer.thread.refused()
        return refused
