"""The tables and the page of the benchmarks say what was measured."""

from __future__ import annotations

import sys
import types

import msgspec
import pytest

from benchmarks.measures import (
    Built,
    Latency,
    Machine,
    Recovery,
    Restart,
    Spent,
    Throughput,
    WorkerRun,
    quantile,
)
from benchmarks.report import page
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
def latency() -> Latency:
    """A hundred markers, 1 to 100 ms."""
    return Latency(
        machine=MACHINE,
        taken_at="2026-01-02",
        load_per_core=0.2,
        events_per_s=2_000.0,
        seconds=20.0,
        events=40_000,
        queues=12,
        poll_ms=50,
        page="/metrics",
        page_ms=12.0,
        page_bytes=2_048,
        latencies_ms=[float(n) for n in range(1, 101)],
    )


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
    assert throughput.ratios == [pytest.approx(0.25), pytest.approx(0.5)]
    assert throughput.cpu_ratios == [pytest.approx(0.125), pytest.approx(0.25)]


def test_the_rounds_end_with_median_and_spread(throughput: Throughput) -> None:
    """One row per round, then three."""
    lines = rounds_table(throughput).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "round 1", "round 2", "median", "lowest", "highest",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[4].split("|")[2:5]] == ["75,000", "25,000", "0.38"]


def test_the_page_names_every_aim_and_whether_it_is_kept(
    throughput: Throughput, latency: Latency, recovery: Recovery
) -> None:
    """25,000 events/s are too few and 11 s too long; 0.38 of the bare loop and 99 ms are well."""
    text = page(throughput, latency, recovery)
    assert "restored within 10 s (**not kept**), records below 1 MiB\n(kept)" in text
    assert "at most 400 MiB of memory (kept)" in text
    assert "25,000 events per second of wall clock (**not kept**)" in text
    assert "0.38 of the bare loop (kept)" in text
    assert "99 % within 1,000 ms (kept), over 100 markers" in text
    assert "| 99 %             |  99 |" in text
    assert "{" not in text


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
