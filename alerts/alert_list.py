"""Which alerts a question means, and in which order people have to see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from alerts.alert import Alert

if TYPE_CHECKING:
    from alerts.book import Book

Shown: TypeAlias = Literal["pending", "firing", "escalated", "acknowledged", "resolved"]
SHOWN_STATES: tuple[Shown, ...] = ("pending", "firing", "escalated", "acknowledged", "resolved")
ASKED_STATES: tuple[str, ...] = ("open", *SHOWN_STATES, "all")


class Asked(Struct, frozen=True, kw_only=True):
    """What to list. ``since_ms`` leaves out what was over before; empty texts match all."""

    state: str = "open"
    severity: str = ""
    rule: str = ""
    queue: str = ""
    since_ms: int | None = None
    limit: int = 200


def shown_state(alert: Alert) -> Shown:
    """Return the state as people see it: nobody took it, and the next step was told, escalated."""
    if alert.state == "firing" and alert.level >= 1:
        return "escalated"
    return alert.state


def since_ms(alert: Alert) -> int:
    """Return when it fired, or while it is pending since when it is."""
    return alert.pending_ms if alert.fired_ms is None else alert.fired_ms


def is_snoozed(alert: Alert, now_ms: int) -> bool:
    """Tell whether nobody is told for a while because somebody said so."""
    return alert.snoozed_until_ms is not None and alert.snoozed_until_ms > now_ms


def chosen(book: Book, asked: Asked) -> list[Alert]:
    """Return all alerts that are meant, most urgent first; ``limit`` is for the caller."""
    alerts = book.alerts
    if asked.state not in ("all", "resolved"):
        alerts = book.pending if asked.state == "pending" else book.open
    return sorted((alert for alert in alerts.values() if _is_meant(alert, asked)), key=urgency)


def _is_meant(alert: Alert, asked: Asked) -> bool:
    if asked.state not in ("all", "open", shown_state(alert)):
        return False
    if asked.since_ms is not None and alert.state == "resolved":
        over_ms = alert.resolved_ms if alert.resolved_ms is not None else alert.pending_ms
        if over_ms < asked.since_ms:
            return False
    return (
        asked.severity in ("", alert.severity)
        and asked.rule in ("", alert.rule_id)
        and (not asked.queue or (alert.where.kind, alert.where.name) == ("pair", asked.queue))
    )


def urgency(alert: Alert) -> tuple[int, int, int, int, str]:
    """Return what alerts are sorted by: open ones before pending before resolved ones, critical
    before warning, those that nobody took first, the longest first; of resolved the newest."""
    place = 0 if alert.is_open else 1 if alert.state == "pending" else 2
    if alert.state == "resolved":
        return place, 0, 0, -(alert.resolved_ms or 0), alert.id
    is_mild = int(alert.severity != "critical")
    is_taken = int(alert.state == "acknowledged")
    return place, is_mild, is_taken, since_ms(alert), alert.id
