"""The same stretch of local time in earlier weeks, and how far back vigie knows everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aggregators.agent_clock import Clock
from aggregators.periods import days_before
from aggregators.policy import MINUTE_MS, Rules
from aggregators.shard import Shard
from aggregators.window_sums import RowReader, WindowSums
from aggregators.windows import Window

WEEKS = 8
"""So many weeks are compared with."""

_CONTACTS = frozenset(("calls", "chats", "tickets"))


class Weeks:
    """The sums of a window's range in each of the last eight weeks, kept up to date."""

    def __init__(self, window: Window) -> None:
        self._weeks = [WindowSums(window) for _ in range(WEEKS)]

    def update(
        self,
        reader: RowReader,
        ranges: Mapping[Clock, tuple[int, int]],
        known_from_ms: int,
        *,
        least: int = 1,
    ) -> list[WindowSums]:
        """Return the sums of the weeks that are wholly known, the last week first.

        With fewer than ``least`` of them nothing is read and none is returned.
        """
        known = list(zip(self._weeks, earlier_ranges(ranges, known_from_ms), strict=False))
        if len(known) < least:
            return []
        for sums, earlier in known:
            sums.update(reader, earlier, ())
        return [sums for sums, _ in known]


def earlier_ranges(
    ranges: Mapping[Clock, tuple[int, int]], known_from_ms: int
) -> list[dict[Clock, tuple[int, int]]]:
    """Return the same local times in each of the last weeks that are wholly known."""
    found: list[dict[Clock, tuple[int, int]]] = []
    for number in range(1, WEEKS + 1):
        days = 7 * number
        earlier = {
            clock: (days_before(start, clock[0], days), days_before(end, clock[0], days))
            for clock, (start, end) in ranges.items()
        }
        if min(start for start, _ in earlier.values()) <= known_from_ms:
            break
        found.append(earlier)
    return found


def known_from(shards: Iterable[Shard], rules: Rules) -> int:
    """Return the instant after which every contact is known, at least by counts and sums.

    It is when the oldest that is kept happened: before it, vigie may not have run. Without
    retention (a batch) nothing was before. Without contacts it is the end of time.
    """
    if rules.retention_ms is None:
        return -1
    found = []
    for shard in shards:
        if is_of_contacts(shard):
            first_ms = shard.slices.history.first_ms()
            rows = shard.slices.rows
            if first_ms is not None:
                found.append(first_ms)
            elif rows:
                found.append(min(rows) * MINUTE_MS)
    return min(found, default=1 << 62)


def is_of_contacts(shard: Shard) -> bool:
    """Tell whether a shard folds calls, chats or tickets."""
    return shard.topic.rsplit(".", 1)[-1] in _CONTACTS


def level_at(shards: Sequence[Shard], at_ms: int) -> int | None:
    """Return the number of customers of the latest count at or before an instant."""
    latest = max(
        (
            (since_ms, amount)
            for shard in shards
            for since_ms, amount in shard.slices.history.levels.items()
            if since_ms <= at_ms
        ),
        default=None,
    )
    return None if latest is None else latest[1]
