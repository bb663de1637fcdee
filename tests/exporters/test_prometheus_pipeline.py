"""The worker's own series: literal statistics give literal text."""

from __future__ import annotations

import msgspec
import pytest

from exporters.prometheus.cost import CollectCost
from exporters.prometheus.exposition import exposition
from exporters.prometheus.pipeline import (
    BuildInfo,
    LagHistogram,
    PartitionStats,
    PipelineCollector,
    PipelineStats,
    SharedStats,
)

BUILD = BuildInfo(version="0.1.0", python="3.11.2", faust="0.15.3")


def samples(stats: PipelineStats) -> list[str]:
    text = exposition(PipelineCollector(lambda: stats))("")[1].decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_an_owned_partition_tells_everything_it_knows() -> None:
    """Counts, place, times in seconds and sizes, each with topic and partition."""
    stats = PipelineStats(
        partitions=[
            PartitionStats(
                topic="vigie.calls",
                partition=3,
                read=100,
                applied=90,
                ignored=1,
                late=2,
                duplicate=3,
                dead_lettered={"not_json": 5},
                replayed=7,
                gap_events=8,
                fold_failures=6,
                next_offset=115,
                open_contacts=4,
                lag_events=9,
                watermark_ms=1_000_500,
                last_event_ms=4_600_500,
                checkpoint_ms=4_601_000,
                checkpoint_bytes=2_048,
            )
        ],
        build=BUILD,
        reasons=("not_json", "unknown_type"),
        recovery_in_progress=False,
        last_commit_ms=4_602_000,
    )
    at = 'partition="3",topic="vigie.calls"'
    dead = 'vigie_events_dead_lettered_total{partition="3",reason='
    assert samples(stats) == [
        f"vigie_events_read_total{{{at}}} 100.0",
        f"vigie_events_applied_total{{{at}}} 90.0",
        f"vigie_events_ignored_total{{{at}}} 1.0",
        f"vigie_events_late_total{{{at}}} 2.0",
        f"vigie_events_duplicate_total{{{at}}} 3.0",
        f'{dead}"not_json",topic="vigie.calls"}} 5.0',
        f'{dead}"unknown_type",topic="vigie.calls"}} 0.0',
        f"vigie_events_replayed_total{{{at}}} 7.0",
        f"vigie_source_gap_events_total{{{at}}} 8.0",
        f"vigie_fold_failures_total{{{at}}} 6.0",
        f"vigie_partition_owned{{{at}}} 1.0",
        f"vigie_next_offset{{{at}}} 115.0",
        f"vigie_lag_events{{{at}}} 9.0",
        f"vigie_open_contacts{{{at}}} 4.0",
        f"vigie_watermark_timestamp_seconds{{{at}}} 1000.5",
        f"vigie_last_event_timestamp_seconds{{{at}}} 4600.5",
        f"vigie_checkpoint_timestamp_seconds{{{at}}} 4601.0",
        f"vigie_checkpoint_bytes{{{at}}} 2048.0",
        "vigie_recovery_in_progress 0.0",
        "vigie_last_commit_timestamp_seconds 4602.0",
        'vigie_label_values_dropped_total{label="queue"} 0.0',
        'vigie_label_values_dropped_total{label="team"} 0.0',
        'vigie_label_values_dropped_total{label="reason"} 0.0',
        'vigie_build_info{faust="0.15.3",python="3.11.2",version="0.1.0"} 1.0',
    ]


def test_what_is_not_known_yet_has_no_sample() -> None:
    """A fresh partition has counts, all 0, but no times and no sizes."""
    stats = PipelineStats(partitions=[PartitionStats(topic="calls", partition=0)], build=BUILD)
    names = {line.partition("{")[0] for line in samples(stats)}
    assert "vigie_events_read_total" in names
    assert not {
        name for name in names if name.endswith(("timestamp_seconds", "bytes", "lag_events"))
    }


def test_a_worker_without_partitions_still_speaks() -> None:
    """Nothing about partitions, but that it recovers and what it runs."""
    stats = PipelineStats(partitions=[], build=BUILD, recovery_in_progress=True)
    lines = samples(stats)
    assert lines[0] == "vigie_recovery_in_progress 1.0"
    assert lines[-1].startswith("vigie_build_info{")
    assert not [line for line in lines if "partition=" in line]


def test_the_event_lag_is_a_cumulative_histogram_in_seconds() -> None:
    """Two events within 10 ms, one within 100 ms, one above."""
    stats = PipelineStats(
        partitions=[],
        build=BUILD,
        event_lag=LagHistogram(edges_ms=(10, 100), counts=(2, 1, 1), sum_ms=1_250),
    )
    assert [line for line in samples(stats) if "event_lag" in line] == [
        'vigie_event_lag_seconds_bucket{le="0.01"} 2.0',
        'vigie_event_lag_seconds_bucket{le="0.1"} 3.0',
        'vigie_event_lag_seconds_bucket{le="+Inf"} 4.0',
        "vigie_event_lag_seconds_count 4.0",
        "vigie_event_lag_seconds_sum 1.25",
    ]


def test_the_cost_of_the_kpi_series_and_both_kinds_of_drops_are_told() -> None:
    """Names dropped by the fold and by the collection are one figure per label."""
    stats = PipelineStats(
        partitions=[],
        build=BUILD,
        label_values_dropped={"queue": 2},
        collect=CollectCost(seconds=0.02, series=640, dropped={"queue": 1, "variant": 4}),
    )
    lines = samples(stats)
    assert "vigie_collect_seconds 0.02" in lines
    assert "vigie_collect_series 640.0" in lines
    assert 'vigie_label_values_dropped_total{label="queue"} 3.0' in lines
    assert 'vigie_label_values_dropped_total{label="variant"} 4.0' in lines


def test_one_of_several_workers_tells_of_redis_and_the_lease() -> None:
    """Whether it leads, in which term, and what Redis did not do; alone it tells none of it."""
    shared = SharedStats(
        is_leader=True,
        term=7,
        redis_up=False,
        redis_failures={"publish": 3, "read": 0, "lease": 1},
        published_ms=4_602_500,
    )
    lines = samples(PipelineStats(partitions=[], build=BUILD, shared=shared))
    assert [line for line in lines if "redis" in line or "lea" in line or "publish" in line] == [
        "vigie_redis_up 0.0",
        'vigie_redis_failures_total{call="lease"} 1.0',
        'vigie_redis_failures_total{call="publish"} 3.0',
        'vigie_redis_failures_total{call="read"} 0.0',
        "vigie_publish_timestamp_seconds 4602.5",
        "vigie_leader 1.0",
        "vigie_lease_term 7.0",
    ]
    alone = samples(PipelineStats(partitions=[], build=BUILD))
    assert not [line for line in alone if "redis" in line or "lea" in line]


def shared_stats(*, is_leader: bool, redis_up: bool) -> PipelineStats:
    """A worker without partitions, one of several."""
    shared = SharedStats(
        is_leader=is_leader, term=1, redis_up=redis_up, redis_failures={}, published_ms=None
    )
    return PipelineStats(partitions=[], build=BUILD, shared=shared)


@pytest.mark.parametrize(
    ("is_leader", "redis_up", "told"),
    [
        (False, False, ["vigie_view_complete 0.0"]),
        (False, True, []),  # the leader tells it
        (True, False, []),  # its lease holds still: the KPI series tell it
        (True, True, []),
    ],
)
def test_a_worker_without_redis_says_itself_that_the_view_is_not_complete(
    is_leader: bool, redis_up: bool, told: list[str]
) -> None:
    """An absent series would be no statement; beside KPI series it would be a second one."""
    lines = samples(shared_stats(is_leader=is_leader, redis_up=redis_up))
    assert [line for line in lines if "view" in line] == told


def test_what_both_halves_of_a_page_tell_is_there_once() -> None:
    """The lease ended between them: the first word counts, or the whole scrape would fail."""
    first = shared_stats(is_leader=False, redis_up=False)
    second = msgspec.structs.replace(first, recovery_in_progress=True)
    collectors = PipelineCollector(lambda: first), PipelineCollector(lambda: second)
    page = exposition(*collectors)("")[1]
    assert page.count(b"\nvigie_view_complete 0.0\n") == 1
    assert page.count(b"\n# TYPE vigie_view_complete gauge\n") == 1
    assert b"\nvigie_recovery_in_progress 0.0\n" in b"\n" + page
    assert b"vigie_recovery_in_progress 1.0" not in page


def test_a_partition_that_was_revoked_is_gone_from_the_next_scrape() -> None:
    """An old owner that goes on showing a partition would double every sum."""
    owned = [PartitionStats(topic="calls", partition=n) for n in (0, 1)]
    expose = exposition(PipelineCollector(lambda: PipelineStats(partitions=owned, build=BUILD)))
    assert b'partition="1"' in expose("")[1]
    owned.pop()
    assert b'partition="1"' not in expose("")[1]
