"""What is on its way to Kafka: records, the requests they came in, the partitions they go to."""

from __future__ import annotations

import asyncio
from typing import NamedTuple


class Record(NamedTuple):
    """What goes to a topic (full name)."""

    topic: str
    key: bytes | None
    value: bytes


class UnavailableError(Exception):
    """Kafka did not take the records in time; nothing is known of them."""


class Request:
    """How many records of a request Kafka does not have yet, and the future of its answer."""

    __slots__ = ("answer", "left")

    def __init__(self, left: int, answer: asyncio.Future[None]) -> None:
        self.left = left
        self.answer = answer

    def has_one(self) -> None:
        """Kafka has one more record."""
        self.left -= 1
        if not self.left and not self.answer.done():
            self.answer.set_result(None)

    def fail(self) -> None:
        """Kafka did not take a record."""
        if not self.answer.done():
            self.answer.set_exception(UnavailableError())


class Lane:
    """What waits for a partition; ``busy_since_s`` is when its batch went out, None without."""

    __slots__ = ("busy_since_s", "waiting", "where")

    def __init__(self, where: tuple[str, int]) -> None:
        self.where = where
        self.waiting: list[tuple[Record, Request]] = []
        self.busy_since_s: float | None = None
