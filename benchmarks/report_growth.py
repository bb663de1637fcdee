"""The part of docs/performance.md about growth, and its pictures.

``python -m benchmarks.report_growth [FILE]`` writes the pictures of the kept figures and prints
the section; ``--check`` only compares the pictures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import msgspec

from benchmarks.growth.core import QUEUES, Effort
from benchmarks.growth.figures import CaughtUp, Growth, Point
from benchmarks.growth.laws import FLAT_UP_TO, LINEAR_UP_TO, laws, slope
from benchmarks.growth.plots import Line, Panel, plot
from benchmarks.growth.tables import (
    KIB,
    MIB,
    bytes_table,
    core_table,
    customers_table,
    laws_table,
    memory_table,
    outage_table,
    partitions_table,
)
from benchmarks.growth.written import BEFORE_MS
from benchmarks.measures import median
from benchmarks.stage import ROOT, BenchmarkError, finish
from exporters.prometheus.collector import MAX_SERIES

RESULT = ROOT / "benchmarks" / "results" / "growth.json"
PICTURES = ROOT / "docs" / "pictures"
AIM_CATCH_UP = 20.0
CHUNK_EVENTS = Effort().events


def pictures(found: Growth) -> dict[str, bytes]:
    """Return the pictures by their names in docs/pictures; the same figures, the same bytes."""
    queues, contacts, customers = found.memory, found.open, found.customers
    spread, live, agents = found.partitions, found.bytes, "busy agents"
    per_event, per_s = "bytes per event", "KiB a second"
    panels = {
        "queues": _core(found.queues, "queues"),
        "windows": _core(found.windows, "windows"),
        "open": [
            *_core(contacts, "open contacts"),
            Panel("record of a checkpoint, KiB", "open contacts", [
                line("", contacts, lambda row: row.record_bytes / KIB),
            ], is_log=True),
        ],
        "memory": [
            Panel("MiB", "queues, 8 days", [
                line("shards", queues, lambda row: row.shards_mib),
                line("and boards", queues, lambda row: row.with_boards_mib),
            ], is_log=True),
            Panel("MiB", "open contacts", [
                line("", contacts, lambda row: row.filled_mib),
            ], is_log=True),
            Panel("MiB", "customers", [
                line("", customers, lambda row: row.resident_mib),
            ], is_log=True),
            Panel("fold, times decoding", "customers", [
                line("", customers, lambda row: row.fold),
            ]),
        ],
        "partitions": [
            Panel("CPU per event, µs", "partitions", [line("", spread, lambda row: row.cpu_us)]),
            Panel("ready after, s", "partitions", [
                line("wall", spread, lambda row: row.ready_s),
                line("CPU", spread, lambda row: row.ready_cpu_s),
            ]),
        ],
        "bytes": [
            Panel(per_event, agents, [
                line("events", live, lambda row: row.event_bytes / row.events),
                line("checkpoints", live, lambda row: row.checkpoint_bytes / row.events),
                line("to Redis", live, lambda row: row.redis_bytes / row.events),
            ], is_log=True),
            Panel(per_s, agents, [
                line("events", live, lambda row: row.event_bytes / row.seconds / KIB),
                line("checkpoints", live, lambda row: row.checkpoint_bytes / row.seconds / KIB),
                line("to Redis", live, lambda row: row.redis_bytes / row.seconds / KIB),
            ], is_log=True),
        ],
        "outage": [
            Panel("times real time", agents, [
                *(line(core, [row for row in found.outage if row.core == core],
                       lambda row: row.times_real)
                  for core in dict.fromkeys(row.core for row in found.outage)),
                line("aim", found.outage, lambda _: AIM_CATCH_UP),
            ], is_log=True),
            Panel("s until all is folded", agents, [
                line(core, [row for row in found.outage if row.core == core],
                     lambda row: row.told_s)
                for core in dict.fromkeys(row.core for row in found.outage)
            ]),
        ],
    }  # fmt: skip
    return {f"performance-growth-{name}.svg": plot(made) for name, made in panels.items()}


def _core(rows: Sequence[Point], across: str) -> list[Panel]:
    return [
        Panel("fold, times decoding", across, [line("", rows, lambda row: row.fold)]),
        Panel("ms of CPU", across, [
            line("board", rows, lambda row: row.board_ms),
            line("page", rows, lambda row: row.page_ms),
            line("checkpoint", rows, lambda row: row.checkpoint_ms),
        ], is_log=True),
    ]  # fmt: skip


def line(label: str, rows: Sequence[Any], value: Callable[[Any], float]) -> Line:
    """Return a figure of rows by their size."""
    return Line(label, [float(row.size) for row in rows], [value(row) for row in rows])


def outage_lines(rows: Sequence[CaughtUp]) -> str:
    """Return a line per core: whether the aim is kept."""
    return "\n".join(
        f"* core {row.core}: {row.outage_s / 60:,.0f} minutes of {row.agents:,} agents take "
        f"{row.told_s:.1f} s, {row.times_real:,.0f} times real time (aim: at least "
        f"{AIM_CATCH_UP:.0f}, {'kept' if row.times_real >= AIM_CATCH_UP else '**not kept**'})."
        for row in rows
    )


_SECTION = """
## What grows, and how fast

`python -m benchmarks.growth` measures what a larger centre costs, one size after the other. The
core is measured without Kafka, every size in a process of its own, with the core as Python: CPU
time of the fold in multiples of decoding the same events (msgspec, {decode:.2f} µs), the best of
some chunks; medians of boards, pages and checkpoints, made once per second of the centre. It is
always the same centre, {agents:,} agents and {per_s:.0f} events a second, of which one thing grows.
Events may be a minute late instead of an hour, so that in a run of minutes contacts also end and
are swept.

What does not depend on a size may cost {flat} times as much at the largest (caches), what must
grow may do so in proportion: by a power of at most {linear} between the two largest sizes.

{laws}

{broken}

### Queues

{queues}

![Fold, boards and pages by queues](pictures/performance-growth-queues.svg)

The fold is flat: an event is booked in one slice of one queue, whatever others there are. A board
has a row for every queue and window, so it grows with them, by {board_us:,.0f} µs a queue; the
first one makes the sums that later ones keep. The page of metrics, written and compressed, is what
a scrape of a new board costs: {page_us:,.0f} µs a queue, until it has its {series:,} series
(`limits.max_series`); then it is flat. A checkpoint has rows of minutes: more queues have more
cells in a minute.

### Windows

{windows}

![Fold, boards and pages by windows](pictures/performance-growth-windows.svg)

In {core_queues} queues. The fold knows no windows. A board costs {window_ms:.1f} ms per window;
what it holds of open contacts and agents is the same for all of them. Long windows cost no more
than short ones, as only what enters and leaves is added up. Series are per window, slices are not:
pages grow until they are full, checkpoints do not.

### Open contacts

{open}

![Fold, boards and checkpoints by open contacts](pictures/performance-growth-open.svg)

So many chats stay open beside the same traffic. A board looks at each of them, because a wait grows
without an event: {open_board:.1f} µs. A checkpoint writes all of them, {open_record:.0f} bytes
each. It grows in proportion, but need not grow at all, as only those that an event changed would
do: that is the price of a record that is whole in one step. The worker then writes less often
(decision 0012); the figures are of one checkpoint.

{open_fold}

### Customers, and memory

{customers}

{memory}

![Memory by queues, open contacts and customers](pictures/performance-growth-memory.svg)

A customer who is remembered takes {customer_bytes:.0f} bytes, an open contact {open_kib:.1f} KiB, a
queue {queue_mib:.2f} MiB with {days} days of a contact every minute; what boards keep to go on from
the last one is little beside it. All are straight lines. The fold of a customer's contact is flat:
it looks at that customer's dossier only.

### Partitions, and until a worker is ready

{partitions}

![CPU per event and time until ready by partitions](pictures/performance-growth-partitions.svg)

{spread_events:,} events of the day above, flat out in one worker, until what it told itself of
customers is folded, too; then `vigie worker` started anew with what they left: from its start until
`/readyz` says yes. Each partition is a shard per topic: smaller batches, a checkpoint of its own, a
place in each board; and a changelog to be read at the start. So CPU per event is dearest where few
events come to many shards; where the wall clock is far above the CPU, what is told of customers
waited for checkpoints, with which it goes out. Take partitions for the workers that you may need,
not more.

### Bytes in Kafka and Redis

{bytes}

![Bytes per event by agents](pictures/performance-growth-bytes.svg)

Centres with contacts of five minutes at their own time, {before:.0f} minutes after they opened; one
copy on Kafka's disk, before compaction. An event is written once as it came. A shard that moved
writes a checkpoint every second: its record, which has all open contacts, and the rows of the
minutes that changed, each as a whole. In a small centre there are seconds in which a shard does not
move; in a large one there are none, so checkpoints come to {per_event:,.0f} bytes per event,
{per_own:.0f} times the event itself. Per second they grow as the centre does. Redis gets the same
rows and records, as each became durable, and a beat of every partition. While a backlog is worked
off far more events share a checkpoint.

### An hour without workers

{outage}

{outage_said}

![Times real time by agents](pictures/performance-growth-outage.svg)

Busy agents, a queue per forty. The worker had folded a quarter of an hour, and went; an hour of
events came; a new one starts, gets its shards back, and works them off, with boards and checkpoints
as in production, on the same cores as Kafka. Measured from the start of its service until the last
event is folded, and until what it told itself of customers is, too. Ten times the agents make ten
times the events; a smaller centre is not faster by as much, since the start, boards and checkpoints
take what they take. The memory is that of contacts which may still be corrected, an hour's.

Measured {taken_at}. Load per core before each part: {load}.
"""


def growth_section(found: Growth) -> str:
    """Return the section.

    Raises:
        BenchmarkError: a part was not measured.
    """
    parts = (
        "queues", "windows", "open", "customers", "memory", "partitions", "bytes", "outage",
    )  # fmt: skip
    if missing := [name for name in parts if not getattr(found, name)]:
        raise BenchmarkError(f"the figures of growth lack {', '.join(missing)}")
    shown = [row for row in found.queues if not row.left_out]
    first, last = found.open[0], found.open[-1]
    return _SECTION.format(
        decode=median([row.decode_us for row in found.queues]),
        agents=found.agents,
        per_s=found.events_per_s,
        flat=FLAT_UP_TO,
        linear=LINEAR_UP_TO,
        laws=laws_table(found),
        broken=broken_lines(found),
        queues=core_table("queues", found.queues),
        board_us=slope(found.queues, lambda row: row.board_ms) * 1e3,
        page_us=slope(shown, lambda row: row.page_ms) * 1e3,
        series=MAX_SERIES,
        windows=core_table("windows", found.windows),
        core_queues=QUEUES,
        window_ms=slope(found.windows, lambda row: row.board_ms),
        open=core_table("open contacts", found.open),
        open_board=slope(found.open, lambda row: row.board_ms) * 1e3,
        open_record=slope(found.open, lambda row: row.record_bytes),
        open_fold=_open_fold(first, last),
        customers=customers_table(found),
        memory=memory_table(found),
        customer_bytes=slope(found.customers, lambda row: row.resident_mib) * MIB,
        open_kib=slope(found.open, lambda row: row.filled_mib) * KIB,
        queue_mib=slope(found.memory, lambda row: row.with_boards_mib),
        days=found.memory[0].days,
        partitions=partitions_table(found),
        spread_events=found.partitions[0].events,
        bytes=bytes_table(found),
        before=BEFORE_MS / 60_000,
        per_event=found.bytes[-1].checkpoint_bytes / found.bytes[-1].events,
        per_own=found.bytes[-1].checkpoint_bytes / found.bytes[-1].event_bytes,
        outage=outage_table(found),
        outage_said=outage_lines(found.outage),
        taken_at=" and ".join(sorted(set(found.taken_at.values()))),
        load=_load(found),
    )


def broken_lines(found: Growth) -> str:
    """Return what grows faster than it has to, or that nothing does."""
    broken = [one.name for one in laws(found) if not one.is_kept]
    if not broken:
        return "Nothing grows faster than it has to."
    return fill("Grows faster than it has to: " + "; ".join(broken) + ". Why stands below.", 100)


def _load(found: Growth) -> str:
    loads = found.load_per_core.values()
    return f"{min(loads):.2f} to {max(loads):.2f}"


def _open_fold(first: Point, last: Point) -> str:
    if last.fold <= FLAT_UP_TO * first.fold:
        return "The fold is flat: an event finds its contact by its id."
    extra_ms = (last.fold - first.fold) * last.decode_us * CHUNK_EVENTS / 1e3
    return fill(
        f"The fold of an event finds its contact by its id, but once a minute the sweep looks at "
        f"every open contact, whether the clock has closed it: {extra_ms:.0f} ms a minute with "
        f"{last.size:,} of them, shared out over the events here.",
        100,
    )


def read(path: Path = RESULT) -> Growth:
    """Return the kept figures.

    Raises:
        BenchmarkError: there are none, or they are of another version of the benchmark.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Growth)
    except (OSError, msgspec.MsgspecError) as error:
        raise BenchmarkError(f"no figures: {error}; run benchmarks.growth with --json") from error


def main() -> int:
    """Write the pictures and print the section, or compare the pictures."""
    parser = argparse.ArgumentParser(prog="benchmarks.report_growth", description=__doc__)
    parser.add_argument("figures", type=Path, nargs="?", default=RESULT, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="fail when a picture is another one")
    given = parser.parse_args()
    found = read(given.figures)
    made = pictures(found)
    if not given.check:
        for name, picture in made.items():
            (PICTURES / name).write_bytes(picture)
        print(growth_section(found))
        return 0
    for name, picture in made.items():
        path = PICTURES / name
        if not path.exists() or path.read_bytes() != picture:
            raise BenchmarkError(f"{name} is not what the figures say: run report_growth")
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
