"""The latency benchmark: what it counts, what its tables say, and a small run on a real Kafka."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from benchmarks.latency import Traffic, until_ready
from benchmarks.latency_load import Told, before_s, between
from benchmarks.latency_marks import (
    ALARM,
    MARK,
    Marks,
    Shown,
    alarm_rules,
    arrivals,
    bursts,
    marked,
    moments,
)
from benchmarks.latency_measures import Latencies, RateRow, Series
from benchmarks.latency_plot import arrived_ms, latency_plot
from benchmarks.latency_readers import MetricsPage, Wallboard
from benchmarks.latency_run import checked
from benchmarks.latency_traffic import agents_of, centre_of
from benchmarks.measures import Machine
from benchmarks.report_latency import aims_lines, latency_section, latency_table
from benchmarks.report_latency import runs_table as runs
from benchmarks.stage import BenchmarkError

HUNDRED = Series(sent=100, latencies_ms=[float(n) for n in range(100, 0, -1)])

ROW = RateRow(
    core="Python", wanted_per_s=2_000.0, reached_per_s=1_980.0, seconds=24.0, before_s=120.0,
    agents=500, queues=12, contact_s=1.8, page_ms=7.0, page_bytes=2_048, board_bytes=900,
    boards=48, sent_boards=24,
    worker_cpu=0.33, sender_cpu=0.06, lag_events=130, left_events=10, metrics=HUNDRED,
    wallboard=Series(sent=2, latencies_ms=[700.0, 1_300.0]),
    alert=Series(sent=2, latencies_ms=[3_000.0, 4_000.0]),
)  # fmt: skip

FULL = structs.replace(
    ROW, wanted_per_s=20_000.0, reached_per_s=14_000.0, left_events=15_000,
    metrics=Series(sent=3, latencies_ms=[900.0, 400.0]),
)  # fmt: skip


def found(*rows: RateRow) -> Latencies:
    """The figures of some runs."""
    return Latencies(
        machine=Machine(
            cpu="A processor", cores=2, memory_gib=8, system="Linux x86_64", python="CPython",
            versions={},
        ),
        taken_at="2026-01-02", load_per_core=0.1, poll_ms=200, group_wait_ms=2_000, burst=15,
        burst_every_s=6.0, rows=list(rows),
    )  # fmt: skip


def cells(line: str) -> list[str]:
    """The cells of a line of a table."""
    return [cell.strip() for cell in line.split("|")[1:-1]]


def test_what_never_arrived_is_slower_than_all_that_did() -> None:
    """Two of three arrived: the median is known, the 99 % are not."""
    series = Series(sent=3, latencies_ms=[900.0, 400.0])
    assert series.missing == 1
    assert series.quantile_ms(0.5) == 900.0
    assert math.isinf(series.quantile_ms(0.99))
    assert HUNDRED.quantile_ms(0.99) == 99.0


def test_a_row_per_way_and_rate_says_whether_its_aim_is_kept() -> None:
    """A rate that was not reached, and what never arrived, are said in the row itself."""
    lines = [cells(line) for line in latency_table(found(ROW, FULL)).splitlines()[2:]]
    assert lines[0] == [
        "event to metrics", "Python", "2,000", "1,980", "50", "90", "99", "100", "100", "1,000",
        "kept",
    ]  # fmt: skip
    assert lines[1] == [
        "event to metrics", "Python", "20,000", "**only 14,000**", "900", "never", "never", "never",
        "3, 1 of them **never arrived**", "1,000", "**not kept**",
    ]  # fmt: skip
    assert lines[2][-1] == lines[3][-1] == "**not kept**"
    assert lines[4][-1] == "kept"
    assert lines[5][-1] == "kept, at 14,000/s only"


def test_a_worker_that_lacks_over_a_second_of_events_at_the_end_fell_behind() -> None:
    """15,000 events of 14,000 a second are too many, 10 are none."""
    slow, full = (cells(line) for line in runs(found(ROW, FULL)).splitlines()[2:])
    assert slow == [
        "Python", "2,000", "500", "1.8", "33%", "6%", "7", "2", "500", "1,000", "130", "10",
        "kept pace",
    ]  # fmt: skip
    assert full[-2:] == ["15,000", "**fell behind**"]


def test_the_aims_are_told_with_the_slowest_rate() -> None:
    """Kept: where it was slowest. Not kept: at which rates, and why."""
    lines = aims_lines(found(ROW, FULL)).splitlines()
    assert lines[0] == (
        "* event to metrics, core Python, 99 % within 1,000 ms: **not kept** at 20,000 (never ms, "
        "the worker fell behind) events/s. 20,000 events/s were not reached (14,000)."
    )
    assert aims_lines(found(ROW)).splitlines()[2] == (
        "* condition to alert, core Python, 99 % within 5,000 ms: kept at every rate, 4,000 ms at "
        "2,000 events/s being the slowest."
    )


def test_the_section_has_tables_and_a_picture() -> None:
    """Nothing is left to be filled in."""
    text = latency_section(found(ROW, FULL))
    assert text.startswith("\n## Event to metrics, wallboard and alert\n")
    assert "](pictures/performance-latency.svg)" in text
    assert "open for 120 and 120 s" in text
    assert "{" not in text


def test_the_same_figures_are_the_same_picture() -> None:
    """A picture that changes by itself would change the repository."""
    picture = latency_plot(found(ROW, FULL))
    assert picture.startswith(b"<?xml")
    assert picture == latency_plot(found(ROW, FULL))
    assert b"<dc:date>" not in picture


def test_the_picture_ends_where_no_more_arrived() -> None:
    """Of three events the third never came: there is nothing beyond two thirds."""
    times_ms = arrived_ms(Series(sent=3, latencies_ms=[900.0, 400.0]))
    assert (times_ms[0], times_ms[-1], len(times_ms)) == (400.0, 900.0, 67)


def test_a_lost_event_makes_a_run_void_unless_the_worker_fell_behind() -> None:
    """What is late has a cause; what is lost is a fault."""
    assert checked(ROW) is ROW
    assert checked(FULL) is FULL
    with pytest.raises(BenchmarkError, match="event to metrics 1, event to wallboard 0"):
        checked(structs.replace(FULL, left_events=0))


def test_a_rate_is_what_the_broker_took_between_two_instants() -> None:
    """Between two tellings everything is even."""
    told = [Told(10.0, 0, 1.0, 12), Told(12.0, 400, 2.0, 12), Told(14.0, 600, 2.0, 12)]
    assert between(told, 11.0, 13.0) == (150.0, 0.25)
    with pytest.raises(BenchmarkError, match="whole run"):
        between(told, 11.0, 15.0)


def test_a_partition_that_lags_holds_up_its_own_marked_events_only() -> None:
    """A count of a queue says which of its events are shown, whatever the other queues show."""
    marks = Marks(MARK, producer=None)  # type: ignore[arg-type]
    marks.sent_s = [1.0, 2.0, 3.0, 4.0]
    marks.queues["mark-0"], marks.queues["mark-1"] = [0, 2], [1, 3]
    shown = Shown(marks)
    shown.see("mark-0", 2, 3.5)
    shown.see("mark-0", 1, 3.6)
    shown.see("other", 9, 3.6)
    assert shown.at_s == {0: 3.5, 2: 3.5}
    shown.see("mark-1", 2, 4.5)
    assert shown.is_whole
    # The first one was a rehearsal.
    assert marks.series(shown.at_s) == Series(sent=3, latencies_ms=[2_500.0, 500.0, 500.0])


def test_an_alarm_fulfils_its_own_rule() -> None:
    """The queue that it enters holds as many as its rule says with it, and not before."""
    held: dict[str, int] = {}
    for number, rule in enumerate(alarm_rules(20)):
        queue = marked(ALARM, number, 0).queue
        held[queue] = held.get(queue, 0) + 1
        assert rule == {
            "id": f"alarm-{number}",
            "when": f"contacts_waiting >= {held[queue]}",
            "scope": {"queue": queue},
        }
    assert sorted(held) == ["alarm-0", "alarm-1", "alarm-2", "alarm-3"]


def test_the_first_message_about_an_alarm_counts() -> None:
    """Copies, ends and what other rules say do not."""

    def message(what: str, *rules: str) -> dict[str, Any]:
        return {"data": {"what": what, "alerts": [{"rule": rule} for rule in rules]}}

    told = [
        (1.0, message("firing", "longest-wait")),
        (2.0, message("firing", "alarm-3", "alarm-12")),
        (3.0, message("firing", "alarm-3")),
        (4.0, message("resolved", "alarm-4")),
    ]
    assert arrivals(told) == {3: 2.0, 12: 2.0}


def test_events_come_at_random_moments_that_are_spread_evenly() -> None:
    """One in each step; alarms within the first second of six."""
    chance = random.Random(1)
    assert [int(moment_s / 0.5) for moment_s in moments(4, 2.0, chance)] == [0, 1, 2, 3]
    came_s = bursts(3, 13.0, chance)
    assert [int(moment_s) for moment_s in came_s] == [0, 0, 0, 6, 6, 6]
    assert len(bursts(3, 2.0, chance)) == 3


def test_a_page_shows_the_marked_contacts_and_the_lag() -> None:
    """Other queues and other metrics are passed over."""
    marks = Marks(MARK, producer=None)  # type: ignore[arg-type]
    marks.sent_s, marks.queues["mark-2"] = [0.5, 0.6], [0, 1]
    shown = Shown(marks)
    page = MetricsPage(shown)
    text = b"""\
vigie_contacts_offered{queue="mark-2",channel="voice"} 7.0
# TYPE vigie_contacts_waiting gauge
vigie_contacts_waiting{queue="sales",channel="voice"} 9.0
vigie_contacts_waiting{queue="mark-2",channel="voice"} 2.0
vigie_lag_events{topic="calls",partition="0"} 3.0
vigie_lag_events{topic="calls",partition="1"} 4.0
vigie_view_event_timestamp_seconds 1.7e+09
"""
    page.see(text, 1.0)
    page.see(text, 2.0)
    assert shown.at_s == {0: 1.0, 1: 1.0}
    assert page.lags == [7, 7]
    assert page.boards == 1


def test_a_board_shows_the_marked_contacts() -> None:
    """As the stream sends it."""
    marks = Marks(MARK, producer=None)  # type: ignore[arg-type]
    marks.sent_s, marks.queues["mark-2"] = [0.5], [0]
    shown = Shown(marks)
    pairs = [
        {"queue": "mark-2", "channel": "voice", "kpis": {"contacts_waiting": 1, "asa": None}},
        {"queue": "sales", "channel": "voice", "kpis": {"contacts_waiting": 4}},
    ]
    board = Wallboard(shown)
    board.see(msgspec.json.encode({"as_of_ms": 5, "windows": {"30m": {"pairs": pairs}}}))
    assert shown.is_whole
    assert board.boards == 1


def test_the_centre_has_the_same_queues_at_any_rate() -> None:
    """More events come of more agents."""
    small, large = centre_of(100.0), centre_of(20_000.0)
    assert [queue.name for queue in small.queues] == [queue.name for queue in large.queues]
    assert sum(team.always for team in small.teams) == agents_of(100.0) == 200
    assert sum(team.always for team in large.teams) == agents_of(20_000.0) == 5_000
    assert (before_s(100.0), before_s(20_000.0)) == (120.0, 12.5)


def test_others_find_the_traffic_where_it_was() -> None:
    """The benchmark of scrapes sends the same."""
    assert Traffic.__module__ == until_ready.__module__ == "benchmarks.latency_traffic"


@pytest.mark.component
def test_every_marked_event_arrives_in_three_places(repository: Path, tmp_path: Path) -> None:
    """Page, wallboard and webhook of a real worker on a real Kafka."""
    kept = tmp_path / "latency.json"
    options = ("--rates", "200", "--seconds", "2", "--burst", "3", "--python", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.latency", *options, str(kept)],
        cwd=repository,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "condition to alert" in done.stdout
    (row,) = msgspec.json.decode(kept.read_bytes(), type=Latencies).rows
    assert (len(row.metrics.latencies_ms), len(row.wallboard.latencies_ms)) == (20, 20)
    assert len(row.alert.latencies_ms) == 3
    assert all(0 < ms < 15_000 for ms in row.metrics.latencies_ms + row.wallboard.latencies_ms)
    assert all(2_000 < ms < 20_000 for ms in row.alert.latencies_ms)
    assert row.reached_per_s > 50
    assert row.sent_boards > 0 < row.boards


def test_a_wrong_rate_is_one_line(repository: Path) -> None:
    """No events, no benchmark."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.latency", "--rates", "100,many"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "--rates must be numbers above 0" in done.stderr
