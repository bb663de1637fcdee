"""Who is on call: literal weeks across changes of the clock, calendars, and the law of turns."""

from __future__ import annotations

from datetime import datetime, timedelta
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.duty import calendar_problem, on_duty, unknown_summaries
from alerts.plan import Duty, Override, Person, Rotation

PARIS = "Europe/Paris"
PEOPLE = {
    "ada": Person("ada", "Ada L.", ("mail",)),
    "bob": Person("bob", "Bob Martin", ("mail",)),
    "eve": Person("eve", "Ève", ("mail",)),
}
TURNS = Rotation(("ada", "bob", "eve"), "2026-03-16T09:00")


def at(local: str, zone: str = PARIS, fold: int = 0) -> int:
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def calendar(*events: str, zone: str = "") -> str:
    body = "".join(
        f"BEGIN:VEVENT\nUID:{n}@x\nDTSTAMP:20260101T000000Z\n{dedent(event).strip()}\nEND:VEVENT\n"
        for n, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{zone}{body}END:VCALENDAR\n"


def on_call(text: str, local: str, *, zone: str = PARIS) -> tuple[str, ...]:
    return on_duty(Duty(id="night", zone=zone, calendar=text), PEOPLE, at(local, zone))


# --- rotation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "who"),
    [
        ("2026-03-16T08:59:59", ()),
        ("2026-03-16T09:00:00", ("ada",)),
        ("2026-03-23T08:59:59", ("ada",)),
        ("2026-03-23T09:00:00", ("bob",)),
        ("2026-03-30T08:59:59", ("bob",)),  # the clocks went forward on the 29th
        ("2026-03-30T09:00:00", ("eve",)),
        ("2026-04-06T09:00:00", ("ada",)),
        ("2026-10-26T08:59:59", ("bob",)),  # and back on the 25th of October
        ("2026-10-26T09:00:00", ("eve",)),
    ],
)
def test_hand_over_is_at_the_same_local_time_all_year(local: str, who: tuple[str, ...]) -> None:
    """A week with a change of the clock is an hour shorter or longer; before the start: nobody."""
    assert on_duty(Duty(id="night", zone=PARIS, rotation=TURNS), PEOPLE, at(local)) == who


def test_the_week_of_the_change_lasts_an_hour_less_and_an_hour_more() -> None:
    """167 hours in March, 169 in October."""
    hour = 3_600_000
    assert at("2026-03-30T09:00") - at("2026-03-23T09:00") == 167 * hour
    duty = Duty(id="night", zone=PARIS, rotation=TURNS)
    assert on_duty(duty, PEOPLE, at("2026-03-23T09:00") + 167 * hour - 1) == ("bob",)
    assert on_duty(duty, PEOPLE, at("2026-03-23T09:00") + 167 * hour) == ("eve",)
    assert on_duty(duty, PEOPLE, at("2026-10-19T09:00") + 169 * hour - 1) == ("bob",)
    assert on_duty(duty, PEOPLE, at("2026-10-19T09:00") + 169 * hour) == ("eve",)


def test_a_hand_over_in_the_hour_that_is_missing_or_doubled_happens_once() -> None:
    """At half past two on the day of the change: one hour later, and at the first half past two."""
    turns = Rotation(("ada", "bob"), "2026-03-22T02:30")
    duty = Duty(id="night", zone=PARIS, rotation=turns)
    assert on_duty(duty, PEOPLE, at("2026-03-29T03:29:59")) == ("ada",)
    assert on_duty(duty, PEOPLE, at("2026-03-29T03:30:00")) == ("bob",)
    assert on_duty(duty, PEOPLE, at("2026-10-25T02:29:59", fold=0)) == ("ada",)
    assert on_duty(duty, PEOPLE, at("2026-10-25T02:30:00", fold=0)) == ("bob",)
    assert on_duty(duty, PEOPLE, at("2026-10-25T02:15:00", fold=1)) == ("bob",)


@given(
    zone=st.sampled_from([PARIS, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
    start=st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2027-01-01")),
    weeks=st.integers(1, 4),
    turn=st.integers(0, 300),
    later_ms=st.integers(0, 21 * 86_400_000),
)
def test_exactly_one_person_at_any_instant_and_the_next_exactly_at_the_hand_over(
    zone: str, start: datetime, weeks: int, turn: int, later_ms: int
) -> None:
    """The n-th hand-over is n turns after the start on the local clock; nobody is skipped."""
    rotation = Rotation(("ada", "bob", "eve"), start.isoformat(), weeks)
    duty = Duty(id="night", zone=zone, rotation=rotation)
    begins = at((start + timedelta(weeks=weeks * turn)).isoformat(), zone)
    assert on_duty(duty, PEOPLE, begins) == (rotation.people[turn % 3],)
    before = (rotation.people[(turn - 1) % 3],) if turn else ()
    assert on_duty(duty, PEOPLE, begins - 1) == before
    assert len(on_duty(duty, PEOPLE, begins + later_ms)) == 1


# --- overrides --------------------------------------------------------------------------------


def test_an_override_wins_over_calendar_and_rotation_until_just_before_its_end() -> None:
    """Two of them at once are both on call, in the order of the people."""
    everybody = calendar("SUMMARY:bob\nDTSTART:20200101T000000Z\nDTEND:20300101T000000Z")
    first = Override(at("2026-03-23T10:00"), at("2026-03-23T12:00"), "eve")
    second = Override(at("2026-03-23T11:00"), at("2026-03-23T13:00"), "ada")
    duty = Duty(
        id="night", zone=PARIS, rotation=TURNS, overrides=(first, second), calendar=everybody
    )

    def who(local: str) -> tuple[str, ...]:
        return on_duty(duty, PEOPLE, at(local))

    assert who("2026-03-23T09:59:59.999") == ("bob",)
    assert who("2026-03-23T10:00") == ("eve",)
    assert who("2026-03-23T11:30") == ("ada", "eve")
    assert who("2026-03-23T12:00") == ("ada",)
    assert who("2026-03-23T13:00") == ("bob",)


# --- calendar ---------------------------------------------------------------------------------

NIGHTS = calendar(
    """
    SUMMARY: BOB martin\x20
    DTSTART;TZID=Europe/Paris:20260320T180000
    DTEND;TZID=Europe/Paris:20260321T080000
    RRULE:FREQ=WEEKLY;COUNT=40
    EXDATE;TZID=Europe/Paris:20260403T180000
    """
)


@pytest.mark.parametrize(
    ("local", "who"),
    [
        ("2026-03-20T17:59:59", ()),
        ("2026-03-20T18:00:00", ("bob",)),
        ("2026-03-21T07:59:59", ("bob",)),
        ("2026-03-21T08:00:00", ()),
        ("2026-03-27T18:00:00", ("bob",)),
        ("2026-04-03T20:00:00", ()),  # the exception
        ("2026-04-10T18:00:00", ("bob",)),  # summer time: still six in the evening
        ("2026-10-23T18:00:00", ("bob",)),
        ("2026-10-30T17:59:59", ()),
        ("2026-10-30T18:00:00", ("bob",)),
        ("2027-01-01T18:00:00", ()),  # the 42nd Friday
    ],
)
def test_a_weekly_event_keeps_its_local_time_and_its_exceptions(
    local: str, who: tuple[str, ...]
) -> None:
    """Names are compared without case and blanks around them."""
    assert on_call(NIGHTS, local) == who


def test_a_moved_instance_is_where_it_was_moved_to_and_may_be_another_person() -> None:
    """RECURRENCE-ID: the usual evening is free, the other one is taken."""
    series = (
        "SUMMARY:ada\nUID:series@x\nRRULE:FREQ=WEEKLY\n"
        "DTSTART;TZID=Europe/Paris:20260320T180000\nDTEND;TZID=Europe/Paris:20260320T220000"
    )
    moved = (
        "SUMMARY:eve\nUID:series@x\nRECURRENCE-ID;TZID=Europe/Paris:20260327T180000\n"
        "DTSTART;TZID=Europe/Paris:20260328T180000\nDTEND;TZID=Europe/Paris:20260328T220000"
    )
    text = calendar(series, moved).replace("UID:0@x\n", "").replace("UID:1@x\n", "")
    assert on_call(text, "2026-03-20T19:00") == ("ada",)
    assert on_call(text, "2026-03-27T19:00") == ()
    assert on_call(text, "2026-03-28T19:00") == ("eve",)
    assert on_call(text, "2026-04-03T19:00") == ("ada",)


def test_all_day_and_floating_events_are_those_of_the_dutys_zone() -> None:
    """Midnight is midnight there, not in UTC; the last day is the one before DTEND."""
    text = calendar(
        "SUMMARY:eve\nDTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330",
        "SUMMARY:ada\nDTSTART:20260401T080000\nDURATION:PT2H",
    )
    for zone in (PARIS, "Pacific/Auckland", "America/Los_Angeles"):
        assert on_call(text, "2026-03-27T23:59:59.999", zone=zone) == ()
        assert on_call(text, "2026-03-28T00:00:00", zone=zone) == ("eve",)
        assert on_call(text, "2026-03-29T23:59:59.999", zone=zone) == ("eve",)
        assert on_call(text, "2026-03-30T00:00:00", zone=zone) == ()
        assert on_call(text, "2026-04-01T07:59:59", zone=zone) == ()
        assert on_call(text, "2026-04-01T08:00:00", zone=zone) == ("ada",)
        assert on_call(text, "2026-04-01T10:00:00", zone=zone) == ()


OWN_ZONE = (
    "BEGIN:VTIMEZONE\nTZID:Office\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
    "TZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nTZNAME:OFF\nEND:STANDARD\nEND:VTIMEZONE\n"
)


def test_a_zone_that_the_file_itself_defines_is_used() -> None:
    """Half past five east of UTC, whatever the duty's own zone."""
    event = "SUMMARY:bob\nDTSTART;TZID=Office:20260301T090000\nDTEND;TZID=Office:20260301T100000"
    text = calendar(event, zone=OWN_ZONE)
    assert on_call(text, "2026-03-01T03:29:59", zone="UTC") == ()
    assert on_call(text, "2026-03-01T03:30:00", zone="UTC") == ("bob",)
    assert on_call(text, "2026-03-01T04:30:00", zone="UTC") == ()


def test_several_events_at_once_are_several_people_in_the_order_of_the_people() -> None:
    """A cancelled event counts for nobody, a stranger's summary neither."""
    hours = "DTSTART:20260301T080000Z\nDTEND:20260301T100000Z"
    text = calendar(
        f"SUMMARY:Ève\n{hours}",
        f"SUMMARY:ada\n{hours}",
        f"SUMMARY:bob\nSTATUS:CANCELLED\n{hours}",
        f"SUMMARY:Team lunch\n{hours}",
    )
    assert on_call(text, "2026-03-01T08:30", zone="UTC") == ("ada", "eve")


def test_where_the_calendar_names_nobody_the_rotation_counts() -> None:
    """A calendar may hold the exceptions only."""
    duty = Duty(id="night", zone=PARIS, rotation=TURNS, calendar=NIGHTS)
    assert on_duty(duty, PEOPLE, at("2026-03-20T17:00")) == ("ada",)
    assert on_duty(duty, PEOPLE, at("2026-03-20T18:00")) == ("bob",)


def test_a_calendar_that_cannot_be_read_leaves_the_rotation() -> None:
    """The check of the settings tells of it; who is on call must be found all the same."""
    for text in ("", "hello", calendar("SUMMARY:ada\nDTSTART:nonsense")):
        duty = Duty(id="night", zone=PARIS, rotation=TURNS, calendar=text)
        assert on_duty(duty, PEOPLE, at("2026-03-24T12:00")) == ("bob",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is not an iCalendar file that can be read"),
        ("<html>sign in</html>", "is not an iCalendar file that can be read"),
        ("BEGIN:VEVENT\nEND:VEVENT\n", "it does not begin with BEGIN:VCALENDAR"),
        (calendar("SUMMARY:ada\nDTSTART:nonsense"), "is not an iCalendar file that can be read"),
        (calendar("SUMMARY:ada\nDTSTART:20260101T000000Z\nRRULE:FREQ=BLA"), "can be read"),
        (calendar("SUMMARY:ada\nDTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY"), "by the minute"),
        (calendar(), "has no events"),
        (
            calendar("SUMMARY:Zoé\nDTSTART:20260101T000000Z", "SUMMARY:X\nDTSTART:20260102T0000"),
            "can be read",
        ),
        (
            calendar("SUMMARY:Zoé\nDTSTART:20260101T000000Z", "SUMMARY:X\nDTSTART:20260102"),
            "its events are called: X, Zoé",
        ),
        (NIGHTS, None),
    ],
)
def test_a_calendar_that_cannot_serve_is_told(text: str, problem: str | None) -> None:
    """One line; None when all is well."""
    found = calendar_problem(text, PEOPLE)
    if problem is None:
        assert found is None
    else:
        assert found is not None
        assert problem in found
        assert "\n" not in found


def test_events_that_name_nobody_are_listed() -> None:
    """For a warning: a name may have been written wrongly."""
    text = calendar(
        "SUMMARY:ada\nDTSTART:20260101T000000Z",
        "SUMMARY:Bbo Martin\nDTSTART:20260102T000000Z",
        "DTSTART:20260103T000000Z",
    )
    assert unknown_summaries(text, PEOPLE) == ("", "Bbo Martin")
    assert calendar_problem(text, PEOPLE) is None
    assert calendar_problem(calendar("SUMMARY:Zoé\nDTSTART:20260101T000000Z")) is None
