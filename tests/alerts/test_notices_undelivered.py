"""What became of a message: arrived, or somebody else is told."""

from __future__ import annotations

import pytest

from alerts.alert import Notice
from alerts.notices import delivered, undelivered
from alerts.plan import AlertmanagerTarget, Plan, Step
from tests.alerts.alert_story import Story, found, key, plan

TRUE = found([key()])
STEPS = plan(Step(0, ("a",)), Step(300_000, ("c",)), targets="abcd")


def begun(by: Plan = STEPS) -> tuple[Story, Notice]:
    """An alert whose first message is on its way to `a`."""
    story = Story(plan=by, is_delivering=False).run(0, 2, TRUE)
    (notice,) = story.made
    return story, notice


def test_a_message_that_arrived_is_noted_and_deleted() -> None:
    """Once; the second report of it changes nothing."""
    story, notice = begun()
    story.deliver(notice, 3)
    last = story.alert().story[-1]
    assert (last.what, last.at_ms, last.by) == ("notified", 3000, "a")
    assert story.book.notices == {}
    assert delivered(story.book, notice, 4000) == {}
    assert undelivered(story.book, notice, "late", story.plan, 4000) == {}


def test_who_cannot_be_reached_is_replaced_by_the_next_step_at_once() -> None:
    """`a` fails: `c` of the next step is told now, for `a`."""
    story, notice = begun()
    story.fail(notice, 3, "410 Gone")
    last = story.alert().story[-1]
    assert (last.what, last.by, last.why) == ("undelivered", "a", "410 Gone")
    (instead,) = story.book.notices.values()
    assert (instead.target, instead.instead_of, instead.what) == ("c", "a", "firing")
    assert (instead.alerts, instead.made_ms) == (notice.alerts, 3000)
    assert instead.id != notice.id


def test_a_chain_of_failures_ends_when_all_were_tried() -> None:
    """`a`, the next step's `c`, then the others in order, each once."""
    story, notice = begun()
    for at_s in range(3, 20):
        for open_notice in list(story.book.notices.values()):
            story.fail(open_notice, at_s)
    assert [(one.target, one.instead_of) for one in story.made] == [
        ("a", ""), ("c", "a"), ("b", "c"), ("d", "b"),
    ]  # fmt: skip
    assert story.book.notices == {}
    assert [one.by for one in story.alert().story if one.what == "undelivered"] == [*"acbd"]
    assert notice.tried == ()


def test_an_alertmanager_is_nobodys_replacement() -> None:
    """It has all alerts anyway."""
    am = AlertmanagerTarget(id="am", urls=("http://am.example",))
    base = plan(targets="a")
    story, notice = begun(Plan(targets={"am": am, **base.targets}, ladders=base.ladders))
    story.fail(notice, 3)
    assert len(story.made) == 1


def test_who_was_told_instead_hears_of_the_end() -> None:
    """So does `a`, which may work again."""
    story, notice = begun()
    story.fail(notice, 3)
    story.is_delivering = True
    story.run(4, 9, TRUE).run(10, 80)
    assert story.told()[2:] == [(72, "a", "resolved"), (72, "c", "resolved")]


@pytest.mark.parametrize("what", ["acknowledge", "snooze", "resolved", "silenced"])
def test_nobody_is_told_instead_of_what_needs_nobody_any_more(what: str) -> None:
    """Taken, snoozed, silenced or over while the message was tried."""
    story, notice = begun()
    if what == "silenced":
        story.silence(3, 500)
    elif what != "resolved":
        story.ask(what, 3, until_ms=500_000)
    story.run(3, 70, None if what == "resolved" else TRUE)
    story.fail(notice, 71)
    assert [one for one in story.made if one.instead_of] == []
    assert "undelivered" in {one.what for one in story.alert().story}


def test_an_end_that_does_not_arrive_is_told_to_nobody_else() -> None:
    """Others would hear of the end of something they never knew."""
    story, notice = begun()
    story.deliver(notice, 3)
    story.run(4, 70)
    (end,) = story.book.notices.values()
    assert end.what == "resolved"
    story.fail(end, 71)
    assert story.book.notices == {}


def test_a_reminder_that_fails_is_news_for_who_takes_its_place() -> None:
    """`b` never heard of it: it is told that it fires."""
    story, notice = begun(plan(repeat_ms=60_000, targets="ab"))
    story.deliver(notice, 3)
    story.run(3, 62, TRUE)
    (reminder,) = story.book.notices.values()
    assert reminder.what == "reminder"
    story.fail(reminder, 63)
    (instead,) = story.book.notices.values()
    assert (instead.target, instead.what) == ("b", "firing")


def test_a_message_that_nobody_could_send_for_an_hour_is_too_old() -> None:
    """Made at 2 s: dropped after 3,602 s, and the next target is told."""
    story, _ = begun()
    story.second(301, found())
    story.run(3601, 3602, found(unknown=[key()]))
    assert "undelivered" not in [what for _, what in story.story()]
    story.second(3603, found(unknown=[key()]))
    gone = [one for one in story.alert().story if one.what == "undelivered"]
    assert [(one.by, one.why) for one in gone] == [("a", "too old")]
    assert {one.target for one in story.book.notices.values()} == {"c"}


def test_whom_nobody_else_can_replace_is_tried_again_after_a_quarter_of_an_hour() -> None:
    """One target, never repeated by its ladder: a page that never came is not the end of it."""
    story, notice = begun(plan(repeat_ms=0, targets="a"))
    story.fail(notice, 3)
    story.run(4, 1000, TRUE)
    assert story.told() == [(2, "a", "firing"), (905, "a", "firing")]


def test_what_was_taken_meanwhile_is_not_tried_again() -> None:
    """Somebody saw it on the wallboard."""
    story, notice = begun(plan(repeat_ms=0, remind_ms=0, targets="a"))
    story.fail(notice, 3)
    story.ask("acknowledge", 10)
    story.run(10, 1000, TRUE)
    assert story.told() == [(2, "a", "firing")]
