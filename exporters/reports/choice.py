"""Which KPIs a report has beside its tables, group by group."""

from __future__ import annotations

from exporters.headline import Headline, parse_headline

DEFAULT_LEAD: tuple[str, ...] = (
    "contacts_offered", "abandonment_rate.of_offered", "asa_seconds.queue", "csat",
)  # fmt: skip
"""What leads unless the settings say otherwise, after the service level that is shown first."""

GROUPS: dict[str, tuple[str, ...]] = {
    "abandonment": (
        "contacts_abandoned", "abandonment_rate.of_offered", "abandonment_rate.short_excluded",
        "abandon_wait_mean_seconds", "contacts_lost",
    ),
    "agents": (
        "contacts_handled", "aht_seconds", "talk_mean_seconds", "acw_mean_seconds",
        "occupancy.wall_clock",
    ),
    "satisfaction": ("csat", "nps", "ces", "survey_response_rate.final"),
    "resolution": (
        "first_contact_resolution.no_repeat.7d.final",
        "first_contact_resolution.declared.none.final",
        "repeat_contact_rate.first.7d.final", "contacts_per_demand", "reopen_rate.final",
        "escalation_rate",
    ),
    "selfcare": (
        "selfcare_sessions", "containment_rate.immediate", "handover_rate", "faq_searches",
        "faq_no_answer_rate",
    ),
}  # fmt: skip
"""Paths of KPIs. Where ``final`` has no value yet, ``provisional`` stands in and says so."""

SAMPLE_OF: dict[str, str] = {
    "csat": "survey_answers.csat",
    "nps": "survey_answers.nps",
    "ces": "survey_answers.ces",
    "containment_rate.immediate": "selfcare_sessions_ended",
    "handover_rate": "selfcare_sessions_ended",
    "faq_no_answer_rate": "faq_searches",
    "abandonment_rate.of_offered": "contacts_offered",
    "answer_rate": "contacts_offered",
    "asa_seconds.queue": "contacts_answered",
    "aht_seconds": "contacts_handled",
    "talk_mean_seconds": "contacts_handled",
    "acw_mean_seconds": "contacts_handled",
}
"""Where the count stands that a figure is a share or a mean of; others have none that is shown."""


def paths(written: tuple[str, ...]) -> tuple[Headline, ...]:
    """Return written KPIs as choices."""
    return tuple(parse_headline(one) for one in written)
