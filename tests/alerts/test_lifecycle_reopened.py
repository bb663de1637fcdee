"""Alerts that come back: the same one, or another, and what people hear of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from alerts.evaluation import Findings
from alerts.plan import Step
from tests.alerts.alert_story import HOUR, MINUTE, Story, found, key, plan, rule

TRUE = found([key()])


def swings(true_s: int, false_s: int, until_s: int) -> Callable[[int], Findings]:
    """True, false, true, false ... until some second, and false from then on."""

    def at(at_s: int) -> Findings:
        return found([key()] if at_s < until_s and at_s % (true_s + false_s) < true_s else [])

    return at


@pytest.mark.parametrize(
    ("again_s", "states"),
    [(66, ["firing"]), (665, ["firing"]), (666, ["resolved", "firing"])],
)
def test_true_again_within_ten_minutes_it_is_the_same_alert(
    again_s: int, states: list[str]
) -> None:
    """Over at 66 s: the same until 665 s, another one from 666 s on."""
    story = Story().run(0, 5, TRUE).run(6, again_s - 1 if again_s > 66 else 65)
    if again_s > 66:
        assert story.states() == ["resolved"]
    story.second(again_s, TRUE)
    assert story.states() == states


def test_a_reopened_alert_is_nobodys_and_counts_its_returns() -> None:
    """The acknowledgement is gone, first firing and id stay."""
    story = Story().run(0, 5, TRUE)
    first = story.alert()
    story.ask("acknowledge", 5.5)
    story.run(6, 100)
    assert story.alert().acknowledged_by == "Ada"
    story.second(101, TRUE)
    again = story.alert()
    assert (again.id, again.fired_ms, again.reopened) == (first.id, 0, 1)
    assert (again.state, again.acknowledged_by, again.acknowledged_ms) == ("firing", "", None)
    assert (again.resolved_ms, again.false_since_ms) == (None, None)
    assert story.story()[-1] == (101, "reopened")


def test_a_return_must_last_as_long_as_a_first_time() -> None:
    """29 s of 30 are nothing: the alert stays over, in the same record."""
    waiting = found([key()], for_s=30)
    story = Story().run(0, 40, waiting).run(41, 101)
    assert story.states() == ["resolved"]
    story.run(110, 139, waiting)
    assert story.states() == ["resolved"]
    assert story.book.open_keys() == {key()}
    story.second(140)
    assert story.book.open_keys() == set()
    story.run(150, 180, waiting)
    assert story.story()[-1] == (180, "reopened")


def test_a_return_that_began_in_time_reopens_after_it() -> None:
    """Over at 66, true again at 660, for 30 s: reopened at 690."""
    waiting = found([key()], for_s=30)
    story = Story().run(0, 35, waiting).run(36, 96).run(690, 720, waiting)
    assert story.states() == ["firing"]
    assert story.alert().reopened == 1


def test_an_alert_of_the_same_minute_is_never_written_over() -> None:
    """Without a time to reopen, the next one of the minute has the same id: it is the same."""
    story = Story(rule(clear_for_ms=0, reopen_within_ms=0))
    story.second(1, TRUE)
    story.second(5)
    story.second(30, TRUE)
    assert story.states() == ["firing"]
    assert story.story() == [(1, "pending"), (1, "fired"), (5, "resolved"), (30, "reopened")]
    story.second(40)
    story.second(61, TRUE)
    assert story.states() == ["resolved", "firing"]


def test_flapping_for_ten_minutes_is_one_message() -> None:
    """Around the threshold every 10 s: fired once; its end is told after the end."""
    story = Story().run(0, 10 * MINUTE, swings(10, 10, 10 * MINUTE))
    assert story.told() == [(2, "a", "firing")]


def test_flapping_for_an_hour_is_two_messages() -> None:
    """Fired at the start, resolved at the end (F33)."""
    story = Story().run(0, 2 * HOUR, swings(10, 10, HOUR))
    assert story.told() == [(2, "a", "firing"), (3652, "a", "resolved")]


def test_slow_swings_are_told_at_most_once_per_time_to_reopen() -> None:
    """90 s true, 90 s false for an hour: the first end is told at once, the last when it holds."""
    story = Story().run(0, 2 * HOUR, swings(90, 90, HOUR))
    told = story.told()
    fires_s = [at_s for at_s, _, what in told if what == "firing"]
    assert all(after - before >= 600 for before, after in pairwise(fires_s))
    starts = [(2, "a", "firing"), (152, "a", "resolved"), (604, "a", "firing")]
    assert told[:3] == starts
    assert [what for _, _, what in told].count("resolved") == 2
    assert story.story()[-1] == (3570, "resolved")
    assert told[-1] == (3570 + 600 + 2, "a", "resolved")


def test_a_return_is_told_at_once_when_the_last_page_is_long_ago() -> None:
    """Told at 2 s, over after an hour, back a minute later: nobody waits ten minutes."""
    story = Story().run(0, 1000, TRUE).run(1001, 1070).run(1071, 1200, TRUE)
    assert story.told("a") == [
        (2, "a", "firing"), (1063, "a", "resolved"), (1123, "a", "firing"),
    ]  # fmt: skip


def test_an_end_that_did_not_hold_is_not_told() -> None:
    """Over at 66, true again at 67: nobody hears of an end, neither before nor after it fires."""
    two = plan(Step(0, ("a",)), Step(3_000, ("b",)))
    story = Story(plan=two).run(0, 5, TRUE).run(6, 66).run(67, 90, TRUE)
    assert story.alert().reopened == 1
    assert story.told() == [(2, "a", "firing"), (5, "b", "firing")]


def test_an_end_is_not_told_while_it_may_not_hold() -> None:
    """Over at 96, true again from 97 on for 20 of 30 s: its end is told once that broke off."""
    waiting = found([key()], for_s=30)
    story = Story().run(0, 35, waiting).run(36, 96).run(97, 117, waiting).run(118, 130)
    assert story.told() == [(32, "a", "firing"), (118, "a", "resolved")]


def test_a_return_that_nobody_was_told_of_ends_untold() -> None:
    """They know that it is over, and were not yet told that it came back."""
    story = Story().run(0, 5, TRUE).run(6, 99).run(100, 105, TRUE).run(106, 1000)
    assert story.alert().reopened == 1
    assert story.told() == [(2, "a", "firing"), (66 + 2, "a", "resolved")]


@pytest.mark.parametrize("for_s", [0, 30])
def test_an_alert_that_comes_back_is_no_history(for_s: int) -> None:
    """Kept for 100 s only, and true again in the second in which it would be forgotten."""
    story = Story(plan=plan(kept_ms=100_000))
    story.run(0, 35, found([key()], for_s=for_s)).run(36, 96)
    story.run(196, 230, found([key()], for_s=for_s))
    assert story.states() == ["firing"]
    assert story.alert().reopened == 1
