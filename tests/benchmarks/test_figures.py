"""The tables and the page of the benchmarks say what was measured."""

from __future__ import annotations

import sys
import types

import msgspec
import pytest

from benchmarks.latency_measures import Latencies
from benchmarks.measures import (
    Built,
    Crowd,
    Machine,
    Paint,
    PaintBoard,
    PaintPage,
    Recovery,
    Restart,
    Scrape,
    ScrapeRow,
    Spent,
    Stall,
    Throughput,
    Watched,
    WatchedRun,
    Watchers,
    WorkerRun,
    quantile,
)
from benchmarks.report import page
from benchmarks.report_compiled import compiled_core
from benchmarks.report_watchers import (
    paint_lines,
    paint_table,
    scrape_lines,
    scrape_table,
    watchers_lines,
    watchers_table,
)
from benchmarks.sampling import BOARD, CHECKPOINT, CONTACTS, DECODE, REST, part_of
from benchmarks.tables import checkpoint_share, rounds_table, table

MACHINE = Machine(
    cpu="A processor",
    cores=2,
    memory_gib=8,
    system="Linux x86_64",
    python="CPython 3.11.2",
    versions={"msgspec": "0.19"},
)


def spent(events: int, wall_s: float) -> Spent:
    """A run of the bare loop, on the CPU half of the time."""
    return Spent(wall_s=wall_s, cpu_s=wall_s / 2, events=events)


def worked(events: int, wall_s: float) -> WorkerRun:
    """A run of a worker, on the CPU all the time."""
    return WorkerRun(
        wall_s=wall_s,
        cpu_s=wall_s,
        events=events,
        threads_s={"MainThread": wall_s * 0.75, "Thread-1": wall_s * 0.25},
        parts_s={CONTACTS: wall_s * 0.5, DECODE: wall_s * 0.25},
        boards=2,
        board_s=0.5,
        collector_s=wall_s * 0.1,
        collector_runs=3,
        durable_events=500,
        duplicate=0,
        late=0,
        peak_mib=99,
    )


@pytest.fixture
def throughput() -> Throughput:
    """Two rounds of a thousand events."""
    return Throughput(
        machine=MACHINE,
        taken_at="2026-01-02",
        load_per_core=0.1,
        events_by_topic={"calls": 900, "agents": 100},
        value_bytes=250_000,
        span_s=3_600.0,
        partitions=4,
        bare=[spent(1_000, 0.01), spent(1_000, 0.02)],
        worker=[worked(1_000, 0.04), worked(1_000, 0.04)],
        profile=worked(1_000, 0.04),
    )


@pytest.fixture
def latency() -> Latencies:
    """Of another day; its section is tested beside it."""
    return Latencies(
        machine=MACHINE, taken_at="2026-01-02", load_per_core=0.2, poll_ms=50, group_wait_ms=2_000,
        burst=3, burst_every_s=6.0, rows=[],
    )  # fmt: skip


@pytest.fixture
def recovery() -> Recovery:
    """Two starts, the slower one too slow."""
    start = Restart(restore_s=3.0, cpu_s=2.0, board_s=1.0, checkpoint_s=0.5, open_contacts=7,
                    peak_mib=300)  # fmt: skip
    return Recovery(
        machine=MACHINE,
        taken_at="2026-01-03",
        load_per_core=0.3,
        contacts=7,
        queues=5,
        days=2,
        built=Built(records=10, bytes=2**21, largest_record=1_024, rows=3),
        restarts=[start, msgspec.structs.replace(start, restore_s=11.0)],
    )


def test_a_ratio_is_of_the_same_round(throughput: Throughput) -> None:
    """Noise of the machine hits both sides of a round, so they are compared with each other."""
    runs = throughput.worker
    assert throughput.ratios(runs) == [pytest.approx(0.25), pytest.approx(0.5)]
    assert throughput.cpu_ratios(runs) == [pytest.approx(0.125), pytest.approx(0.25)]


def test_the_rounds_end_with_median_and_spread(throughput: Throughput) -> None:
    """One row per round, then three."""
    lines = rounds_table(throughput, throughput.worker).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "round 1", "round 2", "median", "lowest", "highest",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[4].split("|")[2:5]] == ["75,000", "25,000", "0.38"]


def test_the_page_names_every_aim_and_whether_it_is_kept(
    throughput: Throughput, latency: Latencies, recovery: Recovery
) -> None:
    """25,000 events/s are too few and 11 s too long; 0.38 of the bare loop is well."""
    text = page(throughput, latency, recovery)
    assert "restored within 10 s (**not kept**), records below 1 MiB\n(kept)" in text
    assert "at most 400 MiB of memory (kept)" in text
    assert "25,000 events per second of wall clock (**not kept**)" in text
    assert "0.38 of the bare loop (kept)" in text
    assert "{" not in text


def test_the_compiled_core_is_held_against_the_same_aims(throughput: Throughput) -> None:
    """Twice as fast as Python in each round; without a run of it there is no section."""
    assert compiled_core(throughput, aim_per_s=60_000, aim_ratio=0.7) == ""
    both = msgspec.structs.replace(throughput, compiled=[worked(1_000, 0.02), worked(1_000, 0.02)])
    text = compiled_core(both, aim_per_s=60_000, aim_ratio=0.7)
    assert "folds **2.00** times as many events per CPU second (2.00 to 2.00" in text
    assert "50,000 events per second of wall clock (**not kept**)" in text
    assert "0.75 of the bare loop (kept)" in text
    assert "No profile was taken." in text


def watched(per_cpu_s: float, *, crowd: Crowd | None = None) -> WatchedRun:
    """A thousand events, on the wall clock twice as long as on the CPU."""
    cpu_s = 1_000 / per_cpu_s
    return WatchedRun(wall_s=2 * cpu_s, cpu_s=cpu_s, events=1_000, boards=3, encodings=7, pages=2,
                      peak_mib=99, crowd=crowd)  # fmt: skip


CROWD = Crowd(boards=[3] * 50, board_bytes=9_000, selections=28, asked=4, pages=[2] * 10,
              page_bytes=90_000, page_ms=[5.0], cpu_s=1.0)  # fmt: skip


def test_what_watchers_cost_is_the_share_of_the_same_round_that_is_lost() -> None:
    """900 of 1,000 events per second of CPU are left in the first round, 780 in the second."""
    found = Watchers(
        machine=MACHINE, taken_at="2026-01-02", load_per_core=0.1, streams=50, scrapers=10,
        scrape_every_s=1.0, events=1_000, alone=[watched(1_000), watched(1_000)],
        watched=[watched(900, crowd=CROWD), watched(780, crowd=CROWD)],
    )  # fmt: skip
    assert found.cpu_losses == [pytest.approx(0.1), pytest.approx(0.22)]
    assert "cost 16.0% of the events per second of CPU (10.0% to 22.0% by round" in (
        said := watchers_lines(found)
    )
    assert "**not kept**" in said
    assert [line.split("|")[1].strip() for line in watchers_table(found).splitlines()[2:]] == [
        "round 1, alone", "round 1, watched", "round 2, alone", "round 2, watched",
    ]  # fmt: skip


def test_a_pause_counts_while_somebody_scrapes_and_says_where_it_was() -> None:
    """60 ms during a scrape are too many; 90 ms with none are told beside it."""
    stalls = [
        Stall(ms=60.0, cpu_ms=55.0, while_scraped=True, parts={"aggregators/board.py: make": 9}),
        Stall(ms=90.0, cpu_ms=20.0, while_scraped=False, parts={}),
    ]
    row = ScrapeRow(
        agents=200, queues=5, series=5_069, page_bytes=600_000, gzip_bytes=50_000,
        events_per_s=2_000.0, scrapes_ms=[float(n) for n in range(1, 101)],
        watched=Watched(beats=9, stalls=stalls, boards=4, pages=4, cpu_s=1.0, peak_mib=99),
    )  # fmt: skip
    found = Scrape(
        machine=MACHINE, taken_at="2026-01-02", load_per_core=0.1, every_ms=300, rows=[row]
    )
    said = scrape_lines(found)
    assert "5,069 series takes 99 ms at 99 % (aim: under 100 ms, kept)" in said
    assert "60 ms at most (aim: under 50 ms, **not kept**), 55 ms of it on the CPU" in said
    assert "seen in aggregators/board.py: make." in said
    assert [cell.strip() for cell in scrape_table(found).splitlines()[2].split("|")[9:12]] == [
        "60", "55", "90",
    ]  # fmt: skip


def test_the_slowest_page_speaks_for_the_wallboard() -> None:
    """Medians by page; the first size is the one of the aims."""

    def page(name: str, painted_ms: float, script_ms: float) -> PaintPage:
        return PaintPage(
            page=name, first_paint_ms=[painted_ms], numbers_ms=[painted_ms + 50],
            script_ms=[script_ms, script_ms, 99.0], layout_ms=[1.0], updates=3,
        )  # fmt: skip

    found = Paint(
        machine=MACHINE, taken_at="2026-01-02", load_per_core=0.1, browser="Chromium 1",
        boards=[
            PaintBoard(
                queues=100, message_bytes=9, pages=[page("queues", 300, 20), page("x", 1_100, 9)]
            ),
            PaintBoard(queues=300, message_bytes=9, pages=[page("queues", 2_000, 80)]),
        ],
    )  # fmt: skip
    said = paint_lines(found)
    assert "100 queues is painted first after 1100 ms (page x; aim: under 1,000 ms, **not" in said
    assert "An update takes 20 ms of scripts (page queues; aim: under 50 ms, kept)" in said
    assert len(paint_table(found).splitlines()) == 5


def test_the_cost_of_checkpoints_is_their_share_of_all_threads() -> None:
    """A third of the samples of a main thread that has three quarters of the CPU."""
    run = msgspec.structs.replace(
        worked(1_000, 1.0),
        threads_s={"MainThread": 0.75, "Thread-1": 0.25},
        parts_s={CONTACTS: 0.2, CHECKPOINT: 0.1},
    )
    assert checkpoint_share(run) == pytest.approx(0.25)


def test_a_quantile_is_a_value_that_was_measured() -> None:
    """Nearest rank: 99 of 100 values are at most the 99th."""
    values = [float(n) for n in range(1, 101)]
    assert quantile(values, 0.99) == 99.0
    assert quantile(values, 0.5) == 50.0
    assert quantile([7.0], 0.99) == 7.0


def test_a_table_is_aligned_to_be_read_as_it_is() -> None:
    """The first column stands left, the others right."""
    assert table(("what", "n"), [("a", "1"), ("bcdef", "100")]) == (
        "| what  |   n |\n| :---- | --: |\n| a     |   1 |\n| bcdef | 100 |"
    )


@pytest.mark.parametrize(
    ("files", "part"),
    [
        (["streams/agents.py", "streams/decode.py"], DECODE),
        (["streams/agents.py", "aggregators/shard.py", "aggregators/slices.py"], CONTACTS),
        (["exporters/live.py", "aggregators/board.py", "aggregators/slices.py"], BOARD),
        (["asyncio/events.py"], REST),
    ],
)
def test_a_stack_belongs_to_its_most_particular_part(files: list[str], part: str) -> None:
    """What the board calls in the slices is the board's time, not the fold's."""
    assert part_of(stack(files)) == part


def stack(files: list[str]) -> types.FrameType:
    """Frames of functions in these files, the last one running."""
    held: list[types.FrameType] = []
    scope: dict[str, object] = {"keep": lambda: held.append(sys._getframe(1))}
    call = "keep"
    for number, file in enumerate(reversed(files)):
        name = f"f{number}"
        exec(compile(f"def {name}():\n    {call}()\n", file, "exec"), scope)
        call = name
    scope[call]()  # type: ignore[operator]
    return held[0]
