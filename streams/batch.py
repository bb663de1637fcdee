"""One hand-over of the consumer: the records of one partition, and from where they were asked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Protocol


class Record(Protocol):
    """What is read of a Kafka record; ``timestamp`` is the broker's append time in ms."""

    @property
    def offset(self) -> int:
        """Position in the partition."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970."""

    @property
    def key(self) -> bytes | None:
        """The message key."""

    @property
    def value(self) -> bytes | None:
        """The message body."""


class Batch:
    """Records of one partition in offset order, never empty.

    ``asked_from`` is the offset from which the consumer asked for them; None if unknown.
    """

    __slots__ = ("asked_from", "rows")

    def __init__(self, rows: Sequence[Record], asked_from: int | None) -> None:
        self.rows = rows
        self.asked_from = asked_from

    @property
    def first_offset(self) -> int:
        """Offset of the first record."""
        return self.rows[0].offset

    @property
    def last_offset(self) -> int:
        """Offset of the last record."""
        return self.rows[-1].offset

    def pieces(self, size: int) -> Iterator[Batch]:
        """Yield the batch cut into at most ``size`` records each, so that others get a turn."""
        if len(self.rows) <= size:
            yield self
            return
        asked_from = self.asked_from
        for at in range(0, len(self.rows), size):
            piece = Batch(self.rows[at : at + size], asked_from)
            yield piece
            asked_from = piece.last_offset + 1

    def rows_from(self, offset: int) -> Sequence[Record]:
        """Return the records at or above ``offset``."""
        if self.first_offset >= offset:
            return self.rows
        return self.rows[bisect_left(self.rows, offset, key=attrgetter("offset")) :]
