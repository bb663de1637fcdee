"""Old rows read in passing: they are as small afterwards as they were before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from aggregators.policy import MINUTE_MS
from aggregators.shard import Shard
from aggregators.slices import Row


@contextmanager
def in_passing(shards: Iterable[Shard], stretch: tuple[int, int] | None = None) -> Iterator[None]:
    """Have the old rows that nobody looked at stay so, whoever reads them meanwhile.

    To keep them unpacked would cost memory. ``stretch`` (start, end) is what is read of them;
    without it all. Nothing may be folded in meanwhile.
    """
    unread = [
        row
        for shard in shards
        for row in _rows(shard.slices.rows, stretch)
        if row.level and row.merged is None
    ]
    try:
        yield
    finally:
        for row in unread:
            row.merged = None


def _rows(rows: dict[int, Row], stretch: tuple[int, int] | None) -> Iterable[Row]:
    """Return the rows that start inside."""
    if stretch is None:
        return rows.values()
    start_ms, end_ms = stretch
    inside = range(-(-start_ms // MINUTE_MS), -(-end_ms // MINUTE_MS))
    if len(inside) > len(rows):
        return [row for minute, row in rows.items() if minute in inside]
    return [rows[minute] for minute in inside if minute in rows]
