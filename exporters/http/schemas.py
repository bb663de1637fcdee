"""Pieces that the descriptions of several answers are made of (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
TIME_MS: Schema = {"type": "integer", "description": "milliseconds since 1970-01-01 UTC"}
TIME_MS_OR_NULL: Schema = {**TIME_MS, "type": ["integer", "null"]}
RATIO: Schema = {"type": "number", "minimum": 0, "maximum": 1}
COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}
PRIORITY: Schema = {"type": ["string", "integer", "null"], "description": "as the source tells it"}


def exact(properties: dict[str, Schema], *, optional: Collection[str] = ()) -> Schema:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def ref(name: str) -> Schema:
    """Return a reference to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(items: Schema, **limits: int) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, **limits}


def by_name(values: Schema) -> Schema:
    """Return the schema of an object whose names are data."""
    return {"type": "object", "additionalProperties": values}


FRESHNESS: dict[str, Schema] = {
    "as_of": {**TEXT, "format": "date-time", "description": "UTC"},
    "as_of_ms": TIME_MS,
    "data_up_to_ms": TIME_MS_OR_NULL,
    "data_age_ms": COUNT_OR_NULL,
    "complete": {**FLAG, "description": "every expected shard is present and fresh"},
}
"""What every answer about a board begins with (:func:`exporters.http.board_json.header_json`)."""
