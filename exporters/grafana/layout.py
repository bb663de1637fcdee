"""Places panels on Grafana's grid of 24 columns, line by line, without holes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

COLUMNS = 24

Panel: TypeAlias = dict[str, Any]
Line: TypeAlias = tuple[int, Sequence[tuple[int, Panel]]]
"""Height, and the panels of a line with their widths."""


def line(height: int, *panels: Panel) -> Line:
    """Return a line of equally wide panels.

    Raises:
        ValueError: 24 columns cannot be shared among so many.
    """
    if COLUMNS % len(panels):
        raise ValueError(f"24 columns cannot be shared among {len(panels)} panels")
    return height, [(COLUMNS // len(panels), panel) for panel in panels]


def lines(height: int, panels: Sequence[Panel], per_line: int = 3) -> list[Line]:
    """Return lines of at most ``per_line`` panels; the panels of the last one are wider."""
    return [
        line(height, *panels[start : start + per_line]) for start in range(0, len(panels), per_line)
    ]


class Section:
    """Lines under a title that can be folded; without a title they stand at the top."""

    def __init__(self, title: str, content: Iterable[Line], *, is_folded: bool = False) -> None:
        self.title = title
        self.lines = list(content)
        self.is_folded = is_folded


def place(sections: Iterable[Section]) -> list[Panel]:
    """Return the panels with ids and positions; folded sections hold their own.

    Raises:
        ValueError: a line does not fill the 24 columns.
    """
    placed: list[Panel] = []
    y, last_id = 0, 0
    for section in sections:
        inside: list[Panel] = []
        row: Panel | None = None
        top = y
        if section.title:
            last_id += 1
            row = _row(section, last_id, y)
            y += 1
        for height, entries in section.lines:
            if sum(width for width, _ in entries) != COLUMNS:
                raise ValueError(f"{section.title!r}: a line does not fill {COLUMNS} columns")
            x = 0
            for width, panel in entries:
                last_id += 1
                at = {"h": height, "w": width, "x": x, "y": y}
                inside.append({"id": last_id, "gridPos": at, **panel})
                x += width
            y += height
        if row is not None:
            placed.append(row)
            if section.is_folded:  # closed, it is one line high; Grafana makes room on opening
                row["panels"] = inside
                y = top + 1
                continue
        placed += inside
    return placed


def _row(section: Section, panel_id: int, y: int) -> Panel:
    return {
        "id": panel_id, "type": "row", "title": section.title, "collapsed": section.is_folded,
        "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y}, "panels": [],
    }  # fmt: skip
