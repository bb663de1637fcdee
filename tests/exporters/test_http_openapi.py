"""The description of the API is true: every route is in it and every answer fits it."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from exporters.headline import parse_headlines
from exporters.http.app import WebOptions, build_web_app
from exporters.http.openapi import describe_api
from tests.exporters.full_centre import FullCentre
from tests.exporters.little_centre import busy_centre
from tests.exporters.served import client_of

METRICS = ("/metrics", "/metrics/worker", "/metrics/kpi")
EXPOSITIONS = {path: lambda accept: ("text/plain", b"") for path in METRICS}


def check(description: dict[str, Any], path: str, status: int, content: Any) -> None:
    """Validate an answer against what the description says of it."""
    answers = description["paths"][path]["get"]["responses"]
    schema = answers[str(status)]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": description["components"]}).validate(content)


def test_every_route_is_described_and_every_description_is_served() -> None:
    """The two lists are the same, method included."""
    app = build_web_app(busy_centre(), collector_routes=EXPOSITIONS)
    served = {
        route.resource.canonical
        for route in app.router.routes()
        if route.resource is not None and route.method == "GET"
    }
    assert served == set(describe_api(METRICS)["paths"])
    assert {route.method for route in app.router.routes()} == {"GET", "HEAD"}


def test_every_schema_is_a_schema() -> None:
    """OpenAPI 3.1 uses JSON Schema 2020-12."""
    for schema in describe_api(METRICS)["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("path", "address", "status"),
    [
        ("/api/", "/api/", 200),
        ("/api/openapi.json", "/api/openapi.json", 200),
        ("/api/board", "/api/board", 200),
        ("/api/board", "/api/board?window=5m&kpis=contacts_waiting", 200),
        ("/api/board", "/api/board?window=x", 400),
        ("/api/stream", "/api/stream?window=x", 400),
        ("/api/board", "/api/board?window=today&rows=surveys,pairs", 200),
        ("/api/board", "/api/board?rows=x", 400),
        ("/api/pages", "/api/pages", 200),
        ("/api/kpis", "/api/kpis", 200),
        ("/api/kpis/{id}", "/api/kpis/nps", 200),
        ("/api/kpis/{id}", "/api/kpis/service_level", 200),
        ("/api/kpis/{id}", "/api/kpis/x", 404),
        ("/api/queues", "/api/queues", 200),
        ("/api/queues/{queue}/contacts", "/api/queues/Technical%20support/contacts", 200),
        ("/api/queues/{queue}/contacts", "/api/queues/x/contacts", 404),
        ("/api/queues/{queue}", "/api/queues/Technical%20support", 200),
        ("/api/queues/{queue}", "/api/queues/Requests?channel=ticket", 200),
        ("/api/queues/{queue}", "/api/queues/x", 404),
        ("/api/queues/{queue}/day", "/api/queues/Billing/day", 200),
        ("/api/queues/{queue}/day", "/api/queues/Billing/day?channel=chat", 404),
        ("/api/agents", "/api/agents", 200),
        ("/static/{name}", "/static/x", 404),
        ("/livez", "/livez", 200),
        ("/readyz", "/readyz", 200),
    ],
)
async def test_every_answer_fits_its_description(path: str, address: str, status: int) -> None:
    """Answers of the running application validate against the description that it serves."""
    chosen = parse_headlines(["nps", "csat@survey=yearly", "service_level.genesys"])
    options = WebOptions(headline=chosen)
    app = build_web_app(FullCentre(), collector_routes=EXPOSITIONS, options=options)
    async with client_of(app) as client:
        description = await (await client.get("/api/openapi.json")).json()
        answer = await client.get(address)
        assert answer.status == status
        check(description, path, status, await answer.json())


async def test_refusals_and_unreadiness_fit_their_description() -> None:
    """401, 500 and 503 are described too."""
    centre = busy_centre()
    centre.is_ready = (False, "recovering")
    description = describe_api(METRICS)
    async with client_of(build_web_app(centre, options=WebOptions(token="t"))) as client:
        refused, unready = await client.get("/api/board"), await client.get("/readyz")
        check(description, "/api/board", 401, await refused.json())
        check(description, "/readyz", 503, await unready.json())
        centre.broken = True
        failed = await client.get("/api/board", headers={"Authorization": "Bearer t"})
        check(description, "/api/board", 500, await failed.json())


async def test_a_misspelt_answer_would_be_noticed() -> None:
    """The schemas allow no other names, so that the tests above mean something."""
    async with client_of(build_web_app(busy_centre())) as client:
        description = await (await client.get("/api/openapi.json")).json()
        board = await (await client.get("/api/board")).json()
    board["as_off"] = board.pop("as_of")
    with pytest.raises(Exception, match="as_of"):
        check(description, "/api/board", 200, board)
