"""A backlog is measured in seconds of the worker's own pace."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from streams.pace import Pace

A: Hashable = ("calls", 0)
B: Hashable = ("calls", 1)


def paced(per_s: int, seconds: int) -> Pace[Hashable]:
    """A worker that has folded so many events each second."""
    pace: Pace[Hashable] = Pace()
    for second in range(seconds + 1):
        pace.note({A: per_s * second}, float(second))
    return pace


@pytest.mark.parametrize(("events", "expected"), [(0, False), (20_000, False), (20_001, True)])
def test_a_new_worker_has_a_backlog_above_twenty_thousand_events(
    events: int, expected: bool
) -> None:
    """Nothing is known of its pace yet."""
    pace: Pace[Hashable] = Pace()
    assert pace.is_backlog(events) is expected


def test_two_seconds_of_a_usual_pace_are_no_backlog() -> None:
    """At 20,000 events per second a fetch alone may hold a second of them."""
    pace = paced(20_000, 180)
    assert pace.per_s == pytest.approx(20_000, rel=0.01)
    assert not pace.is_backlog(39_000)
    assert pace.is_backlog(41_000)


def test_a_burst_of_some_seconds_is_not_yet_usual() -> None:
    """A backlog that is worked off fast stays one until little of it is left."""
    assert paced(80_000, 3).is_backlog(60_000)


def test_a_partition_that_comes_or_is_placed_back_is_no_work_done() -> None:
    """Only what was folded between two looks counts."""
    pace: Pace[Hashable] = Pace()
    pace.note({A: 1_000_000}, 0.0)
    pace.note({A: 1_000_000, B: 5_000_000}, 1.0)
    pace.note({A: 900_000, B: 5_000_000}, 2.0)
    pace.note({B: 5_000_000}, 3.0)
    assert pace.per_s == 0.0


def test_a_worker_that_rests_forgets_its_pace() -> None:
    """After two quiet minutes the least number counts again."""
    pace = paced(50_000, 60)
    for second in range(61, 181):
        pace.note({A: 3_000_000}, float(second))
    assert pace.is_backlog(20_001)
