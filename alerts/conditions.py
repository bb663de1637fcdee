"""In which rows a condition is true: set algebra over row numbers, the smallest set first."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from alerts.columns import Table
from alerts.rules import AllOf, Compare, Condition


def rows_where(
    condition: Condition, table: Table, among: AbstractSet[int], *, is_open: bool = False
) -> set[int]:
    """Return those of some rows in which a condition is true.

    For an alert that is open, each comparison holds as far as its ``clear``. A group of nothing
    is never true.
    """
    if isinstance(condition, Compare):
        return _rows_beyond(condition, table, among, is_open=is_open)
    if isinstance(condition, AllOf):
        return _rows_of_all(condition, table, among, is_open=is_open)
    found: set[int] = set()
    for part in condition.conditions:
        found |= rows_where(part, table, among, is_open=is_open)
    return found


def first_true(parts: Sequence[Compare], table: Table, row: int, *, is_open: bool) -> int | None:
    """Return the number of the first comparison that is true in a row: the one to tell of."""
    for number, compare in enumerate(parts):
        if is_true(compare, table, row, is_open=is_open):
            return number
    return None


def is_true(compare: Compare, table: Table, row: int, *, is_open: bool = False) -> bool:
    """Whether a comparison is true in a row."""
    column = table.column(compare.measure)
    if not column.is_beyond(row, compare.operator, bound(compare, is_open=is_open)):
        return False
    return not compare.min_sample or (column.sample(row) or 0) >= compare.min_sample


def bound(compare: Compare, *, is_open: bool) -> float:
    """Return what a comparison compares with: an open alert holds as far as ``clear``."""
    return compare.clear if is_open and compare.clear is not None else compare.threshold


def _rows_beyond(
    compare: Compare, table: Table, among: AbstractSet[int], *, is_open: bool
) -> set[int]:
    column = table.column(compare.measure)
    operator, limit = compare.operator, bound(compare, is_open=is_open)
    count = column.count(operator, limit)
    if not count or not among:
        return set()
    if len(among) < count:
        found = {row for row in among if column.is_beyond(row, operator, limit)}
    else:
        found = {row for row in column.beyond(operator, limit) if row in among}
    if compare.min_sample:
        return {row for row in found if (column.sample(row) or 0) >= compare.min_sample}
    return found


def _rows_of_all(group: AllOf, table: Table, among: AbstractSet[int], *, is_open: bool) -> set[int]:
    sized = [(_most(part, table, is_open=is_open), part) for part in group.conditions]
    sized.sort(key=_size)
    found: set[int] = set()
    for n, (size, part) in enumerate(sized):
        found = rows_where(part, table, found if n else among, is_open=is_open) if size else set()
        if not found:
            return found
    return found


def _most(condition: Condition, table: Table, *, is_open: bool) -> int:
    """Return how many rows a condition can be true in at most, scope and samples left aside."""
    if isinstance(condition, Compare):
        limit = bound(condition, is_open=is_open)
        return table.column(condition.measure).count(condition.operator, limit)
    sizes = [_most(part, table, is_open=is_open) for part in condition.conditions]
    if isinstance(condition, AllOf):
        return min(sizes, default=0)
    return sum(sizes)


def _size(sized: tuple[int, Condition]) -> int:
    return sized[0]
