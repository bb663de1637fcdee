"""Writes settings back as YAML, with secrets masked: ``vigie settings show``."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml
from msgspec import UNSET, Struct

from vigie.durations import format_duration
from vigie.secret import MASK, Secret
from vigie.settings import Settings
from vigie.settings_reader import kind_of

_SECRET_NAME = re.compile(r"password|passwd|secret|token|credential|api_?key", re.IGNORECASE)


def dump(settings: Settings) -> str:
    """Return the settings in force as YAML; secrets show as ``********``."""
    return yaml.safe_dump(_section(settings), sort_keys=False, allow_unicode=True)


def written(annotation: Any, value: Any) -> Any:
    """Return a value as the file would hold it."""
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, Struct):
        return _section(value)
    kind = kind_of(annotation)
    if isinstance(value, list):
        (item,) = kind.of.__args__
        return [written(item, one) for one in value]
    if isinstance(value, dict):
        item = getattr(kind.of, "__args__", (str, Any))[1]
        return {str(key): written(item, one) for key, one in value.items()}
    if kind.extra.get("form") == "duration" and value is not None:
        return format_duration(value)
    return value


def _section(section: Struct) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        if value is UNSET:
            continue
        name = field.encode_name
        shown[name] = _masked(value) if name == "sources" else written(field.type, value)
    return shown


def _masked(value: Any) -> Any:
    """Mask by name what a source keeps in its own settings."""
    if isinstance(value, dict):
        return {
            key: MASK if _SECRET_NAME.search(key) and not key.endswith("_file") else _masked(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return value
