"""From pending to resolved, and what is written of it."""

from __future__ import annotations

import pytest

from alerts.alert import alert_id
from alerts.rules import Compare, Measure
from tests.alerts.alert_story import Story, found, key, rule

TRUE = found([key()])


def test_a_condition_without_a_wait_fires_in_the_second_in_which_it_is_true() -> None:
    """Pending and fired are the same instant."""
    story = Story()
    story.second(7, TRUE)
    alert = story.alert()
    assert story.story() == [(7, "pending"), (7, "fired")]
    assert (alert.state, alert.pending_ms, alert.fired_ms) == ("firing", 7000, 7000)
    assert alert.id == alert_id(key(), 7000)
    assert (alert.value, alert.threshold, alert.worst) == (90.0, 60.0, 90.0)
    assert [one.value for one in alert.story] == [90.0, 90.0]


@pytest.mark.parametrize(("at_s", "state"), [(10, "pending"), (39, "pending"), (40, "firing")])
def test_an_alert_fires_when_its_condition_held_for_its_time(at_s: int, state: str) -> None:
    """30 s from second 10 on."""
    story = Story().run(10, at_s, found([key()], for_s=30))
    assert story.alert().state == state


def test_a_condition_that_breaks_off_while_pending_leaves_nothing() -> None:
    """29 s of 30 are nothing, and the next breach starts from zero."""
    waiting = found([key()], for_s=30)
    story = Story().run(10, 39, waiting)
    assert story.second(40) == {f"alert:{alert_id(key(), 10_000)}": None}
    assert story.book.alerts == {}
    story.run(41, 70, waiting)
    assert story.states() == ["pending"]
    story.second(71, waiting)
    assert story.story() == [(41, "pending"), (71, "fired")]
    assert story.book.current(key()) == story.alert()


def test_a_pending_alert_does_not_fire_while_nobody_knows() -> None:
    """Unknown from second 35 to 50: it stays pending, and fires when the truth is back."""
    story = Story().run(10, 34, found([key()], for_s=30)).run(35, 50, found(unknown=[key()]))
    story.second(50, found([key()], for_s=30, unknown=[key()]))
    assert story.states() == ["pending"]
    story.second(51, found([key()], for_s=30))
    assert story.story() == [(10, "pending"), (51, "fired")]


def test_an_alert_is_over_when_its_condition_was_false_for_its_time() -> None:
    """60 s from the first second without it; the record is written once in between."""
    story = Story().run(0, 9, TRUE)
    assert len(story.second(10)) == 1
    assert story.alert().false_since_ms == 10_000
    for at_s in range(11, 70):
        changes = story.second(at_s)
        assert changes == {}, at_s
    story.second(70)
    assert story.story()[-1] == (70, "resolved")
    assert story.alert().resolved_ms == 70_000


def test_the_clear_side_keeps_an_alert_open() -> None:
    """Between the threshold and the clear threshold it is not over, nor does it begin there."""
    story = Story(rule(clear_for_ms=0))
    story.second(0, found(kept=[key()]))
    assert story.book.alerts == {}
    story.run(1, 3, TRUE).run(4, 100, found(kept=[key()]))
    assert story.states() == ["firing"]
    story.second(101)
    assert story.story()[-1] == (101, "resolved")


def test_a_breath_of_truth_starts_the_time_to_clear_anew() -> None:
    """False at 10, true at 50, false from 51: over at 111."""
    story = Story().run(0, 9, TRUE).run(10, 49).run(50, 50, TRUE)
    assert story.alert().false_since_ms is None
    story.run(51, 110)
    assert story.states() == ["firing"]
    story.second(111)
    assert story.story()[-1] == (111, "resolved")


def test_what_nobody_knows_stays_as_it_is() -> None:
    """Blind for an hour: still open, and the time to clear starts when sight is back."""
    story = Story().run(0, 9, TRUE).run(10, 59).run(60, 3660, found(unknown=[key()]))
    assert story.states() == ["firing"]
    story.run(3661, 3720)
    assert story.states() == ["firing"]
    story.second(3721)
    assert story.states() == ["resolved"]


def test_values_that_merely_move_are_not_written() -> None:
    """The newest value is in memory; the next transition carries the worst of all."""
    story = Story()
    story.run(0, 2, TRUE)
    for at_s in range(3, 30):
        changes = story.second(at_s, found([key()], value=500.0 if at_s == 20 else 95.0))
        assert changes == {}
    assert story.book.seen[key()].value == 95.0
    assert story.alert().worst == 90.0
    story.run(30, 90)
    assert (story.alert().state, story.alert().worst) == ("resolved", 500.0)


def test_the_worst_of_a_rule_for_too_little_is_the_lowest() -> None:
    """A service level of 30 % is worse than one of 55 %."""
    few = rule(condition=Compare(Measure("service_level_ratio", (), "30m"), "<", 60.0))
    story = Story(few)
    story.second(0, found([key()], value=50.0))
    story.second(1, found([key()], value=40.0))
    story.second(2, found([key()], value=55.0))
    assert len(story.made) == 1
    assert (story.alert().value, story.alert().worst) == (55.0, 40.0)
    story.second(3, found([key()], value=30.0))
    story.run(4, 64)
    assert (story.alert().state, story.alert().worst) == ("resolved", 30.0)


@pytest.mark.parametrize("state", ["pending", "firing"])
def test_an_alert_of_a_removed_rule_is_over_at_once(state: str) -> None:
    """Also while its key is not judged; one that was pending leaves nothing."""
    story = Story()
    story.run(0, 5, found([key()], for_s=30 if state == "pending" else 0))
    story.rules = {}
    story.second(6, found(unknown=[key()]))
    if state == "pending":
        assert story.book.alerts == {}
    else:
        last = story.alert().story[-1]
        assert (last.what, last.at_ms, last.why) == ("resolved", 6000, "rule removed")
        story.run(7, 62)
        assert story.told() == [(2, "a", "firing"), (62, "a", "resolved")]


def test_history_is_forgotten_after_its_time_and_not_before() -> None:
    """30 days after the end."""
    story = Story().run(0, 5, TRUE).run(6, 66)
    over_s = 66
    assert story.states() == ["resolved"]
    story.second(over_s + 30 * 86_400 - 1)
    assert story.states() == ["resolved"]
    story.second(over_s + 30 * 86_400)
    assert story.book.alerts == {}
    assert story.book.current(key()) is None


def test_rows_of_one_rule_live_apart() -> None:
    """One is over while the other fires."""
    story = Story(rule(clear_for_ms=0)).run(0, 5, found([key("sales"), key("help")]))
    story.second(6, found([key("help")]))
    assert story.alert(key("sales")).state == "resolved"
    assert story.alert(key("help")).state == "firing"
    assert story.book.open_keys() == {key("help")}
