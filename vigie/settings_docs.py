"""Writes ``docs/settings.md`` from the settings structs: ``vigie settings docs``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, UNSET, Struct

from aggregators.policy import CHANNEL_POLICIES
from vigie.durations import format_duration
from vigie.sections import Defaults, Genesys, Policy, Queue
from vigie.settings import Settings
from vigie.settings_dump import written
from vigie.settings_reader import expectation, kind_of

INTRODUCTION = """\
# Settings

<!-- Made by `vigie settings docs > docs/settings.md`; a test compares. Edit vigie/sections.py. -->

One YAML file holds all settings: `vigie --settings FILE ...`, or the variable `VIGIE_SETTINGS`.
Without a file the defaults hold. [`examples/vigie.yaml`](../examples/vigie.yaml) is a commented
example. `vigie settings check FILE` checks a file, `vigie settings show` prints what is in force
(secrets masked), `vigie settings schema` prints the JSON Schema for editors.

- **Durations** are written `250ms`, `90s`, `15m`, `4h`, `8d`; a bare number means seconds.
- **Words** such as `yes`, `no` and `on` are plain text; only `true` and `false` are switches.
- **Environment variables** override the file: `VIGIE_`, then the path in capitals with two
  underscores between the levels, such as `VIGIE_KAFKA__BOOTSTRAP_SERVERS=broker:9092`. A list is
  written with commas (`VIGIE_WINDOWS=5m,1h`) or as YAML, a list of mappings or a mapping as YAML.
  An empty variable counts as not set.
- **Secrets** stand in the file or the environment, or better in a file of their own that the
  setting with `_file` at its end names. They are never printed.
- A name that is not listed here is refused, and the nearest known one is suggested.
"""

LAYERS = """\
A queue takes each value from the first of these that has it: its own entry in `queues`, its
channel's entry in `channels`, `defaults`, the built-in value of the channel (listed under
`channels`; without a zone it is UTC, the reset time is 00:00, the queue is always open).
"""

_WITH_LAYERS = (Defaults, Policy, Queue)
"""Their inner sections are described by hand."""


def settings_page() -> str:
    """Return the page as Markdown."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield INTRODUCTION
    yield "## Top level\n"
    yield from _table(Settings, sections=False)
    for field in msgspec.structs.fields(Settings):
        section = _section_of(field.type)
        if section is None:
            continue
        yield f"\n## {field.encode_name}\n"
        yield (section.__doc__ or "").strip() + "\n"
        if field.encode_name == "defaults":
            yield LAYERS
        if field.encode_name == "channels":
            channels = ", ".join(CHANNEL_POLICIES)
            yield f"A mapping by channel: {channels}. Besides all of `defaults`:\n"
        if field.encode_name == "queues":
            yield "A list. Besides all of `channels`:\n"
        yield from _table(section, without=_inherited(section))
        if section not in _WITH_LAYERS:
            yield from _inner(section, field.encode_name)
        if section is Policy:
            yield "\n`genesys` is a mapping of three switches:\n"
            yield from _table(Genesys)
            yield "\nBuilt in:\n"
            yield from _built_in()


def _inner(section: type[Struct], path: str) -> Iterator[str]:
    """Describe the sections within a section."""
    for field in msgspec.structs.fields(section):
        inner = _section_of(field.type)
        if inner is None:
            continue
        shape = {dict: ".NAME", list: "[]"}.get(get_origin(kind_of(field.type).of), "")
        step = f"{path}.{field.encode_name}{shape}"
        yield f"\n### {step}\n"
        yield (inner.__doc__ or "").strip() + "\n"
        yield from _table(inner)
        yield from _inner(inner, step)


def _section_of(annotation: Any) -> type[Struct] | None:
    """Return the section that stands there, also in a list or as the values of a mapping."""
    inner = kind_of(annotation).of
    if get_origin(inner) in (list, dict):
        inner = get_args(inner)[-1]
    return inner if isinstance(inner, type) and issubclass(inner, Struct) else None


def _inherited(section: type[Struct]) -> set[str]:
    base = {Policy: Defaults, Queue: Policy}.get(section)
    return {field.name for field in msgspec.structs.fields(base)} if base else set()


def _table(
    section: type[Struct], *, sections: bool = True, without: set[str] | None = None
) -> Iterator[str]:
    yield "| setting | what may stand there | default | meaning |"
    yield "|---|---|---|---|"
    for field in msgspec.structs.fields(section):
        kind = kind_of(field.type)
        if field.name in (without or ()) or (_section_of(field.type) and not sections):
            continue
        meaning = kind.bound("description") or ""
        cells = (f"`{field.encode_name}`", _allowed(field.type), _default(field), meaning)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _allowed(annotation: Any) -> str:
    kind = kind_of(annotation)
    text = expectation(kind)
    if get_origin(kind.of) is list:
        text = f"a list; each: {expectation(kind_of(get_args(kind.of)[0]))}"
    return f"{text}, or `null`" if kind.nullable else text


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not NODEFAULT:
        value = field.default_factory()
    elif field.default is NODEFAULT:
        return "**required**"
    else:
        value = field.default
    if value is UNSET:
        return "–"
    if value is None:
        return "none"
    value = written(field.type, value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value == "":
        return "empty"
    if isinstance(value, list) and value:
        return ", ".join(f"`{item}`" for item in value)
    return f"`{value}`"


def _built_in() -> Iterator[str]:
    yield "| channel | threshold | target | short_limit | max_wait | headline_variant |"
    yield "|---|---|---|---|---|---|"
    for channel, policy in CHANNEL_POLICIES.items():
        longest = "none" if policy.max_wait_ms is None else format_duration(policy.max_wait_ms)
        yield (
            f"| {channel} | {format_duration(policy.threshold_ms)} | {policy.target:g} "
            f"| {format_duration(policy.short_limit_ms)} | {longest} | {policy.headline_variant} |"
        )
