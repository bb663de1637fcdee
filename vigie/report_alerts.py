"""The alerts of a stretch of time as a report tells of them, from the book of alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerts.alert import Alert, Transition
from alerts.alert_view import AlertView, Facts
from alerts.book import Book
from alerts.figures import figures
from alerts.plan import Plan
from alerts.rules import Rule
from alerts.wording import row_text
from exporters.reports.plan import ReportPlan
from exporters.reports.report import AlertLine, AlertNote, Alerts
from exporters.reports.schedule import Occasion

MOST_LISTED = 20
_DONE = ("acknowledged", "released", "snoozed")


def alerts_of(
    book: Book,
    rules: Mapping[str, Rule],
    plan: ReportPlan,
    occasion: Occasion,
    is_concerned: Callable[[str, str, str], bool],
) -> Alerts:
    """Return the alerts that fired or stood in a stretch, critical ones and the longest first."""
    part = Book()
    for alert in book.alerts.values():
        where = alert.where
        if is_concerned(where.kind, where.name, where.channel):
            part.apply({f"alert:{alert.id}": alert})
    found = [
        alert
        for alert in part.alerts.values()
        if alert.fired_ms is not None
        and alert.fired_ms < occasion.end_ms
        and (alert.resolved_ms is None or alert.resolved_ms > occasion.start_ms)
    ]
    found.sort(key=lambda one: (one.severity != "critical", -_length_ms(one, occasion), one.id))
    listed = sorted(found[:MOST_LISTED], key=lambda one: (one.fired_ms or 0, one.id))
    means = figures(part, occasion.start_ms, occasion.end_ms)
    return Alerts(
        fired=means.fired,
        mtta_ms=means.mtta_ms,
        mttr_ms=means.mttr_ms,
        lines=tuple(_line(one, rules.get(one.rule_id), plan) for one in listed),
        left_out=max(0, len(found) - MOST_LISTED),
    )


def _length_ms(alert: Alert, occasion: Occasion) -> int:
    end_ms = occasion.end_ms if alert.resolved_ms is None else alert.resolved_ms
    return end_ms - (alert.fired_ms or 0)


def _line(alert: Alert, rule: Rule | None, plan: ReportPlan) -> AlertLine:
    fired_ms = alert.fired_ms or alert.pending_ms
    view = AlertView(alert, rule, Facts(), Plan(), plan.language, fired_ms)
    taken = next((one for one in alert.story if one.what == "acknowledged"), None)
    is_pair = alert.where.kind == "pair"
    return AlertLine(
        name=view.name,
        where=row_text(alert.where, plan.language),
        kind=alert.where.kind,
        queue=alert.where.name if is_pair else "",
        channel=alert.where.channel if is_pair else "",
        severity=alert.severity,
        fired_ms=fired_ms,
        ended_ms=alert.resolved_ms,
        taken_ms=alert.acknowledged_ms if taken is None else taken.at_ms,
        taken_by=taken.by if taken is not None and plan.with_names else "",
        worst="" if alert.worst is None else view.figure(alert.worst),
        notes=tuple(
            _note(one, plan)
            for one in alert.story
            if one.what in _DONE and (one.why or one.what != "acknowledged")
        ),
    )


def _note(one: Transition, plan: ReportPlan) -> AlertNote:
    return AlertNote(
        at_ms=one.at_ms, what=one.what, by=one.by if plan.with_names else "", why=one.why
    )
