"""Business hours as people write them: ``mon-fri: ["09:00-18:00"]``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from aggregators.policy import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
SHIFT_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_DAY_RANGE = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)(?:-(mon|tue|wed|thu|fri|sat|sun))?")


def minute_of_day(clock: str) -> int:
    """Return ``HH:MM`` as minutes after midnight; ``24:00`` is 1440."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def days_of(written: str) -> tuple[int, ...]:
    """Return the weekdays (Monday is 0) of ``mon``, ``mon-fri`` or ``sat-mon``.

    Raises:
        ValueError: these are no weekdays.
    """
    match = _DAY_RANGE.fullmatch(written.lower())
    if match is None:
        raise ValueError(f"{written!r} is not a day or a range of days")
    first = DAYS.index(match[1])
    last = DAYS.index(match[2] or match[1])
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))


def read_hours(written: Mapping[str, Iterable[str]], holidays: Iterable[str]) -> Hours:
    """Build the hours of a queue; days that are not written are closed.

    Raises:
        ValueError: a day is unknown or written twice, or two shifts of one day overlap.
    """
    shifts: list[tuple[tuple[int, int], ...] | None] = [None] * 7
    for days, spans in written.items():
        day_shifts = tuple(sorted(_shift(span) for span in spans))
        for earlier, later in pairwise(day_shifts):
            if earlier[1] <= earlier[0] or earlier[1] > later[0]:
                raise ValueError(f"the shifts of {days!r} overlap")
        for day in days_of(days):
            if shifts[day] is not None:
                raise ValueError(f"{DAYS[day]!r} is written twice")
            shifts[day] = day_shifts
    return Hours(shifts=tuple(day or () for day in shifts), holidays=frozenset(holidays))


def _shift(span: str) -> tuple[int, int]:
    start, end = span.split("-")
    return minute_of_day(start), minute_of_day(end)
