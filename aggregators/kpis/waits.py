"""An exact multiset of waits, kept in order: percentiles, bands and the maximum are look-ups."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from msgspec import Struct, field

from aggregators.policy import EDGES_MS

_FEW = 32
"""So many changes go faster one by one than by sorting anew."""


class Waits(Struct):
    """An exact multiset of waits in ms; equal contents are equal values.

    ``owed`` are waits that were taken out more often than they were put in (their facts are
    older than what is kept): they count against the numbers and are in no percentile.
    ``thinned`` is how many are known by their number and sum only: then there is no percentile.
    """

    ordered: list[int] = field(default_factory=list)
    n: int = 0
    sum_ms: int = 0
    owed: dict[int, int] = field(default_factory=dict)
    thinned: int = 0

    @property
    def max_ms(self) -> int:
        """The longest wait, -1 without any or where not every single one is known."""
        return self.ordered[-1] if self.ordered and not self.thinned else -1

    def change_thinned(self, n: int, sum_ms: int) -> None:
        """Count waits of which only the number and the sum are known."""
        self.n += n
        self.sum_ms += sum_ms
        self.thinned += n

    def change(self, more: list[int], less: list[int]) -> None:
        """Put waits in and take waits out."""
        self.n += len(more) - len(less)
        self.sum_ms += sum(more) - sum(less)
        if self.owed and more:
            more = self._pay(more)
        ordered = self.ordered
        if len(more) > _FEW:
            ordered += more
            ordered.sort()
        else:
            for wait_ms in more:
                insort(ordered, wait_ms)
        if len(less) > _FEW:
            self._take_many(less)
        else:
            for wait_ms in less:
                at = bisect_left(ordered, wait_ms)
                if at < len(ordered) and ordered[at] == wait_ms:
                    del ordered[at]
                else:
                    self.owed[wait_ms] = self.owed.get(wait_ms, 0) + 1

    def _pay(self, more: list[int]) -> list[int]:
        kept = []
        for wait_ms in more:
            owed = self.owed.pop(wait_ms, 0)
            if owed > 1:
                self.owed[wait_ms] = owed - 1
            elif not owed:
                kept.append(wait_ms)
        return kept

    def _take_many(self, less: list[int]) -> None:
        ordered, start, at = self.ordered, 0, 0
        kept: list[int] = []
        for wait_ms in sorted(less):
            at = bisect_left(ordered, wait_ms, at)
            if at < len(ordered) and ordered[at] == wait_ms:
                kept += ordered[start:at]
                start = at = at + 1
            else:
                self.owed[wait_ms] = self.owed.get(wait_ms, 0) + 1
        self.ordered = kept + ordered[start:]

    def quantile_ms(self, *shares: float) -> list[int | None]:
        """Return nearest-rank percentiles: the value at position ceil(p * n) (kpis.md, 2.1)."""
        ordered = self.ordered
        n = len(ordered)
        if not n or self.thinned:
            return [None] * len(shares)
        # Shares have at most four decimals; in integers ceil is exact.
        return [ordered[max(1, -(-round(share * 10_000) * n // 10_000)) - 1] for share in shares]

    def up_to(self) -> list[int]:
        """Return how many waits are at or below each edge of ``EDGES_MS``."""
        ordered = self.ordered
        found = [bisect_right(ordered, edge_ms) for edge_ms in EDGES_MS]
        for wait_ms, n in self.owed.items():
            for at in range(bisect_left(EDGES_MS, wait_ms), len(found)):
                found[at] -= n
        return found

    def bands(self) -> list[int]:
        """Return how many waits fall in each band [previous edge, edge), and above the last."""
        ordered = self.ordered
        below = [0, *(bisect_left(ordered, edge_ms) for edge_ms in EDGES_MS), len(ordered)]
        found = [below[at + 1] - below[at] for at in range(len(EDGES_MS) + 1)]
        for wait_ms, n in self.owed.items():
            found[bisect_right(EDGES_MS, wait_ms)] -= n
        return found
