"""The OpenAPI 3.1 description of what :mod:`exporters.http` serves, built by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypedDict

from aggregators.kpis.groups import FACETS
from exporters.http.board_json import ROW_LISTS
from exporters.http.customers import CUSTOMERS_PARAMETERS, CUSTOMERS_SCHEMA
from exporters.http.expressions import EXPRESSIONS_PARAMETERS, EXPRESSIONS_SCHEMA
from exporters.http.schemas import (
    COUNT,
    COUNT_OR_NULL,
    FRESHNESS,
    TEXT,
    TIME_MS,
    Schema,
    exact,
)
from exporters.http.staffing import STAFFING_SCHEMA
from exporters.http.trends import TRENDS_PARAMETERS, TRENDS_SCHEMAS


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


def _by_name(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


_QUEUE_SETTINGS: dict[str, Schema] = {
    "queue": TEXT,
    "channel": TEXT,
    "threshold_ms": COUNT,
    "target": {"type": "number", "minimum": 0, "maximum": 1},
    "short_limit_ms": COUNT,
    "headline_variant": TEXT,
}

_BY_FACET: dict[str, Schema] = {
    name: {**_by_name(_ref("Kpis")), "description": f"by {facet}, where there are facts"}
    for facet, name in FACETS.items()
}

SCHEMAS: dict[str, Schema] = {
    "Problem": exact({"error": TEXT, "fix": TEXT}),
    "Health": exact({"status": TEXT, "reason": TEXT}),
    "Index": exact(
        {
            "name": TEXT,
            "addresses": _list(exact({"method": TEXT, "path": TEXT, "summary": TEXT})),
        }
    ),
    "Value": {
        "description": "count, ratio 0 to 1, seconds; null is no value; an object has one value "
        "per label",
        "anyOf": [{"type": ["number", "null"]}, _by_name(_ref("Value"))],
    },
    "Kpis": {**_by_name(_ref("Value")), "description": "KPI id to value"},
    "Rows": exact(
        {
            "total": _ref("Kpis"),
            "queues": _by_name(_ref("Kpis")),
            "channels": _by_name(_ref("Kpis")),
            "teams": _by_name(_ref("Kpis")),
            "pairs": _list(exact({"queue": TEXT, "channel": TEXT, "kpis": _ref("Kpis")})),
            "agents": {**_by_name(_ref("Kpis")), "description": "only when switched on"},
            **_BY_FACET,
        },
        optional=ROW_LISTS,
    ),
    "Board": exact(
        {
            **FRESHNESS,
            "mode": {"enum": ["live", "demo", "replay"]},
            "windows": _by_name(_ref("Rows")),
            "settings": exact(
                {
                    "queues": _list(exact(_QUEUE_SETTINGS)),
                    "min_sample": COUNT,
                    "headline": _list(_ref("Headline"), maxItems=5),
                    "currency": {**TEXT, "description": "of all amounts, such as EUR"},
                }
            ),
        }
    ),
    "Headline": {
        **exact(
            {
                "kpi": TEXT,
                "labels": _list(TEXT),
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
            "labels": _list(TEXT),
            "direction": {"enum": ["up", "down", "band", "none"]},
            "group": TEXT,
            "english": TEXT,
            "french": TEXT,
            "formula": TEXT,
            "page": {"type": ["string", "null"], "description": "the page of the wallboard"},
            "sample": {
                "type": ["string", "null"],
                "description": "the count behind it: a KPI id, then its labels, with dots between",
            },
            "sample_is_bound": {"type": "boolean", "description": "n is at most that count"},
            "references": {
                **_by_name({"type": "number"}),
                "description": "norms to hold it against, in its own unit",
            },
            "variants": _list(exact({"label": TEXT, "code": TEXT, "formula": TEXT})),
        },
        optional=("variants",),
    ),
    "Pages": exact(
        {
            "pages": _list(
                exact(
                    {
                        "id": TEXT,
                        "english": TEXT,
                        "french": TEXT,
                        "leads": _list(TEXT, maxItems=6),
                        "kpis": _list(TEXT),
                        "rows": _list({"enum": list(ROW_LISTS)}),
                    }
                )
            )
        }
    ),
    "Catalogue": exact({"kpis": _list(_ref("Kpi"))}),
    "KpiOverAll": exact(
        {
            "kpi": _ref("Kpi"),
            **FRESHNESS,
            "windows": _by_name(
                exact(
                    {
                        "total": _ref("Value"),
                        "queues": _by_name(_ref("Value")),
                        "channels": _by_name(_ref("Value")),
                        "teams": _by_name(_ref("Value")),
                        "pairs": _list(
                            exact({"queue": TEXT, "channel": TEXT, "value": _ref("Value")})
                        ),
                        "agents": _by_name(_ref("Value")),
                        **{name: _by_name(_ref("Value")) for name in FACETS.values()},
                    },
                    optional=("agents", *FACETS.values()),
                )
            ),
        }
    ),
    "Queues": exact(
        {
            **FRESHNESS,
            "queues": _list(exact({**_QUEUE_SETTINGS, "live": _ref("Kpis"), "contacts": TEXT})),
        }
    ),
    "Contacts": exact(
        {
            **FRESHNESS,
            "queue": TEXT,
            "limit": COUNT,
            "contacts": _list(
                exact(
                    {
                        "contact_id": TEXT,
                        "leg_id": TEXT,
                        "state": TEXT,
                        "since_ms": TIME_MS,
                        "wait_ms": COUNT_OR_NULL,
                        "agent_id": {"type": ["string", "null"]},
                        "channel": TEXT,
                    }
                ),
                maxItems=200,
            ),
        }
    ),
}

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


def _path_parameter(name: str, description: str) -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": TEXT,
    }


def _content(description: str, media_type: str, schema: Schema) -> Schema:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _problem(description: str) -> Schema:
    return _content(description, "application/json", _ref("Problem"))


def _get(
    summary: str,
    schema: Schema,
    *,
    media_type: str = "application/json",
    parameters: Collection[Schema] = (),
    problems: dict[str, str] | None = None,
    open_to_all: bool = False,
) -> Schema:
    operation: Schema = {
        "summary": summary,
        "responses": {
            "200": _content("the answer", media_type, schema),
            **{code: _problem(text) for code, text in (problems or {}).items()},
        },
    }
    if parameters:
        operation["parameters"] = list(parameters)
    if not open_to_all:
        operation["responses"]["401"] = _problem("the token is missing or wrong")
    operation["responses"]["500"] = _problem("vigie could not answer")
    operation["security"] = [] if open_to_all else [{}, {"token": []}]
    return {"get": operation}


def _readiness() -> Schema:
    item = _get("Whether the numbers can be trusted", _ref("Health"), open_to_all=True)
    item["get"]["responses"]["503"] = _content("not ready", "application/json", _ref("Health"))
    return item


_SELECTION = (_WINDOW, _KPIS, _ROWS)
_BAD_SELECTION = {"400": "no such window, KPI or list of rows"}

_PATHS: dict[str, Schema] = {
    "/api/": _get("This list of addresses", _ref("Index")),
    "/api/openapi.json": _get("This API in OpenAPI 3.1", {"type": "object"}),
    "/api/board": _get(
        "The board of now", _ref("Board"), parameters=_SELECTION, problems=_BAD_SELECTION
    ),
    "/api/stream": _get(
        "The board as server-sent events: hello once, then board after every refresh",
        TEXT,
        media_type="text/event-stream",
        parameters=_SELECTION,
        problems={**_BAD_SELECTION, "503": "too many clients"},
    ),
    "/api/pages": _get("The pages of the wallboard and their KPIs", _ref("Pages")),
    "/api/kpis": _get("The KPI catalogue with formulas", _ref("Catalogue")),
    "/api/kpis/{id}": _get(
        "One KPI over all windows and rows",
        _ref("KpiOverAll"),
        parameters=[_path_parameter("id", "KPI id of the catalogue")],
        problems={"404": "no such KPI"},
    ),
    "/api/queues": _get("The queues with settings and live numbers", _ref("Queues")),
    "/api/queues/{queue}/contacts": _get(
        "The contacts behind the live numbers of a queue, at most 200",
        _ref("Contacts"),
        parameters=[_path_parameter("queue", "name of the queue")],
        problems={"404": "no such queue"},
    ),
    "/api/trends": _get(
        "Figures against the same local time in earlier weeks, and over the last days",
        _ref("Trends"),
        parameters=TRENDS_PARAMETERS,
        problems={"400": "no such window or KPI"},
    ),
    "/api/staffing": _get(
        "How many agents each queue needs for the next half hour, by Erlang", _ref("Staffing")
    ),
    "/api/expressions": _get(
        "What people searched for in self-care and did not find, most often first",
        _ref("Expressions"),
        parameters=EXPRESSIONS_PARAMETERS,
        problems={"400": "the window is not made of days"},
    ),
    "/api/customers/repeat": _get(
        "The customers who come back most, by their keyed hashes",
        _ref("ReturningCustomers"),
        parameters=CUSTOMERS_PARAMETERS,
    ),
    "/livez": _get("Whether the worker answers", _ref("Health"), open_to_all=True),
    "/readyz": _readiness(),
    "/": _get("The wallboard", TEXT, media_type="text/html", open_to_all=True),
    "/static/{name}": _get(
        "The files of the wallboard",
        TEXT,
        media_type="*/*",
        parameters=[_path_parameter("name", "file name")],
        problems={"404": "no such file"},
        open_to_all=True,
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
                "Expressions": EXPRESSIONS_SCHEMA,
                "ReturningCustomers": CUSTOMERS_SCHEMA,
                "Staffing": STAFFING_SCHEMA,
                **TRENDS_SCHEMAS,
                **added["schemas"],
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
