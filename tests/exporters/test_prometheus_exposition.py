"""The page of a real board, read by the tools that others read it with."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from aggregators import events as ev
from aggregators.board import Board, board
from aggregators.policy import QueuePolicy, Rules
from aggregators.shard import Shard
from aggregators.snapshot import confirm, encode
from exporters.prometheus.collector import KpiCollector, ViewShards
from exporters.prometheus.exposition import (
    OPENMETRICS,
    TEXT,
    Exposition,
    content_type,
    expositions,
)
from exporters.prometheus.pipeline import (
    BuildInfo,
    LagHistogram,
    PartitionStats,
    PipelineCollector,
    PipelineStats,
)

START_MS = 1_767_603_600_000
RULES = Rules(
    queues={("sales", "voice"): QueuePolicy(threshold_ms=20_000, team="north")},
    windows=("5m", "1h", "today"),
)


def calls() -> Iterator[ev.ContactEvent]:
    """Six calls: answered in time, late and after a transfer, abandoned, flowed out, waiting."""

    def queued(name: str, at_s: int) -> ev.ContactQueued:
        return ev.ContactQueued(
            v=1,
            event_id=f"{name}-queued",
            source="test",
            event_time_ms=START_MS + at_s * 1000,
            contact_id=name,
            leg_id=f"{name}-1",
            channel="voice",
            queue="sales",
        )

    def answered(name: str, at_s: int) -> ev.ContactAnswered:
        return ev.ContactAnswered(
            v=1,
            event_id=f"{name}-answered",
            source="test",
            event_time_ms=START_MS + at_s * 1000,
            contact_id=name,
            leg_id=f"{name}-1",
            agent_id="alice",
        )

    yield queued("in-time", 0)
    yield answered("in-time", 5)
    yield ev.ContactEnded(
        v=1,
        event_id="in-time-ended",
        source="test",
        event_time_ms=START_MS + 65_000,
        contact_id="in-time",
        ended_by="customer",
    )
    yield queued("too-late", 70)
    yield answered("too-late", 130)
    yield ev.ContactTransferred(
        v=1,
        event_id="too-late-transferred",
        source="test",
        event_time_ms=START_MS + 190_000,
        contact_id="too-late",
        leg_id="too-late-1",
        kind="blind",
        to_queue="support",
    )
    yield queued("gave-up", 190)
    yield ev.ContactAbandoned(
        v=1,
        event_id="gave-up-abandoned",
        source="test",
        event_time_ms=START_MS + 220_000,
        contact_id="gave-up",
        leg_id="gave-up-1",
        stage="queue",
    )
    yield queued("timed-out", 220)
    yield ev.FlowOut(
        v=1,
        event_id="timed-out-flow-out",
        source="test",
        event_time_ms=START_MS + 240_000,
        contact_id="timed-out",
        leg_id="timed-out-1",
        reason="timeout",
    )
    yield queued("waiting", 250)


def agents() -> Iterator[ev.AgentEvent]:
    """One agent available, one paused."""
    for name, state in (("alice", "available"), ("bob", "pause")):
        yield ev.AgentLogin(
            v=1,
            event_id=f"{name}-login",
            source="test",
            event_time_ms=START_MS,
            agent_id=name,
            team="north",
            queues=["sales"],
        )
        yield ev.AgentState(
            v=1,
            event_id=f"{name}-{state}",
            source="test",
            event_time_ms=START_MS + 1,
            agent_id=name,
            state="pause" if state == "pause" else "available",
            reason="lunch" if state == "pause" else None,
        )


def real_board() -> Board:
    """The board 300 s after the start, with everything in a durable checkpoint."""
    shards = [Shard("vigie.calls", 0, RULES), Shard("vigie.agents", 0, RULES)]
    for shard, events in zip(shards, (calls(), agents()), strict=True):
        for event in events:
            assert shard.apply(event, event.event_time_ms) == "applied"
        confirm(shard, encode(shard))
    return board(shards, START_MS + 300_000, RULES, RULES.windows)


STATS = PipelineStats(
    partitions=[
        PartitionStats(
            topic="vigie.calls",
            partition=0,
            read=11,
            applied=10,
            dead_lettered={"not_json": 1},
            lag_events=0,
            watermark_ms=START_MS,
            last_event_ms=START_MS,
            checkpoint_ms=START_MS,
            checkpoint_bytes=512,
        )
    ],
    build=BuildInfo(version="0.1.0", python="3.11.2", faust="0.15.3"),
    reasons=("not_json",),
    last_commit_ms=START_MS,
    event_lag=LagHistogram(edges_ms=(10, 100), counts=(11, 0, 0), sum_ms=30),
)


@pytest.fixture(scope="module")
def pages() -> dict[str, Exposition]:
    shown = real_board()
    kpis = KpiCollector(
        lambda: shown, lambda: True, shards=lambda: ViewShards(2, 2, 2), kinds=("team",)
    )
    return expositions(kpis, PipelineCollector(lambda: STATS))


def test_the_page_shows_the_numbers_of_the_board(pages: dict[str, Exposition]) -> None:
    """Four legs left the queue, one of them in time; one waits since 50 s."""
    lines = set(pages["/metrics/kpi"]("")[1].decode().splitlines())
    at = 'channel="voice"'
    for outcome, n in (
        ("offered", 4),
        ("answered", 2),
        ("answered_in_target", 1),
        ("abandoned", 1),
        ("abandoned_short", 0),
        ("flow_out", 1),
        ("transferred", 1),
    ):
        series = f'vigie_window_contacts{{{at},outcome="{outcome}",queue="sales",window="5m"}}'
        assert f"{series} {n}.0" in lines
    assert (
        f'vigie_service_level_ratio{{{at},queue="sales",variant="abandons_negative",window="5m"}}'
        " 0.25"
    ) in lines
    assert f'vigie_contacts_waiting{{{at},queue="sales"}} 1.0' in lines
    assert f'vigie_longest_wait_seconds{{{at},queue="sales"}} 50.0' in lines
    assert f'vigie_contacts_offered_total{{{at},queue="sales"}} 4.0' in lines
    assert f'vigie_service_level_threshold_seconds{{{at},queue="sales"}} 20.0' in lines
    assert f'vigie_agents{{{at},queue="sales",state="paused"}} 1.0' in lines
    assert f'vigie_agents_paused{{{at},queue="sales",reason="lunch"}} 1.0' in lines
    assert 'vigie_team_contacts_waiting{team="north"} 1.0' in lines


@pytest.mark.parametrize("path", ["/metrics", "/metrics/worker", "/metrics/kpi"])
def test_promtool_finds_nothing_to_say(pages: dict[str, Exposition], path: str) -> None:
    """Names, HELP and types pass the linter of Prometheus (a missing promtool is a failure)."""
    content, body = pages[path]("text/plain")
    assert content == TEXT
    checked = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_both_formats_say_the_same(pages: dict[str, Exposition]) -> None:
    """OpenMetrics and text have the same samples, and neither has one twice or with a time."""
    content, body = pages["/metrics"]("application/openmetrics-text")
    assert content == OPENMETRICS
    assert body.endswith(b"# EOF\n")
    text = pages["/metrics"]("")[1].decode()
    found = [
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
            if sample.timestamp is None
        }
        for families in (
            read_openmetrics(body.decode()),  # type: ignore[no-untyped-call]
            read_text(text),
        )
    ]
    assert found[0] == found[1]
    assert len(found[1]) == len([line for line in text.splitlines() if line[:1] != "#"])


def test_the_pages_divide_the_series_between_them(pages: dict[str, Exposition]) -> None:
    """What the worker says and what the view says make up the whole page."""
    whole, worker, kpi = (
        pages[path]("")[1].splitlines() for path in ("/metrics", "/metrics/worker", "/metrics/kpi")
    )
    assert sorted(whole) == sorted(worker + kpi)


def test_without_the_right_to_speak_for_the_view_the_page_is_empty() -> None:
    """An error instead would make a healthy worker look down."""
    shown = real_board()
    silent = KpiCollector(lambda: shown, lambda: False)
    pages = expositions(silent, PipelineCollector(lambda: STATS))
    assert pages["/metrics/kpi"]("") == (TEXT, b"")
    assert pages["/metrics/kpi"]("application/openmetrics-text") == (OPENMETRICS, b"# EOF\n")
    assert b"vigie_build_info" in pages["/metrics"]("")[1]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html", TEXT),
        ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TEXT),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", OPENMETRICS),
        ("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.4", TEXT),
        ("application/openmetrics-text;version=9.9.9", TEXT),
        ("application/openmetrics-text;version=abc;q=high", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/vnd.google.protobuf,application/openmetrics-text;q=0.2", OPENMETRICS),
    ],
)
def test_the_reader_gets_the_format_that_it_prefers(accept: str, chosen: str) -> None:
    """The highest q among the formats that vigie writes; text when in doubt."""
    assert content_type(accept) == chosen
