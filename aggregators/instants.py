"""Points in time as people write them, on the time line: epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_MS_AS_MS = 100_000_000_000  # 1973 in milliseconds, the year 5138 in seconds


class UnclearTimeError(ValueError):
    """A local time that the clock change repeats or skips; the text says which, and where."""


def epoch_ms(number: int) -> int:
    """Return an epoch in milliseconds that may be one in seconds, below 100,000,000,000."""
    return number if abs(number) >= _EARLIEST_MS_AS_MS else number * 1_000


def instant_ms(moment: datetime, zone: str) -> int:
    """Return a moment in epoch milliseconds; without an offset it is local time of the zone.

    Raises:
        UnclearTimeError: it is not one instant.
    """
    if moment.tzinfo is None:
        moment = _localised(moment, zone)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _localised(moment: datetime, zone: str) -> datetime:
    first = moment.replace(tzinfo=ZoneInfo(zone))
    if first.utcoffset() != first.replace(fold=1).utcoffset():
        back = first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None)
        what = "does not exist" if back != moment else "occurs twice"
        raise UnclearTimeError(f"{what} in {zone}")
    return first
