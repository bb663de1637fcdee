"""What is published about the settings agrees with the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from streams.sources import build_source
from vigie.settings import Settings, load_settings
from vigie.settings_docs import settings_page
from vigie.settings_schema import settings_schema

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "vigie.yaml"


def test_the_settings_page_is_current() -> None:
    """docs/settings.md is what `vigie settings docs` prints."""
    assert settings_page() == (ROOT / "docs" / "settings.md").read_text()


def test_the_example_loads_and_names_every_section() -> None:
    """The example is a whole file, not a fragment."""
    load_settings(EXAMPLE, {})
    names = {field.encode_name for field in msgspec.structs.fields(Settings)}
    assert names == set(yaml.safe_load(EXAMPLE.read_text()))


def test_the_sources_of_the_example_are_real() -> None:
    """Each section is what its source takes."""
    sources = load_settings(EXAMPLE, {}).sources
    assert list(sources) == ["asterisk-queue-log", "calls_csv"]
    for name in sources:
        assert build_source(name, sources).name == name


def test_the_example_agrees_with_the_schema() -> None:
    """An editor that knows the schema finds nothing wrong in the example."""
    jsonschema.validate(yaml.safe_load(EXAMPLE.read_text()), settings_schema())


@pytest.mark.parametrize(
    "wrong",
    [
        {"kafka": {"bootstrap_server": "a:1"}},
        {"web": {"port": 99_999}},
        {"lateness": "soon"},
        {"queues": [{"channel": "voice"}]},
        {"unknown": "maybe"},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(wrong: dict[str, Any]) -> None:
    """Unknown names, ranges, durations, required names and words."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, settings_schema())


def _properties(node: Any) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if isinstance(node, dict):
        found += list(node.get("properties", {}).items())
        for inner in node.values():
            found += _properties(inner)
    return found


def test_every_setting_has_a_description() -> None:
    """Nothing can be set that is not explained."""
    properties = _properties(settings_schema())
    assert len(properties) > 60
    assert [name for name, schema in properties if not schema.get("description")] == []
