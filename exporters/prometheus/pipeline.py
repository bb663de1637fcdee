"""The pipeline series: what one worker says about itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from exporters.prometheus.alert_metrics import AlertStats, alert_families
from exporters.prometheus.cost import CollectCost
from exporters.prometheus.kpi_metrics import VIEW_METRICS
from exporters.prometheus.labels import clean
from exporters.prometheus.metric import (
    Counts,
    Samples,
    buckets,
    counter,
    gauge,
    histogram,
    info,
    seconds,
)
from exporters.prometheus.pipeline_metrics import PIPELINE_METRICS
from exporters.prometheus.report_metrics import ReportStats, report_families
from exporters.prometheus.web_metrics import WebStats, web_families

_METRICS = {
    metric.name.removeprefix("vigie_"): metric for metric in (*PIPELINE_METRICS, *VIEW_METRICS)
}

KNOWN_LABELS = ("queue", "team", "reason")
"""Labels whose count of dropped values is there from the start, as 0."""


class PartitionStats(Struct, frozen=True, kw_only=True):
    """One owned partition. Times in ms UTC; None where there is nothing to tell yet.

    The event counts are those of the **last durable checkpoint**, else they would fall after a
    crash (operations.md, section 3): read = applied + late + duplicate + the sum of
    ``dead_lettered`` (by reason), ``ignored`` being a part of applied. ``replayed``,
    ``gap_events`` and ``fold_failures`` count since the process started.
    """

    topic: str
    partition: int
    read: int = 0
    applied: int = 0
    ignored: int = 0
    late: int = 0
    duplicate: int = 0
    dead_lettered: Mapping[str, int] = {}
    replayed: int = 0
    gap_events: int = 0
    fold_failures: int = 0
    next_offset: int = 0
    open_contacts: int = 0
    lag_events: int | None = None
    watermark_ms: int | None = None
    last_event_ms: int | None = None
    checkpoint_ms: int | None = None
    checkpoint_bytes: int | None = None


class LagHistogram(Struct, frozen=True):
    """Append to folded, of all events since the process started.

    ``counts`` has one entry per edge (not cumulative) and a last one for everything above.
    """

    edges_ms: tuple[int, ...]
    counts: Sequence[int]
    sum_ms: int


class BuildInfo(Struct, frozen=True):
    """Versions of vigie, Python and faust-streaming."""

    version: str
    python: str
    faust: str


class SharedStats(Struct, frozen=True, kw_only=True):
    """A worker's part in the view of several; ``redis_failures`` by what Redis was asked."""

    is_leader: bool
    term: int
    redis_up: bool
    redis_failures: Mapping[str, int]
    published_ms: int | None


class PipelineStats(Struct, frozen=True, kw_only=True):
    """Everything the worker's page says, taken at one moment.

    ``partitions`` are those owned **now**: the value is swapped when a partition is revoked.
    ``reasons`` is the closed list of dead-letter reasons, each of which starts at 0.
    ``label_values_dropped`` counts by label name what the fold left out; the collection adds what
    it left out itself.
    """

    partitions: Sequence[PartitionStats]
    build: BuildInfo
    reasons: Sequence[str] = ()
    recovery_in_progress: bool = False
    last_commit_ms: int | None = None
    event_lag: LagHistogram | None = None
    label_values_dropped: Mapping[str, int] = {}
    collect: CollectCost | None = None
    shared: SharedStats | None = None
    alerts: AlertStats | None = None
    web: WebStats | None = None
    reports: ReportStats | None = None


def series_at_most(partitions: int, reasons: int) -> int:
    """Return how many samples the pipeline series can have with so many owned partitions.

    ``reasons`` is the number of reasons of dead letters. A page of both kinds keeps this room.
    """
    return partitions * (20 + reasons) + 200


class PipelineCollector(Collector):
    """Gives the pipeline series of one worker, from one value per scrape."""

    def __init__(self, stats: Callable[[], PipelineStats]) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Family]:
        """Yield the families that have a sample."""
        stats = self._stats()
        yield from _partition_families(stats.partitions, stats.reasons)
        yield from _worker_families(stats)


def _partition_families(
    partitions: Sequence[PartitionStats], reasons: Sequence[str]
) -> Iterator[Family]:
    owned = [((clean(p.topic), str(p.partition)), p) for p in partitions]
    if not owned:
        return
    for name in (
        "events_read", "events_applied", "events_ignored", "events_late", "events_duplicate",
    ):  # fmt: skip
        yield _counter(name, [(at, getattr(p, name.removeprefix("events_"))) for at, p in owned])
    dead = counter(_METRICS["events_dead_lettered_total"])
    for at, p in owned:
        for reason, count in {**dict.fromkeys(reasons, 0), **p.dead_lettered}.items():
            dead.add_metric((*at, clean(reason)), count)
    if dead.samples:
        yield dead
    yield _counter("events_replayed", [(at, p.replayed) for at, p in owned])
    yield _counter("source_gap_events", [(at, p.gap_events) for at, p in owned])
    yield _counter("fold_failures", [(at, p.fold_failures) for at, p in owned])
    gauges: dict[str, Samples] = {
        "partition_owned": [(at, 1) for at, _ in owned],
        "next_offset": [(at, p.next_offset) for at, p in owned],
        "lag_events": [(at, p.lag_events) for at, p in owned],
        "open_contacts": [(at, p.open_contacts) for at, p in owned],
        "watermark_timestamp_seconds": [(at, seconds(p.watermark_ms)) for at, p in owned],
        "last_event_timestamp_seconds": [(at, seconds(p.last_event_ms)) for at, p in owned],
        "checkpoint_timestamp_seconds": [(at, seconds(p.checkpoint_ms)) for at, p in owned],
        "checkpoint_bytes": [(at, p.checkpoint_bytes) for at, p in owned],
    }
    for name, samples in gauges.items():
        yield from _gauge(name, samples)


def _worker_families(stats: PipelineStats) -> Iterator[Family]:
    yield from _gauge("recovery_in_progress", [((), float(stats.recovery_in_progress))])
    yield from _gauge("last_commit_timestamp_seconds", [((), seconds(stats.last_commit_ms))])
    if stats.event_lag is not None:
        lag = histogram(_METRICS["event_lag_seconds"])
        counted = buckets(stats.event_lag.edges_ms, stats.event_lag.counts)
        lag.add_metric((), counted, stats.event_lag.sum_ms / 1000)
        yield lag
    if stats.shared is not None:
        yield from _shared_families(stats.shared)
    if stats.alerts is not None:
        yield from alert_families(stats.alerts)
    if stats.web is not None:
        yield from web_families(stats.web)
    if stats.reports is not None:
        yield from report_families(stats.reports)
    dropped = dict.fromkeys(KNOWN_LABELS, 0)
    for counts in (stats.label_values_dropped, stats.collect.dropped if stats.collect else {}):
        for label, count in counts.items():
            dropped[label] = dropped.get(label, 0) + count
    yield _counter("label_values_dropped", [((label,), n) for label, n in dropped.items()])
    if stats.collect is not None:
        yield from _gauge("collect_seconds", [((), stats.collect.seconds)])
        yield from _gauge("collect_series", [((), stats.collect.series)])
    build = info(_METRICS["build_info"])
    versions = (stats.build.version, stats.build.python, stats.build.faust)
    names = _METRICS["build_info"].labels
    build.add_metric((), {name: clean(of) for name, of in zip(names, versions, strict=True)})
    yield build


def _shared_families(shared: SharedStats) -> Iterator[Family]:
    yield from _gauge("redis_up", [((), float(shared.redis_up))])
    failures = sorted(shared.redis_failures.items())
    yield _counter("redis_failures", [((call,), count) for call, count in failures])
    yield from _gauge("publish_timestamp_seconds", [((), seconds(shared.published_ms))])
    yield from _gauge("leader", [((), float(shared.is_leader))])
    if not shared.redis_up and not shared.is_leader:
        # Nobody may be there who says it of the view of all: it is this worker's own word.
        yield from _gauge("view_complete", [((), 0.0)])
    yield from _gauge("lease_term", [((), float(shared.term) if shared.term else None)])


def _counter(name: str, samples: Counts) -> CounterMetricFamily:
    return counter(_METRICS[f"{name}_total"], samples)


def _gauge(name: str, samples: Samples) -> Iterator[GaugeMetricFamily]:
    """Yield the family of the samples that have a value, nothing if none has."""
    family = gauge(_METRICS[name], samples)
    if family.samples:
        yield family
