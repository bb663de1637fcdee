"""Reads a YAML file into a tree in which every value still knows where it was written.

Only plain data: no tags, no dates, no sexagesimal numbers, ``yes`` and ``no`` are words. Size,
depth and the number of values after expanding aliases are bounded.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from msgspec import Struct

from vigie.errors import UserError

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_VALUES = 100_000

Scalar: TypeAlias = str | int | float | bool | None
Path_: TypeAlias = tuple[str | int, ...]


class Given(Struct):
    """A value as the user gave it: ``text`` is how a scalar was written, ``where`` its place."""

    value: dict[str, Given] | list[Given] | Scalar
    where: str
    text: str = ""

    def plain(self) -> Any:
        """Return the value without its places."""
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def place(self, path: Path_) -> str:
        """Return where the path was written, or the nearest that was."""
        here, where = self, self.where
        for step in path:
            inner = here.value
            found: Given | None = None
            if isinstance(inner, dict) and isinstance(step, str):
                found = inner.get(step)
            elif isinstance(inner, list) and isinstance(step, int) and step < len(inner):
                found = inner[step]
            if found is None:
                break
            here, where = found, found.where
        return where


class _Loader(yaml.SafeLoader):
    """Resolves the words of YAML 1.2's core schema only."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _words, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]{1,18}", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_words})\Z"), list(_first)
    )


def read_settings_file(path: Path) -> Given:
    """Read a settings file.

    Raises:
        UserError: it cannot be read, is too large or is not plain YAML; names the line.
    """
    return read_yaml_file(
        path, "settings file", "Give an existing file with --settings or VIGIE_SETTINGS."
    )


def read_yaml_file(path: Path, what: str, fix: str) -> Given:
    """Read a YAML file; ``what`` it should be and the ``fix`` of an unreadable one are for errors.

    Raises:
        UserError: as :func:`read_settings_file`.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"cannot read the {what} {path}: {error.strerror}", fix) from None
    if len(raw) > MAX_BYTES:
        raise UserError(
            f"{path} is larger than 1 MiB", f"A {what} is some kilobytes; is it the right one?"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}: not UTF-8 text", "Save the file as UTF-8.") from None
    return parse_yaml(text, str(path), lines=True)


def parse_yaml(text: str, where: str, *, lines: bool) -> Given:
    """Parse YAML text; with ``lines`` each place is ``where:line``, else just ``where``.

    Raises:
        UserError: it is not plain YAML or goes beyond a limit.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}:{mark.line + 1}" if lines and mark else where
        raise UserError(
            f"{place}: not valid YAML: {error.problem or error.context}",
            "Check the indentation, colons and quotes there.",
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        place = where
        if isinstance(error, yaml.reader.ReaderError) and lines:
            place = f"{where}:{text.count(chr(10), 0, error.position) + 1}"
        raise UserError(
            f"{place}: not valid YAML", "Remove control characters and broken escapes."
        ) from None
    except RecursionError:
        raise _too_deep(where) from None
    if node is None:
        return Given({}, f"{where}:1" if lines else where)
    return _Builder(where, lines).build(node, 0)


def _too_deep(where: str) -> UserError:
    return UserError(
        f"{where}: nested deeper than {MAX_DEPTH} levels", "Write the settings flatter."
    )


class _Builder:
    """Turns YAML nodes into :class:`Given`, counting values so that aliases cannot explode."""

    def __init__(self, where: str, lines: bool) -> None:
        self._where = where
        self._lines = lines
        self._values = 0

    def build(self, node: yaml.Node, depth: int) -> Given:
        place = self._place(node)
        self._values += 1
        if self._values > MAX_VALUES:
            raise UserError(
                f"{place}: more than {MAX_VALUES} values after expanding aliases",
                "Remove the nested aliases (*name).",
            )
        if depth > MAX_DEPTH:
            raise _too_deep(place)
        if isinstance(node, yaml.MappingNode) and node.tag.endswith(":map"):
            return Given(self._mapping(node, depth), place)
        if isinstance(node, yaml.SequenceNode) and node.tag.endswith(":seq"):
            return Given([self.build(item, depth + 1) for item in node.value], place)
        if isinstance(node, yaml.ScalarNode):
            return Given(_scalar(node, place), place, node.value)
        raise _tagged(node.tag, place)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Given]:
        own: dict[str, Given] = {}
        merged: dict[str, Given] = {}
        for key, value in node.value:
            place = self._place(key)
            if not isinstance(key, yaml.ScalarNode):
                raise UserError(f"{place}: a name must be plain text", "Write name: value.")
            if key.tag.endswith(":merge"):
                many = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for one in many:
                    given = self.build(one, depth + 1).value
                    if not isinstance(given, dict):
                        raise UserError(
                            f"{place}: << takes a mapping", "Refer to a mapping with *name."
                        )
                    merged = given | merged
                continue
            if key.value in own:
                raise UserError(f"{place}: {key.value!r} is written twice", "Keep one of the two.")
            own[key.value] = self.build(value, depth + 1)
            if not isinstance(own[key.value].value, (dict, list)):
                # The line of the name is where the reader looks, also for folded text.
                own[key.value].where = place
        return merged | own

    def _place(self, node: yaml.Node) -> str:
        return f"{self._where}:{node.start_mark.line + 1}" if self._lines else self._where


def _scalar(node: yaml.ScalarNode, place: str) -> Scalar:
    match node.tag.rpartition(":")[2]:
        case "str":
            return str(node.value)
        case "null":
            return None
        case "bool":
            return str(node.value).lower() == "true"
        case "int":
            return int(node.value)
        case "float":
            return float(node.value)
    raise _tagged(node.tag, place)


def _tagged(tag: str, place: str) -> UserError:
    return UserError(f"{place}: the YAML tag {tag} is not allowed", "Write plain values only.")
