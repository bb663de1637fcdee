"""``/api/trends`` over a real socket: the shape, the limits and how often it is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aggregators import events as ev
from aggregators.policy import DAY_MS, HOUR_MS, Rules
from aggregators.shard import Shard
from exporters.http.app import build_web_app
from exporters.http.openapi import describe_api
from exporters.http.trends import TrendBook
from tests.exporters.little_centre import NOON_MS, LittleCentre
from tests.exporters.served import client_of


class Remembering(LittleCentre):
    """A centre with calls on the same weekday of five weeks: 20 each, today 60."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = Shard("calls", 0, Rules())
        moments = [(NOON_MS - 40 * DAY_MS, 1)]
        moments += [(NOON_MS - 7 * week * DAY_MS - HOUR_MS, 20) for week in (5, 4, 3, 2, 1)]
        moments += [(NOON_MS - HOUR_MS, 60)]
        for at_ms, n in moments:
            for k in range(n):
                told = ev.ContactCreated(
                    v=1, event_id=f"{at_ms}-{k}", source="test", event_time_ms=at_ms,
                    contact_id=f"{at_ms}-{k}", channel="voice",
                )  # fmt: skip
                self.calls.apply(told, at_ms)

    def shards(self) -> Sequence[Any]:
        return [self.calls]


async def test_a_figure_stands_beside_its_baseline_with_an_interval() -> None:
    """In the total and in the row of the channel, as the API describes it."""
    async with client_of(build_web_app(Remembering())) as client:
        answer = await client.get("/api/trends?kpis=contact_volume,contacts_flow_out")
        found = await answer.json()
    assert answer.status == 200
    assert (found["window"], found["as_of_ms"]) == ("today", NOON_MS)
    changed = found["total"]["contact_volume"]
    assert changed["trend"] == {
        "now": 60, "baseline": 20, "low": changed["trend"]["low"],
        "high": changed["trend"]["high"], "difference": 40, "ratio": 3.0, "direction": "higher",
        "weeks": 5, "last_week": 20,
    }  # fmt: skip
    # 2.776 x sqrt(100.5 / 5) x sqrt(1.2)
    assert changed["trend"]["high"] == pytest.approx(33.634, abs=0.001)
    assert changed["days"]["points"] == [0, 20, 0, 0, 0, 0, 0, 0]
    assert found["channels"]["voice"]["contact_volume"] == changed
    assert found["total"]["contacts_flow_out"]["timeout"]["trend"]["now"] == 0
    description = describe_api(["/metrics"])
    schema = {"$ref": "#/components/schemas/Trends", "components": description["components"]}
    Draft202012Validator(schema).validate(found)


async def test_a_closed_month_stands_against_the_one_before() -> None:
    """The December of this centre against its November, of which it saw only a part."""
    async with client_of(build_web_app(Remembering())) as client:
        found = await (await client.get("/api/trends?window=month_last")).json()
    assert found["total"]["contact_volume"]["periods"] == {
        "now": 100, "before": None, "year_ago": None,
    }  # fmt: skip
    description = describe_api(["/metrics"])
    schema = {"$ref": "#/components/schemas/Trends", "components": description["components"]}
    Draft202012Validator(schema).validate(found)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("window=5m", "there are no trends of '5m'"),
        ("kpis=nonsense", "there is no KPI 'nonsense'"),
        ("kpis=" + ",".join(f"k{n}" for n in range(21)), "too many KPIs asked for"),
    ],
)
async def test_what_has_no_trends_is_refused_with_advice(query: str, problem: str) -> None:
    """One clear line and what to write instead."""
    async with client_of(build_web_app(Remembering())) as client:
        answer = await client.get(f"/api/trends?{query}")
        found = await answer.json()
    assert (answer.status, found["error"]) == (400, problem)
    assert found["fix"]


def test_the_same_question_is_computed_once_a_minute() -> None:
    """However many screens ask for it."""
    book = TrendBook(Remembering())
    for second in range(59):
        book.rows(NOON_MS + second * 1000, "today", ("contact_volume",))
    assert book.computations == 1
    book.rows(NOON_MS + 61_000, "today", ("contact_volume",))
    book.rows(NOON_MS + 61_000, "interval_15m_last", ("contact_volume",))
    assert book.computations == 3
