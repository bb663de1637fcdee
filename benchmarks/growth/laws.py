"""How fast something may grow, and whether it does: flat, or in proportion to the size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from benchmarks.growth.figures import Growth

FLAT_UP_TO = 1.25
"""What has nothing to do with a size may cost so many times as much at the largest one: caches."""
LINEAR_UP_TO = 1.15
"""The power between the two largest sizes; above it, something is done once per pair."""

LEAST = 1e-9


class Law(NamedTuple):
    """A figure by size. ``is_flat``: it should not depend on the size at all."""

    name: str
    is_flat: bool
    sizes: list[float]
    values: list[float]

    @property
    def factor(self) -> float:
        """How many times as much it is at the largest size as at the smallest one."""
        return self.values[-1] / max(self.values[0], LEAST)

    @property
    def power(self) -> float:
        """The power of the size by which it grows between the two largest sizes."""
        (low, high), (less, more) = self.sizes[-2:], (max(v, LEAST) for v in self.values[-2:])
        return math.log(more / less) / math.log(high / low)

    @property
    def is_kept(self) -> bool:
        """Whether it grows no faster than it has to."""
        return self.factor <= FLAT_UP_TO if self.is_flat else self.power <= LINEAR_UP_TO


def law(
    name: str, rows: Sequence[Any], value: Callable[[Any], float], *, is_flat: bool = False
) -> Law:
    """Return the law of a figure of rows that have a ``size``."""
    return Law(name, is_flat, [float(row.size) for row in rows], [value(row) for row in rows])


def laws(found: Growth) -> Iterator[Law]:
    """Yield what is expected of every part: flat, or linear, and nothing worse."""
    for name, rows in (
        ("queues", found.queues), ("windows", found.windows), ("open contacts", found.open)
    ):  # fmt: skip
        yield law(f"fold, by {name}", rows, lambda row: row.fold, is_flat=True)
        yield law(f"board, by {name}", rows, lambda row: row.board_ms)
    yield law("page of metrics, by queues", found.queues, lambda row: row.page_ms)
    yield law("checkpoint, by open contacts", found.open, lambda row: row.checkpoint_ms)
    yield law("checkpoint record, by open contacts", found.open, lambda row: row.record_bytes)
    yield law("memory, by open contacts", found.open, lambda row: row.filled_mib)
    yield law("fold, by customers", found.customers, lambda row: row.fold, is_flat=True)
    yield law("memory, by customers", found.customers, lambda row: row.resident_mib)
    yield law("memory, by queues", found.memory, lambda row: row.with_boards_mib)
    yield law("whole checkpoint, by queues", found.memory, lambda row: row.row_bytes)
    yield law("CPU per event, by partitions", found.partitions, lambda row: row.cpu_us)
    yield law("ready after, by partitions", found.partitions, lambda row: row.ready_s)
    yield law(
        "bytes of checkpoints a second, by agents",
        found.bytes, lambda row: row.checkpoint_bytes / row.seconds,
    )  # fmt: skip
    yield law(
        "bytes to Redis a second, by agents",
        found.bytes, lambda row: row.redis_bytes / row.seconds,
    )  # fmt: skip


def slope(rows: Sequence[Any], value: Callable[[Any], float]) -> float:
    """Return how much a figure grows per unit of size, from the smallest to the largest."""
    first, last = rows[0], rows[-1]
    return (value(last) - value(first)) / float(last.size - first.size)
