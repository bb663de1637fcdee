"""The figures as Markdown tables, for the terminal and for docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.measures import Recovery, Spent, Throughput, WorkerRun, median
from benchmarks.sampling import CHECKPOINT


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, first column left, the others right, padded to be read as it is."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]

    def written(cells: Sequence[str]) -> str:
        first, *others = cells
        padded = [first.ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        return f"| {' | '.join(padded)} |"

    rule = [f":{'-' * (widths[0] - 1)}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    return "\n".join([written(lines[0]), f"| {' | '.join(rule)} |", *map(written, lines[1:])])


def throughput_tables(figures: Throughput) -> str:
    """Return the rounds, and the profiles where there are some, first as Python, then compiled."""
    parts = []
    for runs, profile in (
        (figures.worker, figures.profile),
        (figures.compiled, figures.compiled_profile),
    ):
        if runs:
            parts.append(rounds_table(figures, runs))
        if profile is not None:
            parts.append(profile_table(profile))
    return "\n\n".join(parts)


def rounds_table(figures: Throughput, runs: Sequence[WorkerRun]) -> str:
    """Return a row per round, then medians and spread; rates per second, wall and CPU."""
    columns = [
        [run.per_s for run in figures.bare],
        [run.per_s for run in runs],
        figures.ratios(runs),
        [run.per_cpu_s for run in figures.bare],
        [run.per_cpu_s for run in runs],
        figures.cpu_ratios(runs),
    ]
    formats = ("{:,.0f}", "{:,.0f}", "{:.2f}", "{:,.0f}", "{:,.0f}", "{:.2f}")

    def row(name: str, values: Sequence[float]) -> list[str]:
        return [name, *(form.format(value) for form, value in zip(formats, values, strict=True))]

    rows = [
        row(f"round {n + 1}", [column[n] for column in columns]) for n in range(len(figures.bare))
    ]
    rows.append(row("median", [median(column) for column in columns]))
    rows.append(row("lowest", [min(column) for column in columns]))
    rows.append(row("highest", [max(column) for column in columns]))
    return table(
        (
            "",
            "bare loop, events/s",
            "worker, events/s",
            "worker / bare",
            "bare loop per CPU s",
            "worker per CPU s",
            "worker / bare, CPU",
        ),
        rows,
    )


def profile_table(run: WorkerRun) -> str:
    """Return CPU microseconds per event, by part of the worker."""
    sampled_s = sum(run.parts_s.values())
    main_s = run.threads_s.get("MainThread", sampled_s)
    rows = [
        (
            name,
            per_event(seconds * main_s / sampled_s, run),
            share(seconds / sampled_s * main_s, run),
        )
        for name, seconds in sorted(run.parts_s.items(), key=lambda item: -item[1])
    ]
    others_s = run.cpu_s - main_s
    rows.append(
        ("consumer thread: fetch, checksum, unpack", per_event(others_s, run), share(others_s, run))
    )
    rows.append(("all", per_event(run.cpu_s, run), share(run.cpu_s, run)))
    rows.append(
        ("of which garbage collector", per_event(run.collector_s, run), share(run.collector_s, run))
    )
    return table(("part of the worker", "CPU µs per event", "share"), rows)


def checkpoint_share(run: WorkerRun) -> float:
    """Return the share of a profiled run's CPU that checkpoints took."""
    sampled_s = sum(run.parts_s.values())
    main_s = run.threads_s.get("MainThread", sampled_s)
    return run.parts_s.get(CHECKPOINT, 0.0) * main_s / sampled_s / run.cpu_s


def per_event(seconds: float, run: Spent) -> str:
    """Return seconds of a run as microseconds per event."""
    return f"{seconds / run.events * 1e6:.2f}"


def share(seconds: float, run: Spent) -> str:
    """Return seconds of a run as a share of its CPU."""
    return f"{seconds / run.cpu_s:.0%}"


def recovery_table(figures: Recovery) -> str:
    """Return the starts, each a row."""
    rows = [
        [
            f"start {n + 1}",
            f"{run.restore_s:.1f}",
            f"{run.cpu_s:.1f}",
            f"{run.board_s:.1f}",
            f"{run.checkpoint_s:.1f}",
            f"{run.peak_mib:,}",
        ]
        for n, run in enumerate(figures.restarts)
    ]
    return table(
        (
            "",
            "restored, s",
            "of it CPU, s",
            "first board, s",
            "first checkpoints, s",
            "memory, MiB",
        ),
        rows,
    )
