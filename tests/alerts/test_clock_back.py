"""A leader whose clock was ten minutes fast, and the next one, whose clock is right."""

from __future__ import annotations

from alerts.plan import Step
from alerts.step import step
from tests.alerts.alert_story import Story, found, key, plan, rule

TRUE = found([key()])
FAST = 600


def test_a_message_does_not_wait_for_a_group_that_was_told_in_the_future() -> None:
    """Another row fires at 10 by the right clock: told after the wait of the group, once."""
    story = Story().run(FAST, FAST + 5, TRUE)
    both = found([key(), key("help")])
    story.run(10, 200, both)
    assert story.told() == [(FAST + 2, "a", "firing"), (12, "a", "firing")]


def test_the_interval_of_a_group_holds_by_the_new_clock_too() -> None:
    """Three rows, ten seconds apart: the second and third come after a minute each."""
    story = Story().run(FAST, FAST + 5, TRUE)
    story.run(10, 19, found([key(), key("b")]))
    story.run(20, 29, found([key(), key("b"), key("c")]))
    story.run(30, 199, found([key(), key("b"), key("c"), key("d")]))
    assert [at_s for at_s, _, _ in story.told()] == [FAST + 2, 12, 72]


def test_a_ladder_goes_on_from_now() -> None:
    """Fired at 600 by the fast clock; five minutes from 10 on the second step is told."""
    story = Story(plan=plan(Step(0, ("a",)), Step(300_000, ("b",)))).run(FAST, FAST + 5, TRUE)
    story.run(10, 400, TRUE)
    assert story.told("b") == [(312, "b", "firing")]


def test_a_pending_alert_fires_after_its_time_from_now() -> None:
    """Pending since 600 by the fast clock, 30 s from 10 on it fires."""
    late = found([key()], for_s=30)
    story = Story().run(FAST, FAST + 5, late).run(10, 60, late)
    assert story.alert().fired_ms == 40_000


def test_an_alert_clears_after_its_time_from_now() -> None:
    """Not true since 602 by the fast clock: over a minute after 10."""
    story = Story().run(FAST, FAST + 1, TRUE).run(FAST + 2, FAST + 5).run(10, 100)
    assert story.alert().resolved_ms == 70_000


def test_what_was_owed_then_is_told_now() -> None:
    """Fired at 600 by the fast clock, nobody told yet."""
    story = Story().run(FAST, FAST, TRUE).run(10, 20, TRUE)
    assert story.told() == [(12, "a", "firing")]


def test_clocks_that_differ_by_a_moment_change_nothing() -> None:
    """Two workers are never of one mind about the millisecond."""
    story = Story().run(FAST, FAST + 5, TRUE)
    story.book.see(TRUE)
    now_ms = (FAST - 2) * 1000
    assert step(story.book, TRUE, {"wait": rule()}, story.plan, now_ms) == {}


def test_what_waits_on_purpose_goes_on_waiting() -> None:
    """The end of an alert that came back is told after ten minutes, by a clock that is right."""
    story = Story().run(0, 9, TRUE).run(10, 70).run(71, 79, TRUE).run(80, 140)
    assert story.alert().owed["a"].due_ms == 740_000
    story.run(141, 150)
    assert story.alert().owed["a"].due_ms == 740_000
