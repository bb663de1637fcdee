"""Times and durations in the columns of a call log, as milliseconds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streams.sources.zones import Fold, to_utc_ms

PLAIN = "%Y-%m-%d %H:%M:%S"
EPOCH_UNITS_MS = {"epoch_s": 1000, "epoch_ms": 1}
"""Formats beside those of strptime: seconds or milliseconds since 1970-01-01 UTC."""

_HMS = re.compile(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{2})(?:[.,](\d{1,3})\d*)?")
_CACHED_HOURS = 4_096
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)


class LocalTimes:
    """Reads the times of one column format in one zone.

    The plain format ``%Y-%m-%d %H:%M:%S`` is read by hand: one look-up for the hour, two small
    numbers for the rest. Hours in which the clocks change are never looked up.
    """

    def __init__(self, form: str, zone: ZoneInfo, fold: Fold) -> None:
        self._form = form
        self._zone = zone
        self._fold = fold
        self._unit_ms = EPOCH_UNITS_MS.get(form)
        self._plain = form == PLAIN
        self._hours: dict[str, int] = {}
        self.exact = "%f" in form or form == "epoch_ms"

    def read(self, text: str) -> int:
        """Return a time as milliseconds since 1970-01-01 UTC.

        Raises:
            ValueError: the text is not of the format.
            AmbiguousTimeError: the time is repeated or skipped and the fold is ``refuse``.
        """
        if self._plain and len(text) == 19 and text[13] == ":" and text[16] == ":":
            start_ms = self._hours.get(text[:13])
            minutes, seconds = text[14:16], text[17:]
            if start_ms is not None and minutes.isdecimal() and seconds.isdecimal():
                minute, second = int(minutes), int(seconds)
                if minute < 60 and second < 60:
                    return start_ms + minute * 60_000 + second * 1000
        if self._unit_ms is not None:
            return round(float(text) * self._unit_ms)
        local = datetime.strptime(text, self._form)  # noqa: DTZ007
        if local.tzinfo is not None:
            return round(local.timestamp() * 1000)
        at_ms = to_utc_ms(local, self._zone, self._fold)
        if self._plain:
            self._remember(text[:13], local.replace(minute=0, second=0))
        return at_ms

    def _remember(self, hour: str, start: datetime) -> None:
        offsets = {
            at.replace(tzinfo=self._zone, fold=fold).utcoffset()
            for at in (start, start + _HOUR / 2, start + _HOUR - _SECOND)
            for fold in (0, 1)
        }
        if len(offsets) == 1 and len(hour) == 13 and len(self._hours) < _CACHED_HOURS:
            self._hours[hour] = to_utc_ms(start, self._zone, self._fold)


def duration_ms(text: str, unit: str, decimal: str) -> int:
    """Return a duration in milliseconds; ``unit`` is ``s``, ``ms`` or ``hms`` (``0:02:23``).

    Raises:
        ValueError: the text is no such duration, or negative.
    """
    if unit == "hms":
        parts = _HMS.fullmatch(text)
        if parts is None:
            raise ValueError("is no duration such as 0:02:23")
        hours, minutes, seconds, fraction = parts.groups()
        whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
        return whole * 1000 + int(((fraction or "") + "000")[:3])
    value = number(text, decimal)
    if not 0 <= value < 1e12:
        raise ValueError("is negative or too long")
    return round(value * (1000 if unit == "s" else 1))


def number(text: str, decimal: str) -> float:
    """Return a number written with a decimal mark.

    Raises:
        ValueError: it is none.
    """
    plain = text.replace(decimal, ".") if decimal != "." else text
    if not re.fullmatch(r"-?\d{1,15}(?:\.\d{1,15})?", plain):
        raise ValueError("is no number")
    return float(plain)
