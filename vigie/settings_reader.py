"""Checks a tree of given values against the settings structs and builds them.

Messages speak of settings and of what may stand there, never of Python types.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, UnsetType

from vigie.durations import parse_duration_ms
from vigie.errors import UserError
from vigie.secret import Secret, read_secret_file
from vigie.settings_file import Given, Path_


class SettingError(Exception):
    """A value that cannot stand at ``path``."""

    def __init__(self, path: Path_, problem: str, fix: str = "") -> None:
        super().__init__(problem)
        self.path = path
        self.problem = problem
        self.fix = fix

    def in_file(self, given: Given) -> UserError:
        """Return it with the place in what was given."""
        return UserError(f"{given.place(self.path)}: {self.problem}", self.fix)


class Kind(Struct):
    """A setting's type taken apart: the type itself, its constraints, whether null may stand."""

    of: Any
    metas: tuple[Meta, ...] = ()
    nullable: bool = False

    @property
    def extra(self) -> dict[str, Any]:
        """What the declarations tell the reader beyond msgspec's own constraints."""
        found: dict[str, Any] = {}
        for meta in self.metas:
            found.update(meta.extra or {})
        return found

    def bound(self, name: str) -> Any:
        """Return the constraint of that name (``ge``, ``le``, ``gt``...), or None."""
        return next((b for m in self.metas if (b := getattr(m, name)) is not None), None)


def kind_of(annotation: Any) -> Kind:
    """Take an annotation apart."""
    if get_origin(annotation) is Annotated:
        inner, *metas = get_args(annotation)
        kind = kind_of(inner)
        own = tuple(meta for meta in metas if isinstance(meta, Meta))
        return Kind(kind.of, own + kind.metas, kind.nullable)
    if get_origin(annotation) in (Union, types.UnionType):
        options = get_args(annotation)
        rest = [o for o in options if o not in (UnsetType, type(None))]
        kind = kind_of(rest[0]) if len(rest) == 1 else Kind(Any)
        return Kind(kind.of, kind.metas, type(None) in options)
    return Kind(annotation)


def show_path(path: Path_) -> str:
    """Write a path as the user would: ``queues[2].threshold``."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else step
    return shown or "the settings"


def expectation(kind: Kind) -> str:
    """Say in words what may stand there."""
    extra = kind.extra
    if extra.get("form") == "duration":
        return 'a duration such as "90s", "15m" or "4h"'
    if "phrase" in extra:
        return str(extra["phrase"])
    origin = get_origin(kind.of)
    if origin is Literal:
        return "one of " + ", ".join(str(word) for word in get_args(kind.of))
    if origin is list:
        return "a list"
    if origin is dict or _is_section(kind.of):
        return "a mapping (lines of name: value)"
    if kind.of in (int, float):
        number = "a whole number" if kind.of is int else "a number"
        low, above, high = kind.bound("ge"), kind.bound("gt"), kind.bound("le")
        if low is not None and high is not None:
            return f"{number} from {low:g} to {high:g}"
        if above is not None:
            upper = f" and at most {high:g}" if high is not None else ""
            return f"{number} above {above:g}{upper}"
        return f"{number} of at least {low:g}" if low is not None else number
    if kind.of is bool:
        return "true or false"
    longest = kind.bound("max_length")
    if kind.bound("min_length"):
        return f"text of 1 to {longest} characters" if longest else "text, not empty"
    return f"text of at most {longest} characters" if longest else "text"


def read(annotation: Any, given: Given, path: Path_ = ()) -> Any:
    """Build the value that ``annotation`` declares from what was given.

    Raises:
        SettingError: it cannot stand there.
    """
    kind = kind_of(annotation)
    if given.value is None and kind.nullable:
        return None
    if kind.of is Given:  # read by whoever declared it
        return given
    if _is_section(kind.of):
        return _read_section(kind, given, path)
    origin = get_origin(kind.of)
    if origin is list:
        if kind.extra.get("form") == "one or many" and not isinstance(given.value, (dict, list)):
            given = Given([given], given.where)
        if not isinstance(given.value, list):
            raise _wrong(kind, given, path)
        (item,) = get_args(kind.of)
        return [read(item, one, (*path, i)) for i, one in enumerate(given.value)]
    if origin is dict:
        key_type, item = get_args(kind.of)
        if not isinstance(given.value, dict):
            raise _wrong(kind, given, path)
        for key in given.value:
            _check_key(key_type, key, path)
        return {key: read(item, one, (*path, key)) for key, one in given.value.items()}
    if kind.of is Any:
        return given.plain()
    return _read_scalar(kind, given, path)


def field_kinds(section: type[Struct]) -> dict[str, Any]:
    """Return the annotation of each setting of a section by its name in the file."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(section)}


def nearest(word: str, words: Iterable[str]) -> str:
    """Return a sentence that helps somebody who wrote an unknown word."""
    known = sorted(words)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(known)}."


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _read_section(kind: Kind, given: Given, path: Path_) -> Any:
    if given.value is None:  # "web:" with nothing below it
        given = Given({}, given.where)
    if not isinstance(given.value, dict):
        raise _wrong(kind, given, path)
    values: dict[str, Any] = {}
    annotations = field_kinds(kind.of)
    for name in given.value:
        if name not in annotations:
            raise SettingError(
                (*path, name), f"{show_path((*path, name))} is not a setting",
                nearest(name, annotations),
            )  # fmt: skip
    for field in msgspec.structs.fields(kind.of):
        if field.encode_name in given.value:
            step = (*path, field.encode_name)
            values[field.name] = read(field.type, given.value[field.encode_name], step)
        elif field.required:
            raise SettingError(
                path, f"{show_path(path)} has no {field.encode_name}",
                f"Add {field.encode_name}: with {expectation(kind_of(field.type))}.",
            )  # fmt: skip
    _read_secrets(annotations, values, path)
    return kind.of(**values)


def _read_secrets(annotations: dict[str, Any], values: dict[str, Any], path: Path_) -> None:
    for name, annotation in annotations.items():
        file = values.get(f"{name}_file")
        if kind_of(annotation).of is not Secret or file is None:
            continue
        step = (*path, f"{name}_file")
        if values.get(name) is not None:
            raise SettingError(
                step, f"{show_path((*path, name))} and {name}_file are both given",
                "Keep one of the two, better the file.",
            )  # fmt: skip
        try:
            values[name] = read_secret_file(file)
        except ValueError as error:
            raise SettingError(
                step, f"{show_path(step)}: {error}", "Name a readable file that holds the secret."
            ) from None


def _check_key(key_type: Any, key: str, path: Path_) -> None:
    if get_origin(key_type) is Literal and key not in get_args(key_type):
        raise SettingError(
            (*path, key), f"{show_path((*path, key))} is not a setting",
            nearest(key, get_args(key_type)),
        )  # fmt: skip


def _read_scalar(kind: Kind, given: Given, path: Path_) -> Any:
    value = given.value
    if isinstance(value, (dict, list)) or value is None:
        raise _wrong(kind, given, path)
    if kind.of is Secret:
        if not given.text:
            raise _wrong(kind, given, path)
        return Secret(given.text)
    if kind.extra.get("form") == "duration":
        if isinstance(value, bool):
            raise _wrong(kind, given, path)
        try:
            return parse_duration_ms(given.text)
        except ValueError:
            raise _wrong(kind, given, path) from None
    if kind.of is str or get_origin(kind.of) is Literal:
        value = given.text  # queue 5 is the queue named "5"
    try:
        return msgspec.convert(value, Annotated[(kind.of, *kind.metas)] if kind.metas else kind.of)
    except msgspec.ValidationError:
        raise _wrong(kind, given, path) from None


def _wrong(kind: Kind, given: Given, path: Path_) -> SettingError:
    if isinstance(given.value, dict):
        shown = "a mapping"
    elif isinstance(given.value, list):
        shown = "a list"
    elif given.value is None:
        shown = "empty"
    else:
        shown = "that" if kind.of is Secret else repr(given.text[:80])
    fix = "Correct it or remove it to take the default."
    if get_origin(kind.of) is Literal and isinstance(given.value, str):
        fix = nearest(given.text, (str(word) for word in get_args(kind.of)))
        fix = fix if fix.startswith("Did") else "Correct it or remove it to take the default."
    return SettingError(path, f"{show_path(path)} must be {expectation(kind)}, not {shown}", fix)
