"""The sums of windows, kept up to date from board to board.

A window remembers what it counted of every row of slices. When it moves, or a row changes, what
it counted before is compared with what the row holds now, and only the difference is judged and
added to the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from aggregators.agent_clock import Clock
from aggregators.facts import Cell, merge_into
from aggregators.kpis.service_level import Part
from aggregators.kpis.sums import Judged, Sums, judge
from aggregators.kpis.thin import judge_thin
from aggregators.kpis.values import KpiValues
from aggregators.policy import DAY_MS, MINUTE_MS, QueuePolicy
from aggregators.row_plan import RowPlan, ScopePlan, SumsId
from aggregators.shard import Shard
from aggregators.slices import SCOPE_BITS, SCOPE_MASK, SLICE_MS, Row
from aggregators.windows import Window

Cells: TypeAlias = Mapping[int, Cell]
"""Cells by number of scope."""

DueCell: TypeAlias = tuple[int, ScopePlan, int, int]
"""(instant, scope, key, amount) of a fact that the clock brought about."""

_SLICES = MINUTE_MS // SLICE_MS
_NOTHING: Cells = {}
_SUMS_AT_ONCE = 20
_FEW = 6
"""So many changed rows are judged one by one, and shared by all windows that hold them."""


class KeptValues(NamedTuple):
    """The KPIs that follow from sums alone, and the parts of the service levels."""

    service: KpiValues
    waiting: KpiValues
    handling: KpiValues
    others: KpiValues
    parts: dict[str, Part]
    levels: KpiValues


class KeptSums:
    """The sums of some rows in a window, and the KPIs made of them (None: to be made anew)."""

    __slots__ = ("sums", "values")

    def __init__(self) -> None:
        self.sums = Sums()
        self.values: KeptValues | None = None


class RowReader:
    """Reads rows of slices for all windows of a board, each thing once."""

    def __init__(self, shards: Sequence[Shard], plan: RowPlan) -> None:
        self.shards = shards
        self.plan = plan
        self._parts: dict[tuple[int, int, int, int], tuple[Cells, Cells]] = {}
        self._old_parts = self._parts
        self._days: dict[tuple[int, int, int, int], tuple[object, Cells]] = {}
        self._old_days = self._days
        self._judged: dict[tuple[int, int], tuple[Cells, Cells, list[tuple[ScopePlan, Judged]]]]
        self._judged = {}

    def next_board(self) -> None:
        """Forget what no window asked for at the last board."""
        self._old_parts, self._parts = self._parts, {}
        self._old_days, self._days = self._days, {}
        self._judged = {}

    def part(self, shard: int, row: Row, first: int, last: int) -> Cells:
        """Return the cells of the slices [first, last) of a fine row, by scope."""
        whole = row.by_scope()
        key = (shard, row.start_ms, first, last)
        known = self._parts.get(key) or self._old_parts.get(key)
        if known is None or known[0] is not whole:
            known = (whole, _part(row, first, last))
        self._parts[key] = known
        return known[1]

    def thin(self, shard: int, day: int, start_ms: int, end_ms: int) -> Cells:
        """Return the thin cells of a day of the history between two instants, by scope."""
        history = self.shards[shard].slices.history
        start_ms, end_ms = max(start_ms, day * DAY_MS), min(end_ms, (day + 1) * DAY_MS)
        key = (shard, day, start_ms, end_ms)
        known = self._days.get(key) or self._old_days.get(key)
        if known is None or known[0] is not history.days[day]:
            known = (history.days[day], history.cells(day, start_ms, end_ms))
        self._days[key] = known
        return known[1]

    def judged(self, shard: int, old: Cells, new: Cells) -> list[tuple[ScopePlan, Judged]]:
        """Return what a changed row adds to the sums, scope by scope."""
        key = (id(old), id(new))
        known = self._judged.get(key)
        if known is None:
            plans = self.plan.by_number[shard]
            found = [
                (plans[number], judge(cell, plans[number].policy))
                for number, cell in changes(old, new)
                if plans[number].sums
            ]
            known = self._judged[key] = (old, new, found)
        return known[2]


def _part(row: Row, first: int, last: int) -> Cells:
    if first <= 0 and max(row.cells, default=0) >> SCOPE_BITS < last:
        return row.by_scope()
    part: dict[int, Cell] = {}
    for key, cell in row.cells.items():
        if first <= key >> SCOPE_BITS < last:
            scope = key & SCOPE_MASK
            if scope in part:
                merge_into(part[scope], cell)
            else:
                part[scope] = dict(cell)
    return part


def changes(old: Cells, new: Cells) -> Iterator[tuple[int, Cell]]:
    """Yield what has to be added to the old cells to get the new ones."""
    for scope, cell in new.items():
        before = old.get(scope)
        if before is None:
            yield scope, cell
        elif before != cell:
            yield scope, difference(before, cell)
    for scope, cell in old.items():
        if scope not in new:
            yield scope, {key: -n for key, n in cell.items()}


def difference(old: Cell, new: Cell) -> Cell:
    """Return what has to be added to the old cell to get the new one."""
    get = old.get
    changed = {key: n - was for key, n in new.items() if n != (was := get(key, 0))}
    for key, n in old.items():
        if n and key not in new:
            changed[key] = -n
    return changed


class _Part:
    """What a window counted for the scopes of one clock: rows by shard and minute, due facts."""

    __slots__ = ("days", "due", "rows")

    def __init__(self, shards: int) -> None:
        self.rows: list[dict[int, Cells]] = [{} for _ in range(shards)]
        self.days: list[dict[int, Cells]] = [{} for _ in range(shards)]
        self.due: dict[ScopePlan, Cell] = {}


class WindowSums:
    """One window: its sums by the rows that share them."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.sums: dict[SumsId, KeptSums] = {}
        self._parts: dict[Clock | None, _Part] = {}

    def forget(self) -> None:
        """Begin anew at the next update."""
        self.sums, self._parts = {}, {}

    def update(
        self,
        reader: RowReader,
        ranges: Mapping[Clock, tuple[int, int]],
        due: Sequence[DueCell],
    ) -> None:
        """Bring the sums to the window's range now; ``due`` is ordered by time."""
        for _ in self.steps(reader, ranges, due):
            pass

    def steps(
        self,
        reader: RowReader,
        ranges: Mapping[Clock, tuple[int, int]],
        due: Sequence[DueCell],
    ) -> Iterator[None]:
        """Do what :meth:`update` does, with a pause wherever it yields."""
        by_clock: dict[Clock | None, tuple[int, int]] = dict(ranges.items())
        if len(ranges) == 1 or not self.window.follows_zone:
            by_clock = {None: next(iter(ranges.values()))}
        elif None in self._parts:
            self.forget()  # a second clock appeared
        for clock, (start_ms, end_ms) in by_clock.items():
            part = self._parts.get(clock)
            if part is None:
                part = self._parts[clock] = _Part(len(reader.shards))
            adding: dict[SumsId, list[Judged]] = {}
            for number, shard in enumerate(reader.shards):
                counted = part.rows[number]
                changed = list(_changed(reader, number, shard, counted, start_ms, end_ms))
                if len(changed) <= _FEW:
                    for old, new in changed:
                        for plan, judged in reader.judged(number, old, new):
                            if clock is None or plan.clock == clock:
                                _note(adding, plan, judged)
                else:
                    plans = reader.plan.by_number[number]
                    _note_cells(adding, plans, _merged(changed), clock, judge)
                if shard.slices.history.days:
                    days = _changed_days(reader, number, part.days[number], start_ms, end_ms)
                    plans = reader.plan.by_number[number]
                    _note_cells(adding, plans, _merged(days), clock, judge_thin)
                if changed:
                    yield
            _note_due(adding, part, due, start_ms, end_ms, clock)
            yield from self._add(adding)

    def _add(self, adding: Mapping[SumsId, Sequence[Judged]]) -> Iterator[None]:
        for number, (rows, changes) in enumerate(adding.items(), start=1):
            kept = self.sums.get(rows)
            if kept is None:
                kept = self.sums[rows] = KeptSums()
            kept.sums.add(changes)
            kept.values = None
            if number % _SUMS_AT_ONCE == 0:
                yield


def _note(adding: dict[SumsId, list[Judged]], plan: ScopePlan, judged: Judged) -> None:
    """Note facts for all sums that their scope is in."""
    for rows in plan.sums:
        known = adding.get(rows)
        if known is None:
            adding[rows] = [judged]
        else:
            known.append(judged)


def _note_cells(
    adding: dict[SumsId, list[Judged]],
    plans: Sequence[ScopePlan],
    cells: Cells,
    clock: Clock | None,
    judge: Callable[[Cell, QueuePolicy], Judged],
) -> None:
    for number, cell in cells.items():
        plan = plans[number]
        if plan.sums and (clock is None or plan.clock == clock):
            _note(adding, plan, judge(cell, plan.policy))


def _note_due(
    adding: dict[SumsId, list[Judged]],
    part: _Part,
    due: Iterable[DueCell],
    start_ms: int,
    end_ms: int,
    clock: Clock | None,
) -> None:
    cells: dict[ScopePlan, Cell] = {}
    for at_ms, plan, key, n in due:
        if at_ms >= end_ms:
            break
        if at_ms >= start_ms and plan.sums and (clock is None or plan.clock == clock):
            cell = cells.setdefault(plan, {})
            cell[key] = cell.get(key, 0) + n
    for plan in cells.keys() | part.due.keys():
        old, new = part.due.get(plan, {}), cells.get(plan, {})
        if old != new:
            _note(adding, plan, judge(difference(old, new), plan.policy))
    part.due = cells


def _changed(
    reader: RowReader, number: int, shard: Shard, counted: dict[int, Cells], start_ms: int,
    end_ms: int,
) -> Iterator[tuple[Cells, Cells]]:  # fmt: skip
    """Yield (counted before, to be counted now) of the rows of a shard that differ.

    A coarse row counts when it starts inside; borders of windows that reach back that far lie
    on full minutes or quarters.
    """
    rows = shard.slices.rows
    first, last = -(-start_ms // MINUTE_MS), end_ms // MINUTE_MS
    inside: Iterable[int] = range(first, last)
    if last - first > len(rows):
        inside = [minute for minute in rows if first <= minute < last]
    kept = 0
    for minute in inside:
        row = rows.get(minute)
        if row is not None:
            kept += 1
            cells = row.merged
            if cells is None:
                cells = row.by_scope()
            old = counted.get(minute)
            if old is not cells:
                counted[minute] = cells
                yield old or _NOTHING, cells
    edges: dict[int, Cells] = {}
    for minute in {start_ms // MINUTE_MS, last}:
        row = rows.get(minute)
        if row is None or first <= minute < last:
            continue
        from_start_ms = start_ms - row.start_ms
        if row.level:
            if from_start_ms <= 0 < end_ms - row.start_ms:
                edges[minute] = row.by_scope()
        else:
            begin = max(0, -(-from_start_ms // SLICE_MS))
            end = min(_SLICES, -(-(end_ms - row.start_ms) // SLICE_MS))
            if begin < end:
                edges[minute] = reader.part(number, row, begin, end)
    for minute, part in edges.items():
        old = counted.get(minute)
        if old is not part:
            counted[minute] = part
            yield old or _NOTHING, part
    if len(counted) > kept + len(edges):
        gone = [
            minute
            for minute in counted
            if minute not in edges and (minute not in rows or not first <= minute < last)
        ]
        for minute in gone:
            yield counted.pop(minute), _NOTHING


def _changed_days(
    reader: RowReader, number: int, counted: dict[int, Cells], start_ms: int, end_ms: int
) -> Iterator[tuple[Cells, Cells]]:
    """Yield (counted before, to be counted now) of the days of the history that differ."""
    days = reader.shards[number].slices.history.days
    inside = range(start_ms // DAY_MS, -(-end_ms // DAY_MS))
    fewer = inside if len(inside) < len(days) else list(days)
    for day in [day for day in fewer if day in days and day in inside]:
        cells = reader.thin(number, day, start_ms, end_ms)
        old = counted.get(day)
        if old is not cells:
            counted[day] = cells
            yield old or _NOTHING, cells
    for day in [day for day in counted if day not in days or day not in inside]:
        yield counted.pop(day), _NOTHING


def _merged(changed: Iterable[tuple[Cells, Cells]]) -> Cells:
    """Add up many changes before they are judged."""
    sums: dict[int, Cell] = {}
    for old, new in changed:
        for number, cell in changes(old, new) if old else new.items():
            known = sums.get(number)
            if known is None:
                sums[number] = dict(cell)
            else:
                merge_into(known, cell)
    return sums
