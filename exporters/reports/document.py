"""A report in words: one document that HTML and plain text are written from.

So both parts of a mail say the same, number by number.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

Tone: TypeAlias = Literal["", "good", "bad", "quiet"]


class Cell(Struct, frozen=True):
    """One cell; ``tone`` colours it, and the text says the same without colour."""

    text: str
    tone: Tone = ""


class Column(Struct, frozen=True):
    """One column; numbers stand right. ``short`` is its title where room is short; telephones
    leave out what ``is_minor``, and lines of what ``is_whole`` do not break."""

    title: str
    is_number: bool = False
    short: str = ""
    is_minor: bool = False
    is_whole: bool = False


class Table(Struct, frozen=True):
    """Rows under columns; the last row is a total if ``has_total``."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_total: bool = False


class Tile(Struct, frozen=True):
    """One leading figure: what, how much, against the target, against other weeks."""

    name: str
    value: str
    target: Cell
    change: Cell


class Picture(Struct, frozen=True):
    """One plot by its id; ``alt`` says its numbers."""

    id: str
    title: str
    alt: str


class Item(Struct, frozen=True):
    """A line with smaller lines below it."""

    title: str
    tone: Tone
    lines: tuple[str, ...]


class Section(Struct, frozen=True, kw_only=True):
    """One part of the report under its heading."""

    title: str
    tiles: tuple[Tile, ...] = ()
    table: Table | None = None
    pictures: tuple[Picture, ...] = ()
    items: tuple[Item, ...] = ()
    notes: tuple[str, ...] = ()


class Document(Struct, frozen=True, kw_only=True):
    """The whole: ``notices`` come first because they change how the rest is read."""

    language: str
    subject: str
    title: str
    subtitle: str
    scope: str
    summary: str
    notices: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: str
