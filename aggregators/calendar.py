"""Local days, intervals and business hours on the time line.

Instants are integer milliseconds since 1970-01-01 UTC, zones are IANA names. A clock reading that
a zone skips (spring) stands for the first instant after the gap, one that comes twice (autumn)
for its first time, so days and shifts tile the time line in every zone. From 1972 on every border
lies on a whole minute; some older offsets have odd seconds.

Answers are remembered per zone and UTC day: after the first question of a day a call is a few
dictionary look-ups.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from aggregators.policy import DAY_MS, MINUTE_MS, Hours

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_REMEMBERED_DAYS = 32_768
_FARTHEST_DAYS = 3_660

NEVER_MS = 1 << 60
"""An instant that does not come."""


def local_day_start(ms: int, zone: str, reset_minute: int = 0) -> int:
    """Return the start of the business day that holds ``ms``.

    The day begins when the zone's clock first reads ``reset_minute`` minutes after midnight.

    Raises:
        ValueError: the zone is not in the IANA database.
    """
    starts = _day_starts(zone, reset_minute, ms // DAY_MS)
    for start in reversed(starts):
        if start <= ms:
            return start
    return starts[0]  # never reached: the first start is not after its UTC day


def next_day_start(ms: int, zone: str, reset_minute: int = 0) -> int:
    """Return the start of the first business day that begins after ``ms``.

    Raises:
        ValueError: the zone is not in the IANA database.
    """
    starts = _day_starts(zone, reset_minute, ms // DAY_MS)
    for start in starts:
        if start > ms:
            return start
    return starts[-1]  # never reached: the last start is after its UTC day


def interval_start(ms: int, zone: str, minutes: int) -> int:
    """Return the start of the ``minutes`` long interval of the local clock that holds ``ms``.

    When the clock is moved inside an interval (Chatham: at 02:45), the interval is cut there.

    Raises:
        ValueError: the zone is not in the IANA database.
    """
    offsets = _offsets(zone, ms // DAY_MS)
    since_ms, offset_ms = offsets[0]
    for since, offset in offsets[1:]:
        if since <= ms:
            since_ms, offset_ms = since, offset
    start = ms - (ms + offset_ms) % (minutes * MINUTE_MS)
    if start >= since_ms:
        return start
    if since_ms > offsets[0][0]:
        return since_ms
    # The interval began on the UTC day before, where the clock may have been moved.
    earlier_since, earlier_offset = _offsets(zone, since_ms // DAY_MS - 1)[-1]
    if earlier_offset != offset_ms:
        return since_ms
    return max(start, earlier_since)


def is_open(hours: Hours | None, zone: str, ms: int) -> bool:
    """Return whether ``ms`` lies inside a shift; without hours it always does."""
    if hours is None:
        return True
    return any(start <= ms < end for start, end in _open_spans(hours, zone, ms // DAY_MS)[0])


def open_ms(hours: Hours | None, zone: str, start_ms: int, end_ms: int) -> int:
    """Return the business time between two instants, 0 when the end is not after the start.

    A shift belongs to the day on which it starts, so the part after midnight of a shift that
    starts the day before a holiday counts. Shifts that overlap count once.
    """
    if end_ms <= start_ms:
        return 0
    if hours is None:
        return end_ms - start_ms
    first, last = start_ms // DAY_MS, (end_ms - 1) // DAY_MS
    total = 0
    for day in range(first, last + 1):
        spans, day_total = _open_spans(hours, zone, day)
        if first < day < last:
            total += day_total
        else:
            total += sum(max(0, min(e, end_ms) - max(s, start_ms)) for s, e in spans)
    return total


def due_ms(hours: Hours | None, zone: str, start_ms: int, business_ms: int) -> int:
    """Return the last instant before which at most so much business time has passed.

    Time promised until closing lasts over the night: nothing runs until the next opening. Where
    the hours never come back (nothing but holidays for ten years) it is :data:`NEVER_MS`.
    """
    if hours is None:
        return start_ms + business_ms
    left_ms = business_ms
    first = start_ms // DAY_MS
    for day in range(first, first + _FARTHEST_DAYS):
        spans, day_total = _open_spans(hours, zone, day)
        if day > first and day_total <= left_ms:
            left_ms -= day_total
            continue
        for start, end in spans:
            since = max(start, start_ms)
            if end - since > left_ms:
                return since + left_ms
            left_ms -= max(0, end - since)
    return NEVER_MS


def local_instant(zone: str, day: int, minute: int) -> int:
    """Return the first instant at which a zone's clock shows that day and minute, or later.

    ``day`` counts from 1970-01-01, ``minute`` from midnight.

    Raises:
        ValueError: the zone is not in the IANA database.
    """
    return _instant(zone_info(zone), day, minute)


@lru_cache(maxsize=1024)
def zone_info(zone: str) -> ZoneInfo:
    """Return the zone of that IANA name.

    Raises:
        ValueError: there is no such zone; the text says what to write instead.
    """
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"unknown time zone {zone!r}: use an IANA name such as Europe/Paris or UTC"
        ) from None


@lru_cache(maxsize=_REMEMBERED_DAYS)
def _day_starts(zone: str, reset_minute: int, utc_day: int) -> tuple[int, ...]:
    """Business day starts around a UTC day: from the last not after it to the first after it."""
    tz = zone_info(zone)
    from_ms, to_ms = utc_day * DAY_MS, (utc_day + 1) * DAY_MS
    # No zone is a full day ahead of UTC; a reset late in the day needs one more day before.
    starts = sorted({_instant(tz, utc_day + n, reset_minute) for n in range(-3, 4)})
    before = [s for s in starts if s <= from_ms]
    after = [s for s in starts if s >= to_ms]
    return (before[-1], *(s for s in starts if from_ms < s < to_ms), after[0])


@lru_cache(maxsize=_REMEMBERED_DAYS)
def _offsets(zone: str, utc_day: int) -> tuple[tuple[int, int], ...]:
    """(since, offset) in ms for each offset in force during a UTC day, the first from its start."""
    tz = zone_info(zone)
    from_s, to_s = utc_day * 86_400, (utc_day + 1) * 86_400
    first, last = _offset_s(tz, from_s), _offset_s(tz, to_s - 1)
    if first == last:
        return ((from_s * 1000, first * 1000),)
    moved_s = _clock_move(tz, from_s, to_s - 1)
    return ((from_s * 1000, first * 1000), (moved_s * 1000, last * 1000))


@lru_cache(maxsize=_REMEMBERED_DAYS)
def _open_spans(hours: Hours, zone: str, utc_day: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """Open time inside a UTC day as disjoint [start, end) spans, and its sum."""
    tz = zone_info(zone)
    from_ms, to_ms = utc_day * DAY_MS, (utc_day + 1) * DAY_MS
    found: list[tuple[int, int]] = []
    for day in range(utc_day - 3, utc_day + 3):
        local = date.fromordinal(_EPOCH_ORDINAL + day)
        if local.isoformat() in hours.holidays:
            continue
        for start_minute, end_minute in hours.shifts[local.weekday()]:
            last_minute = end_minute if end_minute > start_minute else end_minute + 1440
            start = max(from_ms, _instant(tz, day, start_minute))
            end = min(to_ms, _instant(tz, day, last_minute))
            if start < end:
                found.append((start, end))
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return tuple(spans), sum(end - start for start, end in spans)


def _instant(tz: ZoneInfo, day: int, minute: int) -> int:
    """First instant at which the clock of the zone shows that day and minute, or later."""
    wall = datetime.fromordinal(_EPOCH_ORDINAL + day) + timedelta(minutes=minute)
    first = round(wall.replace(tzinfo=tz).timestamp())
    second = round(wall.replace(tzinfo=tz, fold=1).timestamp())
    if second < first:  # the clock skips this reading
        return _clock_move(tz, second, first) * 1000
    return first * 1000


def _clock_move(tz: ZoneInfo, before_s: int, after_s: int) -> int:
    """First second in (before, after] at which the offset of ``after`` is in force."""
    new = _offset_s(tz, after_s)
    while after_s - before_s > 1:
        middle = (before_s + after_s) // 2
        if _offset_s(tz, middle) == new:
            after_s = middle
        else:
            before_s = middle
    return after_s


def _offset_s(tz: ZoneInfo, at_s: int) -> int:
    """Seconds by which the zone's clock is ahead of UTC at an instant."""
    ahead = datetime.fromtimestamp(at_s, UTC).astimezone(tz).utcoffset() or timedelta()
    return round(ahead.total_seconds())
