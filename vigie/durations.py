"""Durations as people write them: ``250ms``, ``90s``, ``15m``, ``4h``, ``8d`` or seconds."""

from __future__ import annotations

import re
from decimal import Decimal

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,6})? ?(ms|s|m|h|d)?$"
_WRITTEN = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?(ms|s|m|h|d)?")
LONGEST_MS = 400 * 86_400_000


def parse_duration_ms(text: str) -> int:
    """Return a written duration in whole milliseconds; a bare number means seconds.

    Raises:
        ValueError: it is not a duration, is finer than a millisecond or longer than 400 days.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration")
    number, unit = match.groups()
    exact_ms = Decimal(number) * _UNITS_MS[unit or "s"]
    if exact_ms != int(exact_ms):
        raise ValueError(f"{text!r} is finer than a millisecond")
    if exact_ms > LONGEST_MS:
        raise ValueError(f"{text!r} is longer than 400 days")
    return int(exact_ms)


def format_duration(duration_ms: int) -> str:
    """Write milliseconds in the largest unit that divides them; ``90000`` is ``90s``."""
    if duration_ms == 0:
        return "0s"
    for unit in ("d", "h", "m", "s"):
        if duration_ms % _UNITS_MS[unit] == 0:
            return f"{duration_ms // _UNITS_MS[unit]}{unit}"
    return f"{duration_ms}ms"
