"""Events of a recording as the looks that a worker would have had, second by second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aggregators.board import Board, Boards
from aggregators.carrying import carry, carry_all
from aggregators.events import CUSTOMERS, Envelope, topic_of
from aggregators.policy import Rules
from alerts.evaluation import Look
from vigie.compute import batch_rules, topic_shards


class Folding:
    """Folds events, which must be in order of time, up to the instants that are asked for."""

    def __init__(self, events: Sequence[Envelope], rules: Rules) -> None:
        rules = batch_rules(rules)
        self._events = events
        self._at = 0
        self._windows = rules.windows
        self._shards = topic_shards(rules)
        self._boards = Boards(rules)

    @property
    def next_ms(self) -> int | None:
        """When the next event is that no look has seen, None after the last."""
        return self._events[self._at].event_time_ms if self._at < len(self._events) else None

    def look(self, at_ms: int) -> Look:
        """Return the look just before an instant; instants must not step back."""
        while (next_ms := self.next_ms) is not None and next_ms < at_ms:
            event = self._events[self._at]
            self._at += 1
            shard = self._shards[topic_of(event)]
            shard.apply(event, event.event_time_ms)
            if shard.outbox:
                carry(shard, self._shards[CUSTOMERS])
        carry_all(self._shards, at_ms)
        board = self._boards.make(self._shards.values(), at_ms, self._windows)
        return healthy_look(at_ms, board)


def healthy_look(at_ms: int, board: Board, health: Mapping[str, float] = {}) -> Look:
    """Return a look at a board with nothing wrong in the pipeline but what ``health`` says."""
    known = {"view_incomplete": 0.0, "lag_events": 0.0, "lag_seconds": 0.0}
    if board.data_up_to_ms is not None:
        known["data_age_seconds"] = max(0, at_ms - board.data_up_to_ms) / 1000
    known |= health
    return Look(
        now_ms=at_ms,
        board=board,
        health=known,
        is_current=True,
        is_complete=known["view_incomplete"] == 0,
    )
