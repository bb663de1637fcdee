"""The benchmarks run, small, on a real Kafka."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks.measures import Customers, Groups, Latency, Recovery, Throughput


def run(repository: Path, module: str, *options: str) -> str:
    """Run a benchmark as a reader would; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=repository,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.component
def test_throughput_prints_both_sides_and_their_ratio(repository: Path, tmp_path: Path) -> None:
    """Every event is folded once, and the figures are of these events."""
    kept = tmp_path / "throughput.json"
    options = ("--events", "6000", "--rounds", "1", "--profile", "--json", str(kept))
    printed = run(repository, "benchmarks.throughput", *options)
    assert "round 1" in printed
    assert "decode and check" in printed
    figures = msgspec.json.decode(kept.read_bytes(), type=Throughput)
    assert sum(figures.events_by_topic.values()) == 6_000
    assert [run.events for run in (*figures.bare, *figures.worker)] == [6_000, 6_000]
    assert figures.ratios[0] > 0


@pytest.mark.component
def test_latency_sees_every_marker(repository: Path, tmp_path: Path) -> None:
    """Each marked event reaches the metrics page."""
    kept = tmp_path / "latency.json"
    options = ("--rate", "200", "--seconds", "3", "--json", str(kept))
    assert "99 %" in run(repository, "benchmarks.latency", *options)
    figures = msgspec.json.decode(kept.read_bytes(), type=Latency)
    assert len(figures.latencies_ms) == 30
    assert all(0 < value < 10_000 for value in figures.latencies_ms)


@pytest.mark.component
def test_recovery_finds_every_open_contact_again(repository: Path, tmp_path: Path) -> None:
    """A fresh worker restores what the other process left on Kafka."""
    kept = tmp_path / "recovery.json"
    options = ("--contacts", "400", "--queues", "4", "--days", "1", "--json", str(kept))
    assert "start 3" in run(repository, "benchmarks.recovery", *options)
    figures = msgspec.json.decode(kept.read_bytes(), type=Recovery)
    assert [start.open_contacts for start in figures.restarts] == [400, 400, 400]
    assert figures.built.rows > 500


@pytest.mark.component
def test_groups_folds_the_same_day_with_and_without_customers(
    repository: Path, tmp_path: Path
) -> None:
    """Only the day with customers tells of them, and it has the events of the other topics."""
    kept = tmp_path / "groups.json"
    options = ("--events", "6000", "--rounds", "1", "--json", str(kept))
    assert "all groups against the first three" in run(repository, "benchmarks.groups", *options)
    figures = msgspec.json.decode(kept.read_bytes(), type=Groups)
    assert figures.all_groups[0].events == 6_000 > figures.first_three[0].events > 4_000
    assert figures.all_groups[0].told > 0 == figures.first_three[0].told


def test_customers_are_all_there_after_a_restore(repository: Path, tmp_path: Path) -> None:
    """Three days of two hundred, every fifth back once on the third."""
    kept = tmp_path / "customers.json"
    options = ("--days", "3", "--per-day", "200", "--json", str(kept))
    assert "whole checkpoint" in run(repository, "benchmarks.customers", *options)
    figures = msgspec.json.decode(kept.read_bytes(), type=Customers)
    assert (figures.customers, figures.contacts) == (600, 640)


def test_a_wrong_option_is_one_line(repository: Path) -> None:
    """No events, no benchmark."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.throughput", "--events", "0"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "--events and --rounds must be at least 1" in done.stderr


def test_the_performance_page_is_what_the_kept_figures_say(repository: Path) -> None:
    """No figure of the page was written by hand."""
    run(repository, "benchmarks.report", "--check")
