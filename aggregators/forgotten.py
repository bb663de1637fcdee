"""Which contacts are known only by their fingerprints: told again, they cannot be corrected.

A week of a large centre has millions of them, so each costs eight bytes, not an object.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from hashlib import blake2b

_RECENT = 4_096


def fingerprint(contact_id: str) -> int:
    """Return 63 bits that stand for a contact that is not kept any more."""
    return int.from_bytes(blake2b(contact_id.encode(), digest_size=8).digest()) >> 1


def marks(stored: bytes | list[int] = b"") -> array[int]:
    """Return fingerprints as read from a row; :func:`stored_marks` is the way back.

    Rows of the first version have them as numbers.

    Raises ValueError when the bytes are no whole number of fingerprints.
    """
    found = array("Q", stored)
    if sys.byteorder == "big" and isinstance(stored, bytes):
        found.byteswap()
    return found


def stored_marks(found: array[int]) -> bytes:
    """Return fingerprints as they are stored: eight bytes each, the lowest one first."""
    if sys.byteorder == "big":
        found = found[:]
        found.byteswap()
    return found.tobytes()


class Forgotten:
    """A set of fingerprints: an ordered array, and a small set of those that came last."""

    def __init__(self) -> None:
        self._ordered = marks()
        self._recent: set[int] = set()

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._recent or self._ordered)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._ordered) + len(self._recent)

    def __contains__(self, mark: int) -> bool:
        """Tell whether a fingerprint is among them."""
        if mark in self._recent:
            return True
        at = bisect_left(self._ordered, mark)
        return at < len(self._ordered) and self._ordered[at] == mark

    def add(self, mark: int) -> None:
        """Take one in."""
        if mark not in self:
            self._recent.add(mark)
            if len(self._recent) > max(_RECENT, len(self._ordered) // 8):
                self._settle(self._recent)

    def update(self, more: array[int]) -> None:
        """Take many in."""
        self._settle(self._recent.union(more))

    def drop(self, gone: array[int]) -> None:
        """Leave out those that were kept longest."""
        left_out = set(gone)
        self._recent -= left_out
        self._ordered = array("Q", (mark for mark in self._ordered if mark not in left_out))

    def _settle(self, more: set[int]) -> None:
        self._ordered = array("Q", sorted(more.union(self._ordered)))
        self._recent = set()
