"""The part of docs/performance.md about latency, and its picture.

``python -m benchmarks.report_latency [FILE]`` writes the picture of the kept figures alone.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import msgspec

from alerts.watch import EVERY_S
from benchmarks.latency_measures import WAYS, Latencies, RateRow, Way
from benchmarks.latency_plot import latency_plot
from benchmarks.stage import ROOT, BenchmarkError, finish
from benchmarks.tables import table
from exporters.live import REST_FACTOR

RESULT = ROOT / "benchmarks" / "results" / "latency.json"
PICTURE = ROOT / "docs" / "pictures" / "performance-latency.svg"


def is_kept(row: RateRow, way: Way) -> bool:
    """Tell whether 99 % of the marked events kept the aim."""
    return way.series(row).quantile_ms(0.99) < way.aim_ms


def latency_table(found: Latencies) -> str:
    """Return a row per way and rate; ms."""
    return table(
        (
            "", "core", "events/s", "reached", "p50", "p90", "p99", "largest", "marked events",
            "aim for p99", "",
        ),
        [_cells(way, row) for way in WAYS for row in found.rows],
    )  # fmt: skip


def _cells(way: Way, row: RateRow) -> tuple[str, ...]:
    series = way.series(row)
    count = f"{series.sent:,}"
    if series.missing:
        count += f", {series.missing:,} of them **never arrived**"
    return (
        way.name,
        row.core,
        f"{row.wanted_per_s:,.0f}",
        _reached(row),
        *(_ms(series.quantile_ms(q)) for q in (0.5, 0.9, 0.99, 1.0)),
        count,
        f"{way.aim_ms:,.0f}",
        _verdict(row, way),
    )


def _reached(row: RateRow) -> str:
    return f"{row.reached_per_s:,.0f}" if row.is_reached else f"**only {row.reached_per_s:,.0f}**"


def _ms(value: float) -> str:
    return "never" if math.isinf(value) else f"{value:,.0f}"


def _verdict(row: RateRow, way: Way) -> str:
    if not is_kept(row, way):
        return "**not kept**"
    return "kept" if row.is_reached else f"kept, at {row.reached_per_s:,.0f}/s only"


def runs_table(found: Latencies) -> str:
    """Return a row per rate: the centre, and what the machine did meanwhile."""
    return table(
        (
            "core", "events/s", "agents", "a contact, s", "CPU of the worker", "of the sender",
            "page, ms", "page, KiB", "board every, ms", "to the wallboard every, ms",
            "largest lag, events", "lag at the end", "the worker",
        ),
        [
            (
                row.core,
                f"{row.wanted_per_s:,.0f}",
                f"{row.agents:,}",
                f"{row.contact_s:.1f}",
                f"{row.worker_cpu:.0%}",
                f"{row.sender_cpu:.0%}",
                f"{row.page_ms:.0f}",
                f"{row.page_bytes / 1024:,.0f}",
                _every(row.seconds, row.boards),
                _every(row.seconds, row.sent_boards),
                f"{row.lag_events:,}",
                f"{row.left_events:,}",
                "**fell behind**" if row.is_behind else "kept pace",
            )
            for row in found.rows
        ],
    )  # fmt: skip


def _every(seconds: float, count: int) -> str:
    return f"{seconds / count * 1_000:,.0f}" if count else "none came"


_SECTION = """
## Event to metrics, wallboard and alert

At each rate a worker as in production, in a process of its own with its web side, takes the events
of a simulated centre at their own time from a real Kafka; another process sends them. The centre
has {queues} queues at every rate, and so many agents in them that contacts last as the second table
says. Real ones last minutes: so many events are of a far larger centre, and for each agent here
there are more changes than a real one makes. When it begins it has been open for {before} s, by
rate. Marked events come besides, and a latency runs from handing one to the producer until, by the
same clock, it is there:

* *event to metrics*: an answer of `/metrics` shows it, read every {poll_ms} ms or so. A Prometheus
  adds its own scrape interval.
* *event to wallboard*: a board that shows it has come over `/api/stream` and is decoded. A browser
  adds what it takes to paint.
* *condition to alert*: the event makes the condition of an alert rule true, and a webhook tells a
  real HTTP receiver of it. Settings as they come, so {group_wait:.0f} s of it are the wait for
  other alerts of the group (`group_wait`); the rules that ship are judged too. {burst} come within
  a second, then none for {pause:.0f}: a message that arrived makes the worker look at its rules at
  once, so a steady stream of alerts would make each other quicker than one is that comes alone.

All three are measured at once, with the core as Python and compiled. Marked events come at random
moments, so that they meet boards, looks and polls at every phase; one of each is sent before and
not counted. The p99 of fewer than a hundred is the slowest. One that never arrives counts as slower
than all others, and makes the run void unless the worker fell behind. Milliseconds, measured
{taken_at}, load per core {load:.2f}.

{latency}

{runs}

![Share of the marked events that arrived, by time](pictures/{picture})

{said}

A latency is mostly waiting for the next board: one is made no sooner than half a second after the
one before, and the thread that folds rests from boards for {rest:.0f} times what the last ones
cost. The wallboard is sent the newest one as often as the second table says; it may be old by then.
An alert waits for a look at the rules, one every {look:.0f} s, and for its board; then for its
group, and for the look after that.
"""


def latency_section(found: Latencies) -> str:
    """Return the section."""
    rows = found.rows
    befores = {row.wanted_per_s: f"{row.before_s:.0f}" for row in rows}
    return _SECTION.format(
        queues=rows[0].queues,
        before=_listed(list(befores.values())),
        poll_ms=found.poll_ms,
        rest=REST_FACTOR,
        look=EVERY_S,
        group_wait=found.group_wait_ms / 1_000,
        burst=found.burst,
        pause=found.burst_every_s - 1,
        taken_at=found.taken_at,
        load=found.load_per_core,
        latency=latency_table(found),
        runs=runs_table(found),
        picture=PICTURE.name,
        said=aims_lines(found),
    )


def _listed(words: list[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def aims_lines(found: Latencies) -> str:
    """Return a line per way and core: at which rates its aim is kept."""
    cores = dict.fromkeys(row.core for row in found.rows)
    return "\n".join(
        f"* {_line([row for row in found.rows if row.core == core], way)}"
        for way in WAYS
        for core in cores
    )


def _line(rows: list[RateRow], way: Way) -> str:
    worst = max(rows, key=lambda row: way.series(row).quantile_ms(0.99))
    aim = f"{way.name}, core {worst.core}, 99 % within {way.aim_ms:,.0f} ms"
    short = [row for row in rows if not row.is_reached]
    tail = "".join(
        f" {row.wanted_per_s:,.0f} events/s were not reached ({row.reached_per_s:,.0f})."
        for row in short
    )
    failed = [row for row in rows if not is_kept(row, way)]
    if not failed:
        return (
            f"{aim}: kept at every rate, {_ms(way.series(worst).quantile_ms(0.99))} ms at "
            f"{worst.wanted_per_s:,.0f} events/s being the slowest.{tail}"
        )
    where = _listed(
        [
            f"{row.wanted_per_s:,.0f} ({_ms(way.series(row).quantile_ms(0.99))} ms"
            f"{', the worker fell behind' if row.is_behind else ''})"
            for row in failed
        ]
    )
    return f"{aim}: **not kept** at {where} events/s.{tail}"


def read(path: Path = RESULT) -> Latencies:
    """Return the kept figures.

    Raises:
        BenchmarkError: there are none, or they are of another version of the benchmark.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Latencies)
    except (OSError, msgspec.MsgspecError) as error:
        raise BenchmarkError(f"no figures: {error}; run benchmarks.latency with --json") from error


def main() -> int:
    """Write the picture."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULT
    PICTURE.write_bytes(latency_plot(read(path)))
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
