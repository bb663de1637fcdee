"""Dossiers as bytes, on pages: the rows in which a checkpoint writes them.

A page holds the dossiers whose last event lies in one minute, or, grown old, in one quarter of an
hour. A dossier that is told of again moves to the page of its newest event; only pages that
changed are written. Dossiers stay packed: a million customers fit into memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from aggregators.policy import HOUR_MS, MINUTE_MS

FIRST_PAGE = 1 << 40
"""Rows of a checkpoint from this number on are pages; below it they are minutes of slices."""

AFTER_PAGES = 1 << 41

QUARTER = 15
FINE_FOR_MS = 2 * HOUR_MS


def is_page(key: int) -> bool:
    """Tell whether a row of a checkpoint is a page of dossiers."""
    return FIRST_PAGE <= key < AFTER_PAGES


class Page(Struct, array_like=True):
    """Dossiers by key, and for some the instant at which time alone changes their facts.

    ``notes`` are what is to be listed of some, without reading the others.
    """

    dossiers: dict[str, bytes]
    due_ms: dict[str, int]
    notes: dict[str, Any] = {}


class Pages:
    """All dossiers of a shard. ``changed`` are the numbers of the pages to be written."""

    def __init__(self) -> None:
        self.pages: dict[int, Page] = {}
        self.changed: set[int] = set()
        self._page_of: dict[str, int] = {}
        self._coarse_from = 0

    def __len__(self) -> int:
        return len(self._page_of)

    def get(self, key: str) -> bytes | None:
        """Return a dossier as it was put, None if there is none."""
        number = self._page_of.get(key)
        return None if number is None else self.pages[number].dossiers[key]

    def put(
        self, key: str, last_ms: int, packed: bytes, due_ms: int | None, note: Any = None
    ) -> None:
        """Keep a dossier whose newest event lies at ``last_ms``."""
        minute = last_ms // MINUTE_MS
        number = minute if minute >= self._coarse_from else minute - minute % QUARTER
        before = self._page_of.get(key)
        if before is not None and before != number:
            self._take(key, before)
        page = self.pages.get(number)
        if page is None:
            page = self.pages[number] = Page({}, {})
        page.dossiers[key] = packed
        if due_ms is not None:
            page.due_ms[key] = due_ms
        else:
            page.due_ms.pop(key, None)
        if note is not None:
            page.notes[key] = note
        elif page.notes:
            page.notes.pop(key, None)
        self._page_of[key] = number
        self.changed.add(number)

    def _take(self, key: str, number: int) -> None:
        page = self.pages[number]
        del page.dossiers[key]
        page.due_ms.pop(key, None)
        page.notes.pop(key, None)
        self.changed.add(number)
        if not page.dossiers:
            del self.pages[number]
            self.changed.discard(number)

    def coarsen(self, watermark_ms: int) -> None:
        """Put the pages of old minutes together into quarters of an hour."""
        until = (watermark_ms - FINE_FOR_MS) // MINUTE_MS
        until -= until % QUARTER
        if until <= self._coarse_from:
            return
        old = [n for n in self.pages if self._coarse_from <= n < until and n % QUARTER]
        self._coarse_from = until
        for number in sorted(old):
            page = self.pages.pop(number)
            self.changed.discard(number)
            quarter = number - number % QUARTER
            target = self.pages.get(quarter)
            if target is None:
                target = self.pages[quarter] = Page({}, {})
            target.dossiers |= page.dossiers
            target.due_ms |= page.due_ms
            target.notes |= page.notes
            self._page_of.update(dict.fromkeys(page.dossiers, quarter))
            self.changed.add(quarter)

    def drop_before(self, at_ms: int) -> None:
        """Forget the dossiers on pages that ended before an instant."""
        last = at_ms // MINUTE_MS - QUARTER
        for number in [number for number in self.pages if number < last]:
            for key in self.pages.pop(number).dossiers:
                del self._page_of[key]
            self.changed.discard(number)

    def drop_old(self, kept_from_ms: Mapping[str, int]) -> None:
        """Forget the dossiers on pages that ended too early for their kind, by its letter."""
        if not kept_from_ms:
            return
        self.drop_before(min(kept_from_ms.values()))
        last = max(kept_from_ms.values()) // MINUTE_MS - QUARTER
        kept_from = {letter: ms // MINUTE_MS - QUARTER for letter, ms in kept_from_ms.items()}
        for number in [number for number in self.pages if number < last]:
            keys = self.pages[number].dossiers
            for key in [key for key in keys if number < kept_from[key[0]]]:
                self._take(key, number)
                del self._page_of[key]

    def numbers(self) -> list[int]:
        """Return the numbers of all pages as a checkpoint names them."""
        return [FIRST_PAGE + number for number in self.pages]

    def take(self, number: int, page: Page) -> None:
        """Take a page from a checkpoint."""
        self.pages[number] = page
        self._page_of.update(dict.fromkeys(page.dossiers, number))

    def resume(self, watermark_ms: int) -> None:
        """Go on where the pages were written: what is older than the watermark's is coarse."""
        until = (watermark_ms - FINE_FOR_MS) // MINUTE_MS
        self._coarse_from = max(0, until - until % QUARTER)
