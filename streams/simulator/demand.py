"""Arrivals: Poisson, with a rate that follows the hour and wavers by a gamma factor.

The rate of a quarter of an hour is base rate x intraday curve x a gamma factor of mean 1 (the
same for the whole quarter) x the surges that are on. Exponential gaps have no memory, so when
the rate changes the next gap is simply drawn anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from streams.simulator.timeline import Timeline

QUARTER_MS = 900_000
HOUR_MS = 3_600_000


class Demand:
    """One stream of arrivals, with a random generator of its own."""

    __slots__ = (
        "_arrive", "_curve", "_factor", "_next_ms", "_overdispersion", "_per_hour", "_plan",
        "_rate_per_ms", "_rng", "_surges", "_timeline", "_zone",
    )  # fmt: skip

    def __init__(
        self,
        timeline: Timeline,
        rng: Random,
        arrive: Callable[[], object],
        *,
        per_hour: float,
        curve: tuple[float, ...],
        overdispersion: float,
        zone: ZoneInfo,
    ) -> None:
        self._timeline = timeline
        self._rng = rng
        self._arrive = arrive
        self._per_hour = per_hour
        self._curve = curve
        self._overdispersion = overdispersion
        self._zone = zone
        self._surges: list[float] = []
        self._factor = 1.0
        self._rate_per_ms = 0.0
        self._next_ms = 0.0
        self._plan = 0
        self._quarter()

    def begin_surge(self, factor: float) -> None:
        """Multiply the arrivals from now on."""
        self._surges.append(factor)
        self._redraw()

    def end_surge(self, factor: float) -> None:
        """Take one surge of that factor back."""
        self._surges.remove(factor)
        self._redraw()

    def curve_at(self, time_ms: int) -> float:
        """Return the intraday curve at an instant, read between the middles of the hours."""
        local = datetime.fromtimestamp(time_ms / 1000, self._zone)
        position = (local.hour + local.minute / 60.0 - 0.5) % 24.0
        hour = int(position)
        share = position - hour
        return (1.0 - share) * self._curve[hour] + share * self._curve[(hour + 1) % 24]

    def _quarter(self) -> None:
        now_ms = self._timeline.now_ms
        begin_ms = now_ms - now_ms % QUARTER_MS
        spread = self._overdispersion
        wavering = self._rng.gammavariate(1.0 / spread, spread) if spread > 0.0 else 1.0
        self._factor = wavering * self.curve_at(begin_ms + QUARTER_MS // 2)
        self._redraw()
        self._timeline.at(begin_ms + QUARTER_MS, self._quarter)

    def _redraw(self) -> None:
        self._rate_per_ms = self._per_hour / HOUR_MS * self._factor * math.prod(self._surges)
        self._plan += 1
        self._next_ms = float(self._timeline.now_ms)
        self._plan_next()

    def _plan_next(self) -> None:
        if self._rate_per_ms > 0.0:
            self._next_ms -= math.log(1.0 - self._rng.random()) / self._rate_per_ms
            self._timeline.at(int(self._next_ms), self._come, self._plan)

    def _come(self, plan: int) -> None:
        if plan == self._plan:
            self._plan_next()
            self._arrive()
