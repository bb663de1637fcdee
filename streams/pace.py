"""What a backlog is: more events than a busy moment brings at the worker's own pace."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)

LEAST_EVENTS = 20_000
"""Fewer are no backlog at any pace."""
BACKLOG_S = 2.0
"""So many seconds of the usual pace are no backlog either: one fetch may hold a second of it."""
_USUAL_S = 30.0
"""What is usual changes with this time constant: to work off a backlog fast is not yet usual."""


class Pace(Generic[P]):
    """How many events per second have been folded lately, over all partitions."""

    def __init__(self) -> None:
        self.per_s = 0.0
        self._noted_s: float | None = None
        self._offsets: dict[P, int] = {}

    def note(self, offsets: Mapping[P, int], now_s: float) -> None:
        """Note the next offset of each partition, and when it was so by a steady clock.

        A partition that has just come, or was placed back, counts from there.
        """
        if self._noted_s is not None and now_s > self._noted_s:
            passed_s = now_s - self._noted_s
            folded = sum(
                max(0, offset - self._offsets.get(partition, offset))
                for partition, offset in offsets.items()
            )
            share = 1 - math.exp(-passed_s / _USUAL_S)
            self.per_s += (folded / passed_s - self.per_s) * share
        self._noted_s = now_s
        self._offsets = dict(offsets)

    def is_backlog(self, events: int) -> bool:
        """Tell whether so many waiting events are a backlog that is to be worked off first."""
        return events > max(LEAST_EVENTS, BACKLOG_S * self.per_s)
