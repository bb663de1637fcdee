"""Workers without Kafka: they own shards, fold events into them, make checkpoints, publish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aggregators.board import Board, board
from aggregators.policy import Rules
from aggregators.shard import Shard
from exporters.shared.durable import DurableTotals
from exporters.shared.lease import Lease
from exporters.shared.publisher import OwnShard, Publisher
from exporters.shared.reader import Reader
from exporters.shared.store import Place, Store
from exporters.shared.view import Looks, SharedView
from tests.aggregators.story import rules, s

PLACES = (Place("calls", 0), Place("calls", 1), Place("agents", 0))
WINDOWS = ["5m", "1h", "today"]


class Worker:
    """One worker's side of the shared view; ``shards`` are those that it owns."""

    def __init__(self, url: str, *, app_id: str = "test", call_s: float = 0.3) -> None:
        self.rules: Rules = rules()
        self.clock_s = 1000.0
        self.shards: dict[Place, Shard] = {}
        self.durable_offset: dict[Place, int | None] = {}
        self._records: dict[Place, bytes] = {}
        self._rows: dict[Place, dict[int, bytes]] = {}
        self.store = Store(url, app_id, call_s=call_s)
        self.published = DurableTotals(PLACES)
        self.publisher = Publisher(self.store, self, self.published)
        self.lease = Lease(self.store, 1_000, on_term=self.published.begin_term)
        self.reader = Reader(
            self.store, PLACES, self.rules, self.published, self.next_offset, lambda: True
        )
        self.view = SharedView(
            PLACES, self, self.reader, self.published, self.lease, Looks(), self.rules,
            lambda: s(self.clock_s),
        )  # fmt: skip

    def get(self, place: Place) -> OwnShard | None:
        """The shard of a place, as the publisher asks for it."""
        shard = self.shards.get(place)
        return None if shard is None else OwnShard(place, shard, self.durable_offset[place])

    def all(self) -> list[OwnShard]:
        """All shards of this worker."""
        return [own for place in self.shards if (own := self.get(place)) is not None]

    def next_offset(self, place: Place) -> int | None:
        """Where a shard of this worker stands."""
        shard = self.shards.get(place)
        return None if shard is None else shard.next_offset

    def own(self, *places: Place, generation: int = 1) -> None:
        """New shards are in this worker's hands."""
        for place in places:
            self.adopt(place, Shard(*place, self.rules), generation)
            self.durable_offset[place] = None
            self._rows[place] = {}

    def adopt(self, place: Place, shard: Shard, generation: int) -> None:
        """A restored shard is in this worker's hands."""
        shard.generation = generation
        self.shards[place] = shard
        self.durable_offset[place] = shard.next_offset

    def take_from(self, other: Worker, place: Place, generation: int) -> None:
        """The shard goes over: this worker reads what the other one made durable last."""
        del other.shards[place]
        self._rows[place] = other._rows[place]
        self.adopt(place, other.decoded(place), generation)

    def fold(self, place: Place, *events: Any) -> None:
        """Fold events, one per offset."""
        for event in events:
            shard = self.shards[place]
            shard.apply(event, event.event_time_ms)
            shard.next_offset += 1

    def checkpoint(self, *places: Place) -> None:
        """Make the state of shards durable and tell the publisher."""
        for place in places or tuple(self.shards):
            shard = self.shards[place]
            made = shard.encode()
            shard.confirm(made)
            self.durable_offset[place] = shard.next_offset
            self._rows[place] |= made.rows
            self._records[place] = made.record
            self.publisher.durable(place, made, shard.generation, shard.row_keys())

    def decoded(self, place: Place) -> Shard:
        """The shard as of its last durable checkpoint."""
        return Shard.decode(self._records[place], self._rows[place], self.rules)

    async def close(self) -> None:
        """Close the connection."""
        await self.store.close()


def figures(view: SharedView, clock_s: float) -> Board:
    """The board over what a view has merged."""
    return board(view.shards(), s(clock_s), rules(), WINDOWS)


def plain(shards: Sequence[Shard], clock_s: float) -> Board:
    """The board over shards."""
    return board(shards, s(clock_s), rules(), WINDOWS)
