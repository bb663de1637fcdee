"""A centre that has a value for every KPI of the catalogue, in every kind of row."""

from __future__ import annotations

from typing import Any

from aggregators.board import Board, Rows
from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.groups import FACETS, GROUPS
from exporters.headline import empty_row
from tests.exporters.little_centre import NOON_MS, LittleCentre, busy_centre

LABELS = {"reason": ("lunch", "training"), "kind": ("any",), "tool": ("faq", "bot")}
"""Values of labels that are not known from the start."""

NAMES = {
    "motive": ("Billing question", "Delivery late", "Cancel contract", "Technical fault", "Other"),
    "survey": ("after_call", "after_chat", "yearly", "faq_helpful"),
    "theme": ("price", "waiting", "friendliness"),
    "item": ("listening", "clarity", "solving", "compliance"),
    "tool": ("Help centre", "Chat bot", "Voice bot"),
    "segment": ("Private", "Business"),
}


def spread(*parts: object) -> float:
    """Return a number from 0 to 1 that is the same for the same parts in every run."""
    number = 7
    for char in "/".join(map(str, parts)):
        number = (number * 131 + ord(char)) % 99_991
    return number / 99_991


def invented(kpi: Kpi, shape: Any, *parts: str) -> Any:
    """Return a value of a KPI in the shape that the core gives it, other for other rows."""
    if isinstance(shape, dict):
        if not shape:  # by labels that are not known from the start
            for label in reversed(kpi.labels):
                shape = dict.fromkeys(LABELS.get(label, ("one", "two")), shape or None)
        return {label: invented(kpi, inner, *parts, label) for label, inner in shape.items()}
    part = spread(kpi.id, *parts)
    match kpi.unit:
        case "ratio":
            return part if not parts or parts[0] != "share" else part / 2
        case "seconds":
            return 8 + 400 * part
        case "money":
            return 1.2 + 9 * part
        case "number":
            return 1 + 40 * part
    return 30 + round(900 * part)


def full_row(*parts: str, groups: frozenset[str] | None = None) -> dict[str, Any]:
    """Return a row with a value for each KPI, or for those of some groups."""
    return {
        kpi.id: invented(kpi, empty_row()[kpi.id], *parts)
        for kpi in CATALOGUE.values()
        if groups is None or kpi.group in groups
    }


class FullCentre(LittleCentre):
    """A live view with everything; queues as in the busy centre."""

    def __init__(self, now_ms: int = NOON_MS) -> None:
        super().__init__(now_ms)
        busy = busy_centre()
        self.rows, self.policies = busy.rows, busy.policies
        self.waiting_contacts = busy.waiting_contacts
        self.others = full_row()
        self.total = busy.total

    def board(self) -> Board:
        made = super().board()
        if made.windows["today"].facets:
            return made
        facets = {
            facet: {
                name: full_row(
                    name,
                    groups=frozenset(group.name for group in GROUPS if facet in group.facets),
                )
                for name in NAMES.get(facet, ("one", "two"))
            }
            for facet in FACETS
        }
        for name, rows in made.windows.items():
            queues = {q: {**full_row(q), **v} for q, v in rows.queues.items()}
            channels = {c: {**full_row(c), **v} for c, v in rows.channels.items()}
            pairs = {pair: {**queues[pair[0]], **v} for pair, v in rows.pairs.items()}
            total = {**self.others, **rows.total}
            teams = {team: full_row(team) for team in ("North", "South")}
            made.windows[name] = Rows(total, queues, channels, teams, pairs, {}, facets)
        return made
