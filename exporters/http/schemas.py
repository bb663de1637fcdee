"""Pieces that the descriptions of several answers are made of (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TIME_MS: Schema = {"type": "integer", "description": "milliseconds since 1970-01-01 UTC"}
TIME_MS_OR_NULL: Schema = {**TIME_MS, "type": ["integer", "null"]}
COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}


def exact(properties: dict[str, Schema], *, optional: Collection[str] = ()) -> Schema:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


FRESHNESS: dict[str, Schema] = {
    "as_of": {"type": "string", "format": "date-time", "description": "UTC"},
    "as_of_ms": TIME_MS,
    "data_up_to_ms": TIME_MS_OR_NULL,
    "data_age_ms": COUNT_OR_NULL,
    "complete": {"type": "boolean", "description": "every expected shard is present and fresh"},
}
"""What every answer about a board begins with (:func:`exporters.http.board_json.header_json`)."""
