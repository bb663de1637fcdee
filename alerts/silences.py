"""Silences: whom they mean, and when."""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache

from alerts.alert import Alert, Silence


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
    if not pattern or pattern == text:
        return True
    return ("*" in pattern or "?" in pattern) and _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Not stars as ".*": many of them would take years over a name that nearly fits.
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
