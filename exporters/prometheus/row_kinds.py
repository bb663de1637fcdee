"""The series of rows that are no pair of queue and channel: the centre, channels, teams, facets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from aggregators.policy import HOUR_MS
from aggregators.windows import Kind, parse_window
from exporters.prometheus.catalogue import twin_metric
from exporters.prometheus.labels import LabelValues
from exporters.prometheus.metric import Metric
from exporters.prometheus.sheet import Sheet, Target

if TYPE_CHECKING:
    from aggregators.board import Board, KpiValues, Rows

SHORTEST_LONG_MS = HOUR_MS


class ShownWindow:
    """How a window of the board is shown: its label, None for not at all; whether it is long."""

    __slots__ = ("is_long", "label")

    def __init__(self, label: str | None, is_long: bool) -> None:
        self.label = label
        self.is_long = is_long


def shown_windows(labels: Mapping[str, str | None]) -> dict[str, ShownWindow]:
    """Return what is shown of each window of a board, by its name.

    A window is long from an hour on. Where none is, the longest one stands in for them.
    """
    lengths = {name: _length_ms(name) for name, label in labels.items() if label is not None}
    longest = max(lengths.values(), default=0)
    least = min(SHORTEST_LONG_MS, longest)
    return {
        name: ShownWindow(label, lengths.get(name, 0) >= least) for name, label in labels.items()
    }


def _length_ms(name: str) -> float:
    window = parse_window(name)
    in_time = window.kind in (Kind.ROLLING, Kind.OPEN_INTERVAL, Kind.LAST_INTERVAL)
    return window.length_ms if in_time else float("inf")


class RowSheets:
    """Makes the sheets of one kind of rows; names keep their places between scrapes."""

    def __init__(
        self,
        kind: str,
        metrics: Mapping[str, Metric],
        targets: Mapping[str, Target],
        label_values: Mapping[str, LabelValues],
        max_names: int,
    ) -> None:
        self.kind = kind
        twins = {name: twin_metric(metric, kind) for name, metric in metrics.items()}
        self._gauges = {name: twin for name, twin in twins.items() if twin is not None}
        self._targets = targets
        self._label_values = label_values
        self._names = LabelValues(max_names)

    @property
    def dropped(self) -> int:
        """How many names were left out since the process started."""
        return self._names.dropped

    def sheet(self, board: Board, windows: Mapping[str, ShownWindow], room: int) -> Sheet:
        """Return the gauges of a board: as many names, first come first served, as have room."""
        sheet = Sheet(self._gauges, self._targets, self._label_values)
        if not self._gauges:
            return sheet
        found = [
            (windows[window], rows_of(rows, self.kind)) for window, rows in board.windows.items()
        ]
        largest = 0
        for name, labels in self._places(found):
            before = sheet.size
            if before + largest > room:
                if labels:
                    self._names.refuse(name)
                continue
            live = True
            for window, rows in found:
                row = rows.get(name)
                if row is not None:
                    sheet.fill(labels, window.label, row, live=live, is_long=window.is_long)
                    live = False
            largest = max(largest, sheet.size - before)
        return sheet

    def _places(
        self, found: Sequence[tuple[ShownWindow, Mapping[str, KpiValues]]]
    ) -> list[tuple[str, tuple[str, ...]]]:
        if self.kind == "centre":
            return [("", ())]
        places = self._names.placed({(name,) for _, rows in found for name in rows})
        return [(values[0], labels) for values, labels in places]


def rows_of(rows: Rows, kind: str) -> Mapping[str, KpiValues]:
    """Return the rows of a kind by name; the one of the centre has none."""
    match kind:
        case "centre":
            return {"": rows.total}
        case "channel":
            return rows.channels
        case "team":
            return rows.teams
    return rows.facets.get(kind, {})
