"""The benchmarks run, small, on a real Kafka."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from benchmarks.measures import (
    Customers,
    Groups,
    Paint,
    Recovery,
    Scrape,
    Throughput,
    Watchers,
)


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
    options = ("--events", "6000", "--rounds", "1", "--profile", "--python", "--json", str(kept))
    printed = run(repository, "benchmarks.throughput", *options)
    assert "round 1" in printed
    assert "decode and check" in printed
    figures = msgspec.json.decode(kept.read_bytes(), type=Throughput)
    assert sum(figures.events_by_topic.values()) == 6_000
    assert [run.events for run in (*figures.bare, *figures.worker)] == [6_000, 6_000]
    assert figures.ratios(figures.worker)[0] > 0


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


@pytest.mark.component
def test_everybody_who_watches_gets_boards_and_whole_pages(
    repository: Path, tmp_path: Path
) -> None:
    """Fifty streams and ten scrapers; series are written once per board for all of them."""
    kept = tmp_path / "watchers.json"
    options = ("--events", "80000", "--rounds", "1", "--least", "1", "--json", str(kept))
    assert "50 wallboards and 10 scrapers" in run(repository, "benchmarks.watchers", *options)
    figures = msgspec.json.decode(kept.read_bytes(), type=Watchers)
    alone, watched = figures.alone[0], figures.watched[0]
    assert alone.events == watched.events == 80_000
    assert watched.crowd is not None
    assert (len(watched.crowd.boards), len(watched.crowd.pages)) == (50, 10)
    assert min(*watched.crowd.boards, *watched.crowd.pages) >= 1
    assert alone.encodings == 0 < watched.encodings
    assert watched.pages <= watched.boards


@pytest.mark.component
def test_every_scrape_is_timed_and_the_loop_is_watched(repository: Path, tmp_path: Path) -> None:
    """Some scrapes of a small centre; a heartbeat beats meanwhile."""
    kept = tmp_path / "scrape.json"
    options = ("--rate", "100", "--scrapes", "5", "--sizes", "2000", "--json", str(kept))
    assert "the loop stands still" in run(repository, "benchmarks.scrape", *options)
    row = msgspec.json.decode(kept.read_bytes(), type=Scrape).rows[0]
    assert len(row.scrapes_ms) == 5
    assert row.series > 500
    assert row.gzip_bytes < row.page_bytes / 2
    assert row.watched.beats > 100
    assert row.watched.pages > 0


def test_a_page_is_painted_and_updated_in_a_browser(repository: Path, tmp_path: Path) -> None:
    """Two pages of a small wallboard: painted, with numbers, and updates that cost something."""
    kept = tmp_path / "paint.json"
    options = ("--queues", "3", "--updates", "4", "--paints", "1", "--pages", "queues,service")
    printed = run(repository, "benchmarks.paint", *options, "--json", str(kept))
    assert "is painted first after" in printed
    board = msgspec.json.decode(kept.read_bytes(), type=Paint).boards[0]
    assert [page.page for page in board.pages] == ["queues", "service"]
    for page in board.pages:
        assert 0 < page.first_paint_ms[0] <= page.numbers_ms[0]
        assert len(page.script_ms) == len(page.layout_ms) > 0
        assert max(page.script_ms) > 0
    assert board.message_bytes > 500


def test_customers_are_all_there_after_a_restore(repository: Path, tmp_path: Path) -> None:
    """Three days of two hundred, every fifth back once on the third."""
    kept = tmp_path / "customers.json"
    options = ("--days", "3", "--per-day", "200", "--json", str(kept))
    assert "whole checkpoint" in run(repository, "benchmarks.customers", *options)
    figures = msgspec.json.decode(kept.read_bytes(), type=Customers)
    assert (figures.customers, figures.contacts) == (600, 640)


def test_a_child_that_shall_be_compiled_never_runs_as_python(
    repository: Path, tmp_path: Path
) -> None:
    """Where nothing was compiled it ends with the fix."""
    code = (
        "import pathlib, sys; from vigie import compiled; from benchmarks import child;"
        " found = compiled.use_compiled; room = pathlib.Path(sys.argv[1]);"
        " child.use_compiled = lambda environ: found(environ, room);"
        " sys.argv = ['child', 'benchmarks.bare_loop']; child.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "VIGIE_COMPILED": "on", "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == "there is no compiled core of these sources: run vigie compile\n"


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
