"""Event-time slices: one row per minute, in it one cell per 5-second slice and scope.

A fact is booked into exactly one cell, however many windows there are; a window is the sum of
its cells, computed when somebody looks. Rows are what a checkpoint writes, and only those that
changed. With age a row gets coarser: first its slices melt into the minute, then fifteen
minutes into a quarter of an hour (all zone offsets are multiples of 15 minutes, so local
midnights stay exact).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from aggregators.facts import Cell, merge_into
from aggregators.forgotten import marks
from aggregators.history import History
from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS, QUARTER_MS

if TYPE_CHECKING:
    from aggregators.contact import Contact, Settled
    from aggregators.spans import AgentSpan

SLICE_MS = 5_000
SCOPE_BITS = 16
SCOPE_MASK = (1 << SCOPE_BITS) - 1

FINE, MINUTE, QUARTER = 0, 1, 2
FINE_FOR_MS = HOUR_MS + 5 * MINUTE_MS
MINUTES_FOR_MS = DAY_MS + 2 * HOUR_MS


class Row:
    """Everything a shard keeps for one minute (or, grown old, one quarter of an hour).

    ``cells`` is keyed by ``slice number << 16 | scope``. ``spans`` are the agent spans that
    ended here, ``settled`` the contacts whose last event lies here and that may still be
    corrected, ``forgotten`` the 64-bit fingerprints of those that may not any more.
    """

    __slots__ = (
        "dirty", "forgotten", "level", "merged", "open_cells", "packed", "settled", "spans",
        "start_ms",
    )  # fmt: skip

    def __init__(self, start_ms: int, level: int = FINE) -> None:
        self.start_ms = start_ms
        self.level = level
        self.open_cells: dict[int, Cell] = {}
        self.packed: bytes | None = None
        self.spans: list[AgentSpan] = []
        self.settled: dict[str, Contact | Settled] = {}
        self.forgotten = marks()
        self.merged: dict[int, Cell] | None = None
        self.dirty = True

    @property
    def cells(self) -> dict[int, Cell]:
        """All cells, to be read; those of a packed row are unpacked for the reader alone."""
        return self.open_cells if self.packed is None else _unpack(self.packed)

    @cells.setter
    def cells(self, cells: dict[int, Cell]) -> None:
        self.open_cells, self.packed = cells, None

    def pack(self) -> None:
        """Keep the cells of a coarse row as bytes, a tenth of their size.

        It is written rarely, and whoever looks keeps what he saw.
        """
        if self.level and self.packed is None:
            self.packed = _pack(self.open_cells)
            self.open_cells = {}

    def read(self, packed: bytes) -> None:
        """Take the cells as :meth:`pack` leaves them; those of coarse rows stay packed.

        Raises msgspec.DecodeError when they are damaged.
        """
        cells = _unpack(packed)
        if self.level:
            self.open_cells, self.packed = {}, packed
        else:
            self.open_cells, self.packed = cells, None

    def unpack(self) -> dict[int, Cell]:
        """Return the cells to be written: unpacked if need be, and nobody else's."""
        if self.packed is not None:
            self.open_cells, self.packed = _unpack(self.packed), None
        elif self.merged is self.open_cells:
            self.open_cells = _copies(self.open_cells)
        self.merged = None
        return self.open_cells

    @property
    def end_ms(self) -> int:
        """First instant after the row."""
        return self.start_ms + (QUARTER_MS if self.level == QUARTER else MINUTE_MS)

    def by_scope(self) -> dict[int, Cell]:
        """Return the whole row's cells summed by scope; kept until the row changes.

        What was returned once is never written again: whoever keeps it sees by identity whether
        the row changed, and has what it held before.
        """
        if self.merged is None:
            if self.level:
                self.merged = self.cells
                return self.merged
            merged: dict[int, Cell] = {}
            for key, cell in self.cells.items():
                scope = key & SCOPE_MASK
                if scope in merged:
                    merge_into(merged[scope], cell)
                else:
                    merged[scope] = dict(cell)
            self.merged = merged
        return self.merged

    def is_empty(self) -> bool:
        """Tell whether nothing is left in the row."""
        has_cells = self.open_cells or self.packed not in (None, _NOTHING_PACKED)
        return not (has_cells or self.spans or self.settled or self.forgotten)


class Slices:
    """The rows of one shard, by start in epoch milliseconds divided by a minute."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.history = History()
        self._fine_from = 0  # minute numbers: what lies before was coarsened already
        self._minutes_from = 0
        self._kept_from = 0

    def row(self, at_ms: int) -> Row:
        """Return the row that holds an instant, made if need be."""
        minute = at_ms // MINUTE_MS
        row = self.rows.get(minute)
        if row is None:
            quarter = minute - minute % 15
            row = self.rows.get(quarter)
            if row is None or row.level != QUARTER:
                row = self.rows[minute] = Row(minute * MINUTE_MS)
        return row

    def cell(self, at_ms: int, scope: int) -> Cell:
        """Return the cell of an instant and scope, ready to be written (its row gets dirty)."""
        row = self.rows.get(at_ms // MINUTE_MS) or self.row(at_ms)
        row.dirty = True
        if row.level:
            key, cells = scope, row.unpack()
        else:
            key = (at_ms % MINUTE_MS) // SLICE_MS << SCOPE_BITS | scope
            cells = row.open_cells
            row.merged = None
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = {}
        return cell

    def drop_empty_cell(self, at_ms: int, scope: int) -> None:
        """Drop the cell of an instant and scope if nothing is left in it."""
        row = self.row(at_ms)
        key = scope if row.level else (at_ms % MINUTE_MS) // SLICE_MS << SCOPE_BITS | scope
        if not row.unpack().get(key, True):
            del row.open_cells[key]

    def rows_ended(self, first_minute: int, end_ms: int) -> list[Row]:
        """Return the rows from a minute number on that ended at or before an instant."""
        last = end_ms // MINUTE_MS
        if last - first_minute > len(self.rows):
            minutes = sorted(m for m in self.rows if first_minute - 1 <= m < last)
        else:
            minutes = [m for m in range(first_minute - 1, last) if m in self.rows]
        return [self.rows[minute] for minute in minutes if self.rows[minute].end_ms <= end_ms]

    def coarsen(self, watermark_ms: int) -> None:
        """Melt old slices into minutes and old minutes into quarters; sums never change."""
        for row in self.rows_ended(self._fine_from, watermark_ms - FINE_FOR_MS):
            if row.level == FINE:
                row.cells = _copies(row.by_scope())
                row.level, row.dirty, row.merged = MINUTE, True, None
        self._fine_from = max(self._fine_from, (watermark_ms - FINE_FOR_MS) // MINUTE_MS)
        quarters_to_ms = (watermark_ms - MINUTES_FOR_MS) // QUARTER_MS * QUARTER_MS
        for row in self.rows_ended(self._minutes_from, quarters_to_ms):
            minute = row.start_ms // MINUTE_MS
            if row.level == MINUTE:
                self._into_quarter(minute, row, minute - minute % 15)
        self._minutes_from = max(self._minutes_from, quarters_to_ms // MINUTE_MS)

    def _into_quarter(self, minute: int, row: Row, quarter: int) -> None:
        target = self.rows.get(quarter)
        if target is None:
            target = self.rows[quarter] = Row(quarter * MINUTE_MS, QUARTER)
        elif target is row:
            row.unpack()
            row.level, row.dirty = QUARTER, True
            return
        elif target.level != QUARTER:
            target.cells = _copies(target.by_scope())
            target.level = QUARTER
        cells = target.unpack()
        for scope, cell in row.by_scope().items():
            merge_into(cells.setdefault(scope, {}), cell)
        target.spans += row.spans
        target.settled |= row.settled
        target.forgotten += row.forgotten
        target.dirty = True
        del self.rows[minute]

    def drop_before(self, end_ms: int) -> list[Row]:
        """Drop and return the rows that ended at or before an instant."""
        gone = self.rows_ended(self._kept_from, end_ms)
        self._kept_from = max(self._kept_from, end_ms // MINUTE_MS - 15)
        return [self.rows.pop(row.start_ms // MINUTE_MS) for row in gone]


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[int, dict[int, int]]).decode
_NOTHING_PACKED = _pack({})


def _copies(cells: dict[int, Cell]) -> dict[int, Cell]:
    return {scope: cell.copy() for scope, cell in cells.items()}
