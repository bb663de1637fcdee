"""The simulated clock: what happens next, in time order."""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Any, TypeAlias

from streams.simulator.scenario import Duration

Action: TypeAlias = Callable[..., object]


class Timeline:
    """A heap of (time, order of planning, action). Actions of one millisecond keep their order."""

    __slots__ = ("_heap", "_planned", "now_ms")

    def __init__(self, start_ms: int) -> None:
        self.now_ms = start_ms
        self._heap: list[tuple[int, int, Action, tuple[Any, ...]]] = []
        self._planned = 0

    def after(self, delay_ms: int, action: Action, *args: Any) -> None:
        """Plan an action ``delay_ms`` from now."""
        self._planned += 1
        heappush(self._heap, (self.now_ms + delay_ms, self._planned, action, args))

    def at(self, time_ms: int, action: Action, *args: Any) -> None:
        """Plan an action at an instant; one that has passed means now."""
        self._planned += 1
        now_ms = self.now_ms
        heappush(self._heap, (max(now_ms, time_ms), self._planned, action, args))

    def step(self, until_ms: int) -> bool:
        """Do the next action before ``until_ms``; false when there is none."""
        heap = self._heap
        if not heap or heap[0][0] >= until_ms:
            return False
        self.now_ms, _, action, args = heappop(heap)
        action(*args)
        return True


def sampler(duration: Duration, rng: Random) -> Callable[[], int]:
    """Return a function that draws the duration in whole milliseconds."""
    mean_ms = duration.mean_s * 1000.0
    if mean_ms <= 0.0 or duration.cv <= 0.0:
        fixed = round(mean_ms)
        return lambda: fixed
    if duration.cv == 1.0:
        uniform, log = rng.random, math.log
        return lambda: round(-mean_ms * log(1.0 - uniform()))
    variance = math.log1p(duration.cv**2)
    mu, sigma = math.log(mean_ms) - variance / 2.0, math.sqrt(variance)
    return lambda: round(rng.lognormvariate(mu, sigma))
