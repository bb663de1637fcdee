"""First responses on voice: the answer; by channel, and decided by the clock."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators import events as ev
from aggregators.policy import Hours
from tests.aggregators.story import abandoned, answered, event, fold, look, queued, rules


def created(c: str, at_s: float, **kw: Any) -> Any:
    return event(ev.ContactCreated, at_s, contact_id=c, channel="voice", **kw)


def whole(events: list[Any], at_s: float, **policy: Any) -> Any:
    ordered = sorted(events, key=lambda e: e.event_time_ms)
    return look(fold(ordered, rules(**policy)), at_s=at_s).windows["whole"]


@pytest.mark.proves("first_response_seconds")
def test_on_voice_the_first_response_is_the_pick_up() -> None:
    """From the first sign to the answer: the same as the answer speed from the start."""
    calls = [created("a", 0), queued("a", 30), answered("a", 42)]
    calls += [queued("b", 100), answered("b", 108)]
    found = whole(calls, 200)
    assert found.total["first_response_seconds"] == {"calendar": 25.0, "business": 25.0}
    assert found.total["asa_seconds"]["from_start"] == 25.0
    assert found.channels["voice"]["first_response_seconds"]["calendar"] == 25.0


def test_a_call_that_the_centre_made_has_no_first_response() -> None:
    """It has an answer speed all the same."""
    call = [created("a", 0, initiated_by="agent"), queued("a", 5), answered("a", 15)]
    found = whole(call, 60).total
    assert found["first_response_seconds"] == {"calendar": None, "business": None}
    assert found["asa_seconds"]["from_start"] == 15.0


@pytest.mark.proves("first_response_within_rate")
def test_limits_of_the_first_response_pass_while_a_call_waits() -> None:
    """Answered after 8 s and 42 s, gone after 20 s and 5 s, one that waits for 11 s and 9 s."""
    calls = [queued("a", 0), answered("a", 8), queued("b", 0), answered("b", 42)]
    calls += [queued("c", 0), abandoned("c", 20), queued("d", 0), abandoned("d", 5)]
    calls += [queued("e", 50), queued("f", 52)]
    rate = whole(calls, 61).total["first_response_within_rate"]
    assert rate["10"] == pytest.approx(1 / 4)
    assert rate["30"] == pytest.approx(1 / 2)
    assert rate["60"] == 1.0


def test_a_limit_is_booked_when_it_passed() -> None:
    """Called at 0, answered at 100: the limit of 30 s is missed in the first minute."""
    call = [queued("a", 0), answered("a", 100)]
    first = look(fold(call[:1]), at_s=60, window="1m").windows["1m"].total
    assert first["first_response_within_rate"]["30"] == 0.0  # type: ignore[index]
    later = look(fold(call), at_s=120, window="1m").windows["1m"].total
    assert later["first_response_within_rate"]["30"] is None  # type: ignore[index]
    assert later["first_response_within_rate"]["300"] == 1.0  # type: ignore[index]


def test_a_call_that_begins_before_the_opening_waits_in_business_time_from_then_on() -> None:
    """The menu at 08:59:50, in the queue at 9:00, answered after ten seconds: 20 s and 10 s."""
    nine = 9 * 3600
    call = [created("a", nine - 10), queued("a", nine), answered("a", nine + 10)]
    hours = Hours(shifts=(((9 * 60, 18 * 60),),) * 7)
    found = whole(call, nine + 60, hours=hours).total
    assert found["first_response_seconds"] == {"calendar": 20.0, "business": 10.0}


def test_a_lost_call_stops_passing_limits() -> None:
    """Given up after four hours: the limit of a day never passes, that of an hour did."""
    found = whole([queued("a", 0)], 30 * 3600, max_wait_ms=4 * 3_600_000).total
    rate = found["first_response_within_rate"]
    assert (rate["3600"], rate["86400"]) == (0.0, None)
