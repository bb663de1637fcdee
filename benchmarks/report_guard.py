"""The section of docs/performance.md on the guard against slow changes."""

from __future__ import annotations

from benchmarks.guard import TOLERANCE, Guarded
from benchmarks.tables import table

_SECTION = """
## What a change may not make slower

`python -m benchmarks.guard` measures the core in one process beside a yardstick: msgspec decodes
the same {events:,} messages into the same types ({yardstick:.2f} µs each here). The best of
{rounds} rounds counts, in multiples of the yardstick, which differ by a few percent from run to run
also where seconds differ by half. A test fails when a part costs {tolerance:.2f} times what is kept
here. Board and checkpoint are whole ones, of everything at once, shared out over the events.
Measured {taken_at}.

{ratios}
"""


def guard(figures: Guarded) -> str:
    """Return the section."""
    rows = [(name, f"{ratio:.2f}") for name, ratio in figures.ratios.items()]
    return _SECTION.format(
        events=figures.events,
        yardstick=figures.yardstick_us,
        rounds=figures.rounds,
        tolerance=TOLERANCE,
        taken_at=figures.taken_at,
        ratios=table(("part, traffic", "times the yardstick"), rows),
    )
