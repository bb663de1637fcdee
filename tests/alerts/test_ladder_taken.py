"""Taken, given back, snoozed and silenced: the ladder stands still, and goes on."""

from __future__ import annotations

import pytest

from alerts.actions import check_action
from alerts.alert import Action, Silence
from alerts.plan import Step
from tests.alerts.alert_story import Story, found, key, plan, rule

TRUE = found([key()])
TWO = plan(Step(0, ("a",)), Step(300_000, ("b",)), repeat_ms=600_000, remind_ms=900_000)


def test_a_taken_alert_climbs_no_further() -> None:
    """Taken after a minute: `b` never hears of it; after 15 minutes `a` is reminded, and again."""
    story = Story(plan=TWO).run(0, 59, TRUE)
    story.ask("acknowledge", 60, by="Ada", why="on it")
    story.run(60, 1900, TRUE)
    assert story.told() == [(2, "a", "firing"), (962, "a", "reminder"), (1862, "a", "reminder")]
    alert = story.alert()
    assert (alert.state, alert.acknowledged_by, alert.acknowledged_ms) == (
        "acknowledged", "Ada", 60_000,
    )  # fmt: skip
    assert [(t.by, t.why, t.action) for t in alert.story if t.what == "acknowledged"] == [
        ("Ada", "on it", "acknowledge-60")
    ]
    assert story.book.actions == {}
    story.run(1901, 1963)
    assert story.told()[-1] == (1963, "a", "resolved")


def test_taken_before_anybody_was_told_nobody_is() -> None:
    """Taken on the wallboard within the wait for others of the group."""
    story = Story(plan=TWO)
    story.second(0, TRUE)
    story.ask("acknowledge", 1)
    story.run(1, 2000, TRUE)
    assert story.made == []


def test_given_back_before_anybody_was_told_the_first_step_is_told() -> None:
    """The step that was dropped counts as not reached."""
    story = Story(plan=TWO)
    story.second(0, TRUE)
    story.ask("acknowledge", 1)
    story.run(1, 99, TRUE)
    story.ask("release", 100)
    story.run(100, 110, TRUE)
    assert story.told() == [(102, "a", "firing")]


def test_given_back_the_ladder_goes_on_where_it_stopped() -> None:
    """Taken from 60 to 200: who was told hears again, and minute 5 comes 240 s after that."""
    story = Story(plan=TWO).run(0, 59, TRUE)
    story.ask("acknowledge", 60)
    story.run(60, 199, TRUE)
    story.ask("release", 200, why="my shift is over")
    story.run(200, 450, TRUE)
    assert story.told() == [(2, "a", "firing"), (202, "a", "firing"), (442, "b", "firing")]
    assert story.story()[2:] == [(60, "acknowledged"), (200, "released"), (440, "escalated")]


def test_given_back_on_the_last_step_its_people_hear_again() -> None:
    """Nobody waits for the next repetition, which may never come."""
    one = plan(Step(0, ("a",)), repeat_ms=0)
    story = Story(plan=one).run(0, 59, TRUE)
    story.ask("acknowledge", 60)
    story.run(60, 999, TRUE)
    story.ask("release", 1_000)
    story.run(1_000, 2_000, TRUE)
    assert story.told() == [(2, "a", "firing"), (1_002, "a", "firing")]
    assert story.alert().state == "firing"


def test_the_newer_name_counts() -> None:
    """Ada has it, Bob takes it over: the first time stays, the reminder counts from Bob on."""
    story = Story(plan=TWO).run(0, 9, TRUE)
    story.ask("acknowledge", 10, by="Ada")
    story.run(10, 799, TRUE)
    story.ask("acknowledge", 800, by="Bob")
    story.run(800, 1703, TRUE)
    alert = story.alert()
    assert (alert.acknowledged_by, alert.acknowledged_ms) == ("Bob", 10_000)
    assert story.told() == [(2, "a", "firing"), (1702, "a", "reminder")]


def test_snoozed_nobody_is_told_and_then_all_starts_anew() -> None:
    """From 100 to 1,000: no step at 300; the ladder from its foot at 1,000."""
    story = Story(plan=TWO).run(0, 99, TRUE)
    story.ask("snooze", 100, until_ms=1_000_000)
    story.run(100, 1310, TRUE)
    assert story.told() == [(2, "a", "firing"), (1002, "a", "firing"), (1302, "b", "firing")]
    assert story.story()[2:] == [(100, "snoozed"), (1000, "woken"), (1300, "escalated")]
    assert story.alert().snoozed_until_ms is None
    assert story.alert().story[3].until_ms == 1_000_000


def test_the_end_of_a_snoozed_alert_is_told_after_the_snooze() -> None:
    """Over at 270, the snooze at 500: told then, if it is still over."""
    story = Story(plan=TWO).run(0, 99, TRUE)
    story.ask("snooze", 100, until_ms=500_000)
    story.run(100, 209, TRUE).run(210, 600)
    assert story.told() == [(2, "a", "firing"), (500, "a", "resolved")]


@pytest.mark.parametrize(
    ("matching", "is_silent"),
    [
        ({}, True),
        ({"rule": "wait"}, True),
        ({"rule": "w?it", "name": "sal*", "channel": "voice", "severity": "warning"}, True),
        ({"name": "Sales"}, False),
        ({"name": "sale"}, False),
        ({"channel": "chat"}, False),
        ({"rule": "wait", "severity": "critical"}, False),
        ({"name": "[s]al*"}, False),
    ],
)
def test_a_silence_means_what_all_its_patterns_fit(
    matching: dict[str, str], is_silent: bool
) -> None:
    """Empty ones fit all; only ``*`` and ``?`` are special."""
    story = Story(plan=TWO)
    story.silence(0, 1000, **matching)
    story.run(0, 10, TRUE)
    assert (story.made == []) is is_silent


def test_after_a_silence_the_ladder_starts_at_its_end() -> None:
    """Fired at 10, silenced until 1,000: step 0 at 1,000, step 1 five minutes later."""
    story = Story(plan=TWO)
    story.silence(5, 1000, name="sales")
    story.run(10, 1310, TRUE)
    assert story.told() == [(1002, "a", "firing"), (1302, "b", "firing")]
    assert story.alert().fired_ms == 10_000


def test_a_silence_ended_by_hand_ends_at_once() -> None:
    """Nobody waits for the end that was planned."""
    story = Story(plan=TWO)
    silence = story.silence(5, 100_000)
    story.run(10, 499, TRUE)
    story.ask("end_silence", 500, about=silence.id)
    story.run(500, 510, TRUE)
    assert story.told() == [(502, "a", "firing")]
    assert story.book.silences[silence.id].end_ms == 500_000


def test_a_silence_is_asked_for_like_everything_else_and_forgotten_after_a_day() -> None:
    """It begins in the second in which it is asked for."""
    story = Story(plan=TWO).run(0, 1, TRUE)
    asked = Silence(id="s", start_ms=0, end_ms=50_000, by="Ada", why="works")
    story.ask("silence", 2, silence=asked)
    story.run(2, 40, TRUE)
    assert story.book.silences == {"s": asked}
    assert story.made == []
    story.second(50 + 86_399)
    assert "s" in story.book.silences
    story.second(50 + 86_400)
    assert story.book.silences == {}


def test_a_silenced_alert_that_was_told_before_ends_without_noise_until_the_silence_is_over() -> (
    None
):
    """Told at 2, silenced from 10 to 500, over at 110."""
    story = Story(plan=TWO).run(0, 9, TRUE)
    story.silence(10, 500)
    story.run(10, 49, TRUE).run(50, 600)
    assert story.told() == [(2, "a", "firing"), (500, "a", "resolved")]


def test_an_action_is_done_once_however_often_it_is_handed_in() -> None:
    """The second copy is only taken off the list."""
    story = Story(plan=TWO).run(0, 9, TRUE)
    action = story.ask("acknowledge", 10)
    story.second(10, TRUE)
    story.ask("release", 11)
    story.second(11, TRUE)
    story.ask("acknowledge", 12, id=action.id)
    story.second(12, TRUE)
    assert story.book.actions == {}
    assert story.story()[2:] == [(10, "acknowledged"), (11, "released")]
    assert story.states() == ["firing"]


def test_actions_happen_in_the_order_of_their_time() -> None:
    """Handed in the wrong way round by two workers."""
    story = Story(plan=TWO).run(0, 9, TRUE)
    story.ask("release", 10.2, id="1")
    story.ask("acknowledge", 10.1, id="2")
    story.second(11, TRUE)
    assert story.story()[2:] == [(11, "acknowledged"), (11, "released")]


def test_what_cannot_be_done_is_said_and_taken_off() -> None:
    """In words, and without a trace in the story."""
    story = Story(rule(clear_for_ms=0), plan=TWO)

    def refused(what: str, now_s: float, **more: object) -> str | None:
        action = story.ask(what, now_s, **more)
        why = check_action(story.book, action, round(now_s * 1000))
        before = dict(story.book.alerts), dict(story.book.silences)
        story.second(now_s, TRUE if now_s < 30 else found())
        assert story.book.actions == {}
        if why is not None and 11 <= now_s < 30:
            assert (story.book.alerts, story.book.silences) == before
        return why

    assert refused("acknowledge", 1, about="x") == "there is no such alert, or it was over long ago"
    story.run(2, 10, TRUE)
    assert refused("release", 11) == "nobody has taken the alert"
    assert refused("snooze", 12) == "a snooze needs an end that is still to come"
    assert refused("snooze", 13, until_ms=13_000) == "a snooze needs an end that is still to come"
    assert refused("silence", 14) == "it does not say what to silence"
    backwards = Silence(id="s", start_ms=9, end_ms=9, by="", why="")
    assert refused("silence", 15, silence=backwards) == "a silence must end after it begins"
    past = Silence(id="s", start_ms=9, end_ms=16_000, by="", why="")
    assert refused("silence", 16, silence=past) == "a silence needs an end that is still to come"
    gone = "there is no such silence, or it ended long ago"
    assert refused("end_silence", 17, about="s") == gone
    story.run(30, 40)
    assert refused("acknowledge", 41) == "the alert is over already"
    story = Story(plan=TWO)
    story.second(50, found([key()], for_s=30))
    action = Action(id="x", what="acknowledge", at_ms=1, by="", about=story.alert().id)
    assert check_action(story.book, action, 51_000) == "the alert does not fire yet"


def test_what_was_owed_before_a_snooze_is_not_told_after_it() -> None:
    """`b` was due at 10, not told yet at 11: after the snooze its turn comes with its step."""
    two = plan(Step(0, ("a",)), Step(10_000, ("b",)))
    story = Story(plan=two).run(0, 10, TRUE)
    story.ask("snooze", 11, until_ms=100_000)
    story.run(11, 130, TRUE)
    assert story.told() == [(2, "a", "firing"), (102, "a", "firing"), (112, "b", "firing")]
