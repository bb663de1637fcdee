"""Points in time as people give them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from vigie.errors import UserError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_MS_AS_MS = 100_000_000_000  # 1973 in milliseconds, the year 5138 in seconds
_EXAMPLE = "Write for example 2014-01-06T09:30:00Z, 2014-01-06T10:30:00+01:00 or an epoch."


def parse_instant_ms(text: str, zone: str) -> int:
    """Return an instant in epoch milliseconds.

    Accepts ISO 8601 with an offset, local time in ``zone`` without one, and an epoch in seconds
    or (from 100,000,000,000 on) milliseconds.

    Raises:
        UserError: it is none of these, or a local time that the clock change repeats or skips.
    """
    text = text.strip()
    if re.fullmatch(r"-?[0-9]{1,15}", text):
        number = int(text)
        return number if abs(number) >= _EARLIEST_MS_AS_MS else number * 1000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{text!r} is not a point in time", _EXAMPLE) from None
    if moment.tzinfo is None:
        moment = _localised(moment, zone, text)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _localised(moment: datetime, zone: str, text: str) -> datetime:
    first = moment.replace(tzinfo=ZoneInfo(zone))
    second = first.replace(fold=1)
    if first.utcoffset() != second.utcoffset():
        back = first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None)
        what = "does not exist" if back != moment else "occurs twice"
        raise UserError(
            f"the local time {text} {what} in {zone}", "Add the offset, such as +01:00."
        )
    return first
