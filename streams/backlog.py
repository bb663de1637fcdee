"""What lies in partitions and is not shown yet: for how long, and how many events.

Pure arithmetic over what the broker answered and what the merged view shows; "now" is a steady
clock's, in seconds, passed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

UNMOVED_S = 2.0
LOOKED_AGAIN_S = 30.0
_MOST_KEPT = 600

Shown: TypeAlias = "Callable[[str, int], int | None]"
"""The first offset of a topic (full name) and partition that is not shown; None: no shard is."""


class Place(NamedTuple):
    """One partition."""

    topic: str
    partition: int


class Extent(NamedTuple):
    """The first offset of a partition and the one behind its last."""

    start: int
    end: int


class _End(NamedTuple):
    asked_s: float
    end: int


class Backlog:
    """Remembers when each end was first seen, until it is shown.

    A partition that no shard shows is behind, unless it is empty. Offsets without a record
    (markers of transactions, what was compacted away) would count for ever: whoever has looked
    and found none there says so (:meth:`is_hollow`).
    """

    def __init__(self) -> None:
        self._asked_s = 0.0
        self._extents: dict[Place, Extent] = {}
        self._ends: dict[Place, deque[_End]] = {}
        self._hollow: dict[Place, Extent] = {}
        self._still: dict[Place, tuple[Extent, float]] = {}

    def answer(self, asked_s: float, extents: Mapping[Place, Extent]) -> None:
        """Take what the broker answered when it was asked at an instant."""
        self._asked_s = asked_s
        for place, extent in extents.items():
            ends = self._ends.setdefault(place, deque())
            known = self._extents.get(place)
            if known is None or extent.end < known.end:  # the first answer, or a new topic
                ends.clear()
                self._hollow.pop(place, None)
            if known is None or extent.end != known.end:
                ends.append(_End(asked_s, extent.end))
            if len(ends) > _MOST_KEPT:  # the end of one counts from the time of the other
                last, before = ends.pop(), ends.pop()
                ends.append(_End(before.asked_s, last.end))
            self._extents[place] = extent

    def behind_s(self, now_s: float, shown: Shown) -> float:
        """Return how long ago the oldest end was asked for that is not shown; 0 when all are."""
        oldest_s = now_s
        for place, extent in self._extents.items():
            reached, ends = self._reached(place, shown), self._ends[place]
            while ends and ends[0].end <= reached:
                ends.popleft()
            if not ends and reached < extent.end:  # what was shown is shown no more
                ends.append(_End(self._asked_s, extent.end))
            if ends:
                oldest_s = min(oldest_s, ends[0].asked_s)
        return now_s - oldest_s

    def events(self, shown: Shown) -> int:
        """Return how many offsets are not shown."""
        return sum(
            max(0, extent.end - self._reached(place, shown))
            for place, extent in self._extents.items()
        )

    def doubtful(self, now_s: float, shown: Shown) -> dict[Place, Extent]:
        """Return what is not shown where nothing has moved for two seconds: look what is there.

        To be asked every second or so.
        """
        found = {}
        for place, extent in self._extents.items():
            left = Extent(self._reached(place, shown), extent.end)
            known, since_s = self._still.get(place, (None, now_s))
            if left.start >= left.end:
                self._still.pop(place, None)
            elif known != left:
                self._still[place] = (left, now_s)
            elif now_s - since_s >= UNMOVED_S:
                found[place] = left
        return found

    def is_hollow(self, place: Place, left: Extent) -> None:
        """Note that these offsets have no record, so that they count as shown."""
        known = self._hollow.get(place)
        begins = known.start if known is not None and known.end == left.start else left.start
        self._hollow[place] = Extent(begins, left.end)

    def is_solid(self, places: Iterable[Place], now_s: float) -> None:
        """Note that there are records, so that nobody looks again for half a minute."""
        for place in places:
            if place in self._still:
                left, _ = self._still[place]
                self._still[place] = (left, now_s + LOOKED_AGAIN_S - UNMOVED_S)

    def _reached(self, place: Place, shown: Shown) -> int:
        offset, start = shown(*place), self._extents[place].start
        reached = start if offset is None else max(offset, start)
        hollow = self._hollow.get(place)
        if hollow is not None and hollow.start <= reached < hollow.end:
            return hollow.end
        return reached
