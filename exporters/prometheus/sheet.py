"""The gauges of one collection, filled from rows of KPI values.

A sheet has one kind of rows: pairs of queue and channel, or one of
:data:`~exporters.row_kinds.ROW_KINDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from prometheus_client.core import GaugeMetricFamily

from aggregators.kpis.groups import GROUPS
from exporters.prometheus.catalogue import PREFIX, SHARED, SPLIT, SUMMED, Place, kpi_metric
from exporters.prometheus.labels import LabelValues
from exporters.prometheus.metric import Metric, gauge

if TYPE_CHECKING:
    from aggregators.board import KpiValue, KpiValues
    from aggregators.kpis.catalogue import Kpi


class Target(Struct, frozen=True):
    """Where the values of a KPI go.

    Attributes:
        metric: Metric name in the (queue, channel) scope; the key of the sheet's families.
        windowed: Whether the samples carry a window; if not, the value is one of now.
        fixed: Label values between the window and the KPI's own labels.
        depth: Levels of labels in the KPI's value.
        summed: Target of the sum over the KPI's own labels.
        split: A label value that goes elsewhere, and where.
        is_long: Whether it belongs in long windows only.
    """

    metric: str
    windowed: bool
    fixed: tuple[str, ...]
    depth: int
    summed: Target | None = None
    split: tuple[str, Target] | None = None
    is_long: bool = False


LONG_GROUPS = frozenset(group.name for group in GROUPS if group.windows == "long")


def targets(kpis: Mapping[str, Kpi], metrics: Iterable[Metric]) -> dict[str, Target]:
    """Return the target of every KPI id; ``metrics`` are those with queue and channel."""
    labels = {metric.name: metric.labels for metric in metrics}

    def at(place: Place) -> Target:
        name = PREFIX + place.metric
        windowed = "window" in labels[name]
        depth = len(labels[name]) - 2 - windowed - len(place.labels)
        return Target(name, windowed, place.labels, depth)

    found = {kpi_id: at(place) for kpi_id, place in SHARED.items()}
    for kpi_id, kpi in kpis.items():
        if kpi_id in SHARED:
            continue
        target = at(Place(kpi_metric(kpi).name.removeprefix(PREFIX)))
        if kpi_id in SUMMED:
            target = replace(target, summed=at(SUMMED[kpi_id]))
        for (of, label), place in SPLIT.items():
            if of == kpi_id:
                target = replace(target, split=(label, at(place)))
        if kpi.group in LONG_GROUPS:
            target = replace(target, is_long=True)
        found[kpi_id] = target
    return found


class Filled:
    """One gauge of a sheet: its metric, and rows of label values with the value."""

    __slots__ = ("metric", "rows")

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.rows: list[tuple[tuple[str, ...], float]] = []

    def family(self) -> GaugeMetricFamily:
        """Return it as the client library has it."""
        return gauge(self.metric, self.rows)


class Sheet:
    """Gauges by metric name (of the queue and channel scope), each sample added once."""

    def __init__(
        self,
        metrics: Mapping[str, Metric],
        targets: Mapping[str, Target],
        label_values: Mapping[str, LabelValues],
    ) -> None:
        self.size = 0
        self._targets = targets
        self._label_values = label_values
        self._filled = {name: Filled(metric) for name, metric in metrics.items()}

    def add(self, metric: str, labels: tuple[str, ...], value: float) -> None:
        """Add one sample; what is not finite is no value."""
        if isfinite(value):
            self._filled[metric].rows.append((labels, value))
            self.size += 1

    def fill(
        self,
        outer: tuple[str, ...],
        window: str | None,
        row: KpiValues,
        *,
        live: bool,
        is_long: bool = True,
    ) -> None:
        """Add the values of one row.

        Those of the window only if it has a name here (and is long enough for them), those of
        now only if ``live``: each window repeats them.
        """
        for kpi_id, value in row.items():
            target = self._targets.get(kpi_id)
            if target is None or (target.is_long and not is_long):
                continue
            own = value
            if target.split is not None and isinstance(value, dict):
                label, elsewhere = target.split
                own = {key: part for key, part in value.items() if key != label}
                self._put(elsewhere, outer, window, value.get(label), live)
            self._put(target, outer, window, own, live)
            if target.summed is not None and isinstance(value, dict):
                parts = [part for part in value.values() if isinstance(part, (int, float))]
                self._put(target.summed, outer, window, sum(parts), live)

    def _put(
        self,
        target: Target,
        outer: tuple[str, ...],
        window: str | None,
        value: KpiValue,
        live: bool,
    ) -> None:
        if target.metric not in self._filled:
            return
        if target.windowed:
            if window is not None:
                self._walk(target.metric, (*outer, window, *target.fixed), value, target.depth)
        elif live:
            self._walk(target.metric, (*outer, *target.fixed), value, target.depth)

    def _walk(self, metric: str, labels: tuple[str, ...], value: KpiValue, depth: int) -> None:
        if depth == 0:
            if isinstance(value, (int, float)):
                self.add(metric, labels, value)
        elif isinstance(value, dict):
            known = self._label_values[self._filled[metric].metric.labels[len(labels)]]
            for key, inner in value.items():
                admitted = known.admit(key)
                if admitted is not None:
                    self._walk(metric, labels + admitted, inner, depth - 1)

    def filled(self) -> Iterator[Filled]:
        """Yield the gauges that have a sample, in the order of the catalogue."""
        for found in self._filled.values():
            if found.rows:
                yield found
