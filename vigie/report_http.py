"""``/api/reports``: which reports there are, and any of them as it would be sent (JSON)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from exporters.http.api import json_answer
from exporters.http.openapi import Described
from exporters.http.operations import operation, parameter
from exporters.http.problems import RequestError, quoted
from exporters.http.schemas import TEXT, TIME_MS, exact, listed, ref
from exporters.reports.report import Report
from exporters.reports.schedule import following, latest, so_far
from vigie.errors import UserError
from vigie.instants import parse_instant_ms

if TYPE_CHECKING:
    from vigie.reporting import Reporting

KEPT_S = 15.0
MAX_KEPT = 8
_FUTURE_MS = 60_000


def report_routes(reporting: Reporting) -> list[web.RouteDef]:
    """Return the routes. To make a report costs the fold some hundred ms, so it is kept a while."""
    kept: dict[tuple[str, int, bool], tuple[float, bytes]] = {}

    async def index(_: web.Request) -> web.Response:
        now_ms = reporting.now_ms()
        return json_answer({
            "reports": [
                {
                    "name": plan.name,
                    "period": plan.period,
                    "language": plan.language,
                    "recipients": len(plan.recipients),
                    "next_ms": following(plan, now_ms) if plan.recipients else None,
                }
                for plan in reporting.plans.values()
            ]
        })  # fmt: skip

    async def report(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        plan = reporting.plans.get(name)
        if plan is None:
            raise RequestError(
                404, f"there is no report {quoted(name)}", "GET /api/reports lists them"
            )
        now_ms = reporting.now_ms()
        is_open = request.query.get("so_far") == "true"
        at_ms = now_ms
        if "at" in request.query:
            try:
                at_ms = parse_instant_ms(request.query["at"][:64], plan.zone)
            except UserError as error:
                raise RequestError(400, error.message, error.fix) from None
        if at_ms > now_ms + _FUTURE_MS:
            raise RequestError(400, "that is still to come", "ask for an instant of the past")
        occasion = so_far(plan, at_ms) if is_open else latest(plan, at_ms)
        asked = (name, occasion.end_ms, is_open)
        now_s = time.monotonic()
        for key in [key for key, (until_s, _) in kept.items() if until_s < now_s]:
            del kept[key]
        if asked not in kept:
            ready, why = reporting.ready()
            if not ready:
                raise RequestError(503, f"the numbers are not there yet: {why}", "try again")
            body = msgspec.json.encode(await reporting.make(plan, occasion))
            if len(kept) >= MAX_KEPT:
                kept.clear()
            kept[asked] = (time.monotonic() + KEPT_S, body)
        return web.Response(body=kept[asked][1], content_type="application/json")

    return [web.get("/api/reports", index), web.get("/api/reports/{name}", report)]


def described() -> Described:
    """Return how the description of the API describes them."""
    _, found = msgspec.json.schema_components([Report], ref_template="{name}")
    schemas = {_name(name): _renamed(schema) for name, schema in found.items()}
    one = exact({
        "name": TEXT,
        "period": {"enum": ["daily", "weekly"]},
        "language": {"enum": ["en", "fr"]},
        "recipients": {"type": "integer", "minimum": 0},
        "next_ms": {"anyOf": [TIME_MS, {"type": "null"}], "description": "null: it is not sent"},
    })  # fmt: skip
    return Described(
        paths={
            "/api/reports": {"get": operation("The reports by mail", ref("Reports"))},
            "/api/reports/{name}": {
                "get": operation(
                    "A report as it would be sent",
                    ref(_name("Report")),
                    parameters=(
                        parameter("name", "path", "its name; `centre` without any in the settings"),
                        parameter(
                            "at", "query", "the one that was due last before this instant; now"
                        ),
                        parameter(
                            "so_far", "query", "true: the day or week that still runs",
                            {"enum": ["true", "false"]},
                        ),
                    ),
                    problems={
                        "400": "no such instant, or one to come",
                        "404": "no such report",
                        "503": "the numbers are not there yet",
                    },
                )
            },
        },
        schemas={"Reports": exact({"reports": listed(one)}), **schemas},
    )  # fmt: skip


def _name(name: str) -> str:
    return name if name.startswith("Report") else f"Report{name}"


def _renamed(schema: Any) -> Any:
    """Return a schema whose references go to the names that the description uses."""
    if isinstance(schema, dict):
        return {
            key: f"#/components/schemas/{_name(value)}" if key == "$ref" else _renamed(value)
            for key, value in schema.items()
        }
    return [_renamed(one) for one in schema] if isinstance(schema, list) else schema
