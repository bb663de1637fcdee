"""One second of all alerts: what was asked for, what is the case, and who is to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.policy import DAY_MS
from alerts.actions import act
from alerts.clock_back import take_back
from alerts.draft import Draft
from alerts.ladder import owe_telling
from alerts.lifecycle import live, note_values
from alerts.notices import drop_old, make_notices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.alert import Alert
    from alerts.book import Book, Changes
    from alerts.evaluation import Findings
    from alerts.plan import Plan
    from alerts.rules import Rule

MOST_KEPT = 10_000
"""Alerts that are over, whatever their age: a new leader reads all of them."""
_FORGOTTEN_AT_ONCE = 1_000


def step(
    book: Book, findings: Findings, rules: Mapping[str, Rule], plan: Plan, now_ms: int
) -> Changes:
    """Return what to write at this instant; the book is not changed, and {} if nothing happened.

    The same book, findings and instant give the same changes, whoever leads.
    """
    draft = Draft(book, now_ms)
    take_back(draft, rules)
    act(draft)
    live(draft, findings, rules, plan)
    owe_telling(draft, rules, plan, findings.unknown)
    make_notices(draft, rules, plan)
    drop_old(draft, plan)
    note_values(draft, findings, rules)
    _forget(draft, plan)
    return draft.changes


def _forget(draft: Draft, plan: Plan) -> None:
    """Delete what is history for long enough, and of too much history the oldest."""
    book = draft.book
    _delete_over(draft, book.resolved_until(draft.now_ms - plan.kept_ms))
    too_many = len(book.alerts) - len(book.open) - len(book.pending) - MOST_KEPT
    if too_many > 0:
        _delete_over(draft, list(book.oldest_resolved(min(too_many, _FORGOTTEN_AT_ONCE))))
    for silence in draft.book.silences.values():
        if draft.now_ms - silence.end_ms >= DAY_MS:
            draft.delete(silence)


def _delete_over(draft: Draft, alerts: Iterable[Alert]) -> None:
    for alert in alerts:
        now = draft.alert(alert.id)
        if now is not None and now.state == "resolved" and now.again_since_ms is None:
            draft.delete_alert(now)
