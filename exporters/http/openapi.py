"""The OpenAPI 3.1 description of what :mod:`exporters.http` serves, built by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypedDict

from aggregators.kpis.groups import FACETS
from exporters.http.agents import AGENTS_SCHEMA
from exporters.http.board_json import ROW_LISTS
from exporters.http.customers import CUSTOMERS_PARAMETERS, CUSTOMERS_SCHEMA
from exporters.http.expressions import EXPRESSIONS_PARAMETERS, EXPRESSIONS_SCHEMA
from exporters.http.me import ME_SCHEMA
from exporters.http.operations import content, operation, parameter
from exporters.http.past import AT, PAST_FIELDS, PAST_SCHEMA, PROBLEMS
from exporters.http.queue_schemas import DAY_SCHEMA, POLICY, QUEUE_PARAMETERS, QUEUE_SCHEMA
from exporters.http.schemas import (
    COUNT,
    COUNT_OR_NULL,
    FLAG,
    FRESHNESS,
    NUMBER_OR_NULL,
    PRIORITY,
    TEXT,
    TEXT_OR_NULL,
    TIME_MS,
    Schema,
    by_name,
    exact,
    listed,
    ref,
)
from exporters.http.staffing import STAFFING_SCHEMA
from exporters.http.trends import TRENDS_PARAMETERS, TRENDS_SCHEMAS

_QUEUE_SETTINGS: dict[str, Schema] = {
    "queue": TEXT,
    "channel": TEXT,
    **POLICY,
}

_BY_FACET: dict[str, Schema] = {
    name: {**by_name(ref("Kpis")), "description": f"by {facet}, where there are facts"}
    for facet, name in FACETS.items()
}

SCHEMAS: dict[str, Schema] = {
    "Problem": exact({"error": TEXT, "fix": TEXT}),
    "Health": exact({"status": TEXT, "reason": TEXT}),
    "Index": exact(
        {
            "name": TEXT,
            "addresses": listed(exact({"method": TEXT, "path": TEXT, "summary": TEXT})),
        }
    ),
    "Value": {
        "description": "count, ratio 0 to 1, seconds; null is no value; an object has one value "
        "per label",
        "anyOf": [NUMBER_OR_NULL, by_name(ref("Value"))],
    },
    "Kpis": {**by_name(ref("Value")), "description": "KPI id to value"},
    "Rows": exact(
        {
            "total": ref("Kpis"),
            "queues": by_name(ref("Kpis")),
            "channels": by_name(ref("Kpis")),
            "teams": by_name(ref("Kpis")),
            "pairs": listed(exact({"queue": TEXT, "channel": TEXT, "kpis": ref("Kpis")})),
            "agents": {**by_name(ref("Kpis")), "description": "only when switched on"},
            **_BY_FACET,
        },
        optional=ROW_LISTS,
    ),
    "Board": exact(
        {
            **FRESHNESS,
            "mode": {"enum": ["live", "demo", "replay"]},
            "windows": by_name(ref("Rows")),
            "settings": exact(
                {
                    "queues": listed(exact(_QUEUE_SETTINGS)),
                    "min_sample": COUNT,
                    "headline": listed(ref("Headline"), maxItems=5),
                    "currency": {**TEXT, "description": "of all amounts, such as EUR"},
                }
            ),
        }
    ),
    "Headline": {
        **exact(
            {
                "kpi": TEXT,
                "labels": listed(TEXT),
                "row": {
                    "anyOf": [
                        {"type": "null", "description": "everything together"},
                        exact({"rows": {"enum": list(ROW_LISTS)}, "name": TEXT}),
                    ]
                },
            }
        ),
        "description": "a figure that the settings choose to lead with",
    },
    "Kpi": exact(
        {
            "id": TEXT,
            "unit": {"enum": ["count", "ratio", "seconds", "number", "money"]},
            "kind": {"enum": ["N", "R"], "description": "N: of now, R: of a window"},
            "labels": listed(TEXT),
            "direction": {"enum": ["up", "down", "band", "none"]},
            "group": TEXT,
            "english": TEXT,
            "french": TEXT,
            "formula": TEXT,
            "page": {**TEXT_OR_NULL, "description": "the page of the wallboard"},
            "sample": {
                **TEXT_OR_NULL,
                "description": "the count behind it: a KPI id, then its labels, with dots between",
            },
            "sample_is_bound": {**FLAG, "description": "n is at most that count"},
            "references": {
                **by_name({"type": "number"}),
                "description": "norms to hold it against, in its own unit",
            },
            "variants": listed(exact({"label": TEXT, "code": TEXT, "formula": TEXT})),
        },
        optional=("variants",),
    ),
    "Pages": exact(
        {
            "pages": listed(
                exact(
                    {
                        "id": TEXT,
                        "english": TEXT,
                        "french": TEXT,
                        "leads": listed(TEXT, maxItems=6),
                        "kpis": listed(TEXT),
                        "rows": listed({"enum": list(ROW_LISTS)}),
                    }
                )
            )
        }
    ),
    "Catalogue": exact({"kpis": listed(ref("Kpi"))}),
    "KpiOverAll": exact(
        {
            "kpi": ref("Kpi"),
            **FRESHNESS,
            "windows": by_name(
                exact(
                    {
                        "total": ref("Value"),
                        "queues": by_name(ref("Value")),
                        "channels": by_name(ref("Value")),
                        "teams": by_name(ref("Value")),
                        "pairs": listed(
                            exact({"queue": TEXT, "channel": TEXT, "value": ref("Value")})
                        ),
                        "agents": by_name(ref("Value")),
                        **{name: by_name(ref("Value")) for name in FACETS.values()},
                    },
                    optional=("agents", *FACETS.values()),
                )
            ),
        }
    ),
    "Queues": exact(
        {
            **FRESHNESS,
            "queues": listed(exact({**_QUEUE_SETTINGS, "live": ref("Kpis"), "contacts": TEXT})),
        }
    ),
    "Contacts": exact(
        {
            **FRESHNESS,
            "queue": TEXT,
            "limit": COUNT,
            "contacts": listed(
                exact(
                    {
                        "contact_id": TEXT,
                        "leg_id": TEXT,
                        "state": TEXT,
                        "since_ms": TIME_MS,
                        "wait_ms": COUNT_OR_NULL,
                        "agent_id": TEXT_OR_NULL,
                        "channel": TEXT,
                        "motive": TEXT_OR_NULL,
                        "priority": PRIORITY,
                    }
                ),
                maxItems=200,
            ),
        }
    ),
}

SCHEMAS["PastBoard"] = exact({**SCHEMAS["Board"]["properties"], **PAST_FIELDS})
SCHEMAS["Possible"] = PAST_SCHEMA

_WINDOW: Schema = {
    "name": "window",
    "in": "query",
    "description": "one window instead of all: 15m, interval_30m, today, or any length such as 45m",
    "schema": TEXT,
}
_KPIS: Schema = {
    "name": "kpis",
    "in": "query",
    "description": "KPI ids separated by commas instead of all",
    "schema": TEXT,
}


_ROWS: Schema = {
    "name": "rows",
    "in": "query",
    "description": "lists of rows beside the total, separated by commas, instead of all: "
    + ", ".join(ROW_LISTS),
    "schema": TEXT,
}


def _get(summary: str, schema: Schema, **more: Any) -> Schema:
    return {"get": operation(summary, schema, **more)}


def _readiness() -> Schema:
    item = _get("Whether the numbers can be trusted", ref("Health"), is_open=True)
    item["get"]["responses"]["503"] = content("not ready", ref("Health"))
    return item


_SELECTION = (_WINDOW, _KPIS, _ROWS)
_BAD_SELECTION = {"400": "no such window, KPI or list of rows"}

_PATHS: dict[str, Schema] = {
    "/api/": _get("This list of addresses", ref("Index")),
    "/api/openapi.json": _get("This API in OpenAPI 3.1", {"type": "object"}),
    "/api/board": _get(
        "The board of now, or of an earlier instant",
        {"anyOf": [ref("Board"), ref("PastBoard")]},
        parameters=(*_SELECTION, AT),
        problems={"400": "no such window, KPI, list of rows or instant", **PROBLEMS},
    ),
    "/api/past": _get(
        "The instants whose board can be asked for",
        ref("Possible"),
        problems={"404": PROBLEMS["404"]},
    ),
    "/api/stream": _get(
        "The board as server-sent events: hello once, then board after every refresh",
        TEXT,
        media_type="text/event-stream",
        parameters=_SELECTION,
        problems={**_BAD_SELECTION, "503": "too many clients"},
    ),
    "/api/pages": _get("The pages of the wallboard and their KPIs", ref("Pages")),
    "/api/kpis": _get("The KPI catalogue with formulas", ref("Catalogue")),
    "/api/kpis/{id}": _get(
        "One KPI over all windows and rows",
        ref("KpiOverAll"),
        parameters=[parameter("id", "path", "KPI id of the catalogue")],
        problems={"404": "no such KPI"},
    ),
    "/api/queues": _get("The queues with settings and live numbers", ref("Queues")),
    "/api/queues/{queue}": _get(
        "All of one queue: live numbers, each window, settings, contacts by short names",
        ref("Queue"),
        parameters=QUEUE_PARAMETERS,
        problems={"404": "no such queue, or not on that channel"},
    ),
    "/api/queues/{queue}/day": _get(
        "The day of a queue by half hour",
        ref("QueueDay"),
        parameters=QUEUE_PARAMETERS,
        problems={"404": "no such queue, or not on that channel"},
    ),
    "/api/queues/{queue}/contacts": _get(
        "The contacts behind the live numbers of a queue, at most 200",
        ref("Contacts"),
        parameters=[parameter("queue", "path", "name of the queue")],
        problems={"404": "no such queue"},
    ),
    "/api/trends": _get(
        "Figures against the same local time in earlier weeks, and over the last days",
        ref("Trends"),
        parameters=TRENDS_PARAMETERS,
        problems={"400": "no such window or KPI"},
    ),
    "/api/staffing": _get(
        "How many agents each queue needs for the next half hour, by Erlang", ref("Staffing")
    ),
    "/api/agents": _get(
        "How long agents have been in their state, by team and queue", ref("Agents")
    ),
    "/api/expressions": _get(
        "What people searched for in self-care and did not find, most often first",
        ref("Expressions"),
        parameters=EXPRESSIONS_PARAMETERS,
        problems={"400": "the window is not made of days"},
    ),
    "/api/customers/repeat": _get(
        "The customers who come back most, by their keyed hashes",
        ref("ReturningCustomers"),
        parameters=CUSTOMERS_PARAMETERS,
    ),
    "/api/me": _get("Who the caller is taken for, and what they may do", ref("Me")),
    "/livez": _get("Whether the worker answers", ref("Health"), is_open=True),
    "/readyz": _readiness(),
    "/": _get("The wallboard", TEXT, media_type="text/html", is_open=True),
    "/static/{name}": _get(
        "The files of the wallboard",
        TEXT,
        media_type="*/*",
        parameters=[parameter("name", "path", "file name")],
        problems={"404": "no such file"},
        is_open=True,
    ),
}

_METRICS_SUMMARIES = {
    "/metrics": "Prometheus metrics of this worker and of the KPIs",
    "/metrics/worker": "Prometheus metrics of this worker alone",
    "/metrics/kpi": "Prometheus metrics of the KPIs alone",
}


class Described(TypedDict):
    """What other rooms add to the description: path items by path, and schemas by name."""

    paths: Mapping[str, Schema]
    schemas: Mapping[str, Schema]


def describe_api(metrics_paths: Collection[str], others: Described | None = None) -> Schema:
    """Return the description of an application that serves these metrics paths, and others."""
    added = others or Described(paths={}, schemas={})
    metrics = {
        path: _get(_METRICS_SUMMARIES[path], TEXT, media_type="text/plain")
        for path in metrics_paths
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "vigie",
            "version": "1",
            "description": "Live numbers of a contact centre. Ratios are 0 to 1, durations "
            "seconds unless the name ends in _ms, null is no value.",
        },
        "paths": {**_PATHS, **metrics, **added["paths"]},
        "components": {
            "schemas": {
                **SCHEMAS,
                "Agents": AGENTS_SCHEMA,
                "Expressions": EXPRESSIONS_SCHEMA,
                "Me": ME_SCHEMA,
                "Queue": QUEUE_SCHEMA,
                "QueueDay": DAY_SCHEMA,
                "ReturningCustomers": CUSTOMERS_SCHEMA,
                "Staffing": STAFFING_SCHEMA,
                **TRENDS_SCHEMAS,
                **added["schemas"],
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic"},
            },
        },
    }
