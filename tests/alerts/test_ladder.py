"""Ladders: who is told when, as long as nobody takes it."""

from __future__ import annotations

import pytest

from alerts.plan import (
    AlertmanagerTarget,
    AppriseTarget,
    Duty,
    Ladder,
    Override,
    Person,
    Plan,
    Rotation,
    Step,
    Target,
)
from tests.alerts.alert_story import Story, found, key, plan, rule

TRUE = found([key()])
THREE = plan(Step(0, ("a",)), Step(300_000, ("b",)), Step(900_000, ("a", "c")), repeat_ms=600_000)


def in_turn(usual: str, other: Override) -> Plan:
    """A plan that tells whoever is on duty: `ada` by target `a`, `bob` by `b`."""
    rotation = Rotation((usual,), "1969-12-01T00:00")
    return plan(
        Step(0, duties=("floor",)),
        targets="ab",
        repeat_ms=300_000,
        people={"ada": Person("ada", "Ada", ("a",)), "bob": Person("bob", "Bob", ("b",))},
        duties={"floor": Duty(id="floor", rotation=rotation, overrides=(other,))},
    )


def test_each_step_is_told_when_its_time_has_come() -> None:
    """At once, after 5 and 15 minutes; then the last step again every 10."""
    story = Story(plan=THREE).run(0, 2200, TRUE)
    assert story.told() == [
        (2, "a", "firing"),
        (302, "b", "firing"),
        (902, "a", "firing"), (902, "c", "firing"),
        (1502, "a", "reminder"), (1502, "c", "reminder"),
        (2102, "a", "reminder"), (2102, "c", "reminder"),
    ]  # fmt: skip
    assert story.story()[2:] == [
        (300, "escalated"), (900, "escalated"), (1500, "reminded"), (2100, "reminded"),
    ]  # fmt: skip
    assert [one.level for one in story.alert().story if one.what == "escalated"] == [1, 2]
    assert [notice.level for notice in story.made] == [0, 1, 2, 2, 2, 2, 2, 2]
    assert story.alert().level == 2


def test_steps_missed_while_nobody_watched_are_one_message_each() -> None:
    """A quarter of an hour without a leader: all three steps are due, and nobody hears twice."""
    story = Story(plan=THREE)
    story.second(0, TRUE)
    story.second(1000, TRUE)
    story.second(1002, TRUE)
    assert story.told() == [(1000, "a", "firing"), (1002, "b", "firing"), (1002, "c", "firing")]
    assert story.alert().level == 2


def test_a_first_step_can_wait() -> None:
    """A step after a minute tells nobody of what is over before."""
    story = Story(rule(clear_for_ms=0), plan=plan(Step(60_000, ("a",))))
    story.run(0, 50, TRUE).run(51, 200)
    assert story.told() == []
    assert story.alert().level == -1
    story = Story(plan=plan(Step(60_000, ("a",)))).run(0, 70, TRUE)
    assert story.told() == [(62, "a", "firing")]


@pytest.mark.parametrize("repeat_ms", [0, 600_000])
def test_a_last_step_that_is_not_repeated_is_told_once(repeat_ms: int) -> None:
    """``repeat_ms`` 0 means never."""
    story = Story(plan=plan(repeat_ms=repeat_ms)).run(0, 700, TRUE)
    assert len(story.made) == (2 if repeat_ms else 1)


def test_what_comes_and_goes_is_not_repeated_until_it_stays() -> None:
    """Due at 600, in the middle of a quiver: told a minute after the last break."""
    story = Story(plan=plan(repeat_ms=600_000)).run(0, 590, TRUE)
    story.run(591, 599).run(600, 700, TRUE)
    assert story.told() == [(2, "a", "firing"), (662, "a", "reminder")]


def test_who_is_on_duty_at_that_instant_is_told() -> None:
    """Ada until 4 minutes, then Bob: the first step tells one, the second the other."""
    people = {"ada": Person("ada", "Ada", ("a", "mail")), "bob": Person("bob", "Bob", ("b",))}
    first = Override(0, 240_000, "ada")
    always = Rotation(("bob",), "1969-12-01T00:00")
    on_call = Plan(
        targets={one: AppriseTarget(id=one, url="json://x") for one in ("a", "b", "mail")},
        people=people,
        duties={"floor": Duty(id="floor", rotation=always, overrides=(first,))},
        ladders={
            "default": Ladder(
                id="default",
                steps=(Step(0, duties=("floor",)), Step(300_000, ("mail",), ("ada",), ("floor",))),
                repeat_ms=300_000,
            )
        },
    )
    story = Story(plan=on_call).run(0, 610, TRUE)
    assert story.told() == [
        (2, "a", "firing"), (2, "mail", "firing"),
        (302, "a", "firing"), (302, "b", "firing"), (302, "mail", "firing"),
        (602, "a", "reminder"), (602, "b", "reminder"), (602, "mail", "reminder"),
    ]  # fmt: skip


def test_who_never_heard_of_it_is_not_reminded_but_told() -> None:
    """The duty changes hands between two repeats: the new one gets no mere reminder."""
    story = Story(plan=in_turn("bob", Override(0, 240_000, "ada"))).run(0, 610, TRUE).run(611, 700)
    assert story.told() == [
        (2, "a", "firing"), (302, "b", "firing"), (602, "b", "reminder"),
        (673, "a", "resolved"), (673, "b", "resolved"),
    ]  # fmt: skip


def test_the_ladder_of_the_rule_counts_else_the_default_one() -> None:
    """A ladder that is gone from the settings is not silence."""
    both = plan(targets="ab")
    both = Plan(
        targets=both.targets,
        ladders={
            **both.ladders,
            "night": Ladder(id="night", steps=(Step(0, ("b",)),)),
        },
    )
    rules = (rule("night", ladder="night"), rule("gone", ladder="gone"), rule("plain"))
    true = found([key(rule_id=one.id) for one in rules])
    story = Story(*rules, plan=both).run(0, 3, true)
    assert [(n.target, n.group) for n in story.made] == [
        ("a", "gone"), ("b", "night"), ("a", "plain"),
    ]  # fmt: skip


def test_without_a_ladder_an_alert_is_shown_and_nobody_told() -> None:
    """No ladders at all: it fires and ends."""
    story = Story(plan=Plan()).run(0, 5, TRUE).run(6, 66)
    assert story.story() == [(0, "pending"), (0, "fired"), (66, "resolved")]
    assert story.made == []


def test_an_alertmanager_gets_no_notices() -> None:
    """It is fed with all alerts elsewhere, even if a step names it; so is a target that is gone."""
    targets: dict[str, Target] = {
        "am": AlertmanagerTarget(id="am", urls=("http://am.example",)),
        "a": AppriseTarget(id="a", url="json://x"),
    }
    steps = (Step(0, ("am", "gone", "a")),)
    story = Story(
        plan=Plan(targets=targets, ladders={"default": Ladder(id="default", steps=steps)})
    )
    story.run(0, 10, TRUE)
    assert story.told() == [(2, "a", "firing")]


def test_its_end_is_told_only_if_the_ladder_says_so() -> None:
    """``tell_resolved`` false: silence."""
    story = Story(plan=plan(tell_resolved=False)).run(0, 10, TRUE).run(11, 200)
    assert story.told() == [(2, "a", "firing")]


def test_who_was_told_that_it_is_over_is_not_merely_reminded_when_it_came_back() -> None:
    """Ada heard of its start and its end; on duty again, she is told that it fires."""
    on_call = in_turn("ada", Override(700_000, 900_000, "bob"))
    story = Story(rule(reopen_within_ms=800_000), plan=on_call)
    story.run(0, 9, TRUE).run(10, 699).run(700, 1010, TRUE)
    assert story.told() == [
        (2, "a", "firing"), (72, "a", "resolved"), (702, "b", "firing"), (1002, "a", "firing"),
    ]  # fmt: skip
