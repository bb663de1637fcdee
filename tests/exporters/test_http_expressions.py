"""``/api/expressions`` over a real socket: the list, its error and its trend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aggregators import events as ev
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.policy import Rules
from aggregators.shard import Shard
from exporters.http.app import build_web_app
from exporters.http.openapi import describe_api
from tests.exporters.little_centre import NOON_MS, LittleCentre
from tests.exporters.served import client_of

RULES = Rules(expressions_listed=2)
MIDNIGHT_MS = NOON_MS - 12 * 3_600_000
DAY_MS = 24 * 3_600_000


class Helped(LittleCentre):
    """A centre with two shards of self-care."""

    def __init__(self) -> None:
        super().__init__()
        self.selfcare = [Shard("selfcare", n, RULES) for n in range(2)]
        self.told = 0

    def shards(self) -> Sequence[Any]:
        return self.selfcare

    def search(self, keyword: str, at_ms: int, results: int = 0, tool: str = "faq") -> None:
        """Somebody searches, in a session of the one or the other shard."""
        self.told += 1
        search = ev.FaqSearched(
            v=1, event_id=f"e{self.told}", source="test", event_time_ms=at_ms,
            session_id=f"s{self.told}", search_id="r1", tool=tool, keyword=keyword,
            result_count=results,
        )  # fmt: skip
        self.selfcare[self.told % 2].apply(search, at_ms)


def helped() -> Helped:
    """Return a centre that was asked for the same things yesterday and today."""
    centre = Helped()
    centre.search("prix", MIDNIGHT_MS - 2 * DAY_MS)
    for n in range(3):
        centre.search("code promo", MIDNIGHT_MS - DAY_MS + 60_000 * n)
    for n in range(5):
        centre.search("Codes promo", MIDNIGHT_MS + 60_000 * n, tool="bot" if n else "faq")
    centre.search("remboursement", MIDNIGHT_MS + 600_000)
    centre.search("moi@example.org", MIDNIGHT_MS + 600_000)
    centre.search("eSIM", MIDNIGHT_MS + 700_000)
    centre.search("facture", MIDNIGHT_MS + 800_000, results=4)
    return centre


async def test_the_list_has_counts_tools_times_and_trend() -> None:
    """Merged over shards, as many as the settings say, the most frequent first."""
    async with client_of(build_web_app(helped())) as client:
        answer = await client.get("/api/expressions")
        found = await answer.json()
    assert answer.status == 200
    assert (found["window"], found["tool"], found["as_of_ms"]) == ("today", None, NOON_MS)
    assert (found["start_ms"], found["end_ms"]) == (MIDNIGHT_MS, NOON_MS)
    assert (found["searches"], found["unlisted"]) == (8, 1)
    assert (found["error"], found["error_before"]) == (0, 0)
    assert found["expressions"] == [
        {
            "expression": "codes promo", "count": 5, "tools": {"faq": 1, "bot": 4},
            "first_ms": MIDNIGHT_MS, "last_ms": MIDNIGHT_MS + 240_000,
            "count_before": 3, "change": 2,
        },
        {
            "expression": "esim", "count": 1, "tools": {"faq": 1},
            "first_ms": MIDNIGHT_MS + 700_000, "last_ms": MIDNIGHT_MS + 700_000,
            "count_before": 0, "change": 1,
        },
    ]  # fmt: skip


async def test_a_window_and_a_tool_can_be_asked_for() -> None:
    """A tool that nobody knows has an empty list, as one that always has an answer."""
    async with client_of(build_web_app(helped())) as client:
        bot = await (await client.get("/api/expressions?tool=bot&window=7d")).json()
        none = await (await client.get("/api/expressions?tool=nobody")).json()
        whole = await (await client.get("/api/expressions?window=whole")).json()
    assert [(item["expression"], item["count"]) for item in bot["expressions"]] == [
        ("codes promo", 4)
    ]
    assert (bot["searches"], bot["error_before"]) == (4, None)
    assert bot["expressions"][0]["count_before"] is None
    assert (none["searches"], none["expressions"]) == (0, [])
    assert (whole["searches"], whole["expressions"][0]["count"]) == (12, 8)


async def test_a_new_board_has_a_new_list() -> None:
    """An answer lasts as long as the board beside it."""
    centre = helped()
    async with client_of(build_web_app(centre)) as client:
        before = await (await client.get("/api/expressions")).json()
        centre.search("eSIM", MIDNIGHT_MS + 900_000)
        same = await (await client.get("/api/expressions")).json()
        centre.tick()
        after = await (await client.get("/api/expressions")).json()
    assert (before["searches"], same["searches"], after["searches"]) == (8, 8, 9)


@pytest.mark.parametrize(
    ("window", "error"),
    [
        ("15m", "the window '15m' is not made of days"),
        ("7w", "unknown window '7w'"),
        ("interval_15m_last", "the window 'interval_15m_last' is not made of days"),
        ("60d", "window '60d' is too long"),
    ],
)
async def test_a_window_not_made_of_days_is_refused(window: str, error: str) -> None:
    """With what to ask for instead, in the agreed form of errors."""
    async with client_of(build_web_app(helped())) as client:
        answer = await client.get(f"/api/expressions?window={window}")
        said = await answer.json()
    assert answer.status == 400
    assert said["error"] == error
    assert said["fix"]


@pytest.mark.parametrize(("centre", "query"), [(helped, ""), (LittleCentre, "?window=7d")])
async def test_the_answer_fits_its_description(centre: Any, query: str) -> None:
    """With and without any shard of self-care."""
    description = describe_api(())
    schema = description["paths"]["/api/expressions"]["get"]["responses"]["200"]["content"]
    async with client_of(build_web_app(centre())) as client:
        found = await (await client.get(f"/api/expressions{query}")).json()
    checked = {**schema["application/json"]["schema"], "components": description["components"]}
    Draft202012Validator(checked).validate(found)


def test_no_metric_has_an_expression_as_label() -> None:
    """They are lists of the API; a series per expression would know no bound."""
    labels = {label for kpi in CATALOGUE.values() for label in kpi.labels}
    assert not labels & {"expression", "keyword", "text"}
