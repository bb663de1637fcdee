"""Cumulative totals of a shard: what Prometheus counters and histograms show.

They count first outcomes only and never fall; corrections change the windows, not these
(operations.md, section 3).
"""

from __future__ import annotations

from bisect import bisect_left

from msgspec import Struct, field

from aggregators.policy import EDGES_MS, HANDLE_EDGES_MS

OUTCOMES = ("answered", "abandoned")


def _zeros(edges: tuple[int, ...]) -> list[int]:
    return [0] * (len(edges) + 1)


class Totals(Struct):
    """Totals of one (queue, channel); sums in ms, histograms as counts per edge and overflow."""

    offered: int = 0
    answered: int = 0
    answered_in_target: int = 0
    abandoned: int = 0
    abandoned_short: int = 0
    flow_out: int = 0
    transferred: int = 0
    handled: int = 0
    corrected: int = 0
    wait_sum_ms: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    wait_le: dict[str, list[int]] = field(
        default_factory=lambda: {outcome: _zeros(EDGES_MS) for outcome in OUTCOMES}
    )
    handle_sum_ms: int = 0
    handle_le: list[int] = field(default_factory=lambda: _zeros(HANDLE_EDGES_MS))

    @property
    def edges_ms(self) -> tuple[int, ...]:
        """Upper edges of ``wait_le``; the last count is everything above."""
        return EDGES_MS

    @property
    def handle_edges_ms(self) -> tuple[int, ...]:
        """Upper edges of ``handle_le``; the last count is everything above."""
        return HANDLE_EDGES_MS

    def see_wait(self, outcome: str, wait_ms: int) -> None:
        """Count one wait in the histogram of its outcome."""
        self.wait_sum_ms[outcome] += wait_ms
        self.wait_le[outcome][bisect_left(EDGES_MS, wait_ms)] += 1

    def see_handle(self, handle_ms: int) -> None:
        """Count one handled leg."""
        self.handled += 1
        self.handle_sum_ms += handle_ms
        self.handle_le[bisect_left(HANDLE_EDGES_MS, handle_ms)] += 1

    def add(self, other: Totals) -> None:
        """Add another shard's totals of the same queue and channel."""
        for name in (
            "offered", "answered", "answered_in_target", "abandoned", "abandoned_short",
            "flow_out", "transferred", "handled", "corrected", "handle_sum_ms",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for outcome in OUTCOMES:
            self.wait_sum_ms[outcome] += other.wait_sum_ms[outcome]
            mine, theirs = self.wait_le[outcome], other.wait_le[outcome]
            self.wait_le[outcome] = [a + b for a, b in zip(mine, theirs, strict=True)]
        self.handle_le = [a + b for a, b in zip(self.handle_le, other.handle_le, strict=True)]
