"""The part of docs/performance.md about alert rules."""

from __future__ import annotations

from benchmarks.measures import AlertLooks, median, quantile
from benchmarks.tables import table

AIM_MS = 200.0

_SECTION = """
## Alert rules

{rules:,} rules with {measures} different measures look at {queues} queues each; CPU time of one
look, of which there is one a second, on the worker that leads. Measured {taken_at}, {looks} looks
each, load per core {load}.

{cases}

The dearest takes **{worst:.0f} ms** at the median (aim {aim:.0f} ms: {verdict}), {share:.2f} of
what the board itself takes ({board:.0f} ms). What breaches costs, what does not is a search in
a sorted column; the p95 has Python's collector of garbage in it.
"""


def alert_rules(found: AlertLooks) -> str:
    """Return the section."""
    rows = [
        (
            case.name,
            f"{case.breaching:,}",
            f"{median(case.looks_ms):.1f}",
            f"{quantile(case.looks_ms, 0.95):.1f}",
            f"{case.first_ms:.0f}",
        )
        for case in found.cases
    ]
    worst_ms = max(median(case.looks_ms) for case in found.cases)
    return _SECTION.format(
        rules=found.rules,
        measures=found.measures,
        queues=found.queues,
        taken_at=found.taken_at,
        looks=len(found.cases[0].looks_ms),
        load=f"{found.load_per_core:.2f}",
        cases=table(("rules", "in breach", "median ms", "p95 ms", "first ms"), rows),
        worst=worst_ms,
        aim=AIM_MS,
        verdict="kept" if worst_ms < AIM_MS else "missed",
        share=worst_ms / found.board_ms,
        board=found.board_ms,
    )
