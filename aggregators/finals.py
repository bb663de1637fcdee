"""Cohort figures of tickets become final: nothing that comes later changes them any more.

Tickets are counted at their first solve, and again as reopened if that happens within some days.
Once the watermark has passed those days, the counts of a quarter of an hour are copied to the
keys of what is final; later bookings of that quarter (late facts, corrections) go to both.
"""

from __future__ import annotations

from aggregators import facts as f
from aggregators.policy import MINUTE_MS, Rules
from aggregators.slices import QUARTER_MS, Slices
from aggregators.tickets import FINAL

_COHORT = (f.FIRST_SOLVED, f.REOPENED)


def final_before(swept_minute: int, rules: Rules) -> int:
    """Return the instant before which cohorts are final when time was swept up to a minute."""
    until_ms = swept_minute * MINUTE_MS - rules.sla.reopen_within_ms
    return max(0, until_ms // QUARTER_MS * QUARTER_MS)


def make_final(slices: Slices, from_ms: int, until_ms: int) -> None:
    """Copy the counts of the cohorts that became final to the keys of what is final."""
    if from_ms >= until_ms:
        return
    for row in slices.rows_ended(from_ms // MINUTE_MS, until_ms):
        if any(f.FIRST_SOLVED in cell for cell in row.cells.values()):
            for cell in row.unpack().values():
                for key in _COHORT:
                    if key in cell:
                        cell[key + FINAL] = cell[key]
            row.dirty = True
