"""The demo centre has something to show in every group of KPIs."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators.board import KpiValues
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.groups import GROUPS
from aggregators.policy import Rules
from streams.simulator import Simulation, demo_scenario
from vigie.compute import boards_at
from vigie.demo import demo_rules

START_MS = 1_732_500_000_000
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def every_row() -> list[KpiValues]:
    """The rows of everything, by motive, item, tool ... after six hours of the demo centre."""
    scenario = demo_scenario()
    events = Simulation(scenario, seed=1, start_ms=START_MS).events(START_MS + 6 * HOUR_MS)
    rules = demo_rules(Rules(), scenario)
    (board,) = boards_at(events, [START_MS + 6 * HOUR_MS], rules, ["whole"])
    rows = board.windows["whole"]
    return [rows.total, *(row for named in rows.facets.values() for row in named.values())]


def has_value(value: Any) -> bool:
    """Tell whether a KPI is more than nothing: a number but zero, at any of its labels."""
    if isinstance(value, dict):
        return any(has_value(inner) for inner in value.values())
    return bool(value)


@pytest.mark.parametrize("name", [group.name for group in GROUPS])
def test_most_kpis_of_a_group_have_a_value(every_row: list[KpiValues], name: str) -> None:
    """At least seven in ten of each group; some need weeks, or settings that the demo has not."""
    ids = [kpi.id for kpi in CATALOGUE.values() if kpi.group == name]
    moving = [kpi for kpi in ids if any(has_value(row.get(kpi)) for row in every_row)]
    assert len(ids) > 2
    assert len(moving) >= 0.7 * len(ids), f"without a value: {sorted(set(ids) - set(moving))}"
