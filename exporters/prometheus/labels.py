"""Label values from outside: made harmless, kept apart, and never more than a limit."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

MAX_LENGTH = 64
UNKNOWN = "__unknown__"

_REMEMBERED = 10_000


def clean(text: str) -> str:
    """Return a label value without control characters, at most 64 characters long.

    Whatever could not be seen, could turn the reading direction or could not be encoded goes;
    nothing left gives ``__unknown__``, because an empty label is no label to Prometheus.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(c for c in text if unicodedata.category(c) not in _UNSAFE)
    return text[:MAX_LENGTH] or UNKNOWN


_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


class LabelValues:
    """The values (or tuples of them) that one label may take in this process, first come first.

    A value stays admitted until :meth:`retain` frees its place, so that series do not come and
    go. Values that look the same after cleaning would be one series twice: only the first is in.
    """

    def __init__(self, limit: int) -> None:
        self.dropped = 0
        self._limit = limit
        self._admitted: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._taken: set[tuple[str, ...]] = set()
        self._refused: set[tuple[str, ...]] = set()

    def admit(self, *values: str) -> tuple[str, ...] | None:
        """Return the cleaned values, or None when they have no place."""
        known = self._admitted.get(values)
        if known is not None:
            return known
        cleaned = tuple(clean(value) for value in values)
        if len(self._admitted) >= self._limit or cleaned in self._taken:
            self.refuse(*values)
            return None
        self._admitted[values] = cleaned
        self._taken.add(cleaned)
        return cleaned

    def admitted(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Return (values, cleaned values) of all that have a place, oldest first."""
        return list(self._admitted.items())

    def placed(
        self, present: Collection[tuple[str, ...]]
    ) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Give those ``present`` their places, others none; return :meth:`admitted`."""
        self.retain(present)
        for values in sorted(present):
            self.admit(*values)
        return self.admitted()

    def refuse(self, *values: str) -> None:
        """Count values as dropped, once each."""
        if values not in self._refused and len(self._refused) < _REMEMBERED:
            self._refused.add(values)
            self.dropped += 1

    def retain(self, present: Collection[tuple[str, ...]]) -> None:
        """Free the places of the values that are no longer ``present``."""
        for values in [values for values in self._admitted if values not in present]:
            self._taken.discard(self._admitted.pop(values))
