"""The pages of the documentation: their fenced blocks, links and words in code marks.

A comment line above a fence says what the block is: ``<!-- file: NAME -->`` is written into the
folder where the page's commands run, ``<!-- kafka -->`` marks commands that need a broker,
``<!-- part of: FILE -->`` shows a part of a JSON file that a command wrote, ``<!-- answer of: PATH
-->`` an answer of the API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = (
    "README.md",
    "CHANGELOG.md",
    "docs/guide.md",
    "docs/reliability.md",
    "docs/security.md",
    "grafana/README.md",
)
MADE = ("docs/formulas.md", "docs/kpis.md", "docs/metrics.md", "docs/settings.md")

_FENCE = re.compile(
    r"(?:^<!-- (?P<note>[^>]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


class Block(Struct, frozen=True):
    """One fenced block: its language, its text, and the word and value of the note above it."""

    page: str
    line: int
    language: str
    text: str
    note: str
    about: str

    @property
    def where(self) -> str:
        """Page and line, for messages."""
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Return all pages by their path from the repository's top."""
    decisions = sorted(
        str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "decisions").glob("*.md")
    )
    sources = sorted(
        str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "sources").glob("*.md")
    )
    others = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))
    return list(dict.fromkeys((*WRITTEN, *decisions, *sources, *others)))


def text_of(page: str) -> str:
    """Return the text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order."""
    text = text_of(page)
    for found in _FENCE.finditer(text):
        note, _, about = (found["note"] or "").partition(":")
        line = text.count("\n", 0, found.start("language")) + 1
        yield Block(page, line, found["language"], found["text"], note.strip(), about.strip())


def prose(page: str) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))


def links(page: str) -> list[tuple[str, str]]:
    """Return text and target of every link and picture."""
    return [(found["text"], found["target"]) for found in _LINK.finditer(prose(page))]


def anchors(page: Path) -> set[str]:
    """Return the anchors that the headings of a page make."""
    found = set()
    for heading in _HEADING.findall(page.read_text(encoding="utf-8")):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(plain.replace(" ", "-"))
    return found


def code_words(page: str) -> set[str]:
    """Return what stands in code marks outside of fenced blocks."""
    return set(_CODE.findall(prose(page)))
