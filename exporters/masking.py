"""Short names in the place of ids: enough to talk about one line of a list, no way back to the id.

The key is made anew with each process and written nowhere, so a short name means the same as
long as a page is open, and nothing to anybody who keeps a picture of it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0, 1, i, l and o, which are taken for one another."""

LENGTH = 5


class Mask:
    """Gives the same short name for the same id, and hardly ever one name for two ids."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def name(self, *parts: str) -> str:
        """Return the short name of an id that consists of ``parts``."""
        text = "\x00".join(parts).encode("utf-8", "surrogatepass")
        number = int.from_bytes(hmac.digest(self._key, text, hashlib.sha256)[:8])
        marks = []
        for _ in range(LENGTH):
            number, mark = divmod(number, len(ALPHABET))
            marks.append(ALPHABET[mark])
        return "".join(marks)

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return a short name for each of some ids, none of them twice."""
        found: dict[str, str] = {}
        used: set[str] = set()
        for given in sorted(set(ids)):
            name, again = self.name(given), 0
            while name in used:
                again += 1
                name = self.name(given, str(again))
            used.add(name)
            found[given] = name
        return found
