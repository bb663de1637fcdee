"""Windows by name."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.periods import days_before
from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS
from aggregators.windows import Kind, Window, parse_window

PARIS = "Europe/Paris"
NAMES = (
    "5s", "90s", "1m", "15m", "1h", "4h", "7d", "31d",
    "interval_15m", "interval_15m_last", "interval_30m", "interval_30m_last", "today", "whole",
    "week", "week_last", "month", "month_last", "quarter", "quarter_last", "year", "year_last",
)  # fmt: skip


def at(text: str, zone: str = PARIS) -> int:
    """The instant of a clock reading."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("name", "as_of", "start", "end"),
    [
        ("1m", "10:00:00", "09:59:00", "10:00:00"),
        ("1m", "10:00:00.001", "09:59:05", "10:00:05"),
        ("1h", "10:00:01", "09:00:05", "10:00:05"),
        ("4h", "10:00:01", "06:01:00", "10:01:00"),
        ("4h", "10:00:00", "06:00:00", "10:00:00"),
        ("interval_15m", "10:10:02", "10:00:00", "10:10:05"),
        ("interval_15m", "10:14:59.999", "10:00:00", "10:15:00"),
        ("interval_15m", "10:15:00", "10:15:00", "10:15:00"),
        ("interval_15m_last", "10:14:59.999", "09:45:00", "10:00:00"),
        ("interval_15m_last", "10:15:00", "10:00:00", "10:15:00"),
        ("interval_30m", "10:10:00", "10:00:00", "10:10:00"),
        ("interval_30m_last", "10:10:00", "09:30:00", "10:00:00"),
        ("today", "10:00:01", "00:00:00", "10:00:05"),
        ("today", "00:00:00", "00:00:00", "00:00:00"),
    ],
)
def test_a_window_has_these_borders(name: str, as_of: str, start: str, end: str) -> None:
    """The running slice counts, and at a border the open window is empty."""
    day = "2025-07-10T"

    assert (at(day + start), at(day + end)) == parse_window(name).range(at(day + as_of), PARIS, 0)


def test_the_whole_begins_at_the_epoch() -> None:
    """Everything ever seen, up to the running slice."""
    assert parse_window("whole").range(5_001, "UTC", 0) == (0, 10_000)


def test_today_has_25_hours_when_the_clock_goes_back() -> None:
    """Seen in the last slice of 26 October 2025 in Paris."""
    midnight = at("2025-10-27T00:00")

    start, end = parse_window("today").range(midnight - 1, PARIS, 0)

    assert (midnight, 25 * HOUR_MS) == (end, end - start)


def test_today_starts_at_the_reset_time() -> None:
    """With a reset at 04:00, at 03:00 it is still yesterday."""
    as_of = at("2025-07-10T03:00")

    assert at("2025-07-09T04:00") == parse_window("today").range(as_of, PARIS, 240)[0]


def test_intervals_of_nepal_start_at_its_own_half_hours() -> None:
    """Kathmandu is 5:45 ahead, so its half hours start at a quarter of UTC."""
    as_of = at("2025-07-10T04:20", "UTC")

    assert (
        at("2025-07-10T04:15", "UTC")
        == parse_window("interval_30m").range(as_of, "Asia/Kathmandu", 0)[0]
    )


def test_another_slice_moves_the_end() -> None:
    """With slices of ten seconds the end is a multiple of ten."""
    assert parse_window("1m").range(1, "UTC", 0, slice_ms=10_000) == (-50_000, 10_000)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "unknown window '': write a length such as 30s"),
        ("0m", "unknown window '0m'"),
        ("05m", "unknown window '05m'"),
        ("-5m", "unknown window '-5m'"),
        ("5 m", "unknown window '5 m'"),
        ("5M", "unknown window '5M'"),
        ("٥m", "unknown window"),
        ("interval_20m", "interval_15m_last"),
        ("Today", "unknown window 'Today'"),
        ("32d", "the longest rolling window is 31d"),
        ("99999999d", "the longest rolling window is 31d"),
        ("7s", "not a multiple of 5 s: write 5s"),
        ("1s", "not a multiple of 5 s: write 5s"),
        ("3605s", "not a multiple of 60 s: write 3600s"),
    ],
)
def test_a_bad_name_is_refused_with_advice(name: str, message: str) -> None:
    """The text says what to write instead."""
    with pytest.raises(ValueError, match=message):
        parse_window(name)


def test_a_name_gives_a_window_of_that_name() -> None:
    """The kinds are told apart, and only local windows follow the zone."""
    assert Window("5m", Kind.ROLLING, 5 * MINUTE_MS) == parse_window("5m")
    assert Window("interval_30m_last", Kind.LAST_INTERVAL, 30 * MINUTE_MS) == parse_window(
        "interval_30m_last"
    )
    assert {name for name in NAMES if parse_window(name).follows_zone} == {
        "interval_15m",
        "interval_15m_last",
        "interval_30m",
        "interval_30m_last",
        "today",
        "week",
        "week_last",
        "month",
        "month_last",
        "quarter",
        "quarter_last",
        "year",
        "year_last",
    }


@given(
    st.sampled_from(NAMES),
    st.integers(100 * DAY_MS * 10, 100 * DAY_MS * 200),
    st.sampled_from((PARIS, "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York")),
    st.sampled_from((0, 240)),
)
def test_a_window_is_made_of_whole_slices_and_ends_about_now(
    name: str, as_of_ms: int, zone: str, reset_minute: int
) -> None:
    """Borders are slice borders; every event before the asking time is before the end."""
    window = parse_window(name)
    start, end = window.range(as_of_ms, zone, reset_minute)

    assert 0 == start % 5_000 == end % 5_000
    assert start <= end
    if window.kind in (Kind.LAST_INTERVAL, Kind.LAST_PERIOD):
        assert end <= as_of_ms
    else:
        assert as_of_ms <= end < as_of_ms + MINUTE_MS
    if window.kind is Kind.ROLLING:
        assert window.length_ms == end - start


@given(
    st.integers(100 * DAY_MS * 10, 100 * DAY_MS * 200),
    st.sampled_from((PARIS, "Pacific/Chatham")),
    st.sampled_from(("interval_15m", "interval_30m")),
)
def test_the_last_interval_ends_where_the_open_one_starts(
    as_of_ms: int, zone: str, name: str
) -> None:
    """Between the closed and the open interval nothing is lost or counted twice."""
    opened = parse_window(name).range(as_of_ms, zone, 0)
    closed = parse_window(f"{name}_last").range(as_of_ms, zone, 0)

    assert closed[1] == opened[0]


@pytest.mark.parametrize(
    ("name", "as_of", "start", "end"),
    [
        ("month", "2025-03-31T12:00:00", "2025-03-01T00:00", "2025-03-31T12:00"),
        ("month", "2025-04-01T00:00:00", "2025-04-01T00:00", "2025-04-01T00:00"),
        ("month_last", "2025-03-31T12:00:00", "2025-02-01T00:00", "2025-03-01T00:00"),
        ("month_last", "2024-03-05T12:00:00", "2024-02-01T00:00", "2024-03-01T00:00"),
        ("month_last", "2025-01-05T12:00:00", "2024-12-01T00:00", "2025-01-01T00:00"),
        ("quarter_last", "2025-05-15T12:00:00", "2025-01-01T00:00", "2025-04-01T00:00"),
        ("quarter_last", "2025-02-15T12:00:00", "2024-10-01T00:00", "2025-01-01T00:00"),
        ("quarter", "2025-05-15T12:00:00", "2025-04-01T00:00", "2025-05-15T12:00"),
        ("year_last", "2025-05-15T12:00:00", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("year", "2024-12-31T23:59:58", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("week", "2025-03-30T23:00:00", "2025-03-24T00:00", "2025-03-30T23:00"),
        ("week_last", "2025-03-31T00:00:00", "2025-03-24T00:00", "2025-03-31T00:00"),
        ("week_last", "2025-01-02T12:00:00", "2024-12-23T00:00", "2024-12-30T00:00"),
    ],
)
def test_a_period_of_the_calendar_has_these_borders(
    name: str, as_of: str, start: str, end: str
) -> None:
    """In Paris, over changes of the clock, leap years and turns of the year."""
    assert parse_window(name).range(at(as_of), PARIS) == (at(start), at(end))


def test_periods_have_the_length_that_the_clock_gives_them() -> None:
    """March has an hour less, October one more; February 2024 has 29 days, a leap year 366."""

    def length_h(name: str, as_of: str) -> float:
        start, end = parse_window(name).range(at(as_of), PARIS)
        return (end - start) / HOUR_MS

    assert length_h("month_last", "2025-04-10T00:00") == 31 * 24 - 1
    assert length_h("month_last", "2025-11-10T00:00") == 31 * 24 + 1
    assert length_h("month_last", "2024-03-10T00:00") == 29 * 24
    assert length_h("year_last", "2025-03-10T00:00") == 366 * 24
    assert length_h("week_last", "2025-04-02T00:00") == 7 * 24 - 1


def test_a_month_begins_with_its_first_business_day() -> None:
    """With a reset at 04:00, at 03:00 on 1 March it is still February."""
    assert parse_window("month").range(at("2025-03-01T03:00"), PARIS, 240)[0] == at(
        "2025-02-01T04:00"
    )


@given(
    st.integers(100 * DAY_MS * 10, 100 * DAY_MS * 200),
    st.sampled_from((PARIS, "Pacific/Chatham", "America/Havana", "Australia/Lord_Howe")),
    st.sampled_from((0, 240)),
    st.sampled_from(("week", "month", "quarter", "year")),
)
def test_the_last_period_ends_where_the_open_one_starts(
    as_of_ms: int, zone: str, reset_minute: int, name: str
) -> None:
    """And the last one seen just before that is the one before: periods tile the time line."""
    opened = parse_window(name).range(as_of_ms, zone, reset_minute)
    closed = parse_window(f"{name}_last").range(as_of_ms, zone, reset_minute)
    before = parse_window(f"{name}_last").range(closed[1] - 1, zone, reset_minute)

    assert opened[0] == closed[1] <= as_of_ms
    assert before[1] == closed[0]


@given(
    st.integers(100 * DAY_MS * 10, 100 * DAY_MS * 200),
    st.sampled_from((PARIS, "America/New_York")),
    st.integers(1, 60),
)
def test_days_before_reads_the_same_clock(ms: int, zone: str, days: int) -> None:
    """Whatever the clock did in between, but for readings that it skipped."""
    tz = ZoneInfo(zone)
    now = datetime.fromtimestamp(ms // 1000, tz)
    then = datetime.fromtimestamp(days_before(ms, zone, days) // 1000, tz)

    assert then.date() == now.date() - timedelta(days=days)
    assert then.time() == now.time() or then.hour == now.hour + 1
