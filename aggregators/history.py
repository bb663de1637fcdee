"""What is left of slices that were dropped for their age: counts and sums by quarter of an hour.

A cell gets thin when its row leaves the slices: counts and sums stay, of waits and other measured
times how many there were, their sum, and how many were within the threshold and below the short
limit of that day. So weeks and months keep their volumes, rates and means; only what needs every
single value (percentiles, the longest, bands) has none. After nine weeks the quarters of a day
melt into one, split at the local midnight. Days are the rows in which a checkpoint writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from aggregators.calendar import local_day_start
from aggregators.dossiers.pages import AFTER_PAGES
from aggregators.facts import (
    MEASURE,
    VALUE_BITS,
    VALUE_MASK,
    WAIT_ABANDONED,
    Cell,
    merge_into,
)
from aggregators.policy import DAY_MS, QUARTER_MS, QueuePolicy, Rules

if TYPE_CHECKING:
    from aggregators.scopes import Scope
    from aggregators.slices import Row

FIRST_DAY = AFTER_PAGES
"""Rows of a checkpoint from this number on are days of the history."""

LEVELS = FIRST_DAY
"""The row of the levels: 1970-01-01 has no quarters."""

QUARTERS_FOR_MS = 9 * 7 * DAY_MS + DAY_MS
DAYS_FOR_MS = 800 * DAY_MS

THIN = 1 << 20
"""Keys of thin facts: THIN + 4 x family + one of the following."""
N, SUM_MS, INSIDE, SHORT = range(4)


class Day(Struct, array_like=True):
    """One day as it is stored: quarters of the UTC day, packed; or the levels."""

    quarters: dict[int, bytes]
    levels: dict[int, int] = {}


def thin(cell: Cell, policy: QueuePolicy) -> Cell:
    """Return a cell without its single values, judged by the settings of its queue."""
    thinned: Cell = {}
    get = thinned.get
    for key, n in cell.items():
        family = key >> VALUE_BITS
        if not family:
            thinned[key] = get(key, 0) + n
            continue
        value, base = key & VALUE_MASK, THIN + 4 * family
        thinned[base + N] = get(base + N, 0) + n
        thinned[base + SUM_MS] = get(base + SUM_MS, 0) + n * value
        if family < MEASURE:
            if value <= policy.threshold_ms:
                thinned[base + INSIDE] = get(base + INSIDE, 0) + n
            if family == WAIT_ABANDONED and value < policy.short_limit_ms:
                thinned[base + SHORT] = get(base + SHORT, 0) + n
    return {key: n for key, n in thinned.items() if n}


class History:
    """The history of one shard. ``changed`` are the numbers of the rows to be written.

    ``levels`` are the amounts that hold from an instant on, such as the number of customers.
    A day is another object after each change.
    """

    def __init__(self) -> None:
        self.days: dict[int, dict[int, bytes]] = {}
        self.levels: dict[int, int] = {}
        self.changed: set[int] = set()
        self._coarse_to = 0

    def take_row(self, row: Row, rules: Rules, scopes: Sequence[Scope]) -> None:
        """Keep what is left of a row of slices that is dropped; agents' own figures are not."""
        cells: dict[int, Cell] = {}
        for number, cell in row.by_scope().items():
            scope = scopes[number]
            if not scope.agent:
                cells[number] = thin(cell, rules.policy(scope.queue, scope.channel))
        self._add(row.start_ms // DAY_MS, row.start_ms % DAY_MS // QUARTER_MS, cells)

    def _add(self, day: int, quarter: int, cells: Mapping[int, Cell]) -> None:
        known = self.days.get(day, {})
        packed = known.get(quarter)
        merged = _unpack(packed) if packed else {}
        for scope, cell in cells.items():
            merge_into(merged.setdefault(scope, {}), cell)
        left = {
            scope: {key: n for key, n in merged[scope].items() if n} for scope in sorted(merged)
        }
        kept = {scope: dict(sorted(cell.items())) for scope, cell in left.items() if cell}
        quarters = {number: known[number] for number in known if number != quarter}
        if kept:
            quarters[quarter] = _pack(kept)
        if quarters:
            self.days[day] = quarters
            self.changed.add(FIRST_DAY + day)
        elif known:
            del self.days[day]
            self.changed.discard(FIRST_DAY + day)

    def book(self, at_ms: int, scope: int, key: int, n: int) -> None:
        """Add a plain fact that is older than the slices."""
        self._add(at_ms // DAY_MS, at_ms % DAY_MS // QUARTER_MS, {scope: {key: n}})

    def age(self, newest_ms: int, zone: str) -> None:
        """Melt days that are older than nine weeks, drop those older than two years."""
        coarse_to = (newest_ms - QUARTERS_FOR_MS) // DAY_MS
        if coarse_to <= self._coarse_to:
            return
        for day in [d for d in self.days if d < coarse_to]:
            if day < (newest_ms - DAYS_FOR_MS) // DAY_MS:
                del self.days[day]
                self.changed.discard(FIRST_DAY + day)
            elif day >= self._coarse_to - 1:
                self._melt(day, zone)
        self._coarse_to = coarse_to

    def _melt(self, day: int, zone: str) -> None:
        midnight_ms = local_day_start((day + 1) * DAY_MS - 1, zone)
        split = max(0, -(-(midnight_ms - day * DAY_MS) // QUARTER_MS))
        quarters = self.days[day]
        if all(quarter in (0, split) for quarter in quarters):
            return
        del self.days[day]
        for quarter in sorted(quarters):
            self._add(day, split if quarter >= split else 0, _unpack(quarters[quarter]))

    def level(self, at_ms: int, amount: int) -> None:
        """Change the amount that holds from an instant on."""
        left = self.levels.get(at_ms, 0) + amount
        if left:
            self.levels[at_ms] = left
        else:
            self.levels.pop(at_ms, None)
        self.changed.add(LEVELS)

    def cells(self, day: int, start_ms: int, end_ms: int) -> dict[int, Cell]:
        """Return the thin cells of the quarters of a day that begin in [start, end), by scope."""
        merged: dict[int, Cell] = {}
        for quarter, packed in self.days.get(day, {}).items():
            if start_ms <= day * DAY_MS + quarter * QUARTER_MS < end_ms:
                for scope, cell in _unpack(packed).items():
                    if scope in merged:
                        merge_into(merged[scope], cell)
                    else:
                        merged[scope] = cell
        return merged

    def first_ms(self) -> int | None:
        """Return where the history begins; None while there is none."""
        if not self.days:
            return None
        day = min(self.days)
        return day * DAY_MS + min(self.days[day]) * QUARTER_MS

    def numbers(self) -> list[int]:
        """Return the numbers of all rows as a checkpoint names them."""
        return [LEVELS] * bool(self.levels) + [FIRST_DAY + day for day in self.days]

    def stored(self, number: int) -> Day:
        """Return a row as it is written."""
        if number == LEVELS:
            return Day({}, self.levels)
        return Day(self.days[number - FIRST_DAY])

    def take(self, number: int, stored: Day) -> None:
        """Take a row from a checkpoint."""
        if number == LEVELS:
            self.levels = stored.levels
        else:
            self.days[number - FIRST_DAY] = stored.quarters

    def keep_only(self, numbers: Iterable[int]) -> None:
        """Forget the days that a newer checkpoint does not name."""
        named = set(numbers)
        for day in [day for day in self.days if FIRST_DAY + day not in named]:
            del self.days[day]
        if LEVELS not in named:
            self.levels = {}


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[int, dict[int, int]]).decode
