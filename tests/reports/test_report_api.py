"""The description of `/api/reports` fits what is answered, and making a report lets others in."""

from __future__ import annotations

import time

import jsonschema
import msgspec
import pytest

from aggregators.policy import DAY_MS, HOUR_MS
from exporters.http.openapi import describe_api
from exporters.reports.making import steps
from exporters.reports.plan import ReportPlan
from exporters.reports.schedule import latest
from streams.simulator.demo import demo_scenario
from streams.simulator.simulation import Simulation
from tests.reports.day import DAY_START_MS, WEEKS, report, rules
from vigie.compute import batch_rules, boards_at, topic_shards
from vigie.demo import demo_rules
from vigie.report_http import described


def test_a_report_is_as_it_is_described() -> None:
    """Every name of the answer is in the schema, which refuses other types."""
    whole = describe_api([], described())
    schema = {**whole["components"]["schemas"]["Report"], "components": whole["components"]}
    answer = msgspec.json.decode(msgspec.json.encode(report(weeks=WEEKS)))
    jsonschema.validate(answer, schema)
    assert set(answer) == set(schema["properties"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**answer, "start_ms": "yesterday"}, schema)
    for path in ("/api/reports", "/api/reports/{name}"):
        assert path in whole["paths"]


def test_making_is_many_small_steps() -> None:
    """No step costs the thread that folds more than a fraction of the whole."""
    end_ms = DAY_START_MS + DAY_MS
    scenario = demo_scenario()
    used = demo_rules(batch_rules(rules()), scenario)
    told = Simulation(scenario, seed=1, start_ms=end_ms - 6 * HOUR_MS).events(end_ms)
    shards = topic_shards(used)
    list(boards_at(told, [end_ms], used, ("1h",), None, shards))
    plan = ReportPlan(name="centre")
    making = steps(
        plan, latest(plan, end_ms + 7 * HOUR_MS), list(shards.values()), used,
        made_ms=end_ms + 7 * HOUR_MS,
    )  # fmt: skip
    costs: list[float] = []
    is_over = False
    while not is_over:
        began_s = time.thread_time()
        try:
            next(making)
        except StopIteration:
            is_over = True
        costs.append(time.thread_time() - began_s)
    assert len(costs) > 90
    assert max(costs) < 0.5 * sum(costs)
