"""PromQL of the boards: selectors with the board's variables, and where a KPI's series are."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from aggregators.kpis.catalogue import CATALOGUE
from exporters.prometheus.catalogue import (
    PREFIX,
    SHARED,
    is_by_pair,
    kpi_metric,
    kpi_metrics,
    twin_metric,
)
from exporters.prometheus.metric import Metric

PAIR = 'queue=~"$queue",channel=~"$channel"'
"""Matchers of the chosen queues; every board with figures has these variables."""

WINDOW = 'window="$window"'
VARIANT = 'variant="$variant"'
BY_PAIR = "by (queue, channel)"
ON_PAIR = "on (queue, channel)"


class Source(Struct, frozen=True):
    """Where the values of a KPI are.

    Attributes:
        metric: The metric by queue and channel.
        fixed: Matchers that pick the KPI out of a metric that it shares.
        labels: The KPI's own labels as Prometheus has them.
        by_pair: Whether there are series by queue and channel.
        centre: The metric of everything together, None where pairs have to be summed.
    """

    metric: Metric
    fixed: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]
    by_pair: bool
    centre: Metric | None

    @property
    def name(self) -> str:
        """The metric that the catalogue lists for the KPI."""
        return self.metric.name if self.by_pair or self.centre is None else self.centre.name

    def of_pairs(self, *more: str, window: str = WINDOW) -> str:
        """Select the series of the chosen queues."""
        return select(self.metric.name, PAIR, *self._matchers(window), *more)

    def of_centre(self, *more: str) -> str:
        """Select the series of everything together."""
        assert self.centre is not None, self.metric.name
        return select(self.centre.name, *self._matchers(WINDOW), *more)

    def of(self, kind: str, *more: str) -> str:
        """Select the series of another kind of rows: ``tool``, ``item``, ``channel``."""
        twin = twin_metric(self.metric, kind)
        assert twin is not None, (self.metric.name, kind)
        return select(twin.name, *self._matchers(WINDOW), *more)

    def _matchers(self, window: str) -> tuple[str, ...]:
        fixed = tuple(f'{name}="{value}"' for name, value in self.fixed)
        return ((window,) if "window" in self.metric.labels else ()) + fixed


def select(metric: str, *matchers: str) -> str:
    """Return a selector."""
    inside = ",".join(matcher for matcher in matchers if matcher)
    return f"{metric}{{{inside}}}" if inside else metric


@cache
def _metrics() -> dict[str, Metric]:
    return {metric.name: metric for metric in kpi_metrics(CATALOGUE)}


def source(kpi_id: str) -> Source:
    """Return where the values of a KPI are.

    Raises:
        KeyError: there is no such KPI.
    """
    place = SHARED.get(kpi_id)
    metric = kpi_metric(CATALOGUE[kpi_id]) if place is None else _metrics()[PREFIX + place.metric]
    own = tuple(label for label in metric.labels[2:] if label != "window")
    if place is None:
        return Source(metric, (), own, is_by_pair(metric), twin_metric(metric, "centre"))
    fixed = tuple(zip(own, place.labels, strict=False))
    return Source(metric, fixed, own[len(fixed) :], True, None)


def largest(expression: str) -> str:
    """Return one value by queue and channel, also while two workers show the same series."""
    return f"max {BY_PAIR} ({expression})"


def kpi(kpi_id: str, *more: str) -> str:
    """Return one value of a KPI by chosen queue and channel."""
    return largest(source(kpi_id).of_pairs(*more))


def total(kpi_id: str) -> str:
    """Return the sum of a count over the chosen queues."""
    return f"sum({source(kpi_id).of_pairs()})"
