"""How many contacts an alert is about: a count in the same row, by the KPI of its rule."""

from __future__ import annotations

from collections.abc import Callable

from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.values import KpiValue, KpiValues
from alerts.rules import Rule, comparisons

_WAITING = "contacts_waiting"
CONCERNED: dict[str, str] = {
    **dict.fromkeys(
        (
            "contacts_waiting", "longest_wait_seconds", "current_wait_mean_seconds",
            "agents_available", "longest_wait_breach_seconds", "service_level_breach_seconds",
        ),
        _WAITING,
    ),
    "contacts_over_threshold": "contacts_over_threshold",
    "contacts_at_risk": "contacts_at_risk",
    "callbacks_in_queue": "callbacks_in_queue",
    "callback_oldest_age_seconds": "callbacks_in_queue",
    "conversations_awaiting_reply": "conversations_awaiting_reply",
    "reply_wait_longest_seconds": "conversations_awaiting_reply",
    "tickets_open": "tickets_open",
    "tickets_unanswered": "tickets_unanswered",
    "ticket_oldest_unanswered_seconds": "tickets_unanswered",
    "tickets_at_risk": "tickets_at_risk",
    "tickets_overdue": "tickets_overdue",
    "abandonment_rate": "contacts_abandoned",
    "contacts_abandoned": "contacts_abandoned",
    "contacts_lost": "contacts_lost",
    "flow_out_rate": "contacts_flow_out",
    "answer_rate": _WAITING,
    "service_level": _WAITING,
    "service_level_shortfall": _WAITING,
}  # fmt: skip
"""KPI id of a rule -> KPI id of the count. Others are about no contacts that could be listed."""


def contacts_concerned(rule: Rule, row_in: Callable[[str], KpiValues | None]) -> int | None:
    """Return how many contacts a rule is about in a row; None where that means nothing.

    ``row_in`` gives the row in a window, "" is any: what is the case now is the same in all.
    """
    for compare in comparisons(rule.condition):
        counted = CONCERNED.get(compare.measure.kpi)
        if counted is not None:
            window = "" if CATALOGUE[counted].kind == "N" else compare.measure.window
            row = row_in(window)
            value: KpiValue = None if row is None else row.get(counted)
            labels = compare.measure.labels if counted == compare.measure.kpi else ()
            for label in labels:
                value = value.get(label) if isinstance(value, dict) else None
            return _total(value)
    return None


def _total(value: KpiValue) -> int | None:
    if isinstance(value, dict):
        return sum(_total(part) or 0 for part in value.values())
    return value if isinstance(value, int) else None
