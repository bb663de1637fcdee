"""The plain-text part: aligned columns, readable by itself in any mail reader."""

from __future__ import annotations

import textwrap
import unicodedata

from exporters.reports.document import Document, Section, Table

WIDTH = 78
_GAP = "  "


def text_of(document: Document) -> str:
    """Return the document as text; lines of prose are at most 78 characters long."""
    lines = [document.title, document.subtitle, document.scope, ""]
    for notice in document.notices:
        lines += [*_wrapped(notice, "! ", "  "), ""]
    for section in document.sections:
        lines += [section.title.upper(), "-" * len(section.title), *_section(section), ""]
    lines += _wrapped(document.footer)
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    lines: list[str] = []
    width = max((_width(tile.name) for tile in section.tiles), default=0)
    figure = max((_width(tile.value) for tile in section.tiles), default=0)
    for tile in section.tiles:
        told = ", ".join(cell.text for cell in (tile.target, tile.change) if cell.text)
        head = f"{_left(tile.name, width)}{_GAP}{_right(tile.value, figure)}"
        lines.append(head)
        lines += _wrapped(told, "    ", "    ")
    for picture in section.pictures:
        lines += _wrapped(picture.alt)
    if section.table is not None:
        lines += _table(section.table)
    for item in section.items:
        lines += _wrapped(item.title, "* ", "  ")
        for line in item.lines:
            lines += _wrapped(line, "  ", "    ")
    for note in section.notes:
        lines += _wrapped(note)
    return lines


def _table(table: Table) -> list[str]:
    rows = [[cell.text for cell in row] for row in table.rows]
    grid = [[column.title for column in table.columns], *rows]
    widths = _widths(grid)
    if sum(widths) + len(_GAP) * (len(widths) - 1) > WIDTH:
        grid[0] = [column.short or column.title for column in table.columns]
        widths = _widths(grid)
    lines = []
    for number, row in enumerate(grid):
        cells = [
            _right(text, width) if column.is_number else _left(text, width)
            for text, width, column in zip(row, widths, table.columns, strict=True)
        ]
        if number == 1 or (table.has_total and number == len(grid) - 1 and number > 1):
            lines.append(_GAP.join("-" * width for width in widths))
        lines.append(_GAP.join(cells).rstrip())
    return lines


def _widths(grid: list[list[str]]) -> list[int]:
    return [max(_width(row[n]) for row in grid) for n in range(len(grid[0]))]


def _wrapped(text: str, first: str = "", others: str = "") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=others, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _width(text: str) -> int:
    """Return how many columns a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(mark) else 1 + (unicodedata.east_asian_width(mark) in "WF")
        for mark in text
    )


def _left(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text
