"""What a worker knows of itself, in the shape of the metrics page."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from aggregators.events import TOPICS
from aggregators.shard import Shard
from exporters.prometheus.alert_metrics import AlertStats
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.pipeline import (
    BuildInfo,
    LagHistogram,
    PartitionStats,
    PipelineStats,
    SharedStats,
    series_at_most,
)
from exporters.prometheus.report_metrics import ReportStats
from exporters.prometheus.web_metrics import WebStats
from streams.reasons import Reason
from vigie import __version__

if TYPE_CHECKING:
    from streams.stats import PartitionStats as Owned
    from streams.worker import StreamWorker
    from vigie.settings import Settings

BUILD = BuildInfo(__version__, platform.python_version(), version("faust-streaming"))
REASONS = tuple(reason.value for reason in Reason)


def pipeline_stats(
    worker: StreamWorker,
    kpis: KpiCollector,
    shared: SharedStats | None = None,
    alerts: AlertStats | None = None,
    web: WebStats | None = None,
    reports: ReportStats | None = None,
) -> PipelineStats:
    """Return the worker's numbers now; event counts are those of the last durable checkpoints."""
    stats = worker.stats()
    shards: Sequence[Shard] = worker.shards()
    names = worker.settings.source_topics()  # a shard knows its topic without the prefix
    by_partition = {(shard.topic, shard.partition): shard for shard in shards}
    return PipelineStats(
        partitions=[
            _partition(owned, shard)
            for owned in stats.partitions
            if (shard := by_partition.get((names[owned.topic], owned.partition))) is not None
        ],
        build=BUILD,
        reasons=REASONS,
        recovery_in_progress=stats.is_recovering,
        last_commit_ms=stats.last_commit_at_ms,
        event_lag=LagHistogram(
            tuple(round(edge_s * 1000) for edge_s in stats.event_lag_edges_s),
            stats.event_lag_counts,
            round(stats.event_lag_sum_s * 1000),
        ),
        label_values_dropped={"queue": sum(shard.scopes.dropped for shard in shards)},
        collect=kpis.cost(),
        shared=shared,
        alerts=alerts,
        web=web,
        reports=reports,
    )


def room_for_kpis(settings: Settings) -> int:
    """Return how many samples of a page are left for KPIs beside those of the pipeline."""
    partitions = settings.kafka.partitions * len(TOPICS)
    return max(0, settings.limits.max_series - series_at_most(partitions, len(REASONS)))


def _partition(owned: Owned, shard: Shard) -> PartitionStats:
    counts = shard.durable_counts
    return PartitionStats(
        topic=owned.topic,
        partition=owned.partition,
        read=counts.read,
        applied=counts.applied,
        ignored=counts.ignored,
        late=counts.late,
        duplicate=counts.duplicate,
        dead_lettered=counts.reasons,
        replayed=owned.replayed,
        gap_events=owned.gap_events,
        fold_failures=owned.fold_failures,
        next_offset=owned.next_offset,
        open_contacts=len(shard.open),
        lag_events=owned.lag,
        watermark_ms=owned.watermark_ms or None,
        last_event_ms=owned.max_event_ms or None,
        checkpoint_ms=owned.checkpoint_at_ms or None,
        checkpoint_bytes=owned.checkpoint_bytes or None,
    )
