"""The fast encoders write what the client library writes."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from exporters.prometheus.encode import openmetrics, text

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.one_of(st.integers(-(10**12), 10**12), st.floats())


class Literal(Collector):
    """Gives the families it was made with."""

    def __init__(self, *families: Family) -> None:
        self._all = families

    def collect(self) -> Iterator[Family]:
        yield from self._all


def same(*families: Family) -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Literal(*families))
    assert text(families) == generate_latest(registry)
    assert openmetrics(families) == generate_openmetrics(registry)  # type: ignore[no-untyped-call]


@given(TEXTS, st.lists(st.tuples(TEXTS, TEXTS, NUMBERS), max_size=5))
def test_gauges_are_written_as_the_library_writes_them(
    meaning: str, samples: list[tuple[str, str, float]]
) -> None:
    """Escapes, order of labels, and every form of number, to the byte."""
    family = GaugeMetricFamily("x_seconds", meaning, labels=("queue", "channel"), unit="seconds")
    for queue, channel, value in samples:
        family.add_metric((queue, channel), value)
    same(family)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 100), min_size=2, max_size=2), NUMBERS)
def test_the_other_types_are_written_as_the_library_writes_them(
    total: int, counts: list[int], summed: float
) -> None:
    """Counters and infos get their suffix, histograms their buckets, count and sum."""
    counter = CounterMetricFamily("read", "Read.", labels=("topic",))
    counter.add_metric(("calls",), total)
    histogram = HistogramMetricFamily("wait_seconds", "Waits.", labels=("outcome",))
    histogram.add_metric(("answered",), [("5.0", counts[0]), ("+Inf", sum(counts))], summed)
    build = InfoMetricFamily("build", "Versions.", labels=("version",))
    build.add_metric((), {"version": "0.1.0"})
    bare = GaugeMetricFamily("complete", "Flag.", value=1)
    same(counter, histogram, build, bare)
