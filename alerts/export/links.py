"""Links of exported alerts: to a board of Grafana, and to the page that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote_plus

from msgspec import Struct

from aggregators.kpis.catalogue import CATALOGUE, Group
from alerts.rules import PIPELINE, Rule, comparisons

_PIPELINE_BOARD = "vigie-pipeline"
_BOARDS: Mapping[Group, str] = {
    "agents": "vigie-agents",
    "resolution": "vigie-resolution",
    "customers": "vigie-resolution",
    "quality": "vigie-satisfaction",
    "satisfaction": "vigie-satisfaction",
    "selfcare": "vigie-satisfaction",
}
"""Boards by the group of a KPI; those of queues have the others."""
_VARIABLES = ("queue", "channel")

_FIGURES_PAGE = "docs/prometheus.md#an-alert-on-the-figures"
_PAGES: Mapping[str, str] = {
    "VigieDataStopped": "docs/prometheus.md#nothing-comes-in",
    "VigieViewIncomplete": "docs/prometheus.md#a-part-of-the-view-is-missing",
    "VigieNoLeaseHolder": "docs/prometheus.md#a-part-of-the-view-is-missing",
    "VigieRedisDown": "docs/several-workers.md#when-something-fails",
    "VigieTwoLeaders": "docs/several-workers.md#when-something-fails",
    "VigiePartitionWithoutOwner": "docs/several-workers.md#when-something-fails",
    "VigieLagGrowing": "docs/prometheus.md#the-numbers-are-behind",
    "VigieCheckpointOld": "docs/prometheus.md#the-numbers-are-behind",
    "VigieDeadLetters": "docs/guide.md#when-something-is-wrong",
    "VigieManyRefusedEvents": "docs/guide.md#when-something-is-wrong",
    "VigieFoldFailures": "docs/guide.md#when-something-is-wrong",
    "VigieEventsLost": "docs/reliability.md#repair",
    "VigieSourceGap": "docs/reliability.md#repair",
    "VigieLabelValuesDropped": "docs/prometheus.md#limits",
    "VigieRulesNotLoaded": "docs/prometheus.md#alerts-do-not-go-out",
    "VigieAlertsNotJudged": "docs/prometheus.md#alerts-do-not-go-out",
    "VigieAlertJournalFailing": "docs/prometheus.md#alerts-do-not-go-out",
    "VigieNotificationsFailing": "docs/prometheus.md#alerts-do-not-go-out",
    "VigieWatchdog": "docs/prometheus.md#the-dead-mans-switch",
}
_PIPELINE_PAGE = "docs/guide.md#when-something-is-wrong"
_BURN_PAGE = "docs/prometheus.md#burn-rates"


class Links(Struct, frozen=True):
    """``boards`` is Grafana's address, ``pages`` where vigie's pages are read ("." for their path
    in the repository); without them there are no such links."""

    boards: str = ""
    pages: str = ""

    def of_rule(self, name: str, rule: Rule, row: Mapping[str, str]) -> dict[str, str]:
        """Return the annotations of a rule; its own links come first."""
        is_pipeline = rule.scope.kind == PIPELINE
        board = _PIPELINE_BOARD if is_pipeline else _board_of(rule)
        page = _PAGES.get(name, _PIPELINE_PAGE) if is_pipeline else _FIGURES_PAGE
        found = self._made(page, board, {} if is_pipeline else row)
        own = {"runbook_url": rule.runbook, "dashboard_url": rule.board}
        return found | {label: url for label, url in own.items() if url}

    def of_pipeline(self, name: str) -> dict[str, str]:
        """Return the annotations of an alert about vigie itself."""
        return self._made(_PAGES.get(name, _PIPELINE_PAGE), _PIPELINE_BOARD, {})

    def of_burn(self, row: Mapping[str, str]) -> dict[str, str]:
        """Return the annotations of a burn rule."""
        return self._made(_BURN_PAGE, "vigie-queue", row)

    def _made(self, page: str, board: str, row: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.pages:
            base = self.pages.rstrip("/")
            found["runbook_url"] = page if base == "." else f"{base}/{page}"
        if self.boards:
            asked = [f"var-{name}={_in_url(row[name])}" for name in _VARIABLES if name in row]
            found["dashboard_url"] = f"{self.boards.rstrip('/')}/d/{board}" + (
                f"?{'&'.join(asked)}" if asked else ""
            )
        return found


def _board_of(rule: Rule) -> str:
    kpi = CATALOGUE.get(comparisons(rule.condition)[0].measure.kpi)
    return "vigie-queue" if kpi is None else _BOARDS.get(kpi.group, "vigie-queue")


def _in_url(value: str) -> str:
    """A label's value in a query: that of a template is escaped by Prometheus."""
    if value.startswith("{{"):
        return value.replace("}}", "| urlquery }}")
    return quote_plus(value)
