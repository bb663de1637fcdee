"""Who is on call at an instant: an override, else the calendar, else the rotation.

Asked every second, so a calendar is read once and looked up once per day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar

from aggregators.policy import DAY_MS
from alerts.plan import Duty, Person, Rotation

_TOO_OFTEN = {"SECONDLY", "MINUTELY"}
_MOST_NAMED = 5


class _Span(NamedTuple):
    start_ms: int
    end_ms: int
    summary: str


def on_duty(duty: Duty, people: Mapping[str, Person], at_ms: int) -> tuple[str, ...]:
    """Return the ids of those on call, in the order of ``people``; () when nobody is.

    Several overrides or events at once mean several people. While no event of the calendar names
    anybody, the rotation counts, if there is one. Every span ends just before its end.
    """
    replaced = {o.person for o in duty.overrides if o.start_ms <= at_ms < o.end_ms}
    if replaced:
        return tuple(person for person in people if person in replaced)
    if duty.calendar is not None:
        spans = _spans(duty.calendar, duty.zone, at_ms // DAY_MS)
        named = [span.summary for span in spans if span.start_ms <= at_ms < span.end_ms]
        if found := _named(named, people):
            return found
    if duty.rotation is None:
        return ()
    person = _in_turn(duty.rotation, duty.zone, at_ms)
    return () if person is None or person not in people else (person,)


def calendar_problem(text: str, people: Mapping[str, Person] | None = None) -> str | None:
    """Return why a calendar cannot serve, in one line, or None; with people, one must be named."""
    try:
        events = _events(text)
        if any(_frequencies(event) & _TOO_OFTEN for event in events):
            return "has an event that repeats by the minute or second: a duty lasts hours"
        _query(text).at(datetime(2026, 1, 1, tzinfo=UTC))
    except Exception as error:  # noqa: BLE001  the libraries raise anything on broken text
        return f"is not an iCalendar file that can be read: {_line(error)}"
    if not events:
        return "has no events (VEVENT)"
    if people is not None and not any(_named([_summary(event)], people) for event in events):
        found = ", ".join(unknown_summaries(text, people)[:_MOST_NAMED])
        return f"names nobody of alerts.people; its events are called: {found}"
    return None


def unknown_summaries(text: str, people: Mapping[str, Person]) -> tuple[str, ...]:
    """Return what events are called that is neither the id nor the name of a person, sorted.

    Raises:
        ValueError: it is not iCalendar.
    """
    summaries = {_summary(event) for event in _events(text)}
    return tuple(sorted(summary for summary in summaries if not _named([summary], people)))


# --- the calendar -----------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _calendar(text: str) -> Calendar:
    calendar = Calendar.from_ical(text)
    if not isinstance(calendar, Calendar):
        raise ValueError("it does not begin with BEGIN:VCALENDAR")
    return calendar


def _events(text: str) -> list[Any]:
    return list(_calendar(text).walk("VEVENT"))


@lru_cache(maxsize=16)
def _query(text: str) -> Any:
    return recurring_ical_events.of(_calendar(text))


@lru_cache(maxsize=64)
def _spans(text: str, zone: str, day: int) -> tuple[_Span, ...]:
    """All events that touch a UTC day; a calendar that cannot be read has none."""
    start = datetime.fromtimestamp(day * DAY_MS / 1000, UTC)
    try:
        # A day more on both sides: floating and all-day events are those of the duty's zone.
        found = _query(text).between(start - timedelta(days=1), start + timedelta(days=2))
        return tuple(_span(event, ZoneInfo(zone)) for event in found if _counts(event))
    except Exception:  # noqa: BLE001  the check of the settings told it; a page must not fail here
        return ()


def _counts(event: Any) -> bool:
    return str(event.get("STATUS", "")).strip().upper() != "CANCELLED"


def _span(event: Any, zone: ZoneInfo) -> _Span:
    return _Span(_instant_ms(event.start, zone), _instant_ms(event.end, zone), _summary(event))


def _instant_ms(moment: date | datetime, zone: ZoneInfo) -> int:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)


def _summary(event: Any) -> str:
    return str(event.get("SUMMARY", "")).strip()


def _frequencies(event: Any) -> set[str]:
    rules = event.get("RRULE", [])
    rules = rules if isinstance(rules, list) else [rules]
    return {str(name).upper() for rule in rules for name in rule.get("FREQ", [])}


def _named(summaries: Iterable[str], people: Mapping[str, Person]) -> tuple[str, ...]:
    wanted = {summary.strip().casefold() for summary in summaries}
    return tuple(
        name
        for name, person in people.items()
        if name.casefold() in wanted or person.name.strip().casefold() in wanted
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


# --- the rotation -----------------------------------------------------------------------------


def _in_turn(rotation: Rotation, zone: str, at_ms: int) -> str | None:
    local = ZoneInfo(zone)
    start = datetime.fromisoformat(rotation.start)
    length = timedelta(weeks=rotation.weeks)

    def begins_ms(turn: int) -> int:
        # In local time: a turn may be an hour longer or shorter, its hand-over never moves.
        return _instant_ms(start + turn * length, local)

    now = datetime.fromtimestamp(at_ms / 1000, local).replace(tzinfo=None)
    turn = (now - start) // length
    while begins_ms(turn + 1) <= at_ms:
        turn += 1
    while begins_ms(turn) > at_ms:
        turn -= 1
    return rotation.people[turn % len(rotation.people)] if turn >= 0 else None
