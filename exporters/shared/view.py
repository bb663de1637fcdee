"""The live view of several workers: each shard from here or as published, whichever is further."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from aggregators.board import Board, Boards, board
from aggregators.policy import Rules
from aggregators.shard import Shard
from aggregators.steps import Steps
from exporters.contacts import ContactRow
from exporters.live import MemoryView, Turn
from exporters.prometheus.collector import ViewShards
from exporters.shared.durable import DurableTotals
from exporters.shared.lease import Lease, steady_s
from exporters.shared.publisher import Owned
from exporters.shared.reader import Reader
from exporters.shared.store import Place

FRESH_S = 5.0
"""A shard of which nobody spoke for this long is not fresh: its worker is gone or cut off."""
LOOKED_S = 10.0


class Looks:
    """When somebody last looked at the board."""

    def __init__(self) -> None:
        self.at_s = float("-inf")

    def note(self) -> None:
        """Somebody looks."""
        self.at_s = steady_s()

    def are_recent(self) -> bool:
        """Tell whether somebody looked lately, and so may again."""
        return steady_s() - self.at_s < LOOKED_S


class SharedView(MemoryView):
    """The live view over the shards of all workers.

    Gauges show our own shards as they are now and the others as of their last checkpoint. Counters
    show what was published, of all shards or none. The board is complete when every expected shard
    is there and fresh.
    """

    def __init__(
        self,
        expected: Sequence[Place],
        owned: Owned,
        reader: Reader,
        published: DurableTotals,
        lease: Lease,
        looks: Looks,
        rules: Rules,
        now_ms: Callable[[], int],
        *,
        refresh_ms: int = 1_000,
        readiness: Callable[[], tuple[bool, str]] | None = None,
        is_behind: Callable[[], bool] = lambda: False,
        turn: Turn | None = None,
    ) -> None:
        self._expected = tuple(expected)
        self._owned = owned
        self._reader = reader
        self._published = published
        self._lease = lease
        self._looks = looks
        self._boards = Boards(rules)
        self._former: dict[Place, Shard] = {}
        super().__init__(
            self._merged, rules, now_ms, refresh_ms=refresh_ms, readiness=readiness,
            is_behind=is_behind, compute=self._make_asked, steps=self._make, turn=turn,
        )  # fmt: skip

    def shows_kpis(self) -> bool:
        """Tell whether this worker shows the KPI series now: it has the lease, and has read what
        the one before it can have shown."""
        return self._lease.is_held() and self._reader.read_at_s >= self._lease.since_s

    def coverage(self) -> ViewShards:
        """Return how many shards there should be, are, and are fresh."""
        now_s = steady_s()
        present = fresh = 0
        for place in self._expected:
            shard, heard = self._shard(place), self._reader.heard.get(place)
            own = self._owned.get(place)
            if shard is not None:
                present += 1
                is_ours = own is not None and own.shard is shard
                fresh += is_ours or (heard is not None and now_s - heard.at_s < FRESH_S)
        return ViewShards(len(self._expected), present, fresh)

    def is_complete(self) -> bool:
        """Tell whether every expected shard is there and fresh."""
        covered = self.coverage()
        return covered.fresh == covered.expected

    def contacts(self, queue: str) -> list[ContactRow]:
        """Return the contacts behind the numbers of a queue, at most 200."""
        self._looks.note()
        return super().contacts(queue)

    def _shard(self, place: Place) -> Shard | None:
        """Return the shard of a place that knows most: ours, or what another one published.

        A shard that was ours is shown until its new owner has published as much.
        """
        replica, own = self._reader.replica(place), self._owned.get(place)
        if own is not None:
            self._former[place] = own.shard
        ours = self._former.get(place)
        if ours is None:
            return replica
        ahead = replica.next_offset - ours.next_offset if replica is not None else -1
        if ahead > 0 or (ahead == 0 and own is None):
            del self._former[place]
            return replica
        return ours

    def _merged(self) -> list[Shard]:
        found = (self._shard(place) for place in self._expected)
        return [shard for shard in found if shard is not None]

    def _make(
        self, shards: Sequence[Shard], as_of_ms: int, _rules: Rules, windows: Sequence[str]
    ) -> Steps[Board]:
        self._looks.note()
        return self._whole((yield from self._boards.steps(shards, as_of_ms, windows)))

    def _make_asked(
        self, shards: Sequence[Shard], as_of_ms: int, rules: Rules, windows: Sequence[str]
    ) -> Board:
        self._looks.note()
        return self._whole(board(shards, as_of_ms, rules, windows))

    def _whole(self, made: Board) -> Board:
        return replace(made, complete=self.is_complete(), durable=self._published.sums())
