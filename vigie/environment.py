"""Environment variables that override the settings file: ``VIGIE_KAFKA__BOOTSTRAP_SERVERS``.

Two underscores part the levels. A list is written with commas or as YAML (``[a, b]``), a mapping
as YAML (``{a: b}``). An empty variable counts as not set. Names without two underscores count only
when they are a setting of the top level, as container platforms invent names such as
``VIGIE_PORT``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from msgspec import Struct

from vigie.errors import UserError
from vigie.secret import Secret
from vigie.settings_file import Given, parse_yaml
from vigie.settings_reader import Kind, field_kinds, kind_of, nearest

PREFIX = "VIGIE_"


def overlay(given: Given, environ: Mapping[str, str], settings: type[Struct]) -> None:
    """Put the variables over what the file gave.

    Raises:
        UserError: a variable names no setting, or two variables contradict each other.
    """
    for name in sorted(environ):
        if not name.startswith(PREFIX) or not environ[name]:
            continue
        path = name[len(PREFIX) :].lower().split("__")
        if len(path) == 1 and path[0] not in field_kinds(settings):
            continue
        kind = _kind_at(name, path, settings)
        _put(given, path, _value(kind, environ[name], f"environment variable {name}"))
        other = path[-1].removesuffix("_file") if path[-1].endswith("_file") else f"{path[-1]}_file"
        twin = PREFIX + "__".join([*path[:-1], other]).upper()
        if not environ.get(twin):  # the variable replaces both forms of the secret in the file
            _remove(given, [*path[:-1], other])


def _kind_at(name: str, path: list[str], settings: type[Struct]) -> Kind:
    kind = Kind(settings)
    for depth, step in enumerate(path):
        if isinstance(kind.of, type) and issubclass(kind.of, Struct):
            known = field_kinds(kind.of)
            if step not in known:
                names = ["__".join([*path[:depth], word]).upper() for word in known]
                raise UserError(
                    f"environment variable {name} is not a setting",
                    nearest(name, (PREFIX + word for word in names)),
                )
            kind = kind_of(known[step])
        elif get_origin(kind.of) is dict:
            kind = kind_of(get_args(kind.of)[1])
        elif kind.of is not Any:
            raise UserError(
                f"environment variable {name} goes below a single value",
                f"Set {PREFIX}{'__'.join(path[:depth]).upper()}, as YAML if it is a list.",
            )
    return kind


def _value(kind: Kind, text: str, where: str) -> Given:
    if kind.of in (str, Secret):
        return Given(text, where, text)
    if get_origin(kind.of) is list and not text.lstrip().startswith("["):
        words = [word.strip() for word in text.split(",")]
        return Given([parse_yaml(word, where, lines=False) for word in words if word], where)
    return parse_yaml(text, where, lines=False)


def _put(given: Given, path: list[str], value: Given) -> None:
    here = given
    for step in path[:-1]:
        if not isinstance(here.value, dict):
            here.value = {}
        here = here.value.setdefault(step, Given({}, value.where))
    if not isinstance(here.value, dict):
        here.value = {}
    here.value[path[-1]] = value


def _remove(given: Given, path: list[str]) -> None:
    here = given
    for step in path[:-1]:
        if not isinstance(here.value, dict) or step not in here.value:
            return
        here = here.value[step]
    if isinstance(here.value, dict):
        here.value.pop(path[-1], None)
