"""The JSON Schema of the settings, for editors and for checking a file without vigie."""

from __future__ import annotations

from typing import Any

import msgspec

from vigie.durations import format_duration
from vigie.secret import Secret
from vigie.settings import Settings


def settings_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) with descriptions and defaults."""
    schema: dict[str, Any] = _as_written(msgspec.json.schema(Settings, schema_hook=_foreign))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of vigie",
        **schema,
    }


def _foreign(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "minLength": 1}
    raise NotImplementedError


def _as_written(node: Any) -> Any:
    """Turn defaults from milliseconds into the durations that a file holds."""
    if isinstance(node, list):
        return [_as_written(item) for item in node]
    if not isinstance(node, dict):
        return node
    shown = {key: _as_written(value) for key, value in node.items() if key != "x-form"}
    if isinstance(shown.get("default"), dict):
        del shown["default"]  # a whole section: its settings have their own defaults
    if node.get("x-form") == "duration":
        shown["type"] = ["string", "number"]  # "90s" or seconds, milliseconds only inside
        if isinstance(shown.get("default"), int):
            shown["default"] = format_duration(shown["default"])
    return shown
