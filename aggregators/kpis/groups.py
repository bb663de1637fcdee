"""The groups of KPIs beyond queues and agents: where their facts are and who computes them.

A group owns one thousand fact keys (``block``). A row gets the KPIs of the groups of which it has
facts; the row of everything together has all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from aggregators.facts import BLOCK, CONTACTS_RECEIVED, RESOLUTION_MEASURES
from aggregators.kpis import business, customers, quality, resolution, satisfaction, selfcare
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValues


class Group(Struct, frozen=True):
    """One group. ``by_pair`` and ``facets`` say by what its Prometheus series are split.

    ``windows`` says in which windows it has series: ``long`` ones only (an hour and more), where
    a few minutes hold too little to say anything, or in ``short`` ones too.
    """

    name: str
    block: int
    values: Callable[[Sums], KpiValues]
    table: str
    by_pair: bool = True
    facets: tuple[str, ...] = ()
    windows: Literal["short", "long"] = "long"


GROUPS: tuple[Group, ...] = (
    Group(
        "satisfaction", 1, satisfaction.values, satisfaction.TABLE,
        facets=("survey", "motive", "theme"),
    ),
    Group(
        "selfcare", 2, selfcare.values, selfcare.TABLE,
        by_pair=False, facets=("tool", "motive"), windows="short",
    ),
    Group("resolution", 3, resolution.values, resolution.TABLE, facets=("motive",)),
    Group(
        "customers", 4, customers.values, customers.TABLE, facets=("motive", "tool"),
    ),
    Group("quality", 5, quality.values, quality.TABLE, facets=("motive", "item")),
    Group("business", 6, business.values, business.TABLE, by_pair=False, facets=("segment",)),
)  # fmt: skip
"""The groups in the order in which they are shown."""

FACETS: dict[str, str] = {
    "motive": "motives",
    "survey": "surveys",
    "theme": "themes",
    "item": "items",
    "tool": "tools",
    "segment": "segments",
}
"""Facets of rows, and the names of their lists in the API."""


def of_groups(sums: Sums) -> KpiValues:
    """Return the KPIs of the groups of which the sums have facts."""
    present = {key // BLOCK for key in sums.cell if key >= BLOCK}
    if any(sums.measures[n].n for n in RESOLUTION_MEASURES if n in sums.measures):
        present.add(CONTACTS_RECEIVED // BLOCK)  # calls have no count beside their times
    found: KpiValues = {}
    for group in GROUPS:
        if group.block in present:
            found |= group.values(sums)
    return found


def of_all_groups(sums: Sums) -> KpiValues:
    """Return the KPIs of every group, "no value" where there are no facts."""
    found: KpiValues = {}
    for group in GROUPS:
        found |= group.values(sums)
    return found
