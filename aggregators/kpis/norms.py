"""Norms that a KPI may be held against: reference lines, never facts about one's own centre.

The figures are those that articles on customer service print (kpis.md, section 11); where they
come from was not checked. Those marked ``target`` are defaults of this project.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from aggregators.policy import Rules

Sector: TypeAlias = Literal["health", "retail", "tourism", "banking", "software"]
SECTORS: tuple[Sector, ...] = get_args(Sector)

NPS_BY_SECTOR: dict[Sector, float] = {
    "health": 62, "retail": 54, "tourism": 53, "banking": 37, "software": 30,
}  # fmt: skip

NORMS: dict[str, dict[str, float]] = {
    "answer_rate": {"target": 0.90},
    "abandonment_rate": {"target": 0.05},
    "agent_answer_rate": {"target": 0.95},
    "callback_success_rate": {"target": 0.90},
    "csat": {"good": 0.80, "excellent": 0.85},
    "nps": {"good": 0, "excellent": 50},
    "ces": {"target": 3},
    "selfcare_satisfaction": {"least": 0.70},
    "quality_score": {"target": 0.85},
    "error_rate": {"target": 0.05},
    "first_contact_resolution": {"good": 0.70, "excellent": 0.90},
    "repeat_contact_rate": {"target": 0.05, "email": 0.10},
    "contacts_per_demand": {"target": 1.05},
    "repeat_satisfaction_gap": {"usual": 10},
    "containment_rate": {"immediate": 0.80, "confirmed": 0.70},
    "containment_confirmed_rate": {"target": 0.70},
    "handover_rate": {"target": 0.20},
    "faq_no_answer_rate": {"target": 0.10},
    "cart_abandonment_rate": {"market_low": 0.70, "market_high": 0.80},
    "retention_rate": {"good": 0.80, "subscription": 0.90},
}
"""KPI id -> label of a line -> value, in the KPI's own unit."""


def reference(kpi_id: str, rules: Rules) -> dict[str, float]:
    """Return the reference values of a KPI by label, empty if there are none.

    With a sector in the settings its NPS is among them, under the name of the sector.
    """
    found = dict(NORMS.get(kpi_id, {}))
    if kpi_id == "nps":
        found |= {name: value for name, value in NPS_BY_SECTOR.items() if name == rules.sector}
    return found
