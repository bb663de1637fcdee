"""Silences in great number and with many stars hold nothing up."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from alerts.actions import MOST_SILENCES, check_action
from alerts.alert import Action, Silence
from alerts.http_json import silence_json
from alerts.silences import matches
from tests.alerts.alert_story import HOUR, Story, found, key, plan

SILENCE = Silence(id="s", start_ms=0, end_ms=9_000_000, by="Ada", why="works")


@pytest.mark.parametrize(
    ("pattern", "is_meant"),
    [
        ("sal*", True),
        ("*l?s", True),
        ("s*l*e*s", True),
        ("sal", False),
        ("SALES", False),
        ("[s]ales", False),
        ("*[!x]*", False),
    ],
)
def test_a_pattern_has_stars_and_question_marks_and_nothing_else(
    pattern: str, is_meant: bool
) -> None:
    """The whole name, and case counts."""
    alert = Story().run(0, 0, found([key()])).alert()
    assert matches(replace(SILENCE, name=pattern), alert) is is_meant


def test_a_pattern_of_many_stars_takes_no_time_over_a_name_that_nearly_fits() -> None:
    """Sixty stars; tried out one by one they would take longer than the world has lasted."""
    name = "a" * 80
    alert = Story().run(0, 0, found([key(name)])).alert(key(name))
    began_s = time.perf_counter()
    assert not matches(replace(SILENCE, name="*a" * 60 + "*b"), alert)
    assert time.perf_counter() - began_s < 0.1


def test_there_are_never_more_silences_than_can_be_looked_at_each_second() -> None:
    """One too many is refused until another is over."""
    story = Story()
    for number in range(MOST_SILENCES):
        story.silence(number, 5000, name=f"q{number}")
    asked = Action(
        id="one-more", what="silence", at_ms=1_000_000, by="Ada",
        silence=replace(SILENCE, id="one-more"),
    )  # fmt: skip
    why = check_action(story.book, asked, 1_000_000)
    assert why == "there are 200 silences already: end some, or make one with a pattern"
    assert check_action(story.book, asked, 5_000_000) is None


def test_the_end_of_what_was_over_long_before_a_silence_ended_is_no_news() -> None:
    """Told at 2, silenced for a day, over at 110: nobody hears of it a day later."""
    story = Story(plan=plan()).run(0, 9, found([key()]))
    story.silence(10, 24 * HOUR)
    story.run(10, 49, found([key()])).run(50, 120)
    assert set(story.book.owing) == {story.alert().id}
    story.second(HOUR + 290)
    assert set(story.book.owing) == {story.alert().id}
    story.second(HOUR + 291)
    assert story.book.owing == {}
    story.run(24 * HOUR, 24 * HOUR + 100)
    assert story.told() == [(2, "a", "firing")]


def test_a_silence_that_is_over_means_no_alert_any_more() -> None:
    """It is listed for a day, and is not held against all that is open."""
    book = Story().run(0, 0, found([key()])).book
    silence = replace(SILENCE, end_ms=500_000)
    assert silence_json(silence, book, 499_999)["matched"] == 1
    assert silence_json(silence, book, 500_000)["matched"] == 0
