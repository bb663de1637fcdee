"""The pages of the wallboard: which groups of KPIs each has, and which figures lead it.

A page is made from the catalogue: a KPI of one of its groups has a place on it by itself. The
pages, the API and ``docs/kpis.md`` read this one list.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.groups import FACETS


class BoardPage(Struct, frozen=True, kw_only=True):
    """One page: the KPIs of its ``groups``, and ``others`` that it takes out of another's group.

    ``leads`` are paths (KPI id, then labels), ``rows`` the lists of its table. ``needs`` is the
    address that it reads: without it there is no such page.
    """

    id: str
    english: str
    french: str
    groups: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    needs: str = ""


QUEUES_PAGE = BoardPage(id="queues", english="Queues", french="Files")
"""The live queues; its figures are chosen by hand (exporters/wallboard/rows.js)."""

BOARD_PAGES: tuple[BoardPage, ...] = (
    BoardPage(id="overview", english="Overview", french="Ensemble"),
    QUEUES_PAGE,
    BoardPage(
        id="agents", english="Agents", french="Agents",
        others=(
            "agents_logged_in", "agents_staffed", "agents_available", "agents_on_contact",
            "agents_in_wrap_up", "agents_ringing", "agents_paused", "agents_unresponsive",
            "agents_other", "agent_free_slots", "occupancy", "utilisation", "availability_rate",
            "pause_rate", "concurrency_mean", "agent_logged_in_seconds", "agent_contact_seconds",
        ),
        leads=(
            "agents_available", "agents_on_contact", "agents_in_wrap_up", "agents_logged_in",
            "occupancy.wall_clock",
        ),
        rows=("teams", "queues"),
    ),
    BoardPage(
        id="service", english="Service", french="Service",
        groups=("service", "waiting", "live", "agents"),
        leads=(
            "service_level.abandons_negative", "answer_rate", "abandonment_rate.of_offered",
            "asa_seconds.queue", "aht_seconds", "contacts_handled",
        ),
        rows=("queues", "channels", "teams"),
    ),
    BoardPage(
        id="resolution", english="Resolution", french="Résolution",
        groups=("resolution", "customers"),
        leads=(
            "first_contact_resolution.no_repeat.7d.final", "repeat_contact_rate.contact.7d.final",
            "contacts_per_demand", "resolution_seconds.last.calendar", "reopen_rate.final",
            "escalation_rate",
        ),
        rows=("queues", "channels", "motives", "teams"),
    ),
    BoardPage(
        id="satisfaction", english="Satisfaction", french="Satisfaction",
        groups=("satisfaction",),
        others=("repeat_satisfaction_gap", "surveys_unknown_contact_count"),
        leads=(
            "nps", "csat", "ces", "ces_high_effort_rate", "survey_response_rate.final",
            "employee_engagement",
        ),
        rows=("surveys", "queues", "channels", "motives", "teams", "themes"),
    ),
    BoardPage(
        id="selfcare", english="Self-care", french="Selfcare",
        groups=("selfcare",),
        others=(
            "containment_confirmed_rate", "selfcare_to_contact_rate", "contact_to_selfcare_rate",
            "bot_to_human_wait_seconds", "transfer_to_selfcare_rate", "selfcare_not_optional_share",
            "selfcare_satisfaction", "selfcare_satisfaction_answers", "selfcare_savings",
        ),
        leads=(
            "containment_rate.immediate", "containment_confirmed_rate.24h.final", "handover_rate",
            "selfcare_satisfaction", "faq_no_answer_rate", "selfcare_sessions",
        ),
        rows=("tools", "motives"),
    ),
    BoardPage(
        id="quality", english="Quality & cost", french="Qualité & coûts",
        groups=("quality", "business"),
        leads=(
            "quality_score", "error_rate.any", "cost_per_contact", "revenue_per_contact",
            "cart_abandonment_rate", "retention_rate",
        ),
        rows=("queues", "channels", "teams", "motives", "items", "segments"),
    ),
    BoardPage(id="trends", english="Trends", french="Tendances"),
    BoardPage(id="alerts", english="Alerts", french="Alertes", needs="/api/alerts"),
)  # fmt: skip
"""The pages in the order of the tabs."""

MOST_LEADS = 6


def page_of(kpi: Kpi) -> BoardPage | None:
    """Return the page on which a KPI has its place."""
    for page in BOARD_PAGES:
        if kpi.id in page.others:
            return page
    return next((page for page in BOARD_PAGES if kpi.group in page.groups), None)


def pages_json(
    kpis: Mapping[str, Kpi] = CATALOGUE, served: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return the pages for JSON, each with its KPIs in the order in which they are shown.

    ``served`` are addresses; a page that needs another one is left out.
    """
    return [
        {
            "id": page.id,
            "english": page.english,
            "french": page.french,
            "leads": [path for path in page.leads if _is_whole(path, kpis)][:MOST_LEADS],
            "kpis": _in_order(page, kpis),
            "rows": [name for name in page.rows if name in _LISTS],
        }
        for page in BOARD_PAGES
        if not page.needs or page.needs in served
    ]


def _in_order(page: BoardPage, kpis: Mapping[str, Kpi]) -> list[str]:
    """Return the ids of a page: its groups as it names them, then what it takes from others."""
    own = [kpi for group in page.groups for kpi in kpis.values() if kpi.group == group]
    others = [kpis[kpi_id] for kpi_id in page.others if kpi_id in kpis]
    return list(dict.fromkeys(kpi.id for kpi in (*own, *others) if page_of(kpi) is page))


def _is_whole(path: str, kpis: Mapping[str, Kpi]) -> bool:
    """Tell whether a path names a value for each label of a KPI that there is."""
    kpi = kpis.get(path.partition(".")[0])
    return kpi is not None and len(path.split(".")) == 1 + len(kpi.labels)


_LISTS = ("queues", "channels", "teams", *FACETS.values())
