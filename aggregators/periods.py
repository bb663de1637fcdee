"""Weeks, months, quarters and years of the local calendar, and the same clock reading days ago.

They are made of business days: a period begins when the first of its days does, at the reset
time. Instants are integer milliseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias

from aggregators.calendar import local_day_start, local_instant, zone_info

Unit: TypeAlias = Literal["week", "month", "quarter", "year"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def period_start(ms: int, zone: str, reset_minute: int, unit: Unit, back: int = 0) -> int:
    """Return the start of the period that holds ``ms``, or of the one so many periods before.

    Weeks begin on Monday.

    Raises:
        ValueError: the zone is not in the IANA database.
    """
    day = local_date(local_day_start(ms, zone, reset_minute), zone)
    if unit == "week":
        first = day - timedelta(days=day.weekday() + 7 * back)
    else:
        length = _MONTHS[unit]
        month = day.year * 12 + day.month - 1
        month -= month % length + back * length
        first = date(month // 12, month % 12 + 1, 1)
    return local_instant(zone, first.toordinal() - _EPOCH_ORDINAL, reset_minute)


def local_date(ms: int, zone: str) -> date:
    """Return the date that the zone's calendar shows at an instant."""
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone_info(zone)).date()


def days_before(ms: int, zone: str, days: int) -> int:
    """Return the instant at which the zone's clock read the same, so many days before.

    A reading that was skipped that day stands for the first instant after the gap.
    """
    local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone_info(zone))
    minute, rest_ms = local.hour * 60 + local.minute, ms % 60_000
    return local_instant(zone, local.toordinal() - _EPOCH_ORDINAL - days, minute) + rest_ms
