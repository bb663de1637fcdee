"""A measure of a rule as an expression of PromQL over the series that vigie exposes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from msgspec import Struct

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.samples import AT_MOST, SAMPLES
from alerts.export.pipeline_measures import pipeline_term
from alerts.export.selectors import NotInPromQLError, name_matchers, selector
from alerts.export.terms import Term
from alerts.rules import PIPELINE, Compare, Measure, Scope
from exporters.prometheus.catalogue import is_by_pair, kpi_metrics, twin_metric
from exporters.prometheus.collector import UNSHOWN_WINDOWS
from exporters.prometheus.labels import clean
from exporters.prometheus.metric import Metric
from exporters.prometheus.row_kinds import shown_windows
from exporters.prometheus.sheet import Target, targets

PAIR = ("queue", "channel")

_METRICS = {metric.name: metric for metric in kpi_metrics(CATALOGUE)}
_TARGETS = targets(CATALOGUE, _METRICS.values())


class Shown(Struct, frozen=True):
    """Which series there are: the windows of the settings and the kinds of rows beside pairs."""

    windows: tuple[str, ...]
    kinds: tuple[str, ...]

    def label(self, window: str) -> str:
        """Return the label of a window. Raises NotInPromQLError when it has no series."""
        if window not in self.windows or window.startswith(UNSHOWN_WINDOWS):
            raise NotInPromQLError(
                f"the window {window} has no series; add it to windows in the settings, or "
                f"take one of {', '.join(self.windows)}"
            )
        return window

    def is_long(self, window: str) -> bool:
        """Tell whether groups that need much time have series in a window."""
        return shown_windows({name: name for name in self.windows})[window].is_long


def row_labels(kind: str) -> tuple[str, ...]:
    """Return the labels that tell rows of a kind apart."""
    if kind == "pair":
        return PAIR
    return () if kind in ("total", PIPELINE) else (kind,)


def row_matchers(scope: Scope) -> list[str]:
    """Return the matchers of the rows that a rule looks at."""
    match scope.kind:
        case "pair":
            queues = name_matchers("queue", scope.names, scope.without)
            return queues + name_matchers("channel", scope.channels, ())
        case "total" | "pipeline":
            return []
    return name_matchers(scope.kind, scope.names, scope.without)


def measure_term(measure: Measure, scope: Scope, shown: Shown) -> Term:
    """Return a measure in the rows of a scope. Raises NotInPromQLError."""
    if scope.kind == PIPELINE:
        return pipeline_term(measure.kpi)
    kpi = CATALOGUE.get(measure.kpi)
    if kpi is None:
        raise NotInPromQLError(f"{measure.kpi} has no series")
    target, fixed = _place(measure)
    labels: dict[str, str] = {}
    if target.windowed:
        labels["window"] = shown.label(measure.window)
        if target.is_long and not shown.is_long(measure.window):
            raise NotInPromQLError(f"{kpi.id} has series from 1h on, not in {measure.window}")
    own = _METRICS[target.metric].labels[2 + target.windowed :]
    given = (*target.fixed, *(clean(text) for text in fixed))
    missing = own[len(given) :]
    labels.update(zip(own, given, strict=False))
    return _in_rows(kpi, _METRICS[target.metric], labels, missing, scope, shown)


def sample_term(compare: Compare, scope: Scope, shown: Shown) -> Term:
    """Return the contacts behind a comparison. Raises NotInPromQLError."""
    measure = compare.measure
    path = SAMPLES.get(measure.kpi) or AT_MOST.get(measure.kpi)
    if path is None:
        raise NotInPromQLError(f"there is no count of what is behind {measure.kpi}")
    kpi, *labels = path.split(".")
    counted = CATALOGUE.get(kpi)
    window = measure.window if counted is not None and counted.kind == "R" else ""
    return measure_term(Measure(kpi, tuple(labels), window), scope, shown)


def _place(measure: Measure) -> tuple[Target, tuple[str, ...]]:
    target = _TARGETS[measure.kpi]
    if target.split is not None and measure.labels[:1] == (target.split[0],):
        return target.split[1], measure.labels[1:]
    if target.summed is not None and not measure.labels:
        return target.summed, ()
    return target, measure.labels


def _in_rows(
    kpi: Kpi,
    metric: Metric,
    labels: Mapping[str, str],
    missing: Collection[str],
    scope: Scope,
    shown: Shown,
) -> Term:
    """``missing`` labels are summed over, which only counts can be."""
    if missing and kpi.unit != "count":
        raise NotInPromQLError(f"{kpi.id} needs a value for {', '.join(missing)}")
    kind = "centre" if scope.kind == "total" else scope.kind
    by = row_labels(scope.kind)
    tested = dict(labels) | dict.fromkeys(missing, "any")
    by_pair = metric if is_by_pair(metric) else None
    own = by_pair if kind == "pair" else twin_metric(metric, kind)
    operation: Literal["sum", "max"] = "sum" if missing else "max"
    if own is None:
        operation, own = _over_pairs(kpi, metric, kind), metric
        tested |= {name: f"any-{name}" for name in PAIR if name not in by}
    elif kind != "pair" and kind not in shown.kinds:
        raise NotInPromQLError(
            f"rows by {kind} have no series; add {kind} to metrics.by in the settings"
        )
    grouped = f" by ({', '.join(by)})" if by else ""
    inner = selector(own.name, labels, row_matchers(scope))
    text = f"{operation}{grouped}{' ' if by else ''}({inner})"
    return Term(text=text, metric=own.name, labels=tested, unit=kpi.unit)


def _over_pairs(kpi: Kpi, metric: Metric, kind: str) -> Literal["sum", "max"]:
    """Return how pairs make the row of a channel or of everything."""
    if kind in ("centre", "channel") and is_by_pair(metric):
        if kpi.id.startswith("longest_") or "_oldest_" in kpi.id or "_longest_" in kpi.id:
            return "max"
        if kpi.unit == "count" and kpi.group in ("live", "service"):
            return "sum"
    raise NotInPromQLError(f"{kpi.id} has no series by {kind}")
