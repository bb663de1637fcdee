"""MTTA and MTTR."""

from __future__ import annotations

from typing import Any

from alerts.alert import Alert, Transition, record_key
from alerts.book import Book
from alerts.figures import Figures, figures
from alerts.rules import Where
from tests.alerts.alert_story import Story, found, key


def book_of(*alerts: Alert) -> Book:
    """A book with these alerts."""
    book = Book()
    book.apply({record_key(alert): alert for alert in alerts})
    return book


def alert(number: int, state: Any, fired_ms: int | None, **more: Any) -> Alert:
    """An alert of a queue of its own."""
    return Alert(
        id=f"{number}", rule_id="wait", where=Where("pair", f"q{number}", "voice"),
        severity="warning", state=state, pending_ms=fired_ms or 0, fired_ms=fired_ms, **more,
    )  # fmt: skip


def test_without_alerts_there_is_no_mean() -> None:
    """Neither zero nor an error."""
    assert figures(Book(), 0, 1000) == Figures(
        open=0, acknowledged=0, fired=0, mtta_ms=None, acknowledged_n=0, mttr_ms=None, resolved_n=0
    )


def test_figures_are_of_the_window_and_counts_of_now() -> None:
    """MTTA over what fired in [1000, 2000), MTTR over what ended in it, both rounded half up."""
    book = book_of(
        alert(1, "acknowledged", 1000, acknowledged_ms=1100),
        alert(2, "resolved", 1999, acknowledged_ms=2200, resolved_ms=2300),
        alert(3, "resolved", 500, acknowledged_ms=900, resolved_ms=1000),
        alert(4, "resolved", 999, resolved_ms=1998),
        alert(5, "firing", 2000),
        alert(6, "firing", 1500),
        alert(7, "pending", None),
        alert(8, "resolved", 100, resolved_ms=2000),
    )
    assert figures(book, 1000, 2000) == Figures(
        open=3,
        acknowledged=1,
        fired=3,
        mtta_ms=151,  # (100 + 201) / 2
        acknowledged_n=2,
        mttr_ms=750,  # (500 + 999) / 2
        resolved_n=2,
    )


def test_the_first_who_took_it_counts() -> None:
    """Given back and taken again later, the answer was given at 100."""
    story = (Transition("acknowledged", 1100, "Ada"), Transition("released", 1200, "Ada"))
    given_back = alert(1, "firing", 1000, story=story)
    assert figures(book_of(given_back), 0, 5000).mtta_ms == 100


def test_figures_come_out_of_a_life() -> None:
    """Fired at 0, taken at 40, over at 160."""
    story = Story().run(0, 39, found([key()]))
    story.ask("acknowledge", 40)
    story.run(40, 99, found([key()])).run(100, 160)
    made = figures(story.book, 0, 200_000)
    assert (made.open, made.acknowledged, made.fired) == (0, 0, 1)
    assert (made.mtta_ms, made.mttr_ms) == (40_000, 160_000)
