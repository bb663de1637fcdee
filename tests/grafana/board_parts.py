"""The committed boards taken apart: panels, queries, variables and marks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "grafana" / "boards"
LANGUAGES = ("en", "fr")

Json = dict[str, Any]


class Query(Struct, frozen=True):
    """One expression of a board, and where it stands."""

    board: str
    panel: str
    ref_id: str
    expr: str
    kind: str
    """``instant``, ``range``, ``mark`` (an annotation) or ``variable``."""
    legend: str = ""

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.board}: {self.panel} {self.ref_id}"


@cache
def boards() -> dict[str, Json]:
    """The committed boards by their path under grafana/boards."""
    return {
        path.relative_to(FOLDER).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*/*.json"))
    }


def panels(board: Json, *, rows: bool = False) -> Iterator[Json]:
    """The panels of a board, those of folded rows too."""
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel
            continue
        if rows:
            yield panel
        yield from panel["panels"]


def queries(path: str) -> Iterator[Query]:
    """Every expression of a board but those of its variables."""
    board = boards()[path]
    for panel in panels(board):
        for target in panel["targets"]:
            kind = "instant" if target["instant"] else "range"
            yield Query(
                path, panel["title"], target["refId"], target["expr"], kind, target["legendFormat"]
            )
    for mark in board["annotations"]["list"]:
        legend = f"{mark['titleFormat']} {mark['textFormat']}"
        yield Query(path, mark["name"], "mark", mark["target"]["expr"], "mark", legend)


def variables(path: str) -> dict[str, Json]:
    """The variables of a board by name."""
    return {variable["name"]: variable for variable in boards()[path]["templating"]["list"]}


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"(?<![\w:])(vigie_\w+|ALERTS(?:_FOR_STATE)?)\b(\{[^}]*\})?")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")


def selectors(expr: str) -> Iterator[tuple[str, set[str]]]:
    """The metrics that an expression names, each with the labels that it matches on."""
    for found in _SELECTOR.finditer(expr):
        inside = _STRING.sub('""', found[2] or "")
        yield found[1], set(_MATCHER.findall(inside))


def written_selectors(expr: str) -> list[tuple[str, str]]:
    """The metrics that an expression names, each with its selector as it is written."""
    return [(found[1], found[0]) for found in _SELECTOR.finditer(expr)]


def grouped(expr: str) -> set[str]:
    """The labels that an expression groups by or joins on."""
    lists = _GROUPING.findall(_STRING.sub('""', expr))
    return {label.strip() for labels in lists for label in labels.split(",") if label.strip()}


def made_labels(expr: str) -> set[str]:
    """The labels that an expression makes itself."""
    return {label for label in ("place", "part", "week") if f'"{label}"' in expr}


def legend_labels(legend: str) -> set[str]:
    """The labels that a legend shows."""
    return set(re.findall(r"\{\{\s*(\w+)\s*\}\}", legend))
