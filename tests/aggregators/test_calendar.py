"""Local days, intervals and business hours."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.calendar import (
    interval_start,
    is_open,
    local_day_start,
    next_day_start,
    open_ms,
)
from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS, Hours

PARIS = "Europe/Paris"
ZONES = (
    "UTC",
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",  # moved the clock at 00:01
    "America/Sao_Paulo",  # skipped midnight
    "America/Havana",  # had midnight twice
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",  # has no 2011-12-30
    "Pacific/Kiritimati",
    "Antarctica/Troll",  # moves by two hours
)

zones = st.sampled_from(ZONES)
resets = st.sampled_from((0, 1, 30, 150, 240, 1380, 1439))
instants = st.integers(
    int(datetime(1973, 1, 1, tzinfo=UTC).timestamp() * 1000),
    int(datetime(2037, 1, 1, tzinfo=UTC).timestamp() * 1000),
)

OFFICE = ((9 * 60, 18 * 60),)
WEEK_DAYS = Hours(shifts=(OFFICE,) * 5 + ((), ()))
LATE = ((21 * 60, 2 * 60),)
LATE_SHIFT = Hours(shifts=(LATE,) * 7)


def at(zone: str, text: str) -> int:
    """The instant at which the clock of a zone first shows this reading."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.example(39)
@pytest.mark.parametrize(
    ("zone", "noon", "length_h"),
    [
        (PARIS, "2025-03-30T12:00", 23),
        (PARIS, "2025-07-01T12:00", 24),
        (PARIS, "2025-10-26T12:00", 25),
        ("Australia/Lord_Howe", "2025-10-05T12:00", 23.5),
        ("Australia/Lord_Howe", "2025-04-06T12:00", 24.5),
        ("America/Havana", "2025-11-02T12:00", 25),
        ("America/Sao_Paulo", "2018-11-04T12:00", 23),
    ],
)
def test_a_day_is_as_long_as_the_local_clock_makes_it(
    zone: str, noon: str, length_h: float
) -> None:
    """Example 39: days of 23, 24 and 25 hours, and half hours on Lord Howe."""
    ms = at(zone, noon)

    assert length_h * HOUR_MS == next_day_start(ms, zone, 0) - local_day_start(ms, zone, 0)


@pytest.mark.example(39)
def test_two_zones_reset_at_their_own_midnight() -> None:
    """Example 39: in July, midnight of New York is six hours after midnight of Paris."""
    paris = local_day_start(at(PARIS, "2025-07-10T12:00"), PARIS, 0)
    new_york = local_day_start(at("America/New_York", "2025-07-10T12:00"), "America/New_York", 0)

    assert at(PARIS, "2025-07-10T00:00") == paris
    assert new_york - paris == 6 * HOUR_MS


def test_the_reset_time_moves_the_border_of_the_day() -> None:
    """With a reset at 04:00, half past three still belongs to the day before."""
    assert at(PARIS, "2025-07-09T04:00") == local_day_start(
        at(PARIS, "2025-07-10T03:30"), PARIS, 240
    )
    assert at(PARIS, "2025-07-10T04:00") == local_day_start(
        at(PARIS, "2025-07-10T04:00"), PARIS, 240
    )


def test_a_skipped_reset_time_is_the_end_of_the_gap() -> None:
    """Paris has no 02:30 on 30 March 2025: the day begins at 03:00, which is 01:00 UTC."""
    gap_end = at("UTC", "2025-03-30T01:00")

    assert gap_end == local_day_start(gap_end, PARIS, 150)
    assert gap_end == next_day_start(gap_end - 1, PARIS, 150)


def test_a_doubled_reset_time_counts_once() -> None:
    """Paris has 02:30 twice on 26 October 2025: the day begins at the first."""
    first = at("UTC", "2025-10-26T00:30")

    assert first == local_day_start(first + HOUR_MS, PARIS, 150)


def test_a_date_that_a_zone_left_out_has_no_day() -> None:
    """Samoa went from 29 to 31 December 2011."""
    ms = at("Pacific/Apia", "2011-12-29T12:00")

    assert at("Pacific/Apia", "2011-12-31T00:00") == next_day_start(ms, "Pacific/Apia", 0)


@given(instants, zones, resets)
def test_days_tile_the_time_line(ms: int, zone: str, reset_minute: int) -> None:
    """Each instant lies in one day, and a day ends where the next one starts."""
    start = local_day_start(ms, zone, reset_minute)
    end = next_day_start(ms, zone, reset_minute)

    assert start <= ms < end
    assert start == local_day_start(start, zone, reset_minute)
    assert start == local_day_start(end - 1, zone, reset_minute)
    assert end == next_day_start(start, zone, reset_minute)
    assert end == local_day_start(end, zone, reset_minute)
    assert start % MINUTE_MS == 0


@given(instants, zones)
def test_a_day_starts_when_the_clock_first_shows_its_date(ms: int, zone: str) -> None:
    """Just before the start the clock shows an earlier date than at the start."""
    start = local_day_start(ms, zone, 0)
    tz = ZoneInfo(zone)

    before = datetime.fromtimestamp(start / 1000 - 1, tz).date()
    assert before < datetime.fromtimestamp(start / 1000, tz).date()


@pytest.mark.parametrize(
    ("zone", "clock", "minutes", "starts"),
    [
        (PARIS, "2025-07-10T10:14:59.999", 15, "2025-07-10T10:00"),
        (PARIS, "2025-07-10T10:15", 15, "2025-07-10T10:15"),
        (PARIS, "2025-07-10T10:29", 30, "2025-07-10T10:00"),
        ("Asia/Kathmandu", "2025-07-10T10:29", 30, "2025-07-10T10:00"),
        ("Asia/Kathmandu", "2025-07-10T10:31", 30, "2025-07-10T10:30"),
        ("Pacific/Chatham", "2025-09-28T02:40", 30, "2025-09-28T02:30"),
        ("Pacific/Chatham", "2025-09-28T03:50", 30, "2025-09-28T03:45"),
    ],
)
def test_intervals_follow_the_local_clock(zone: str, clock: str, minutes: int, starts: str) -> None:
    """Half hours of Nepal start on the hour there, at a quarter in UTC."""
    assert at(zone, starts) == interval_start(at(zone, clock), zone, minutes)


@given(instants, zones, st.sampled_from((15, 30)))
def test_intervals_tile_the_time_line(ms: int, zone: str, minutes: int) -> None:
    """Each instant lies in one interval, never longer than its name says."""
    start = interval_start(ms, zone, minutes)

    assert start <= ms < start + minutes * MINUTE_MS
    assert start == interval_start(start, zone, minutes)
    assert start == interval_start((start + ms) // 2, zone, minutes)


@settings(max_examples=30)
@given(zones, st.integers(1973, 2036), st.sampled_from((15, 30)))
def test_an_interval_is_cut_only_where_the_clock_moves(zone: str, year: int, minutes: int) -> None:
    """Both ends of an interval show the same quarter or half hour of the clock."""
    tz = ZoneInfo(zone)
    ms = at("UTC", f"{year}-01-01T00:00")
    end = at("UTC", f"{year + 1}-01-01T00:00")
    while ms < end:
        start = interval_start(ms, zone, minutes)
        first = datetime.fromtimestamp(start / 1000, tz)
        seen = datetime.fromtimestamp(ms / 1000, tz)
        assert first.minute // minutes == seen.minute // minutes
        assert (first.date(), first.hour) == (seen.date(), seen.hour)
        assert first.utcoffset() == seen.utcoffset()
        if first.minute % minutes:
            before = datetime.fromtimestamp(start / 1000 - 1, tz)
            assert before.utcoffset() != first.utcoffset()
        ms += 7 * HOUR_MS + 11 * MINUTE_MS


def test_an_unknown_zone_is_refused_with_advice() -> None:
    """The reader is told what a zone looks like."""
    for zone in ("Paris/Europe", "", "../etc/passwd"):
        with pytest.raises(ValueError, match="use an IANA name such as Europe/Paris"):
            local_day_start(0, zone, 0)


def test_a_ticket_over_the_weekend_waits_for_business_hours_only() -> None:
    """Example 20: Friday 17:55 to Monday 09:05 is 600 s of business time."""
    created, replied = at(PARIS, "2025-07-11T17:55"), at(PARIS, "2025-07-14T09:05")

    assert open_ms(WEEK_DAYS, PARIS, created, replied) == 600_000
    assert open_ms(None, PARIS, created, replied) == 227_400_000


def test_a_shift_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    """Example 20: shift 21:00 to 02:00, from 01:50 to 21:10 of one date is 1,200 s."""
    created, replied = at(PARIS, "2025-07-11T01:50"), at(PARIS, "2025-07-11T21:10")

    assert open_ms(LATE_SHIFT, PARIS, created, replied) == 1_200_000


def test_no_shift_starts_on_a_holiday_but_one_may_end_there() -> None:
    """With 14 July off, the late shift of the 13th still ends at 02:00."""
    hours = Hours(shifts=LATE_SHIFT.shifts, holidays=frozenset({"2025-07-14"}))

    assert is_open(hours, PARIS, at(PARIS, "2025-07-14T01:59:59"))
    assert not is_open(hours, PARIS, at(PARIS, "2025-07-14T02:00"))
    assert not is_open(hours, PARIS, at(PARIS, "2025-07-14T22:00"))
    assert not is_open(hours, PARIS, at(PARIS, "2025-07-15T01:00"))
    assert is_open(hours, PARIS, at(PARIS, "2025-07-15T21:00"))


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        ("2025-07-11T08:59:59.999", False),
        ("2025-07-11T09:00", True),
        ("2025-07-11T17:59:59.999", True),
        ("2025-07-11T18:00", False),
        ("2025-07-12T12:00", False),
    ],
)
def test_a_shift_holds_its_start_and_not_its_end(clock: str, expected: bool) -> None:
    """Opening time is inside, closing time outside."""
    assert expected is is_open(WEEK_DAYS, PARIS, at(PARIS, clock))


def test_a_shift_with_equal_ends_lasts_the_whole_local_day() -> None:
    """From 00:00 to 00:00 of the next day, 23 hours when the clock is moved."""
    always = Hours(shifts=(((0, 0),),) * 7)

    assert (
        open_ms(always, PARIS, at(PARIS, "2025-03-30T00:00"), at(PARIS, "2025-03-31T00:00"))
        == 23 * HOUR_MS
    )


def test_overlapping_shifts_count_once() -> None:
    """09 to 13 and 12 to 18 is nine hours."""
    hours = Hours(shifts=(((540, 780), (720, 1080)),) * 7)
    start = at(PARIS, "2025-07-11T00:00")

    assert open_ms(hours, PARIS, start, start + DAY_MS) == 9 * HOUR_MS


def test_the_night_shift_is_shorter_when_the_clock_goes_forward() -> None:
    """21:00 to 02:00 UTC+1 of Lord Howe loses half an hour, Paris 21:00 to 03:00 a full one."""
    night = Hours(shifts=(((21 * 60, 3 * 60),),) * 7)
    start = at(PARIS, "2025-03-29T12:00")

    assert open_ms(night, PARIS, start, start + DAY_MS) == 5 * HOUR_MS


def test_no_time_passes_when_the_end_is_not_after_the_start() -> None:
    """A reply told before its ticket costs nothing."""
    ms = at(PARIS, "2025-07-11T10:00")

    assert open_ms(WEEK_DAYS, PARIS, ms, ms) == 0
    assert open_ms(None, PARIS, ms, ms - 1) == 0


@given(
    instants,
    st.lists(st.integers(0, 20 * DAY_MS), min_size=2, max_size=2),
    zones,
    st.sampled_from((None, WEEK_DAYS, LATE_SHIFT)),
)
def test_business_time_adds_up_over_any_cut(
    start: int, lengths: list[int], zone: str, hours: Hours | None
) -> None:
    """The parts of a stretch have together the business time of the whole."""
    middle, end = start + lengths[0], start + sum(lengths)

    whole = open_ms(hours, zone, start, end)
    assert whole == open_ms(hours, zone, start, middle) + open_ms(hours, zone, middle, end)
    assert 0 <= whole <= end - start


@given(instants, zones, st.sampled_from((WEEK_DAYS, LATE_SHIFT)))
def test_a_millisecond_is_business_time_when_it_is_open(ms: int, zone: str, hours: Hours) -> None:
    """The two questions about business hours agree."""
    assert int(is_open(hours, zone, ms)) == open_ms(hours, zone, ms, ms + 1)
