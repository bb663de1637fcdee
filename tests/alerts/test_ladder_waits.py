"""Ladders whose step reaches nobody, or of whose alert nobody can say whether it still fires."""

from __future__ import annotations

from typing import Any

from alerts.plan import Duty, Override, Person, Step
from tests.alerts.alert_story import HOUR, Story, found, key, plan

TRUE = found([key()])
UNKNOWN = found(unknown=[key()])
STEPS = (Step(0, ("a",)), Step(300_000, ("b",)), Step(900_000, ("c",)))


def on_call(start_s: int, end_s: int, target: str = "a") -> dict[str, Any]:
    """Somebody who is on duty from one second to another and has one target."""
    turn = Override(start_s * 1000, end_s * 1000, "ada")
    return {
        "people": {"ada": Person("ada", "Ada", (target,))},
        "duties": {"desk": Duty(id="desk", overrides=(turn,))},
    }


def test_after_a_long_pause_nobody_is_escalated_to_before_it_is_known_that_it_still_fires() -> None:
    """Nobody led for an hour; for 20 s more the numbers are of the past."""
    story = Story(plan=plan(*STEPS)).run(0, 9, TRUE)
    story.run(HOUR, HOUR + 20, UNKNOWN)
    assert story.told() == [(2, "a", "firing")]
    story.run(HOUR + 21, HOUR + 25, TRUE)
    assert story.told()[1:] == [(HOUR + 23, "b", "firing"), (HOUR + 23, "c", "firing")]


def test_what_was_over_during_a_long_pause_wakes_nobody_else() -> None:
    """The same, and then it turns out to be over."""
    story = Story(plan=plan(*STEPS)).run(0, 9, TRUE)
    story.run(HOUR, HOUR + 20, UNKNOWN).run(HOUR + 21, HOUR + 100)
    assert {target for _, target, _ in story.told()} == {"a"}


def test_who_should_hear_first_does_even_while_nobody_knows() -> None:
    """Fired at 0, unknown from 1 on; the first step is due at 60, the second is not for now."""
    steps = (Step(60_000, ("a",)), Step(70_000, ("b",)))
    story = Story(plan=plan(*steps)).run(0, 0, TRUE).run(1, 200, UNKNOWN)
    assert story.told() == [(62, "a", "firing")]


def test_nobody_is_reminded_while_nobody_knows() -> None:
    """Neither who was told nor who took it."""
    story = Story(plan=plan(repeat_ms=600_000, remind_ms=600_000)).run(0, 9, TRUE)
    story.run(10, 1000, UNKNOWN)
    assert story.told() == [(2, "a", "firing")]
    story.ask("acknowledge", 1001)
    story.run(1001, 2000, UNKNOWN)
    assert story.told() == [(2, "a", "firing")]


def test_a_step_without_anybody_on_duty_is_passed_over_at_once() -> None:
    """Nobody is on call at the first step: the second does not wait for its five minutes."""
    steps = (Step(0, duties=("desk",)), Step(300_000, ("b",)))
    story = Story(plan=plan(*steps, **on_call(5000, 6000))).run(0, 100, TRUE)
    assert story.told() == [(2, "b", "firing")]
    assert story.alert().level == 1


def test_where_no_step_reaches_anybody_the_first_who_comes_on_duty_is_told() -> None:
    """Fired at 0, the shift begins at 500."""
    story = Story(plan=plan(Step(0, duties=("desk",)), repeat_ms=0, **on_call(500, 9000)))
    story.run(0, 700, TRUE)
    assert story.told() == [(502, "a", "firing")]
    assert story.story() == [(0, "pending"), (0, "fired")]


def test_a_repeat_waits_for_somebody_on_duty() -> None:
    """Due at 600, while nobody is on call until 800: nothing is said to have been repeated."""
    duty = on_call(0, 300)
    back = Override(800_000, 9_000_000, "ada")
    duty["duties"]["desk"] = Duty(id="desk", overrides=(*duty["duties"]["desk"].overrides, back))
    story = Story(plan=plan(Step(0, duties=("desk",)), repeat_ms=600_000, **duty))
    story.run(0, 900, TRUE)
    assert story.told() == [(2, "a", "firing"), (802, "a", "reminder")]
    assert story.story()[2:] == [(800, "reminded")]
