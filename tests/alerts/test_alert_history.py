"""The history does not grow beyond what a new leader can read, nor what is remembered of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts import book, notices
from alerts import step as steps
from alerts.alert import Alert, Key
from alerts.book import Book
from alerts.rules import Where
from tests.alerts.alert_story import Story, found, key, plan, rule


def over(number: int) -> Alert:
    """An alert that was over in a second."""
    return Alert(
        id=f"{number:04}", rule_id="wait", where=Where("pair", f"q{number}", "voice"),
        severity="warning", state="resolved", pending_ms=0, fired_ms=0, resolved_ms=number * 1000,
    )  # fmt: skip


def test_of_too_much_history_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten are kept; what fires and what came back is no history."""
    monkeypatch.setattr(steps, "MOST_KEPT", 10)
    known = Book()
    known.apply({f"alert:{n:04}": over(n) for n in range(1, 14)})
    known.apply({"alert:0002": replace(over(2), again_since_ms=20_000)})
    fires = replace(over(99), state="firing", resolved_ms=None, rule_id="other")
    known.apply({"alert:0099": fires})
    unknown = found(unknown=[Key("wait", over(2).where)])
    changes = steps.step(known, unknown, {"wait": rule()}, plan(), 20_000)
    gone = [name for name, record in changes.items() if record is None]
    assert gone == ["alert:0001", "alert:0003"]


def test_an_alert_that_comes_and_goes_for_ever_leaves_no_trail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reopened a hundred times behind an older one, it is found once, by its last end."""
    monkeypatch.setattr(book, "_MOST_STALE", 5)
    known = Book()
    known.apply({"alert:0001": over(1)})
    for end_s in range(2, 103):
        again = replace(over(2), resolved_ms=None, state="firing")
        known.apply({"alert:0002": again})
        known.apply({"alert:0002": replace(again, state="resolved", resolved_ms=end_s * 1000)})
    assert [one.id for one in known.resolved_until(101_999)] == ["0001"]
    assert [one.id for one in known.resolved_until(102_000)] == ["0001", "0002"]
    assert len(known._resolved) < 12


def test_a_notice_is_about_so_many_alerts_and_the_next_about_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five rows at once, three in a message."""
    monkeypatch.setattr(notices, "MOST_ALERTS", 3)
    rows = [key(f"q{n}") for n in range(5)]
    story = Story().run(0, 100, found(rows))
    assert [(one.made_ms, len(one.alerts)) for one in story.made] == [(2_000, 3), (62_000, 2)]
    assert len({alert for one in story.made for alert in one.alerts}) == 5


def test_what_comes_back_under_a_rule_that_became_critical_is_critical() -> None:
    """The rule was changed between its end and its return."""
    story = Story().run(0, 9, found([key()])).run(10, 80)
    story.rules = {"wait": rule(severity="critical")}
    story.second(90, found([Key("wait", key().where)]))
    assert (story.alert().reopened, story.alert().severity) == (1, "critical")
