"""Boards of the past for whoever looks back: computed when asked, remembered, paced.

A look costs the thread that folds some tens to hundreds of milliseconds, so it is computed in
steps, a moment asked for again is not computed again, and looks take no more than their share.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from aggregators.past import Reach, past_steps, reach_of, told_windows
from aggregators.policy import Rules
from aggregators.steps import Steps
from aggregators.windows import parse_window
from exporters.live import REST_FACTOR, default_windows
from exporters.turns import TURN_S

if TYPE_CHECKING:
    from aggregators.board import Board
    from exporters.live import LiveView

LEAST_PAUSE_S = 0.25
"""At most four looks a second, however cheap."""
PATIENCE_S = 3.0
"""Who would have to wait longer for a turn is refused."""
MOST_WAITING = 8
"""So many may wait for a turn at once."""
KEPT_S = 30.0
"""A remembered board may lack what came late in the last half minute."""
MOST_KEPT = 32


class NothingKeptError(LookupError):
    """There is no past yet."""


class TooSoonError(Exception):
    """Looks took their share of the thread; after ``wait_s`` the next one may begin."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.1f} s")
        self.wait_s = wait_s


class PastBoards:
    """The past of a view.

    ``timer`` is a steady clock in seconds, ``effort`` the thread's work, ``pause`` waits.
    """

    def __init__(
        self,
        view: LiveView,
        *,
        timer: Callable[[], float] = time.monotonic,
        effort: Callable[[], float] = time.thread_time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._view = view
        self._pause = pause
        self._timer = timer
        self._effort = effort
        self._next_at_s = float("-inf")
        self._kept: dict[tuple[int, tuple[str, ...]], tuple[float, Board]] = {}
        self._turn = asyncio.Lock()
        self._waiting = 0
        self.computations = 0

    @property
    def rules(self) -> Rules:
        """The rules of the shards."""
        shards = self._view.shards()
        return shards[0].rules if shards else Rules()

    def reach(self) -> Reach:
        """Return which instants can be asked for; raises NothingKeptError."""
        now_ms = self._view.board().as_of_ms
        found = reach_of(self._view.shards(), now_ms, self.rules)
        if found is None:
            raise NothingKeptError
        return found

    def told(self, reach: Reach, at_ms: int, window: str | None) -> list[str]:
        """Return the windows that can be told of an instant: all of the settings', or one.

        Raises ValueError for a window that means nothing, or whose borders cut what is left.
        """
        rules = self.rules
        if window is None:
            return told_windows(reach, at_ms, rules, default_windows(rules))
        parse_window(window)
        if not (told := told_windows(reach, at_ms, rules, [window])):
            left = "quarters of an hour" if at_ms < reach.minutes_from_ms else "minutes"
            raise ValueError(
                f"the window {window} of that instant cannot be told, only whole {left} are left: "
                "ask for a longer window or a later instant"
            )
        return told

    async def board(self, at_ms: int, windows: Sequence[str]) -> Board:
        """Return the board of an instant that the reach allows.

        Raises TooSoonError when it would take too long until there is a turn for it.
        """
        key = (at_ms, tuple(windows))
        if (known := self._known(key)) is not None:
            return known
        wait_s = self._next_at_s - self._timer()
        if wait_s > PATIENCE_S or self._waiting >= MOST_WAITING:
            raise TooSoonError(max(wait_s, PATIENCE_S))
        self._waiting += 1
        try:
            async with self._turn:
                if (known := self._known(key)) is not None:
                    return known
                if (wait_s := self._next_at_s - self._timer()) > 0:
                    await self._pause(wait_s)
                made = await self._compute(at_ms, windows)
        finally:
            self._waiting -= 1
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._timer() + KEPT_S, made)
        return made

    def _known(self, key: tuple[int, tuple[str, ...]]) -> Board | None:
        now_s = self._timer()
        self._kept = {asked: kept for asked, kept in self._kept.items() if kept[0] > now_s}
        known = self._kept.get(key)
        return known[1] if known is not None else None

    async def _compute(self, at_ms: int, windows: Sequence[str]) -> Board:
        began_s, spent_s = self._timer(), 0.0
        async with self._view.turn():
            steps: Steps[Board] = past_steps(self._view.shards(), at_ms, self.rules, windows)
            while True:
                before_s, until_s = self._effort(), self._timer() + TURN_S
                try:
                    while self._timer() < until_s:
                        next(steps)
                except StopIteration as end:
                    made: Board = end.value
                    break
                finally:
                    spent_s += self._effort() - before_s
                await asyncio.sleep(0)
        self.computations += 1
        self._next_at_s = max(began_s + LEAST_PAUSE_S, self._timer() + REST_FACTOR * spent_s)
        return made
