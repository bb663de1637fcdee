"""How many contacts, answers or sessions are behind a ratio or a mean: its ``n``.

A board shows it beside the figure and greys what has too little behind it (kpis.md, 2.3). Written
as a path: a KPI id, then a value for each of its labels.
"""

from __future__ import annotations

from aggregators.kpis.values import KpiValue, KpiValues

_OF_OFFERED = (
    "service_level", "answer_rate", "answer_rate_wazo", "answered_within_rate", "abandonment_rate",
    "short_abandon_rate", "flow_out_rate", "callback_request_rate", "service_level_attained",
    "service_level_breach_seconds", "service_level_shortfall",
)  # fmt: skip
_OF_ANSWERED = (
    "asa_seconds", "wait_quantile_seconds", "ring_mean_seconds", "transfer_rate",
)  # fmt: skip
_OF_HANDLED = (
    "aht_seconds", "talk_mean_seconds", "hold_mean_seconds", "acw_mean_seconds",
    "handle_part_mean_seconds", "hold_rate",
)  # fmt: skip

SAMPLES: dict[str, str] = {
    **dict.fromkeys(_OF_OFFERED, "contacts_offered"),
    **dict.fromkeys(_OF_ANSWERED, "contacts_answered"),
    **dict.fromkeys(_OF_HANDLED, "contacts_handled"),
    "current_wait_mean_seconds": "contacts_waiting",
    "abandon_wait_mean_seconds": "contacts_abandoned",
    "resolution_seconds": "contacts_resolved",
    "resolution_quantile_seconds": "contacts_resolved",
    "transfer_to_selfcare_rate": "contacts_offered",
    "contacts_per_demand": "first_contacts",
    "multi_touch_share": "first_contacts",
    "transfers_per_journey": "first_contacts",
    "contact_to_selfcare_rate": "first_contacts_handled",
    "csat": "survey_answers.csat",
    "csat_mean": "survey_answers.csat",
    "csat_share": "survey_answers.csat",
    "nps": "survey_answers.nps",
    "nps_share": "survey_answers.nps",
    "ces": "survey_answers.ces",
    "ces_high_effort_rate": "survey_answers.ces",
    "employee_engagement": "survey_answers.engagement",
    "engagement_participation_rate": "surveys_sent.engagement",
    "selfcare_satisfaction": "selfcare_satisfaction_answers",
    "quality_score": "quality_evaluations_scored",
    "quality_item_score": "quality_item_count",
    "error_rate": "quality_evaluations",
    "containment_rate": "selfcare_sessions_ended",
    "handover_rate": "selfcare_sessions_ended",
    "handover_rate_by_reason": "selfcare_sessions_ended",
    "faq_no_answer_rate": "faq_searches",
    "cost_per_contact": "contacts_handled",
    "revenue_per_contact": "contacts_handled",
    "basket_mean": "orders_placed",
}
"""KPI id -> path of the count behind it. A KPI that is in neither table shows no ``n``."""

AT_MOST: dict[str, str] = {
    "ivr_abandon_rate": "contact_volume",
    "first_contact_resolution": "first_contacts_handled",
    "repeat_contact_rate": "customer_contacts",
    "first_contact_share": "customer_contacts",
    "reopen_rate": "tickets_solved",
    "one_touch_rate": "contacts_resolved",
    "selfcare_not_optional_share": "contacts_offered",
    "containment_confirmed_rate": "selfcare_sessions_ended",
    "selfcare_to_contact_rate": "selfcare_sessions_ended",
    "survey_response_rate": "surveys_sent",
    "cart_abandonment_rate": "carts_created",
}
"""KPI id -> path of a count that its ``n`` cannot pass: those of which only a part is final, or
has the mark that is counted. Below the least sample there is too little for certain."""


def sample(kpi_id: str, row: KpiValues) -> int | None:
    """Return the ``n`` of a KPI in a row, or what it cannot pass; None where nothing is known.

    A count that goes by labels is the sum over them.
    """
    path = SAMPLES.get(kpi_id) or AT_MOST.get(kpi_id)
    if path is None:
        return None
    first, *labels = path.split(".")
    value = row.get(first)
    for label in labels:
        value = value.get(label) if isinstance(value, dict) else None
    return _total(value)


def _total(value: KpiValue) -> int | None:
    if isinstance(value, dict):
        parts = [n for n in map(_total, value.values()) if n is not None]
        return sum(parts) if parts else None
    return value if isinstance(value, int) else None
