"""The cycle collector follows what the worker does, where the front door let it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from streams.collector import BEHIND, LIVE, calm_collector, pace_collector


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The collector of this process."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_it_looks_rarely_in_a_backlog_and_a_little_at_a_time_when_live() -> None:
    """Back and forth; a backlog is what a worker begins with."""
    calm_collector()
    assert gc.get_threshold() == BEHIND
    pace_collector(is_behind=False)
    assert gc.get_threshold() == LIVE
    pace_collector(is_behind=False)
    pace_collector(is_behind=True)
    assert gc.get_threshold() == BEHIND


def test_a_process_that_was_not_calmed_is_left_alone() -> None:
    """A worker inside somebody else's program changes nothing there."""
    gc.set_threshold(700, 10, 10)
    for is_behind in (True, False):
        pace_collector(is_behind=is_behind)
        assert gc.get_threshold() == (700, 10, 10)


def test_a_look_when_live_is_a_fraction_of_one_in_a_backlog() -> None:
    """Objects between two looks, of the youngest and of those that were seen once."""
    assert LIVE[0] * LIVE[1] * 2 < BEHIND[0]
