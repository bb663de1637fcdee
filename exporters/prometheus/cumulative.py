"""The counters and histograms of one collection, from the totals of the last checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family

from exporters.prometheus.metric import Metric, buckets, counter, histogram

if TYPE_CHECKING:
    from aggregators.totals import Totals

WAIT = "vigie_contact_wait_seconds"
HANDLE = "vigie_contact_handle_seconds"


class Cumulative:
    """Counters and histograms by (queue, channel). They never fall, since totals never do."""

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.size = 0
        self._counters: dict[str, CounterMetricFamily] = {
            name.removeprefix("vigie_contacts_").removesuffix("_total"): counter(metric)
            for name, metric in metrics.items()
            if metric.type == "counter"
        }
        self._histograms: dict[str, HistogramMetricFamily] = {
            name: histogram(metric)
            for name, metric in metrics.items()
            if metric.type == "histogram"
        }

    def fill(self, pair: tuple[str, str], totals: Totals) -> None:
        """Add the totals of one (queue, channel)."""
        for field, family in self._counters.items():
            family.add_metric(pair, getattr(totals, field))
            self.size += 1
        for outcome, counts in totals.wait_le.items():
            self._histogram(
                WAIT, (*pair, outcome), totals.edges_ms, counts, totals.wait_sum_ms[outcome]
            )
        self._histogram(
            HANDLE, pair, totals.handle_edges_ms, totals.handle_le, totals.handle_sum_ms
        )

    def _histogram(
        self,
        name: str,
        labels: tuple[str, ...],
        edges_ms: tuple[int, ...],
        counts: list[int],
        sum_ms: int,
    ) -> None:
        self._histograms[name].add_metric(labels, buckets(edges_ms, counts), sum_ms / 1000)
        self.size += len(counts) + 2

    def families(self) -> Iterator[Family]:
        """Yield the families that have a sample, counters first."""
        for family in (*self._counters.values(), *self._histograms.values()):
            if family.samples:
                yield family
