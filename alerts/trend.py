"""Where the number behind an open alert is going: against what it was a minute ago."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Literal, TypeAlias

from alerts.alert import Key

Trend: TypeAlias = Literal["rising", "falling", "steady"]

BACK_MS = 60_000
ENOUGH_MS = 15_000
"""With less behind it a trend is only noise."""
STEADY = 0.05
"""A change by less than a twentieth of the number is none."""


class Trends:
    """The last minute of every number that is looked at."""

    def __init__(self) -> None:
        self._seen: dict[Key, deque[tuple[int, float]]] = {}

    def see(self, now_ms: int, values: Mapping[Key, float]) -> None:
        """Take the numbers of now; those that are not among them are forgotten."""
        for key in [key for key in self._seen if key not in values]:
            del self._seen[key]
        for key, value in values.items():
            seen = self._seen.setdefault(key, deque())
            if seen and now_ms < seen[-1][0]:
                seen.clear()  # the clock was set back
            seen.append((now_ms, value))
            while now_ms - seen[0][0] > BACK_MS:
                seen.popleft()

    def trend(self, key: Key) -> Trend | None:
        """Return where a number goes; None when too little is known."""
        seen = self._seen.get(key)
        if not seen or seen[-1][0] - seen[0][0] < ENOUGH_MS:
            return None
        before, now = seen[0][1], seen[-1][1]
        if abs(now - before) <= STEADY * max(abs(before), abs(now)):
            return "steady"
        return "rising" if now > before else "falling"
