"""The KPI series: the merged view's board, read anew at every scrape.

Nothing is kept between scrapes but which label values have a place, so what is no longer on the
board is no longer in the text, and Prometheus marks it stale at once.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.steps import Steps, at_once
from exporters.prometheus.catalogue import is_by_pair, kpi_metrics
from exporters.prometheus.cost import CollectCost
from exporters.prometheus.cumulative import Cumulative
from exporters.prometheus.kpi_metrics import PAIR, VIEW_METRICS
from exporters.prometheus.labels import LabelValues
from exporters.prometheus.metric import gauge
from exporters.prometheus.row_kinds import RowSheets, ShownWindow, shown_windows
from exporters.prometheus.sheet import Filled, Sheet, targets
from exporters.row_kinds import DEFAULT_KINDS, FIRST_KINDS

if TYPE_CHECKING:
    from aggregators.board import Board, KpiValues

MAX_PAIRS = 500
MAX_SERIES = 75_000
MAX_VALUES = 100
"""Values of one label within a KPI: reasons, variants, limits."""
MAX_NAMES = 200
"""Names of one kind of rows: teams, motives, surveys."""

UNSHOWN_WINDOWS = ("interval_", "whole")
"""Windows that get series only when asked for: closed intervals do not change between scrapes."""


class ViewShards(Struct, frozen=True):
    """How many shards the view should cover, knows, and knows freshly."""

    expected: int
    present: int
    fresh: int


class Found(NamedTuple):
    """The series of a board, and how many samples they are."""

    series: Sequence[Filled | Family]
    size: int


class KpiCollector(Collector):
    """Gives the KPI and view series of one board per scrape.

    ``exposed`` says whether this worker shows KPI series at all; if not, there are none.
    ``max_pairs`` limits the (queue, channel) pairs, ``max_series`` the samples of the page: it
    belongs below the scrape job's ``sample_limit``, beyond which the whole scrape would fail.
    What does not fit is left out, first come first served, and counted in :meth:`cost`.
    ``windows`` are those shown, by default all of the board but the fixed intervals, which the
    API has. ``kpis`` is the catalogue; a smaller one shows fewer series. ``shards`` adds the
    ``vigie_view_shards_*`` series. ``kinds`` are the kinds of rows that have series beside the
    pairs, of :data:`~exporters.row_kinds.ROW_KINDS`. ``fresh`` gives the board as ``board`` does,
    and lets the loop have its turns while it is computed.
    """

    def __init__(
        self,
        board: Callable[[], Board],
        exposed: Callable[[], bool],
        *,
        kpis: Mapping[str, Kpi] = CATALOGUE,
        shards: Callable[[], ViewShards] | None = None,
        windows: Collection[str] | None = None,
        max_pairs: int = MAX_PAIRS,
        max_series: int = MAX_SERIES,
        kinds: Collection[str] = DEFAULT_KINDS,
        timer: Callable[[], float] = time.perf_counter,
        fresh: Callable[[], Awaitable[Board]] | None = None,
    ) -> None:
        self._board = board
        self._fresh = fresh
        self.is_exposed = exposed
        self._shards = shards
        self._timer = timer
        self._windows = windows
        self._max_series = max_series
        metrics = kpi_metrics(kpis)
        gauges = {metric.name: metric for metric in metrics if metric.type == "gauge"}
        self._gauges = {name: metric for name, metric in gauges.items() if is_by_pair(metric)}
        self._cumulative = {metric.name: metric for metric in metrics if metric.type != "gauge"}
        self._targets = targets(kpis, metrics)
        self._pairs = LabelValues(max_pairs)
        names = {name for metric in metrics for name in metric.labels} - {*PAIR, "window"}
        self._inner = {name: LabelValues(MAX_VALUES) for name in sorted(names)}
        self._kinds = [
            RowSheets(kind, gauges, self._targets, self._inner, min(max_pairs, MAX_NAMES))
            for kind in kinds
        ]
        self._cost: CollectCost | None = None

    def cost(self) -> CollectCost | None:
        """Return the cost of the last collection, None if nothing is shown."""
        return self._cost

    def forget_cost(self) -> None:
        """Nothing is shown any more."""
        self._cost = None

    def collect(self) -> Iterator[Family]:
        """Yield the families that have a sample."""
        self.forget_cost()
        if not self.is_exposed():
            return
        started = self._timer()
        board = self._board()
        view = list(self.view_families(board))
        found = at_once(self._steps(board, len(view)))
        self._note_cost(self._timer() - started, len(view) + found.size)
        # It may have taken long, or the process was stopped meanwhile.
        if self.is_exposed():
            yield from view
            for one in found.series:
                yield one.family() if isinstance(one, Filled) else one

    async def fresh_board(self) -> Board:
        """Return the newest board, made in steps where that is possible."""
        return self._board() if self._fresh is None else await self._fresh()

    def steps(self, board: Board) -> Steps[Found]:
        """Make the series of a board but those of the view, with a pause wherever it yields."""
        view = len(list(self.view_families(board)))
        steps, seconds = self._steps(board, view), 0.0
        while True:
            started = self._timer()
            try:
                next(steps)
            except StopIteration as end:
                found: Found = end.value
                break
            finally:
                seconds += self._timer() - started
            yield
        self._note_cost(seconds, view + found.size)
        return found

    def _note_cost(self, seconds: float, series: int) -> None:
        self._cost = CollectCost(seconds=seconds, series=series, dropped=self._dropped())

    def _dropped(self) -> dict[str, int]:
        dropped = {name: values.dropped for name, values in self._inner.items()}
        dropped["queue"] = self._pairs.dropped
        for sheets in self._kinds:
            dropped[sheets.kind] = dropped.get(sheets.kind, 0) + sheets.dropped
        return dropped

    def _steps(self, board: Board, view: int) -> Steps[Found]:
        windows = shown_windows({window: self._label(window) for window in board.windows})
        sheet = Sheet(self._gauges, self._targets, self._inner)
        cumulative = Cumulative(self._cumulative)
        taken = view
        by_kind: dict[str, Sheet] = {}
        for sheets in self._kinds:
            if sheets.kind in FIRST_KINDS:
                made = by_kind[sheets.kind] = sheets.sheet(board, windows, self._max_series - taken)
                taken += made.size
                yield
        present: set[tuple[str, ...]] = {*board.pairs, *board.durable}
        for rows in board.windows.values():
            present.update(rows.pairs)
        largest = 0
        for pair, labels in self._pairs.placed(present):
            before = taken + sheet.size + cumulative.size
            if before + largest > self._max_series:
                self._pairs.refuse(*pair)
                continue
            self._fill_pair(board, windows, sheet, cumulative, (pair[0], pair[1]), labels)
            largest = max(largest, taken + sheet.size + cumulative.size - before)
            yield
        taken += sheet.size + cumulative.size
        for sheets in self._kinds:
            if sheets.kind not in FIRST_KINDS:
                made = by_kind[sheets.kind] = sheets.sheet(board, windows, self._max_series - taken)
                taken += made.size
                yield
        series: list[Filled | Family] = [*sheet.filled(), *cumulative.families()]
        for made in by_kind.values():
            series += made.filled()
        return Found(series, taken - view)

    def _fill_pair(
        self,
        board: Board,
        windows: Mapping[str, ShownWindow],
        sheet: Sheet,
        cumulative: Cumulative,
        pair: tuple[str, str],
        labels: tuple[str, ...],
    ) -> None:
        live = True
        for window, rows in board.windows.items():
            row = rows.pairs.get(pair)
            if row is not None:
                shown = windows[window]
                sheet.fill(labels, shown.label, row, live=live, is_long=shown.is_long)
                if live:
                    _add_oldest_waiting(sheet, labels, board.as_of_ms, row)
                live = False
        policy = board.pairs.get(pair)
        if policy is not None:
            sheet.add("vigie_service_level_target_ratio", labels, policy.target)
            threshold_s = policy.threshold_ms / 1000
            sheet.add("vigie_service_level_threshold_seconds", labels, threshold_s)
        totals = board.durable.get(pair)
        if totals is not None:
            cumulative.fill((labels[0], labels[1]), totals)

    def _label(self, window: str) -> str | None:
        """Return the label value of a window, None if it is not shown."""
        if self._windows is None:
            return None if window.startswith(UNSHOWN_WINDOWS) else window
        return window if window in self._windows else None

    def view_families(self, board: Board) -> Iterator[Family]:
        """Yield what is known of the view at this moment, beside its board."""
        values: dict[str, float | None] = {
            "vigie_view_complete": float(board.complete),
            "vigie_view_event_timestamp_seconds": (
                None if board.data_up_to_ms is None else board.data_up_to_ms / 1000
            ),
        }
        if self._shards is not None:
            shards = self._shards()
            values["vigie_view_shards_expected"] = shards.expected
            values["vigie_view_shards_present"] = shards.present
            values["vigie_view_shards_fresh"] = shards.fresh
        for metric in VIEW_METRICS:
            value = values.get(metric.name)
            if value is not None:
                family = gauge(metric)
                family.add_metric((), value)
                yield family


def _add_oldest_waiting(
    sheet: Sheet, labels: tuple[str, ...], as_of_ms: int, row: KpiValues
) -> None:
    wait_s = row.get("longest_wait_seconds")
    if isinstance(wait_s, (int, float)):
        entered_ms = as_of_ms - round(wait_s * 1000)
        sheet.add("vigie_oldest_waiting_timestamp_seconds", labels, entered_ms / 1000)
