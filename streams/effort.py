"""What work on the event loop costs its thread, and how long to rest so that it stays a share."""

from __future__ import annotations

import time
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Effort:
    """Adds up what coroutines cost, without what the loop does while they wait.

    ``clock`` is in seconds of the thread's CPU, so that other programs' work does not count.
    """

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock = clock
        self._spent_s = 0.0

    def take(self) -> float:
        """Return the seconds spent since the last call."""
        spent_s, self._spent_s = self._spent_s, 0.0
        return spent_s

    async def of(self, work: Coroutine[Any, Any, T]) -> T:
        """Do work and count what it costs. Tasks that it starts are not in it."""
        return await self._step_by_step(work)

    @types.coroutine
    def _step_by_step(self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        step: Callable[[Any], Any] = work.send
        value: Any = None
        while True:
            begun_s = self._clock()
            try:
                waited = step(value)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                self._spent_s += self._clock() - begun_s
            try:
                value = yield waited
                step = work.send
            except BaseException as error:  # noqa: BLE001 - the work decides what becomes of it
                value, step = error, work.throw


class Pace:
    """How long to rest between rounds of work that must not take more than its share.

    ``interval_s`` is the rest where rounds are cheap; dear ones wait longer, but no longer than
    ``longest_s`` (or the interval). A round costs the lower one of the last two: a single dear
    one, such as the first of a new owner, delays nothing.
    """

    def __init__(self, interval_s: float, *, share: float, longest_s: float) -> None:
        self.interval_s = interval_s
        self._rests_per_cost = 1 / share - 1
        self._longest_s = longest_s
        self._cost_before_s = 0.0

    def rest_s(self, cost_s: float) -> float:
        """Return the seconds to rest after a round that cost ``cost_s``."""
        cost_s, self._cost_before_s = min(cost_s, self._cost_before_s), cost_s
        return max(self.interval_s, min(cost_s * self._rests_per_cost, self._longest_s))
