"""The growth benchmark: its laws, what its page says of them, and small runs of its parts."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aggregators.events import ContactQueued
from benchmarks.growth.figures import (
    CaughtUp,
    Growth,
    Kept,
    Point,
    Remembered,
    Spread,
    Written,
)
from benchmarks.growth.laws import Law, laws, slope
from benchmarks.growth.plots import Line, Panel, plot
from benchmarks.growth.tables import core_table, outage_table
from benchmarks.growth.traffic import AGENTS, BEFORE_MS, START_MS, centre, held, minutes_before
from benchmarks.measures import Machine
from benchmarks.report_growth import (
    PICTURES,
    broken_lines,
    growth_section,
    outage_lines,
    pictures,
    read,
)
from benchmarks.stage import BenchmarkError

MACHINE = Machine(cpu="x", cores=2, memory_gib=4, system="Linux", python="CPython", versions={})


def point(size: int, fold: float = 20.0, board_ms: float = 10.0) -> Point:
    """The core at one size."""
    return Point(
        size=size, decode_us=0.4, fold=fold, told=2.0, events_per_s=250.0, open_contacts=1_000,
        first_board_ms=100.0, board_ms=board_ms, checkpoint_ms=5.0, record_bytes=20_480,
        row_bytes=10_240, page_ms=30.0, page_bytes=9_000, series=5_000, left_out=0,
        filled_mib=2.0 * size,
    )  # fmt: skip


def caught_up(told_s: float) -> CaughtUp:
    """An hour that was worked off."""
    return CaughtUp(
        core="Python", agents=10_000, queues=250, outage_s=3_600.0, events=870_000,
        open_contacts=9_000, restored_s=2.0, caught_up_s=told_s - 1.0, told_s=told_s, cpu_s=told_s,
        boards=9, peak_mib=400,
    )  # fmt: skip


def written(agents: int) -> Written:
    """A tenth of an event a second of each agent for ten seconds."""
    return Written(
        size=agents, seconds=10.0, events=agents, event_bytes=250 * agents,
        checkpoint_bytes=1_000 * agents, redis_bytes=1_100 * agents,
        redis_mib=1.0, worker_cpu_s=0.5, resident_mib=100,
    )  # fmt: skip


def spread(partitions: int) -> Spread:
    """An event costs the same wherever it lies."""
    return Spread(size=partitions, events=1_000, cpu_us=20.0, wall_us=21.0,
                  customer_bytes=45_000, peak_mib=200,
                  ready_s=1.0, ready_cpu_s=0.9)  # fmt: skip


def kept(queues: int) -> Kept:
    """Two MiB a queue, and one more for its boards."""
    return Kept(size=queues, days=8, shards_mib=2.0 * queues, with_boards_mib=3.0 * queues,
                record_bytes=10, row_bytes=1_000 * queues, rows=9)  # fmt: skip


@pytest.fixture
def found() -> Growth:
    """A centre where all is as it should be."""
    return Growth(
        machine=MACHINE, agents=2_000, events_per_s=250.0, taken_at={"queues": "2026-01-02"},
        load_per_core={"queues": 0.1},
        queues=[point(10, board_ms=10.0), point(20, board_ms=19.0)],
        windows=[point(1), point(2)], open=[point(100), point(200)],
        customers=[
            Remembered(size=100, decode_us=0.4, fold=50.0, resident_mib=1.0),
            Remembered(size=200, decode_us=0.4, fold=51.0, resident_mib=2.0),
        ],
        memory=[kept(10), kept(20)], partitions=[spread(1), spread(4)],
        bytes=[written(100), written(1_000)], outage=[caught_up(20.0)],
    )  # fmt: skip


def test_what_is_flat_may_cost_a_quarter_more_at_the_largest_size() -> None:
    """20 to 25 is well, 20 to 26 is not."""
    assert Law("fold", True, [10, 500], [20.0, 25.0]).is_kept
    assert not Law("fold", True, [10, 500], [20.0, 26.0]).is_kept


@given(st.floats(0.5, 3.0), st.floats(1.0, 1e4), st.floats(1.5, 10.0), st.integers(2, 1_000_000))
def test_the_power_of_a_power_is_found_whatever_the_sizes(
    power: float, unit: float, step: float, size: int
) -> None:
    """Values that are a power of the size have that power, and one above 1.15 is told."""
    sizes = [size / step, float(size), size * step]
    one = Law("board", False, sizes, [unit * (at / size) ** power for at in sizes])
    assert one.power == pytest.approx(power)
    assert one.is_kept == (one.power <= 1.15)


def test_a_slope_is_what_one_more_costs() -> None:
    """From 30 MiB of ten queues to 60 of twenty."""
    assert slope([kept(10), kept(20)], lambda row: row.with_boards_mib) == 3.0


def test_every_figure_has_its_law_and_a_broken_one_is_named(found: Growth) -> None:
    """A fold that doubles, a board that grows with the square."""
    assert all(one.is_kept for one in laws(found))
    assert broken_lines(found) == "Nothing grows faster than it has to."
    bad = structs.replace(
        found, open=[point(100), point(200, fold=40.0)], queues=[point(10), point(20, 20.0, 40.0)]
    )
    assert broken_lines(bad).startswith(
        "Grows faster than it has to: board, by queues; fold, by open contacts."
    )
    assert "the sweep looks at every open contact" in " ".join(growth_section(bad).split())


def test_the_catch_up_is_held_against_twenty_times_real_time() -> None:
    """An hour in 20 s is 180 times, one in 200 s only 18 times."""
    assert outage_lines([caught_up(20.0)]).endswith("180 times real time (aim: at least 20, kept).")
    assert outage_lines([caught_up(200.0)]).endswith("(aim: at least 20, **not kept**).")


def test_tables_have_a_row_per_size(found: Growth) -> None:
    """With the figures that were measured."""
    _, _, first, last = core_table("queues", found.queues).splitlines()
    assert first.split("|")[1].strip() == "10"
    assert [cell.strip() for cell in last.split("|")[1:-1]] == [
        "20", "20.0", "2.0", "19", "100", "30", "5,000", "5", "20", "10",
    ]  # fmt: skip
    assert outage_table(found).splitlines()[2].split("|")[-2].strip() == "180"


def test_the_section_has_every_part_and_wants_all_of_them(found: Growth) -> None:
    """A part that was not measured would look as if it cost nothing."""
    text = growth_section(found)
    assert "{" not in text
    for name in pictures(found):
        assert f"](pictures/{name})" in text
    with pytest.raises(BenchmarkError, match="lack partitions, outage"):
        growth_section(structs.replace(found, partitions=[], outage=[]))


def test_the_same_figures_draw_the_same_pictures(found: Growth) -> None:
    """No date and no chance in them; other figures draw others."""
    panel = Panel("ms", "queues", [Line("board", [10.0, 20.0], [1.0, 2.0])])
    other = Panel("ms", "queues", [Line("board", [10.0, 20.0], [1.0, 3.0])])
    assert plot([panel]) == plot([panel]) != plot([other])
    assert b"<dc:date>" not in plot([panel])
    assert pictures(found) == pictures(found)


def test_the_pictures_are_what_the_kept_figures_say() -> None:
    """None was drawn by hand, and none is left over."""
    made = pictures(read())
    assert {path.name for path in PICTURES.glob("performance-growth-*.svg")} == set(made)
    for name, picture in made.items():
        assert (PICTURES / name).read_bytes() == picture, name


@pytest.mark.parametrize("queues", [2, 7, 500])
def test_the_same_agents_and_contacts_are_shared_out_over_all_queues(queues: int) -> None:
    """Else a curve by queues would be one by agents, too."""
    made = centre(queues)
    assert len(made.queues) == len(made.teams) == queues
    assert sum(team.always for team in made.teams) == AGENTS
    per_hour = sum(queue.per_hour for queue in made.queues)
    assert per_hour == pytest.approx(sum(queue.per_hour for queue in centre(50).queues))


def test_each_queue_has_a_contact_in_every_minute_before() -> None:
    """In time order, so that nothing is late; all before the centre begins."""
    events = list(minutes_before(3, START_MS))
    queued = Counter(event.queue for event in events if isinstance(event, ContactQueued))
    assert queued == dict.fromkeys(("queue-000", "queue-001", "queue-002"), BEFORE_MS // 60_000)
    times = [event.event_time_ms for event in events if isinstance(event, ContactQueued)]
    assert all(before <= after for before, after in pairwise(times))
    assert max(event.event_time_ms for event in events) < START_MS


def test_contacts_that_are_held_are_as_many_as_asked_and_none_ends() -> None:
    """One in four waits, the others talk."""
    kinds = Counter(type(event).__name__ for event in held(8, 5, START_MS))
    assert kinds == {"ContactCreated": 8, "ContactQueued": 8, "AgentOffered": 6,
                     "ContactAnswered": 6}  # fmt: skip


def run(repository: Path, *options: str) -> Growth:
    """Run the benchmark at sizes of nothing; return what it kept."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth", "--small", *options],
        cwd=repository,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(Path(options[-1]).read_bytes(), type=Growth)


def test_the_core_is_measured_at_every_size(repository: Path, tmp_path: Path) -> None:
    """Queues fold and show boards, pages and checkpoints; the other parts stay as they are."""
    told = tmp_path / "growth.json"
    found = run(repository, "--part", "queues", "--part", "customers", "--json", str(told))
    assert [row.size for row in found.queues] == [2, 4]
    few, more = found.queues
    assert more.series > few.series > 500
    assert min(few.fold, few.decode_us, few.board_ms, few.page_ms, few.record_bytes) > 0
    assert [row.size for row in found.customers] == [50, 100]
    assert found.customers[0].fold > 1
    again = run(repository, "--part", "memory", "--json", str(told))
    assert again.queues == found.queues
    assert [row.size for row in again.memory] == [2, 4]
    assert again.memory[1].row_bytes > again.memory[0].row_bytes > 10_000
    assert again.memory[1].rows == 4 * 1_440


@pytest.mark.component
def test_after_an_outage_every_event_is_folded_once(repository: Path, tmp_path: Path) -> None:
    """On a real Kafka: what was sent meanwhile is what the worker that came back worked off."""
    found = run(repository, "--part", "outage", "--json", str(tmp_path / "growth.json"))
    (back,) = found.outage
    assert back.events > 10
    assert 0 < back.restored_s <= back.caught_up_s <= back.told_s
    assert back.open_contacts > 0
