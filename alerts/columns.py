"""The rows of a board as columns: what is beyond a threshold is one bisection, not 500 questions.

Rows have numbers (:mod:`alerts.row_names`), so a condition is algebra over sets of numbers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aggregators.board import Board, Rows
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.samples import sample
from aggregators.kpis.values import KpiValues
from alerts.row_names import RowName, RowNames
from alerts.rules import PIPELINE, Measure, Operator


class Column:
    """One measure of all rows of a kind; a row without a number, or with NaN, is beyond nothing."""

    def __init__(self, measure: Measure, rows: Sequence[KpiValues]) -> None:
        kpi = measure.kpi
        found = [row.get(kpi) for row in rows]
        for label in measure.labels:
            found = [part.get(label) if isinstance(part, dict) else None for part in found]
        values = [v if isinstance(v, int | float) and v == v else None for v in found]
        numbers = [n for n, value in enumerate(values) if value is not None]
        numbers.sort(key=values.__getitem__)  # type: ignore[arg-type]  # all are numbers
        self._values = values
        self._numbers = numbers
        self._ordered: list[float] = [values[n] for n in numbers]  # type: ignore[misc]
        self._kpi = kpi
        self._rows = rows
        self._samples: dict[int, int | None] = {}

    def value(self, row: int) -> float | None:
        """Return the value of a row, None if it has none."""
        return self._values[row]

    def count(self, operator: Operator, bound: float) -> int:
        """Return how many rows are beyond a bound."""
        start, end = self._span(operator, bound)
        return end - start

    def beyond(self, operator: Operator, bound: float) -> list[int]:
        """Return the rows that are beyond a bound."""
        start, end = self._span(operator, bound)
        return self._numbers[start:end]

    def is_beyond(self, row: int, operator: Operator, bound: float) -> bool:
        """Whether one row is."""
        value = self._values[row]
        if value is None:
            return False
        if operator == ">":
            return value > bound
        if operator == ">=":
            return value >= bound
        return value < bound if operator == "<" else value <= bound

    def sample(self, row: int) -> int | None:
        """Return the ``n`` behind the value of a row; None where nothing is known of it."""
        if row not in self._samples:
            self._samples[row] = sample(self._kpi, self._rows[row])
        return self._samples[row]

    def _span(self, operator: Operator, bound: float) -> tuple[int, int]:
        if bound != bound:
            return 0, 0
        ordered = self._ordered
        if operator == ">":
            return bisect_right(ordered, bound), len(ordered)
        if operator == ">=":
            return bisect_left(ordered, bound), len(ordered)
        return 0, (bisect_left if operator == "<" else bisect_right)(ordered, bound)


class Table:
    """All rows of one kind at a look; ``rows_in`` gives their values in a window by number."""

    def __init__(self, names: RowNames, rows_in: Callable[[str], list[KpiValues]]) -> None:
        self.names = names
        self._rows_in = rows_in
        self._rows: dict[str, list[KpiValues]] = {}
        self._columns: dict[Measure, Column] = {}

    def column(self, measure: Measure) -> Column:
        """Return the column of a measure."""
        column = self._columns.get(measure)
        if column is None:
            kpi = CATALOGUE.get(measure.kpi)
            window = "" if kpi is not None and kpi.kind == "N" else measure.window
            rows = self._rows.get(window)
            if rows is None:
                rows = self._rows[window] = self._rows_in(window)
            column = self._columns[measure] = Column(measure, rows)
        return column


class Tables:
    """The tables of one look; ``known`` are the row names of the looks before, by kind."""

    def __init__(
        self, board: Board | None, health: Mapping[str, float], known: dict[str, RowNames]
    ) -> None:
        self._board = board
        self._health = health
        self._known = known
        self._made: dict[str, Table] = {}

    def of(self, kind: str) -> Table | None:
        """Return the table of a kind; None while there is no board."""
        table = self._made.get(kind)
        if table is None:
            if kind == PIPELINE:
                table = self._of_health()
            elif self._board is not None:
                table = self._of_board(self._board, kind)
            else:
                return None
            self._made[kind] = table
        return table

    def _of_health(self) -> Table:
        values: KpiValues = {**self._health}
        return Table(RowNames(PIPELINE, [""]), lambda _window: [values])

    def _of_board(self, board: Board, kind: str) -> Table:
        windows = {name: rows_of(rows, kind) for name, rows in board.windows.items()}
        # What is true now is the same in every window that has the row, and not all have it.
        anywhere: dict[RowName, KpiValues] = {}
        for rows in windows.values():
            anywhere.update(rows)
        windows[""] = anywhere
        known = self._known.get(kind)
        names = known
        if names is None or not names.are(anywhere):
            names = RowNames(kind, anywhere, known)
        self._known[kind] = names
        return Table(names, lambda window: names.values(windows.get(window, {})))


def rows_of(rows: Rows, kind: str) -> Mapping[Any, KpiValues]:
    """Return the rows of a kind in one window, by :data:`RowName`."""
    if kind == "pair":
        return rows.pairs
    if kind == "channel":
        return rows.channels
    if kind == "team":
        return rows.teams
    return {"": rows.total} if kind == "total" else rows.facets.get(kind, {})
