"""What the alerts look at: the board, vigie's own health, and whether the numbers can be judged."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from aggregators.shard import Shard
from alerts.evaluation import Look
from exporters.live import MemoryView

CURRENT_S = 5.0
"""Numbers that lack events for longer are not judged: who seems to wait may have been answered."""
PAST_MS = 5 * 60_000
"""Contact events so old, coming in now, are of the past: nobody is paged for them."""
PAST_SEEN_S = 10.0
LIVE_TOPICS = ("calls", "chats")
"""Topics whose events are told when they happen; tickets may be fetched every few minutes."""
_RATE_S = 60.0


class Lag(Struct, frozen=True):
    """What is in the topics and not in the numbers: for how long, and how many events; None
    where the broker does not say."""

    behind_s: float | None
    events: int | None


class AlertSight:
    """Gives one look after the other.

    ``lag`` says how far the numbers are behind the topics; ``trouble`` gives more measures of
    health by id (:data:`alerts.rules.HEALTH`).
    """

    def __init__(
        self,
        view: MemoryView,
        now_ms: Callable[[], int],
        lag: Callable[[], Lag],
        trouble: Callable[[], Mapping[str, float]],
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view = view
        self._now_ms = now_ms
        self._lag = lag
        self._trouble = trouble
        self._steady_s = steady_s
        self._seen: dict[tuple[str, int], tuple[int, float]] = {}
        self._refused: deque[tuple[float, int]] = deque()
        self._has_heard = False

    async def prepare(self) -> None:
        """Have the board of the next look made in steps, if it takes one."""
        is_ready, _ = self._view.ready()
        if self._view.shards() and not self._is_behind(self._lag(), is_ready=is_ready):
            await self._view.fresh()

    def _is_behind(self, lag: Lag, *, is_ready: bool) -> bool:
        # While it catches up, the newest event of all is in the topics and not yet here. A broker
        # that has fallen silent is another thing: then the data stop, and somebody has to hear.
        self._has_heard |= lag.behind_s is not None
        is_catching_up = lag.behind_s is not None and (not is_ready or lag.behind_s > CURRENT_S)
        return is_catching_up or not self._has_heard

    def look(self) -> Look:
        """Look now."""
        is_ready, _ = self._view.ready()
        now_ms, shards, lag = self._now_ms(), self._view.shards(), self._lag()
        is_behind = self._is_behind(lag, is_ready=is_ready)
        is_complete = bool(shards) and self._view.is_complete()
        past_ms = self._past_ms(shards, now_ms)
        health = {
            "view_incomplete": float(not is_complete),
            "dead_lettered_per_minute": self._refused_per_minute(shards),
            "past_seconds": past_ms / 1000 if past_ms > PAST_MS else 0.0,
            **self._trouble(),
        }
        # Nothing is judged by a board that is behind; its cost is better spent on catching up.
        board = self._view.board() if shards and not is_behind else None
        if board is not None and board.data_up_to_ms is not None:
            health["data_age_seconds"] = max(0, now_ms - board.data_up_to_ms) / 1000
        if lag.behind_s is not None:
            health["lag_seconds"] = lag.behind_s
        if lag.events is not None:
            health["lag_events"] = float(lag.events)
        is_current = is_ready and not is_behind and lag.behind_s is not None
        return Look(
            now_ms=now_ms,
            board=board,
            health=health,
            is_current=is_current and past_ms <= PAST_MS,
            is_complete=is_complete,
        )

    def _past_ms(self, shards: Sequence[Shard], now_ms: int) -> int:
        """Return how old the newest event of a shard is that takes events in now."""
        at_s, oldest_ms = self._steady_s(), 0
        for shard in shards:
            if shard.topic not in LIVE_TOPICS:
                continue
            place = (shard.topic, shard.partition)
            offset, moved_s = self._seen.get(place, (shard.next_offset, float("-inf")))
            if shard.next_offset != offset:
                moved_s = at_s
            self._seen[place] = (shard.next_offset, moved_s)
            if shard.max_event_ms and at_s - moved_s < PAST_SEEN_S:
                oldest_ms = max(oldest_ms, now_ms - shard.max_event_ms)
        return oldest_ms

    def _refused_per_minute(self, shards: Sequence[Shard]) -> float:
        """Return how many dead letters the last minute brought."""
        at_s = self._steady_s()
        self._refused.append((at_s, sum(shard.counts.dead_lettered for shard in shards)))
        while at_s - self._refused[0][0] > _RATE_S:
            self._refused.popleft()
        return float(max(0, self._refused[-1][1] - self._refused[0][1]))
