"""The most frequent expressions of a stretch of time, in bounded memory (Misra and Gries).

There are so many places. An expression that finds none takes one mention off each of those that
have a place, and counts nowhere itself: ``error`` says how many mentions any expression may have
lost that way. So ``count <= true count <= count + error``, and ``error`` is at most the mentions
over (places + 1). As long as there are no more expressions than places, all is exact.
"""

from __future__ import annotations

from msgspec import Struct

from aggregators.dossiers.wording import singular


class Entry(Struct, array_like=True, gc=False):
    """What is known of one expression: mentions, the first and last time, and how it reads.

    Of several wordings (a plural, a singular) the first in the alphabet is shown.
    """

    count: int
    first_ms: int
    last_ms: int
    shown: str

    def add(self, other: Entry) -> None:
        """Take in what is known elsewhere of the same expression."""
        self.count += other.count
        self.first_ms = min(self.first_ms, other.first_ms)
        self.last_ms = max(self.last_ms, other.last_ms)
        self.shown = min(self.shown, other.shown)


class HeavyHitters(Struct, array_like=True):
    """Counts of one stretch of time by ``tool\\nexpression``.

    ``mentions`` counts all by tool, ``unlisted`` those of them that must not be listed. A mention
    taken back leaves times and wording as they are, unless it was the last one.
    """

    is_day: bool
    error: int = 0
    mentions: dict[str, int] = {}
    unlisted: dict[str, int] = {}
    entries: dict[str, Entry] = {}

    def add(self, at_ms: int, tool: str, text: str, places: int) -> None:
        """Count a mention; an empty text is one that must not be listed."""
        self.mentions[tool] = self.mentions.get(tool, 0) + 1
        if not text:
            self.unlisted[tool] = self.unlisted.get(tool, 0) + 1
            return
        key = f"{tool}\n{singular(text)}"
        found = self.entries.get(key)
        if found is not None:
            found.add(Entry(1, at_ms, at_ms, text))
        elif len(self.entries) < places:
            self.entries[key] = Entry(1, at_ms, at_ms, text)
        else:
            self._take_off(1)

    def remove(self, tool: str, text: str) -> None:
        """Take a counted mention back."""
        _less(self.mentions, tool)
        if not text:
            _less(self.unlisted, tool)
            return
        key = f"{tool}\n{singular(text)}"
        found = self.entries.get(key)
        if found is not None:  # else it was among those that the error stands for
            found.count -= 1
            if not found.count:
                del self.entries[key]

    def merge(self, other: HeavyHitters, places: int) -> None:
        """Add another stretch of time; the errors add up, and what finds no place is their part."""
        self.error += other.error
        for ours, theirs in ((self.mentions, other.mentions), (self.unlisted, other.unlisted)):
            for tool, n in theirs.items():
                ours[tool] = ours.get(tool, 0) + n
        for key, entry in other.entries.items():
            found = self.entries.get(key)
            if found is None:
                self.entries[key] = Entry(entry.count, entry.first_ms, entry.last_ms, entry.shown)
            else:
                found.add(entry)
        if len(self.entries) > places:
            counts = sorted((entry.count for entry in self.entries.values()), reverse=True)
            self._take_off(counts[places])

    def _take_off(self, n: int) -> None:
        self.error += n
        for key, entry in list(self.entries.items()):
            entry.count -= n
            if entry.count <= 0:
                del self.entries[key]


def _less(counts: dict[str, int], tool: str) -> None:
    left = counts.get(tool, 0) - 1
    if left > 0:
        counts[tool] = left
    else:
        counts.pop(tool, None)
