"""Alerts and rules for tests of what people are told."""

from __future__ import annotations

from alerts.alert import Alert, Notice
from alerts.message import Message
from alerts.rules import Compare, Measure, Rule, Where

START_MS = 1_795_000_000_000  # 2026-11-18T11:06:40Z
LONGEST_WAIT = Rule(
    id="longest-wait",
    english="Longest wait",
    french="Plus longue attente",
    condition=Compare(Measure("longest_wait_seconds"), ">", 60.0),
    severity="critical",
    about_english="Ask team leads for volunteers.",
    about_french="Demandez des volontaires.",
    runbook="https://example.org/runbooks/wait",
)
RULES = {LONGEST_WAIT.id: LONGEST_WAIT}


def an_alert(queue: str = "sales", value: float | None = 75.0, **others: object) -> Alert:
    """A firing alert of the longest wait that began a minute before ``START_MS``."""
    fields: dict[str, object] = {
        "id": f"id-{queue}",
        "rule_id": LONGEST_WAIT.id,
        "where": Where("pair", queue, "voice"),
        "severity": "critical",
        "state": "firing",
        "pending_ms": START_MS - 60_000,
        "fired_ms": START_MS - 60_000,
        "value": value,
        "threshold": 60.0,
    }
    return Alert(**{**fields, **others})  # type: ignore[arg-type]


def a_notice(*alerts: str, **others: object) -> Notice:
    """A notice of alerts that fire."""
    fields: dict[str, object] = {
        "id": "notice-1",
        "target": "desk",
        "what": "firing",
        "group": "longest-wait",
        "alerts": alerts,
        "made_ms": START_MS,
    }
    return Notice(**{**fields, **others})  # type: ignore[arg-type]


def a_message(**others: object) -> Message:
    """A short message."""
    fields: dict[str, object] = {
        "id": "notice-1",
        "what": "firing",
        "severity": "critical",
        "language": "en",
        "title": "CRITICAL: Longest wait - sales (voice) 75 s, limit 60 s",
        "text": "New alert.\n",
        "made_ms": START_MS,
    }
    return Message(**{**fields, **others})  # type: ignore[arg-type]
