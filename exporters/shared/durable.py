"""The totals that counters show: what was published of each shard, which never steps back."""

from __future__ import annotations

from collections.abc import Collection

from aggregators.totals import Totals
from exporters.shared.store import Place

TotalsOf = dict[tuple[str, str], Totals]


class DurableTotals:
    """The totals of the furthest publication of each shard.

    Only what Redis has taken counts, of our own shards too: whoever shows the counters next reads
    them there, and must not find less.
    """

    def __init__(self, expected: Collection[Place]) -> None:
        self._expected = frozenset(expected)
        self._known: dict[Place, tuple[int, TotalsOf]] = {}
        self._confirmed: set[Place] = set()
        self._sums: TotalsOf | None = None

    def see(self, place: Place, offset: int, totals: TotalsOf) -> None:
        """Take in the totals that were published with an offset."""
        known = self._known.get(place)
        if known is None or known[0] < offset:
            self._known[place] = offset, totals
            self._sums = None
        self._confirmed.add(place)

    def confirm(self, place: Place, offset: int) -> None:
        """Take note that Redis holds this offset of a shard: if we know as much, it counts."""
        known = self._known.get(place)
        if known is not None and known[0] >= offset:
            self._confirmed.add(place)

    def begin_term(self) -> None:
        """Count on nothing that was not published or read again from now on.

        Whoever showed the counters before may have shown more than we had read by then.
        """
        self._confirmed.clear()

    def sums(self) -> TotalsOf:
        """Return the totals over all shards; nothing as long as one is not certain."""
        if not self._expected <= self._confirmed:
            return {}
        if self._sums is None:
            self._sums = {}
            for place in sorted(self._expected):
                for pair, totals in self._known[place][1].items():
                    self._sums.setdefault(pair, Totals()).add(totals)
        return self._sums
