"""Rows grown old are kept as bytes; nobody who reads or writes them notices."""

from __future__ import annotations

import pytest

from aggregators.slices import FINE, MINUTE, QUARTER, Row, Slices

T0 = 1_750_000_500_000 // 900_000 * 900_000
CELLS = {1: {1: 2, (1 << 40) + 7_000: 3}, 2: {1: 5}}


def row(level: int) -> Row:
    """A row with cells of two scopes."""
    made = Row(T0, level)
    made.cells = {scope: dict(cell) for scope, cell in CELLS.items()}
    return made


@pytest.mark.parametrize("level", [MINUTE, QUARTER])
def test_a_packed_row_reads_as_before(level: int) -> None:
    """Its cells, its sums by scope, and whether it is empty."""
    packed = row(level)
    packed.pack()
    assert packed.packed is not None
    assert packed.open_cells == {}
    assert packed.cells == packed.by_scope() == CELLS
    assert not packed.is_empty()
    nothing = Row(T0, level)
    nothing.pack()
    assert nothing.is_empty()


def test_a_row_of_the_last_hour_is_not_packed() -> None:
    """Every event writes into one."""
    young = row(FINE)
    young.pack()
    assert young.packed is None


@pytest.mark.parametrize("level", [MINUTE, QUARTER])
def test_a_late_fact_is_booked_into_a_packed_row(level: int) -> None:
    """And who had looked before still has what he saw."""
    slices = Slices()
    slices.rows[T0 // 60_000] = packed = row(level)
    packed.pack()
    seen = packed.by_scope()
    slices.cell(T0 + 10_000, 2)[1] = 6
    assert packed.cells == packed.by_scope() == {1: CELLS[1], 2: {1: 6}}
    assert seen == CELLS
    assert packed.dirty


@pytest.mark.parametrize("level", [FINE, MINUTE, QUARTER])
def test_only_coarse_rows_stay_packed_when_they_are_read(level: int) -> None:
    """A restart has thousands of them."""
    stored = row(QUARTER)
    stored.pack()
    assert stored.packed is not None
    read = Row(T0, level)
    read.read(stored.packed)
    assert (read.packed is not None) is (level != FINE)
    assert read.cells == CELLS
