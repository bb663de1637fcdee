"""One row of the metric catalogue, and the ``prometheus_client`` family made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.utils import floatToGoString

MetricType = Literal["gauge", "counter", "histogram", "info"]

Samples: TypeAlias = Iterable[tuple[tuple[str, ...], float | None]]
"""Label values, and the value; None where there is nothing to tell."""

Counts: TypeAlias = Iterable[tuple[tuple[str, ...], int]]
"""Label values, and the count."""

_OPENMETRICS_UNITS = ("seconds", "ratio", "bytes")


class Metric(Struct, frozen=True, kw_only=True):
    """What is known of one metric before it has a value.

    Attributes:
        name: As exposed, ``_total`` and ``_info`` included.
        unit: ``seconds``, ``ratio`` (0 to 1), ``bytes``, ``count``, ``number`` or ``info``.
        labels: Label names in the order in which values are given.
        help: The HELP text.
        remedy: What to look at when it moves; empty where the value is no sign of trouble.
        group: Heading in ``docs/metrics.md``.
        kpi: The KPI id behind it, empty if there is not exactly one.
        by_team: Whether the opt-in team series have it too.
    """

    name: str
    type: MetricType
    unit: str
    labels: tuple[str, ...]
    help: str
    remedy: str = ""
    group: str = ""
    kpi: str = ""
    by_team: bool = True

    def openmetrics_unit(self) -> str:
        """Return the unit for OpenMetrics, which wants it at the end of the name, or nothing."""
        if self.unit in _OPENMETRICS_UNITS and self.name.endswith(f"_{self.unit}"):
            return self.unit
        return ""


def worker_metric(
    name: str,
    metric_type: MetricType,
    labels: tuple[str, ...],
    meaning: str,
    remedy: str,
    unit: str = "count",
    *,
    group: str,
) -> Metric:
    """Return a metric that each worker tells of itself: never by team, always with a remedy."""
    return Metric(
        name=f"vigie_{name}",
        type=metric_type,
        unit=unit,
        labels=labels,
        help=meaning,
        remedy=remedy,
        group=group,
        by_team=False,
    )


def gauge(metric: Metric, samples: Samples = ()) -> GaugeMetricFamily:
    """Return a gauge family of the samples that have a value."""
    family = GaugeMetricFamily(
        metric.name, metric.help, labels=metric.labels, unit=metric.openmetrics_unit()
    )
    for labels, value in samples:
        if value is not None:
            family.add_metric(labels, value)
    return family


def counter(metric: Metric, samples: Counts = ()) -> CounterMetricFamily:
    """Return a counter family of the samples."""
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, count in samples:
        family.add_metric(labels, count)
    return family


def histogram(metric: Metric) -> HistogramMetricFamily:
    """Return an empty histogram family."""
    return HistogramMetricFamily(
        metric.name, metric.help, labels=metric.labels, unit=metric.openmetrics_unit()
    )


def info(metric: Metric) -> InfoMetricFamily:
    """Return an empty info family."""
    return InfoMetricFamily(metric.name.removesuffix("_info"), metric.help, labels=metric.labels)


def _le(edge_ms: int) -> str:
    return str(floatToGoString(edge_ms / 1000))  # type: ignore[no-untyped-call]


def buckets(edges_ms: Sequence[int], counts: Sequence[int]) -> list[tuple[str, float]]:
    """Return cumulative ``(le, count)`` pairs from counts per edge plus one for the overflow.

    Raises:
        ValueError: There is not exactly one count more than edges.
    """
    if len(counts) != len(edges_ms) + 1:
        raise ValueError(f"{len(edges_ms)} edges need {len(edges_ms) + 1} counts: {len(counts)}")
    total = 0
    result: list[tuple[str, float]] = []
    for edge_ms, count in zip(edges_ms, counts, strict=False):
        total += count
        result.append((_le(edge_ms), total))
    result.append(("+Inf", total + counts[-1]))
    return result


def seconds(ms: int | None) -> float | None:
    """Return an instant or a length as Prometheus wants it."""
    return None if ms is None else ms / 1000
