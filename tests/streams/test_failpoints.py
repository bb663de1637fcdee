"""Failpoints: what the variable may say, and that nothing happens without it."""

from __future__ import annotations

import pytest

from streams import failpoints
from streams.failpoints import NAMES, Failpoint, parse
from streams.settings import StreamError


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_armed_for_any_passage(name: str) -> None:
    """The passage is the first one where nothing is said."""
    assert parse(name) == (name, 1)
    assert parse(f"{name}:12") == (name, 12)


@pytest.mark.parametrize("text", ["after_lunch", "mid_apply:0", "mid_apply:x", "mid_apply:-1", ":"])
def test_a_failpoint_that_means_nothing_stops_the_start(text: str) -> None:
    """A test that kills nothing would pass for a test that survives."""
    with pytest.raises(StreamError, match="means nothing; write one of after_fetch"):
        parse(text)


def test_it_dies_once_at_the_chosen_passage_of_its_own_line() -> None:
    """Other lines do not count, and it is never called a second time."""
    deaths: list[int] = []
    passages = 0
    point = Failpoint("mid_apply", 3, lambda: deaths.append(passages))
    for name in ("after_fetch", "mid_apply", "mid_apply", "after_fetch", "mid_apply", "mid_apply"):
        passages += 1
        point.passing(name)
    assert deaths == [5]


def test_without_the_variable_nothing_is_armed() -> None:
    """Production never dies here."""
    assert failpoints.arm({}) is None
    assert not any(failpoints.is_armed(name) for name in NAMES)
    for name in NAMES:
        failpoints.passing(name)
