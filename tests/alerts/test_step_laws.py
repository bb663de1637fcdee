"""Laws of a step, for any course of events."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import Alert, Silence
from alerts.plan import Step
from alerts.silences import is_active, matches
from alerts.step import step
from tests.alerts.alert_story import Story, comparable, found, key, plan, rule

KEYS = [key(name, rule_id) for rule_id in ("x", "y", "z") for name in ("sales", "help")]
RULES = (
    rule("x", group="floor", clear_for_ms=10_000, reopen_within_ms=40_000),
    rule("y", group="floor", clear_for_ms=0, reopen_within_ms=20_000, ladder="none"),
    rule("z", clear_for_ms=5_000, reopen_within_ms=0),
)
WAIT_MS, INTERVAL_MS = 2_000, 15_000
PLAN = plan(
    Step(5_000, ("a",)),
    Step(30_000, ("b", "a")),
    repeat_ms=40_000,
    remind_ms=35_000,
    group_wait_ms=WAIT_MS,
    group_interval_ms=INTERVAL_MS,
)


class Second(NamedTuple):
    """What one step meets: ``crash`` before it, then reports and actions, then findings."""

    after_s: int
    true: tuple[bool, ...]
    unknown: tuple[bool, ...]
    for_s: int
    report: str
    ask: str
    is_crash: bool


def seconds(longest_s: int) -> st.SearchStrategy[list[Second]]:
    """Any course of events."""
    flags = st.tuples(*[st.booleans()] * len(KEYS))
    second = st.builds(
        Second,
        after_s=st.integers(1, longest_s),
        true=st.one_of(st.just((True,) * len(KEYS)), st.just((False,) * len(KEYS)), flags),
        unknown=st.one_of(st.just((False,) * len(KEYS)), flags),
        for_s=st.sampled_from([0, 0, 4]),
        report=st.sampled_from(["", "deliver", "deliver", "fail"]),
        ask=st.sampled_from(["", "", "", "acknowledge", "release", "snooze", "silence", "end"]),
        is_crash=st.booleans(),
    )
    return st.lists(second, min_size=1, max_size=40)


def steady() -> st.SearchStrategy[list[Second]]:
    """Phases in which things stay as they are; people ask at most once in each."""
    phase = st.tuples(seconds(4).map(lambda course: course[0]), st.integers(3, 40))
    return st.lists(phase, min_size=2, max_size=6).map(
        lambda phases: [
            begun if number == 0 else begun._replace(ask="")
            for begun, length in phases
            for number in range(length)
        ]
    )


def play(course: list[Second], *, crashes: bool) -> Story:
    """Play a course, as if each second that says so began with a new leader."""
    story = Story(*RULES, plan=PLAN, is_delivering=False)
    at_s = 1_000_000
    for number, second in enumerate(course):
        at_s += second.after_s
        if crashes and second.is_crash:
            story.crash()
        play_second(story, second, at_s, number)
    return story


def play_second(story: Story, second: Second, at_s: int, number: int) -> None:
    """Reports and actions, then a step."""
    notices = sorted(story.book.notices.values(), key=lambda one: one.id)
    if notices and second.report == "deliver":
        story.deliver(notices[0], at_s)
    elif notices and second.report == "fail":
        story.fail(notices[0], at_s)
    alerts = sorted(story.book.alerts)
    if second.ask == "silence":
        silence = Silence(
            id=f"s{number}", start_ms=at_s * 1000, end_ms=(at_s + 20) * 1000, by="Ada", why="",
            name="sal*",
        )  # fmt: skip
        story.ask("silence", at_s, silence=silence)
    elif second.ask == "end":
        story.ask("end_silence", at_s, about=next(iter(sorted(story.book.silences)), ""))
    elif second.ask and alerts:
        about = alerts[number % len(alerts)]
        story.ask(second.ask, at_s, about=about, until_ms=(at_s + 12) * 1000)
    open_keys = story.book.open_keys()
    unknown = {
        one for one, is_one in zip(KEYS, second.unknown, strict=True) if is_one and one in open_keys
    }
    true = [
        one for one, is_one in zip(KEYS, second.true, strict=True) if is_one and one not in unknown
    ]
    story.second(at_s, found(true, for_s=second.for_s, unknown=unknown))


@settings(max_examples=100, deadline=None)
@given(seconds(20))
def test_a_new_leader_at_any_second_changes_nothing(course: list[Second]) -> None:
    """Alerts, messages and their ids are those of a leader that never died."""
    assert comparable(play(course, crashes=True)) == comparable(play(course, crashes=False))


@settings(max_examples=100, deadline=None)
@given(seconds(20))
def test_nobody_hears_of_the_end_of_what_he_never_heard_of(course: list[Second]) -> None:
    """Each ``resolved`` of an alert follows a ``firing`` of it to the same target."""
    knows: set[tuple[str, str]] = set()
    for notice in play(course, crashes=True).made:
        for alert_id in notice.alerts:
            if notice.what == "firing":
                knows.add((alert_id, notice.target))
            elif notice.what == "resolved":
                assert (alert_id, notice.target) in knows
                knows.remove((alert_id, notice.target))
            else:
                assert (alert_id, notice.target) in knows


@settings(max_examples=100, deadline=None)
@given(seconds(4))
def test_messages_of_a_group_to_a_target_are_never_too_close(course: list[Second]) -> None:
    """But for those that are told at once because another target failed."""
    last_ms: dict[tuple[str, str], int] = {}
    for notice in play(course, crashes=True).made:
        pair = (notice.group, notice.target)
        if not notice.instead_of and pair in last_ms:
            assert notice.made_ms - last_ms[pair] >= INTERVAL_MS
        last_ms[pair] = notice.made_ms


@settings(max_examples=100, deadline=None)
@given(steady())
def test_what_fires_and_is_nobodys_is_told(course: list[Second]) -> None:
    """After the wait of the first step and of the group, and at most three messages before it."""
    longest_ms = 5_000 + WAIT_MS + 3 * INTERVAL_MS + 2 * 4_000
    story = Story(*RULES, plan=PLAN, is_delivering=False)
    at_s, quiet_since_ms = 1_000_000, defaultdict[str, int](int)
    for number, second in enumerate(course):
        at_s += second.after_s
        play_second(story, second, at_s, number)
        for alert in story.book.alerts.values():
            assert alert.fired_ms is not None or alert.state == "pending"
            if alert.state != "firing" or alert.reopened or is_held(story, alert, at_s * 1000):
                quiet_since_ms[alert.id] = at_s * 1000
            since_ms = max(alert.fired_ms or 0, quiet_since_ms[alert.id])
            if at_s * 1000 - since_ms > longest_ms:
                assert alert.told


@settings(max_examples=100, deadline=None)
@given(seconds(20))
def test_a_step_leaves_the_book_alone_and_is_done_once(course: list[Second]) -> None:
    """The same step on the book after it has nothing more to do."""
    story = play(course, crashes=False)
    at_ms = 2_000_000_000
    before = comparable(story)
    changes = step(story.book, found(), story.rules, story.plan, at_ms)
    assert comparable(story) == before
    story.book.apply(changes)
    assert step(story.book, found(), story.rules, story.plan, at_ms) == {}


def is_held(story: Story, alert: Alert, now_ms: int) -> bool:
    """Whether nobody may be told of it."""
    return (alert.snoozed_until_ms or 0) > now_ms or any(
        is_active(silence, now_ms) and matches(silence, alert)
        for silence in story.book.silences.values()
    )
