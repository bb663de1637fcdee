"""What the addresses of the alerts say, over a real server and the real life-cycle."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from alerts.http import alert_routes
from alerts.http_schemas import described
from alerts.rules import PIPELINE, Where
from exporters.http.app import build_web_app
from exporters.http.openapi import describe_api
from tests.alerts.alert_desk import (
    MINUTE_MS,
    NOON_MS,
    SERVICE,
    STOPPED,
    WAIT,
    TestDesk,
    busy_desk,
    queue,
)
from tests.alerts.alert_server import check, client, read
from tests.exporters.little_centre import busy_centre
from tests.exporters.served import client_of

BY = {"by": "Maria"}


async def test_the_most_urgent_alert_stands_first() -> None:
    """Critical before warning, those that nobody took first, the longest first; pending after."""
    desk = busy_desk()
    taken = desk.id_of(WAIT, queue("Sales"))
    async with client(desk) as asking:
        await asking.post(f"/api/alerts/{taken}/acknowledge", json=BY)
        said = await read(asking, "/api/alerts?state=all")
    check("/api/alerts", "get", 200, said)
    assert [(one["rule"], one["labels"]["queue"], one["state"]) for one in said["alerts"]] == [
        ("longest-wait", "Technical support", "firing"),
        ("longest-wait", "Sales", "acknowledged"),
        ("service-level", "Billing", "escalated"),
        ("longest-wait", "Customer care", "pending"),
        ("service-level", "Fraud line", "resolved"),
    ]
    assert said["found"] == 5
    assert said["leading"] is True
    assert said["as_of_ms"] == desk.clock_ms


async def test_the_counts_are_of_all_alerts_whatever_is_asked_for() -> None:
    """Open ones by state and severity, and those that wait for somebody."""
    desk = busy_desk()
    async with client(desk) as asking:
        said = await read(asking, "/api/alerts?queue=Nobody&limit=0")
        assert said["alerts"] == []
        assert said["counts"] == {
            "open": 3,
            "states": {"pending": 1, "firing": 1, "escalated": 2, "acknowledged": 0},
            "severities": {"critical": 2, "warning": 1},
            "unacknowledged": {"critical": 2, "warning": 1},
        }
        sales = desk.id_of(WAIT, queue("Sales"))
        await asking.post(f"/api/alerts/{sales}/acknowledge", json=BY)
        billing = desk.id_of(SERVICE, queue("Billing"))
        await asking.post(f"/api/alerts/{billing}/snooze", json={**BY, "for_ms": MINUTE_MS})
        said = await read(asking, "/api/alerts?limit=0")
    assert said["counts"]["severities"] == {"critical": 2, "warning": 1}
    assert said["counts"]["unacknowledged"] == {"critical": 1, "warning": 0}


@pytest.mark.parametrize(
    ("query", "queues"),
    [
        ("", ["Sales", "Technical support", "Billing"]),
        ("?state=open&severity=warning", ["Billing"]),
        ("?state=escalated", ["Sales", "Billing"]),
        ("?state=pending", ["Customer care"]),
        ("?state=resolved", ["Fraud line"]),
        ("?state=acknowledged", []),
        ("?rule=service-level", ["Billing"]),
        ("?queue=Sales", ["Sales"]),
        ("?limit=1", ["Sales"]),
        (f"?state=resolved&since_ms={NOON_MS + 10 * MINUTE_MS}", []),
        (f"?state=resolved&since_ms={NOON_MS}", ["Fraud line"]),
    ],
)
async def test_a_question_can_be_narrowed(query: str, queues: list[str]) -> None:
    """By state, severity, rule, queue and time."""
    async with client(busy_desk()) as asking:
        said = await read(asking, f"/api/alerts{query}")
    assert [one["labels"]["queue"] for one in said["alerts"]] == queues


async def test_an_alert_says_what_it_measures_and_what_became_of_it() -> None:
    """Names in both languages, value and threshold with their unit, states one after the other."""
    desk = busy_desk()
    sales = queue("Sales")
    desk.breach(WAIT, sales, 301.5, 7)
    desk.tick()
    alert_id = desk.id_of(WAIT, sales)
    fired_ms = NOON_MS + 78_000
    async with client(desk) as asking:
        await asking.post(f"/api/alerts/{alert_id}/acknowledge", json={**BY, "why": "on my way"})
        said = await read(asking, f"/api/alerts/{alert_id}")
    check("/api/alerts/{id}", "get", 200, said)
    alert = said["alert"]
    assert (alert["english"], alert["french"]) == ("Longest wait", "Plus longue attente")
    assert alert["about_english"] == "Bring agents to this queue."
    assert alert["labels"] == {"queue": "Sales", "channel": "voice"}
    assert (alert["value"], alert["operator"], alert["threshold"]) == (301.5, ">", 60.0)
    assert alert["measure"]["unit"] == "seconds"
    assert alert["worst"] == 301.5
    assert alert["sample"] == 7
    assert alert["since_ms"] == fired_ms
    assert alert["duration_ms"] == desk.clock_ms - fired_ms
    assert alert["acknowledged_by"] == "Maria"
    assert alert["acknowledged_why"] == "on my way"
    assert alert["links"] == {
        "self": f"/api/alerts/{alert_id}",
        "contacts": "/api/queues/Sales/contacts",
        "board": "/?page=alerts",
        "runbook": "https://runbooks.example/wait",
    }
    escalated_ms = fired_ms + 10 * MINUTE_MS
    assert alert["spans"] == [
        {"state": "pending", "start_ms": fired_ms - 5_000, "end_ms": fired_ms},
        {"state": "firing", "start_ms": fired_ms, "end_ms": escalated_ms},
        {"state": "escalated", "start_ms": escalated_ms, "end_ms": desk.clock_ms},
        {"state": "acknowledged", "start_ms": desk.clock_ms, "end_ms": None},
    ]
    last = alert["story"][-1]
    assert (last["what"], last["by"], last["why"]) == ("acknowledged", "Maria", "on my way")


async def test_the_value_is_that_of_this_second() -> None:
    """A value that only moves is not written down, and is shown all the same."""
    desk = TestDesk()
    desk.breach(WAIT, queue("Sales"), 70.0)
    desk.last(6)
    desk.breach(WAIT, queue("Sales"), 95.0)
    desk.tick()
    async with client(desk) as asking:
        said = await read(asking, "/api/alerts")
    assert said["alerts"][0]["value"] == 95.0


async def test_an_alert_without_its_rule_is_still_told() -> None:
    """After a change of the rule file, until the next look."""
    desk = busy_desk()
    desk.rules = {}
    async with client(desk) as asking:
        said = await read(asking, "/api/alerts")
    check("/api/alerts", "get", 200, said)
    assert said["alerts"][0]["english"] == "longest-wait"
    assert said["alerts"][0]["measure"] is None


async def test_an_alert_of_vigie_itself_has_no_labels() -> None:
    """It is about everything."""
    desk = TestDesk()
    desk.breach(STOPPED, Where(PIPELINE), 140.0)
    desk.tick()
    async with client(desk) as asking:
        said = await read(asking, "/api/alerts")
    check("/api/alerts", "get", 200, said)
    (alert,) = said["alerts"]
    assert alert["labels"] == {}
    assert alert["links"]["contacts"] is None
    assert alert["measure"]["unit"] == "seconds"


async def test_the_figures_say_how_fast_people_are() -> None:
    """MTTA and MTTR with their n, of a rolling window."""
    desk = TestDesk()
    desk.breach(WAIT, queue("Sales"), 75.0)
    desk.last(6)
    async with client(desk) as asking:
        desk.tick(90_000)
        sales = desk.id_of(WAIT, queue("Sales"))
        await asking.post(f"/api/alerts/{sales}/acknowledge", json=BY)
        desk.clear(WAIT, queue("Sales"))
        desk.last(61)
        said = await read(asking, "/api/alerts/figures?window=1h")
    check("/api/alerts/figures", "get", 200, said)
    figures = {name: said[name] for name in ("fired", "mtta_ms", "acknowledged_n", "resolved_n")}
    assert figures == {
        "fired": 1, "mtta_ms": 90_000, "acknowledged_n": 1, "resolved_n": 1,
    }  # fmt: skip
    assert said["mttr_ms"] == 151_000


async def test_the_rules_are_listed_without_addresses_of_people() -> None:
    """What is asked, where, and whom it reaches: ids only."""
    async with client(TestDesk()) as asking:
        answer = await asking.get("/api/alerts/rules")
        text = await answer.text()
        said = await answer.json()
    check("/api/alerts/rules", "get", 200, said)
    rules = {rule["id"]: rule for rule in said["rules"]}
    assert rules["longest-wait"]["condition"] == "longest_wait_seconds > 60"
    assert rules["data-stopped"]["condition"] == "pipeline.data_age_seconds > 120"
    assert rules["service-level"]["condition"] == (
        "service_level.abandons_negative[30m] < 0.8 until 0.82 with n >= 20"
    )
    assert rules["longest-wait"]["ladder"]["steps"][1] == {
        "after_ms": 600_000, "targets": ["boss"], "people": [], "duties": [],
    }  # fmt: skip
    assert "pager.example" not in text


def test_every_route_is_described_and_every_description_is_served() -> None:
    """The two lists are the same, method included."""
    routes = alert_routes(TestDesk())
    served = {(route.path, route.method.lower()) for route in routes}
    told = {(path, method) for path, item in described()["paths"].items() for method in item}
    assert served == told


def test_every_schema_is_a_schema_and_replaces_none() -> None:
    """OpenAPI 3.1 uses JSON Schema 2020-12; every name is new."""
    own = described()["schemas"]
    for schema in own.values():
        Draft202012Validator.check_schema(schema)
    without = describe_api(())["components"]["schemas"]
    assert set(own) & set(without) == set()


async def test_the_index_and_the_pages_have_the_alerts_only_where_they_are_served() -> None:
    """Without alerts there is neither an address nor a page of them."""
    async with client(TestDesk()) as asking:
        index = await read(asking, "/api/")
        pages = await read(asking, "/api/pages")
    told = {(one["method"], one["path"]) for one in index["addresses"]}
    assert ("POST", "/api/alerts/{id}/acknowledge") in told
    assert "alerts" in [page["id"] for page in pages["pages"]]
    async with client_of(build_web_app(busy_centre())) as asking:
        pages = await read(asking, "/api/pages")
        assert (await asking.get("/api/alerts")).status == 404
    assert "alerts" not in [page["id"] for page in pages["pages"]]
