"""VANAD, windows by event and the state just before an instant, to the unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.shared_data.vanad import INTERVAL, LENGTHS_S, ZONE, Month, random_instants

SLICE = timedelta(seconds=5)


@pytest.mark.parametrize("day", ["2014-01-06", "2014-02-11"])
def test_every_hour_of_a_day_is_the_window_of_an_hour_at_its_end(
    months: dict[str, Month], expected: Callable[[str], Any], day: str
) -> None:
    """A bad Monday and a good Tuesday; offered need not equal answered + abandoned."""
    hours = expected("vanad2014")["days_hourly"][day]
    first = datetime.fromisoformat(day)
    found = [
        months[day[:7]].seen[first + timedelta(hours=told["hour"] + 1)]["1h"][None]["by_event"]
        for told in hours
    ]
    assert found == [told["by_event"] for told in hours]
    assert len(hours) >= 12


def test_rolling_windows_of_half_an_hour_and_the_state_at_their_end(
    months: dict[str, Month], expected: Callable[[str], Any]
) -> None:
    """Also ends between quarters of an hour, and windows of one queue."""
    printed = expected("vanad2014")["rolling_30_min"]
    assert len(printed) == 8
    for told in printed:
        at, queue = datetime.fromisoformat(told["until"]), told["queue"]
        found = months[f"{at:%Y-%m}"].seen[at]["30m"][None if queue is None else str(queue)]
        assert found["by_event"] == told["by_event"], (at, queue)
        assert found["state_before_until"] == told["state_before_until"], (at, queue)


@pytest.mark.parametrize("window", ["15m", INTERVAL])
def test_intervals_of_15_minutes_rolling_or_as_the_last_closed_one(
    months: dict[str, Month], expected: Callable[[str], Any], window: str
) -> None:
    """At its end an interval is the last closed one and the rolling window of its length."""
    printed = expected("vanad2014")["intervals_15_min"]
    assert len(printed) == 6
    for told in printed:
        at = datetime.fromisoformat(told["until"])
        found = months[f"{at:%Y-%m}"].seen[at][window][None]
        assert found["by_event"] == told["by_event"], at
        assert found["state_before_until"] == told["state_before_until"], at


def windows_at(at: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Each window that ``at`` shows: its name, its start and where what happened in it ends.

    A window is made of whole slices of 5 s, the running one with it.
    """
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight - (midnight - at) // SLICE * SLICE
    for name, length_s in LENGTHS_S.items():
        yield name, end - timedelta(seconds=length_s), at
    quarter = timedelta(minutes=15)
    closed = midnight + (at - midnight) // quarter * quarter
    yield INTERVAL, closed - quarter, closed
    yield "today", midnight, at


@pytest.mark.parametrize("name", ["2014-01", "2014-02"])
def test_random_windows_agree_with_the_oracle_of_the_data(
    months: dict[str, Month],
    script: Callable[[str], ModuleType],
    shared_data: Path,
    name: str,
) -> None:
    """It reads all rows, filters and counts; for all calls and for some queues of that day."""
    oracle = script("vanad_windows")
    by_day: dict[str, list[Any]] = {}
    for call in oracle.load(f"calls-{name}.csv.gz"):
        by_day.setdefault(f"{call.received:%Y-%m-%d}", []).append(call)
    compared = 0
    for at in random_instants(name):
        assert at.replace(tzinfo=ZONE).utcoffset() == timedelta(hours=1)
        calls = by_day[f"{at:%Y-%m-%d}"]  # no window reaches back before midnight
        queues = (None, *sorted({call.queue for call in calls})[at.minute % 5 :: 5])
        seen = months[name].seen[at]
        for window, start, end in windows_at(at):
            for queue in queues:
                told = oracle.windows(calls, end, (end - start).total_seconds(), queue)
                found = seen[window].get(None if queue is None else str(queue))
                if found is None:  # a queue of which nothing was heard before that instant
                    assert told["by_event"]["offered"] == 0
                    continue
                assert found["by_event"] == told["by_event"], (at, window, queue)
                if end == at:
                    assert found["state_before_until"] == told["state_before_until"], (at, queue)
                compared += 1
    assert compared > 400
