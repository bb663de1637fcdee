"""Silences: whom they mean, and when."""

from __future__ import annotations

from alerts.alert import Alert, Silence
from alerts.row_names import fits


def is_active(silence: Silence, now_ms: int) -> bool:
    """Tell whether a silence holds at an instant; its end is not part of it."""
    return silence.start_ms <= now_ms < silence.end_ms


def matches(silence: Silence, alert: Alert) -> bool:
    """Tell whether a silence means an alert, whenever that is."""
    return (
        _fits(silence.rule, alert.rule_id)
        and _fits(silence.name, alert.where.name)
        and _fits(silence.channel, alert.where.channel)
        and _fits(silence.severity, alert.severity)
    )


def _fits(pattern: str, text: str) -> bool:
    return not pattern or fits(pattern, text)
