"""Windows by name: which stretch of time a figure is computed over.

A window is half open, ``[start, end)``, and made of whole slices. Its end is the asking time
rounded up to a slice border, so that the running slice counts; an asking time exactly on a border
is the end itself, and events at that time or later are outside.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from aggregators.calendar import interval_start, local_day_start
from aggregators.periods import Unit, period_start
from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS

SLICE_MS = 5_000
"""Length of the smallest stored interval."""

LONGEST_ROLLING_MS = 31 * DAY_MS

_UNITS_MS = {"s": 1000, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_ROLLING = re.compile(r"([1-9][0-9]{0,7})([smhd])")
_INTERVAL = re.compile(r"interval_(15|30)m(_last)?")
_PERIODS: dict[str, tuple[Unit, bool]] = {
    "week": ("week", False), "week_last": ("week", True),
    "month": ("month", False), "month_last": ("month", True),
    "quarter": ("quarter", False), "quarter_last": ("quarter", True),
    "year": ("year", False), "year_last": ("year", True),
}  # fmt: skip


class Kind(StrEnum):
    """The kinds of window; all but ``ROLLING`` and ``WHOLE`` depend on the queue's zone."""

    ROLLING = "rolling"
    OPEN_INTERVAL = "open_interval"
    LAST_INTERVAL = "last_interval"
    TODAY = "today"
    PERIOD = "period"
    LAST_PERIOD = "last_period"
    WHOLE = "whole"


class Window(Struct, frozen=True):
    """One window. ``length_ms`` is that of a rolling window or interval, ``unit`` a period's."""

    name: str
    kind: Kind
    length_ms: int = 0
    unit: Unit | None = None

    @property
    def follows_zone(self) -> bool:
        """Whether two queues in different zones have different borders."""
        return self.kind not in (Kind.ROLLING, Kind.WHOLE)

    def range(
        self, as_of_ms: int, zone: str = "UTC", reset_minute: int = 0, slice_ms: int = SLICE_MS
    ) -> tuple[int, int]:
        """Return [start, end) of the window seen at ``as_of_ms``.

        Rolling windows up to one hour move by the slice, longer ones by the minute. At the very
        border of an interval, day or period the open one is empty.

        Raises:
            ValueError: the zone is not in the IANA database.
        """
        end = _round_up(as_of_ms, slice_ms)
        match self.kind:
            case Kind.ROLLING:
                if self.length_ms > HOUR_MS:
                    end = _round_up(as_of_ms, MINUTE_MS)
                return end - self.length_ms, end
            case Kind.OPEN_INTERVAL:
                return interval_start(as_of_ms, zone, self.length_ms // MINUTE_MS), end
            case Kind.LAST_INTERVAL:
                minutes = self.length_ms // MINUTE_MS
                closed = interval_start(as_of_ms, zone, minutes)
                return interval_start(closed - 1, zone, minutes), closed
            case Kind.TODAY:
                return local_day_start(as_of_ms, zone, reset_minute), end
            case Kind.PERIOD if self.unit:
                return period_start(as_of_ms, zone, reset_minute, self.unit), end
            case Kind.LAST_PERIOD if self.unit:
                return (
                    period_start(as_of_ms, zone, reset_minute, self.unit, back=1),
                    period_start(as_of_ms, zone, reset_minute, self.unit),
                )
            case _:
                return 0, end


@lru_cache(maxsize=1024)
def parse_window(name: str, slice_ms: int = SLICE_MS) -> Window:
    """Return the window of that name.

    Names: a length such as ``90s``, ``5m``, ``4h``, ``7d`` (rolling); ``interval_15m`` and
    ``interval_30m`` (the open interval of the local clock), ``interval_15m_last`` and
    ``interval_30m_last`` (the closed one before it); ``today``; ``week``, ``month``, ``quarter``
    and ``year`` of the local calendar up to now, and with ``_last`` the closed one before;
    ``whole``.

    Raises:
        ValueError: the name means nothing, or the length is no multiple of the slice, or more
            than 31 days; the text says what to write instead.
    """
    if name == "today":
        return Window(name, Kind.TODAY)
    if name == "whole":
        return Window(name, Kind.WHOLE)
    if name in _PERIODS:
        unit, is_closed = _PERIODS[name]
        return Window(name, Kind.LAST_PERIOD if is_closed else Kind.PERIOD, unit=unit)
    if interval := _INTERVAL.fullmatch(name):
        kind = Kind.LAST_INTERVAL if interval[2] else Kind.OPEN_INTERVAL
        return Window(name, kind, int(interval[1]) * MINUTE_MS)
    rolling = _ROLLING.fullmatch(name)
    if rolling is None:
        raise ValueError(
            f"unknown window {name!r}: write a length such as 30s, 5m, 4h or 7d, or one of "
            "interval_15m, interval_15m_last, interval_30m, interval_30m_last, today, week, "
            "week_last, month, month_last, quarter, quarter_last, year, year_last, whole"
        )
    length_ms = int(rolling[1]) * _UNITS_MS[rolling[2]]
    if length_ms > LONGEST_ROLLING_MS:
        raise ValueError(f"window {name!r} is too long: the longest rolling window is 31d")
    # Windows over an hour move by the minute and are read from minutes, so they consist of them.
    step_ms = slice_ms if length_ms <= HOUR_MS else MINUTE_MS
    if length_ms % step_ms:
        nearest_s = max(step_ms, round(length_ms / step_ms) * step_ms) // 1000
        raise ValueError(
            f"window {name!r} is not a multiple of {step_ms // 1000} s: write {nearest_s}s"
        )
    return Window(name, Kind.ROLLING, length_ms)


def _round_up(ms: int, step_ms: int) -> int:
    """Smallest multiple of the step that is not before ``ms``."""
    return -(-ms // step_ms) * step_ms
