"""A clock that went back: times of before that lie ahead now would hold everything up.

A leader whose clock was ten minutes fast leaves such times to the next one, which would wait for
ten minutes with each `for`, each step of a ladder and each message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from alerts.alert import Alert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alerts.draft import Draft
    from alerts.rules import Rule

CLOCKS_DIFFER_MS = 5_000
"""Between two workers; what lies further ahead is of a clock that was wrong."""
AGAIN_MS = 900_000
"""After so long whoever was tried last is tried again, if nobody at all could be told."""


def take_back(draft: Draft, rules: Mapping[str, Rule]) -> None:
    """Let what would begin to count later count from now on."""
    book, latest_ms = draft.book, draft.now_ms + CLOCKS_DIFFER_MS
    for known in (book.pending, book.open, book.again, book.owing):
        for alert_id in known:
            alert = draft.alert(alert_id)
            if alert is not None and _newest_ms(alert, rules) > latest_ms:
                draft.put(_taken_back(alert, rules, draft.now_ms))


def _newest_ms(alert: Alert, rules: Mapping[str, Rule]) -> int:
    newest_ms = max(
        alert.pending_ms, alert.acknowledged_ms or 0, alert.false_since_ms or 0,
        alert.again_since_ms or 0, alert.ladder_from_ms or 0, alert.reminded_ms or 0,
        alert.steady_from_ms or 0,
    )  # fmt: skip
    for target, owed in alert.owed.items():
        newest_ms = max(newest_ms, owed.due_ms - _longest_wait_ms(alert, target, rules))
    return newest_ms


def _taken_back(alert: Alert, rules: Mapping[str, Rule], now_ms: int) -> Alert:
    return replace(
        alert,
        pending_ms=min(alert.pending_ms, now_ms),
        acknowledged_ms=_until(alert.acknowledged_ms, now_ms),
        false_since_ms=_until(alert.false_since_ms, now_ms),
        again_since_ms=_until(alert.again_since_ms, now_ms),
        ladder_from_ms=_until(alert.ladder_from_ms, now_ms),
        reminded_ms=_until(alert.reminded_ms, now_ms),
        steady_from_ms=_until(alert.steady_from_ms, now_ms),
        owed={
            target: replace(
                owed, due_ms=min(owed.due_ms, now_ms + _longest_wait_ms(alert, target, rules))
            )
            for target, owed in alert.owed.items()
        },
    )


def _longest_wait_ms(alert: Alert, target: str, rules: Mapping[str, Rule]) -> int:
    """Return for how long a target that was told before may be let wait on purpose."""
    if target not in alert.told:
        return 0
    rule = rules.get(alert.rule_id)
    return max(AGAIN_MS, rule.reopen_within_ms if rule is not None and alert.reopened else 0)


def _until(ms: int | None, now_ms: int) -> int | None:
    return None if ms is None else min(ms, now_ms)
