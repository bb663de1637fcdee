"""Figures of cohorts become final: nothing that comes later changes them any more.

A cohort is counted where it began (a ticket at its first solve, a demand at the end of its first
contact), and again with what became of it within a window. Once the watermark has passed that
window, the counts of a quarter of an hour are copied to the keys of what is final; later bookings
of that quarter (late facts, corrections) go to both.
"""

from __future__ import annotations

from collections.abc import Sequence

from aggregators.policy import MINUTE_MS, QUARTER_MS
from aggregators.slices import Slices


def final_before(swept_ms: int, window_ms: int) -> int:
    """Return the instant before which a cohort is final when time was swept up to another."""
    return (swept_ms - window_ms) // QUARTER_MS * QUARTER_MS


def make_final(
    slices: Slices, from_ms: int, until_ms: int, copies: Sequence[tuple[int, int]]
) -> None:
    """Copy the counts of the cohorts in [from, until) to the keys of what is final.

    ``copies`` are (key, key as final).
    """
    if from_ms >= until_ms or until_ms <= 0:
        return
    for row in slices.rows_ended(max(0, from_ms) // MINUTE_MS, until_ms):
        if row.end_ms > from_ms and any(
            key in cell for cell in row.cells.values() for key, _ in copies
        ):
            for cell in row.unpack().values():
                for key, copied in copies:
                    if key in cell:
                        cell[copied] = cell[key]
            row.dirty = True
