"""Two workers against one: only a run that folded every event exactly once has a figure."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from benchmarks.centre import day_events, fill_topics, stream_settings
from benchmarks.gated_worker import Share
from benchmarks.measures import Machine
from benchmarks.report import RESULTS
from benchmarks.report_scaling import alone_s, two_workers
from benchmarks.scaling import (
    TWO,
    Core,
    Scaling,
    cpu_ratios,
    ends_of,
    left_ratios,
    ratios,
    rounds_table,
    run_once,
)
from benchmarks.scaling_team import Team, check_once
from benchmarks.stage import BenchmarkError, own_kafka

MACHINE = Machine(cpu="x", cores=2, memory_gib=4, system="Linux", python="CPython", versions={})
ENDS = {"calls[0]": 600, "calls[1]": 400}


def share(began_s: float, ended_s: float, cpu_s: float, **offsets: int) -> Share:
    """What one worker did, of ``calls`` partitions given as ``p0=600``; all of it durable."""
    events = sum(offsets.values())
    return Share(
        began_s=began_s, ended_s=ended_s, cpu_s=cpu_s, events=events,
        offsets={f"calls[{name[1:]}]": end for name, end in offsets.items()},
        duplicate=0, late=0, durable_events=events, told=0, told_folded=10, boards=1, board_s=0.1,
        peak_mib=99,
    )  # fmt: skip


def team(*shares: Share, broker_cpu_s: float = 1.0, machine_cpu_s: float = 10.0) -> Team:
    """A run."""
    return Team(shares=list(shares), broker_cpu_s=broker_cpu_s, machine_cpu_s=machine_cpu_s)


ONE = team(share(100.0, 104.0, 4.0, p0=600, p1=400))
"""250 events per second, on one core all the time."""
PAIR = team(share(200.0, 202.5, 2.5, p0=600), share(200.5, 202.0, 2.5, p1=400))
"""400 events per second, five CPU seconds, on a broker that takes 0.4 of a core."""


@pytest.fixture
def figures() -> Scaling:
    """One round, compiled only."""
    return Scaling(
        machine=MACHINE, taken_at="2026-01-02", load_per_core=0.25, events=1_000, partitions=2,
        compiled=Core(one=[ONE], two=[PAIR], apart=[PAIR]), python=Core(),
    )  # fmt: skip


def test_time_runs_from_the_first_batch_of_any_to_the_last_of_any() -> None:
    """Who waits for the other is not left out, neither at the start nor at the end."""
    assert PAIR.wall_s == 2.5
    assert PAIR.per_s == 400.0
    assert alone_s(PAIR) == 1.0
    assert alone_s(ONE) == 0.0


def test_the_ratio_is_of_rates_and_the_cpu_ratio_of_what_an_event_costs() -> None:
    """Two that are 1.6 times as fast for a quarter more CPU per event."""
    assert ratios([ONE], [PAIR]) == [1.6]
    assert cpu_ratios([ONE], [PAIR]) == [0.8]


def test_what_the_broker_left_is_in_multiples_of_one_worker() -> None:
    """Two cores less 0.4, where one worker keeps one core busy."""
    assert left_ratios([ONE], [PAIR], 2) == [1.6]


def test_a_team_that_folded_each_event_once_passes() -> None:
    """Alone or in two halves."""
    check_once(ONE, ENDS, 10)
    check_once(PAIR, ENDS, 20)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (team(share(0, 1, 1, p0=600), share(0, 1, 1, p1=399)), "holds 400 events, 399 were"),
        (team(share(0, 1, 1, p0=600)), "holds 400 events, 0 were"),
        (team(share(0, 1, 1, p0=600, p1=400), share(0, 1, 1, p1=400)), "by two workers"),
        (team(share(0, 1, 1, p0=601, p1=400)), "holds 600 events, 601 were"),
    ],
    ids=["one lost", "a partition of nobody", "a partition of two", "one too many"],
)
def test_a_team_that_did_not_fold_each_event_once_is_void(run: Team, words: str) -> None:
    """Such a run was fast at the expense of the numbers."""
    with pytest.raises(BenchmarkError, match=words):
        check_once(run, ENDS, 10)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"duplicate": 1}, "1 events were folded twice"),
        ({"events": 999}, "999 events of 1000 are in the state"),
        ({"durable_events": 0, "ended_s": 120.0}, "20.0 s of events are in no checkpoint"),
        ({"told_folded": 5, "ended_s": 120.0}, "5 of 10 records about customers"),
    ],
    ids=["folded twice", "lost in the state", "no checkpoints", "customers left behind"],
)
def test_a_team_that_cut_corners_is_void(change: dict[str, Any], words: str) -> None:
    """Duplicates, and work that was put off until after the clock stopped."""
    (alone,) = ONE.shares
    with pytest.raises(BenchmarkError, match=words):
        check_once(team(msgspec.structs.replace(alone, **change)), ENDS, 10)


def test_the_page_says_of_both_kinds_of_pair_whether_the_aim_is_kept(figures: Scaling) -> None:
    """Figures of the rounds, and no line about a core that was not measured."""
    page = two_workers(figures)
    (apart,) = [line for line in page.splitlines() if line.startswith("| two, apart, compiled")]
    cells = [cell.strip() for cell in apart.split("|")[2:-1]]
    assert cells == ["1.60", "1.60", "1.60", "0.80", "1.60", "1.00", "**not kept**"]
    assert "**not kept**" in page
    assert "two apart: of 2 cores the workers kept 2.00 busy" in page
    assert "4000.0 µs for one, 5000.0 for two apart" in page
    assert "Python" not in page


def test_a_ratio_at_the_aim_is_kept(figures: Scaling) -> None:
    """1.7 is enough."""
    fast = team(*(msgspec.structs.replace(s, ended_s=s.began_s + 2.0) for s in PAIR.shares[:1]),
                msgspec.structs.replace(PAIR.shares[1], began_s=200.0, ended_s=201.0))  # fmt: skip
    core = Core(one=[ONE], two=[fast], apart=[PAIR])
    page = two_workers(msgspec.structs.replace(figures, compiled=core))
    (shared,) = [line for line in page.splitlines() if line.startswith("| two, one view")]
    assert shared.split("|")[2].strip() == "2.00"
    assert shared.split("|")[-2].strip() == "kept"


def test_the_rounds_begin_with_the_ratio_and_show_both_workers(figures: Scaling) -> None:
    """CPU per event of each worker of a pair stands in its row."""
    lines = rounds_table(figures.compiled, 2).splitlines()
    (first,) = [line for line in lines if line.startswith("| round 1, two, apart")]
    assert first.split("|")[2].strip() == "1.60"
    assert first.split("|")[-2].strip() == "4166.7 and 6250.0"


def test_the_kept_figures_are_of_runs_that_lost_nothing() -> None:
    """Each round has all three teams, and each of them has all events."""
    kept = msgspec.json.decode((RESULTS / "scaling.json").read_bytes(), type=Scaling)
    for core in (kept.compiled, kept.python):
        assert len(core.one) == len(core.two) == len(core.apart) >= 3
        for run in (*core.one, *core.two, *core.apart):
            assert run.events == kept.events
            places = [place for share in run.shares for place in share.offsets]
            assert len(places) == len(set(places))
    assert "| two, one view, Python " in two_workers(kept)


@pytest.mark.component
def test_two_workers_that_share_a_view_fold_everything_once() -> None:
    """A real group of two on a real Kafka and Redis, each with half of the partitions."""
    with own_kafka() as broker:
        settings = stream_settings(broker.bootstrap_servers, "filling")
        sent = asyncio.run(fill_topics(settings, day_events(3_000)))
        ends = ends_of(broker)
        run = run_once(broker, "pair", TWO, False, ends)
    first, second = run.shares
    assert run.events == sent.total == 3_000
    assert first.events > 0 < second.events
    assert len(first.offsets) == len(second.offsets)
    assert run.wall_s > 0 < run.broker_cpu_s
