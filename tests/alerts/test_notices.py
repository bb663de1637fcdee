"""Messages: many alerts in one, each told once, never too close."""

from __future__ import annotations

import pytest

from alerts.alert import Told
from alerts.evaluation import Findings
from alerts.plan import Step
from tests.alerts.alert_story import Story, found, key, plan, rule

TRUE = found([key()])
QUEUES = [key(f"queue {number:03}") for number in range(500)]


def test_a_first_message_waits_for_others_of_its_group() -> None:
    """Three queues within the wait of 2 s are one message, with the ids in order."""
    story = Story()
    story.second(0, found([key("a")]))
    story.second(1, found([key("a"), key("b")]))
    story.second(2, found([key("a"), key("b"), key("c")]))
    (notice,) = story.made
    ids = sorted(story.alert(key(name)).id for name in "abc")
    assert (notice.made_ms, notice.alerts, notice.group) == (2000, tuple(ids), "wait")
    assert (notice.target, notice.what, notice.ladder) == ("a", "firing", "default")
    assert story.alert(key("c")).told == {"a": Told("firing", 2000)}


def test_the_next_of_the_group_waits_for_the_interval() -> None:
    """Told at 2, two more at 10 and 40: together at 62."""
    two = [key("a"), key("b")]
    story = Story().run(0, 9, found([key("a")])).run(10, 39, found(two))
    story.run(40, 70, found([*two, key("c")]))
    assert story.told() == [(2, "a", "firing"), (62, "a", "firing")]
    assert set(story.made[1].alerts) == {story.alert(key("b")).id, story.alert(key("c")).id}


def test_rules_of_one_group_are_told_together_and_others_apart() -> None:
    """Two rules of the group `floor`, one of its own."""
    rules = (rule("x", group="floor"), rule("y", group="floor"), rule("z"))
    story = Story(*rules).run(0, 5, found([key(rule_id=one) for one in "xyz"]))
    assert [(one.group, len(one.alerts)) for one in story.made] == [("floor", 2), ("z", 1)]


def test_the_interval_of_a_group_counts_over_its_rules() -> None:
    """`x` told at 2, `y` fires at 10: at 62."""
    rules = (rule("x", group="floor"), rule("y", group="floor"))
    x, y = key(rule_id="x"), key(rule_id="y")
    story = Story(*rules).run(0, 9, found([x])).run(10, 70, found([x, y]))
    assert story.told() == [(2, "a", "firing"), (62, "a", "firing")]


@pytest.mark.parametrize("spread_s", [0, 30])
def test_five_hundred_queues_at_once_are_one_message_per_interval(spread_s: int) -> None:
    """F32: also when they breach one after the other within half a minute."""

    def at(at_s: int) -> Findings:
        count = 500 if at_s >= spread_s else 500 * (at_s + 1) // (spread_s + 1)
        return found(QUEUES[:count])

    story = Story(plan=plan(Step(0, ("a", "b")))).run(0, 200, at)
    for target in "ab":
        made_s = [at_s for at_s, _, _ in story.told(target)]
        assert made_s == ([2, 62] if spread_s else [2])
    told = [alert_id for one in story.made if one.target == "a" for alert_id in one.alerts]
    assert len(told) == len(set(told)) == 500
    story.run(201, 400)
    assert len(story.made) == (6 if spread_s else 4)
    assert len(story.made[-1].alerts) == 500


def test_what_was_over_before_its_message_went_out_is_not_told_at_all() -> None:
    """Fired at 0, over at 1: neither its start nor its end."""
    story = Story(rule(clear_for_ms=0))
    story.second(0, TRUE)
    story.run(1, 100)
    assert story.made == []
    assert story.alert().owed == {}


def test_the_end_is_told_to_those_who_heard_of_the_start() -> None:
    """`b` would have been told after five minutes, and never was."""
    two = plan(Step(0, ("a",)), Step(300_000, ("b",)))
    story = Story(plan=two).run(0, 99, TRUE).run(100, 170)
    assert story.told() == [(2, "a", "firing"), (162, "a", "resolved")]
    assert story.alert().told == {"a": Told("resolved", 162_000, 2000)}


def test_ends_are_told_together() -> None:
    """Three queues recover within a second of each other."""
    story = Story().run(0, 100, found([key("a"), key("b"), key("c")]))
    story.second(101, found([key("b"), key("c")]))
    story.second(102, found([key("c")]))
    story.run(103, 200)
    assert story.told() == [(2, "a", "firing"), (163, "a", "resolved")]
    assert len(story.made[1].alerts) == 3


def test_a_new_alert_goes_before_the_end_of_another() -> None:
    """Both owed when the interval is over: first what fires, an interval later what ended."""
    fast = rule(clear_for_ms=0)
    story = Story(fast).run(0, 9, found([key("a")])).run(10, 200, found([key("b")]))
    assert story.told() == [(2, "a", "firing"), (62, "a", "firing"), (122, "a", "resolved")]


def test_the_end_does_not_wait_for_ever_behind_new_alerts() -> None:
    """Each minute a new queue breaches: after two intervals the end goes first."""

    def at(at_s: int) -> Findings:
        return found(QUEUES[1 : 2 + at_s // 30] if at_s >= 10 else QUEUES[:1])

    story = Story(rule(clear_for_ms=0)).run(0, 400, at)
    ends_s = [at_s for at_s, _, what in story.told() if what == "resolved"]
    assert ends_s == [182]


def test_a_target_that_is_gone_from_the_settings_is_forgotten() -> None:
    """What it was owed does not stay behind."""
    story = Story()
    story.second(0, TRUE)
    story.plan = plan(targets="b")
    story.run(1, 10, TRUE)
    assert story.made == []
    assert story.alert().owed == {}


def test_the_id_of_a_message_is_the_same_whoever_makes_it() -> None:
    """Two leaders at the same second make the same message, and so do later ones of another id."""
    one, two = Story().run(0, 2, TRUE), Story().run(0, 2, TRUE)
    assert one.made == two.made
    later = Story().run(0, 1, TRUE)
    later.second(3, TRUE)
    assert later.made[0].id != one.made[0].id
