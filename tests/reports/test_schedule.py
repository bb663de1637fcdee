"""When reports are due and what they are about, also where the clock changes."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS
from exporters.reports.plan import ReportPlan
from exporters.reports.schedule import days, following, intervals, latest

PARIS = ReportPlan(name="paris", zone="Europe/Paris", at_minute=6 * 60 + 30)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def told(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="minutes")[:16]


@pytest.mark.parametrize(
    ("now", "due", "start", "end"),
    [
        # summer time: 6:30 is 4:30 UTC, a day begins at 22:00 UTC
        ("2026-07-02T04:30", "2026-07-02T04:30", "2026-06-30T22:00", "2026-07-01T22:00"),
        ("2026-07-02T04:29", "2026-07-01T04:30", "2026-06-29T22:00", "2026-06-30T22:00"),
        # the day of 23 hours, reported on the next morning
        ("2026-03-30T05:00", "2026-03-30T04:30", "2026-03-28T23:00", "2026-03-29T22:00"),
        # the day of 25 hours
        ("2026-10-26T06:00", "2026-10-26T05:30", "2026-10-24T22:00", "2026-10-25T23:00"),
    ],
)
def test_a_day_is_reported_on_the_next_morning(now: str, due: str, start: str, end: str) -> None:
    """The due time is a reading of the local clock, the day the whole local day before."""
    found = latest(PARIS, ms(now))
    assert (told(found.due_ms), told(found.start_ms), told(found.end_ms)) == (due, start, end)


def test_a_reading_that_is_skipped_is_due_right_after_the_gap() -> None:
    """2:30 does not exist on 29 March 2026: it is due at 3:00, which is 1:00 UTC."""
    plan = ReportPlan(name="night", zone="Europe/Paris", at_minute=150)
    assert told(latest(plan, ms("2026-03-29T05:00")).due_ms) == "2026-03-29T01:00"
    assert told(following(plan, ms("2026-03-29T00:59"))) == "2026-03-29T01:00"


def test_a_reading_that_comes_twice_is_due_once() -> None:
    """2:30 comes at 0:30 and 1:30 UTC on 25 October 2026: due the first time, not again."""
    plan = ReportPlan(name="night", zone="Europe/Paris", at_minute=150)
    first = latest(plan, ms("2026-10-25T00:30"))
    assert told(first.due_ms) == "2026-10-25T00:30"
    assert latest(plan, ms("2026-10-25T01:30")) == first
    assert told(following(plan, first.due_ms)) == "2026-10-26T01:30"


def test_a_week_is_from_monday_to_monday() -> None:
    """Due on Tuesday at 8, about the week that ended on Sunday night."""
    plan = ReportPlan(
        name="week", zone="Europe/Paris", period="weekly", weekday=1, at_minute=8 * 60
    )
    found = latest(plan, ms("2026-11-24T07:00"))
    assert told(found.due_ms) == "2026-11-24T07:00"
    assert (told(found.start_ms), told(found.end_ms)) == ("2026-11-15T23:00", "2026-11-22T23:00")
    assert told(latest(plan, ms("2026-11-24T06:59")).due_ms) == "2026-11-17T07:00"


def test_a_business_day_begins_at_its_own_time() -> None:
    """Days from 6 to 6: at 5:30 the last whole one ended yesterday at 6."""
    plan = ReportPlan(name="late", reset_minute=6 * 60, at_minute=5 * 60 + 30)
    found = latest(plan, ms("2026-11-24T05:30"))
    assert (told(found.start_ms), told(found.end_ms)) == ("2026-11-22T06:00", "2026-11-23T06:00")


def test_the_key_follows_the_stretch_and_not_the_due_time() -> None:
    """A report that is moved to a later hour after it was sent is not sent again."""
    later = ReportPlan(name="paris", zone="Europe/Paris", at_minute=9 * 60)
    now_ms = ms("2026-07-02T12:00")
    assert latest(later, now_ms).key == latest(PARIS, now_ms).key


@given(
    st.integers(ms("2026-01-01T00:00"), ms("2027-12-31T00:00")),
    st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.sampled_from(["daily", "weekly"]),
    st.integers(0, 1439),
)
def test_due_times_follow_each_other(now_ms: int, zone: str, period: str, at: int) -> None:
    """Between a due time and the next there is none, and each stretch is over when it is due."""
    plan = ReportPlan(name="x", zone=zone, period=period, at_minute=at)  # type: ignore[arg-type]
    before, after = latest(plan, now_ms), following(plan, now_ms)
    assert before.start_ms < before.end_ms <= before.due_ms <= now_ms < after
    assert latest(plan, after - 1) == before
    assert latest(plan, after).due_ms == after
    assert latest(plan, after).start_ms == before.end_ms


@given(
    st.integers(ms("2026-01-01T00:00"), ms("2027-12-31T00:00")),
    st.sampled_from(["Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham"]),
    st.sampled_from([15, 30]),
)
def test_intervals_and_days_tile_their_stretch(now_ms: int, zone: str, minutes: int) -> None:
    """Each begins where the one before ends, whatever the clock does."""
    found = latest(ReportPlan(name="x", zone=zone), now_ms)
    for tiles in (
        intervals(found.start_ms, found.end_ms, zone, minutes),
        days(found.start_ms, found.end_ms, zone, 0),
    ):
        assert (tiles[0][0], tiles[-1][1]) == (found.start_ms, found.end_ms)
        assert all(one[1] == other[0] for one, other in pairwise(tiles))
        assert all(start < end for start, end in tiles)
    assert 23 * HOUR_MS <= found.end_ms - found.start_ms <= 25 * HOUR_MS
    assert found.end_ms - found.start_ms <= DAY_MS + HOUR_MS
    assert (found.end_ms - found.start_ms) % (30 * MINUTE_MS) == 0
