"""Alerts, rules and silences for JSON: what people and programs read of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec

from alerts.alert import Alert, Silence, Transition
from alerts.alert_list import (
    SHOWN_STATES,
    Shown,
    is_snoozed,
    shown_state,
    since_ms,
)
from alerts.lifecycle import with_values
from alerts.plan import Ladder, Plan
from alerts.rules import Rule
from alerts.silences import is_active, matches
from alerts.written import compare_of, condition_text, measure_json
from exporters.http.api import contacts_address
from exporters.http.board_json import value_json

if TYPE_CHECKING:
    from alerts.book import Book

_AFTER: dict[str, Shown] = {
    "pending": "pending", "fired": "firing", "reopened": "firing", "released": "firing",
    "acknowledged": "acknowledged", "resolved": "resolved",
}  # fmt: skip
"""The state that a transition leads to; others change none."""


def active_silences(book: Book, now_ms: int) -> list[Silence]:
    """Return the silences that hold now."""
    return [silence for silence in book.silences.values() if is_active(silence, now_ms)]


def with_newest(alert: Alert, book: Book) -> Alert:
    """Return an alert with the value of this second, which is not worth writing down.

    Only the worker that makes the alerts knows it.
    """
    breach = book.seen.get(alert.key)
    if breach is None or alert.state == "resolved":
        return alert
    return with_values(alert, breach)


def alert_json(
    alert: Alert, rules: Mapping[str, Rule], active: Iterable[Silence], now_ms: int
) -> dict[str, Any]:
    """Return one alert as a list has it; ``active`` are the silences of now."""
    rule = rules.get(alert.rule_id)
    compare = compare_of(alert, rule)
    end_ms = now_ms if alert.resolved_ms is None else alert.resolved_ms
    taken = next((one for one in reversed(alert.story) if one.what == "acknowledged"), None)
    is_over = alert.state == "resolved"
    return {
        "id": alert.id,
        "rule": alert.rule_id,
        "english": rule.english if rule else alert.rule_id,
        "french": rule.french if rule else alert.rule_id,
        "severity": alert.severity,
        "state": shown_state(alert),
        "kind": alert.where.kind,
        "labels": alert.where.labels(),
        "measure": None if compare is None else measure_json(compare.measure),
        "operator": None if compare is None else compare.operator,
        "value": value_json(alert.value),
        "threshold": value_json(alert.threshold),
        "worst": value_json(alert.worst),
        "sample": alert.sample,
        "since_ms": since_ms(alert),
        "duration_ms": max(0, end_ms - since_ms(alert)),
        "pending_ms": alert.pending_ms,
        "fired_ms": alert.fired_ms,
        "acknowledged_ms": alert.acknowledged_ms,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_why": taken.why if taken and alert.acknowledged_ms is not None else "",
        "resolved_ms": alert.resolved_ms,
        "snoozed": not is_over and is_snoozed(alert, now_ms),
        "snoozed_until_ms": alert.snoozed_until_ms,
        "silenced": not is_over and any(matches(silence, alert) for silence in active),
        "level": alert.level,
        "reopened": alert.reopened,
        "spans": spans_json(alert),
        "links": links_json(alert, rule),
    }


def links_json(alert: Alert, rule: Rule | None) -> dict[str, Any]:
    """Return addresses about an alert; null where there is none."""
    queue = alert.where.name if alert.where.kind == "pair" else ""
    return {
        "self": f"/api/alerts/{quote(alert.id, safe='')}",
        "contacts": contacts_address(queue) if queue else None,
        "board": (rule.board if rule else "") or "/?" + urlencode({"page": "alerts"}),
        "runbook": (rule.runbook if rule else "") or None,
    }


def spans_json(alert: Alert) -> list[dict[str, Any]]:
    """Return the states of an alert one after the other; the last has no end until it is over."""
    found: list[dict[str, Any]] = []
    state: Shown | None = None
    for one in alert.story:
        after = _AFTER.get(one.what)
        if one.what == "escalated" and (one.level or 0) >= 1 and state == "firing":
            after = "escalated"
        if after is None or after == state:
            continue
        if found and found[-1]["end_ms"] is None:
            found[-1]["end_ms"] = one.at_ms
        if after != "resolved":
            found.append({"state": after, "start_ms": one.at_ms, "end_ms": None})
        state = after
    return found


def transition_json(one: Transition) -> dict[str, Any]:
    """Return one step of an alert's story."""
    return {
        "what": one.what,
        "at_ms": one.at_ms,
        "by": one.by,
        "why": one.why,
        "value": value_json(one.value),
        "level": one.level,
        "until_ms": one.until_ms,
    }


def counts_json(book: Book, active: Iterable[Silence], now_ms: int) -> dict[str, Any]:
    """Return how many alerts there are by state, and of the open ones by severity.

    ``unacknowledged`` are those that wait for somebody: not taken, snoozed nor silenced.
    """
    by_state: dict[Shown, int] = dict.fromkeys(
        (state for state in SHOWN_STATES if state != "resolved"), 0
    )
    by_severity = {"critical": 0, "warning": 0}
    waiting = {"critical": 0, "warning": 0}
    by_state["pending"] = len(book.pending)
    for alert in book.open.values():
        by_state[shown_state(alert)] += 1
        by_severity[alert.severity] += 1
        if alert.state != "firing" or is_snoozed(alert, now_ms):
            continue
        if not any(matches(silence, alert) for silence in active):
            waiting[alert.severity] += 1
    return {
        "open": sum(by_severity.values()),
        "states": by_state,
        "severities": by_severity,
        "unacknowledged": waiting,
    }


def silence_json(silence: Silence, book: Book, now_ms: int) -> dict[str, Any]:
    """Return a silence, its state, and how many of the open alerts it means until it is over."""
    over = silence.end_ms <= now_ms
    state = "ended" if over else "active" if is_active(silence, now_ms) else "planned"
    return {
        **msgspec.structs.asdict(silence),
        "state": state,
        "matched": 0 if over else sum(matches(silence, one) for one in book.open.values()),
    }


def rule_json(rule: Rule, plan: Plan) -> dict[str, Any]:
    """Return a rule in force, and whom it reaches when: ids only, never an address."""
    return {
        "id": rule.id,
        "english": rule.english,
        "french": rule.french,
        "about_english": rule.about_english,
        "about_french": rule.about_french,
        "condition": condition_text(rule.condition),
        "scope": msgspec.to_builtins(rule.scope),
        "severity": rule.severity,
        "for_ms": rule.for_ms,
        "clear_for_ms": rule.clear_for_ms,
        "reopen_within_ms": rule.reopen_within_ms,
        "always_active": rule.active is None,
        "group": rule.group or rule.id,
        "ladder": ladder_json(rule.ladder, plan.ladders.get(rule.ladder)),
        "runbook": rule.runbook or None,
        "board": rule.board or None,
    }


def ladder_json(name: str, ladder: Ladder | None) -> dict[str, Any]:
    """Return the steps of a ladder; none where the settings have no ladder of this name."""
    steps = () if ladder is None else ladder.steps
    return {
        "id": name,
        "steps": [msgspec.to_builtins(step) for step in steps],
        "repeat_ms": 0 if ladder is None else ladder.repeat_ms,
        "remind_ms": 0 if ladder is None else ladder.remind_ms,
    }
