"""The customers of the centre: so many people, some of whom come more often than others."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

KEY_BITS = 128


class People:
    """Draws customers by key. Without a number of customers each one comes only once."""

    __slots__ = ("_count", "_seed")

    def __init__(self, seed: int, count: int | None) -> None:
        self._seed = seed
        self._count = count

    def someone(self, rng: Random) -> str:
        """Return the key of whoever comes next; takes one draw."""
        draw = rng.getrandbits(KEY_BITS)
        if self._count is None:
            return f"{draw:032x}"
        # The power makes the first of them come several times as often as the last.
        number = int(self._count * (draw / (1 << KEY_BITS)) ** 1.3)
        return blake2b(f"{self._seed}/{number}".encode(), digest_size=KEY_BITS // 8).hexdigest()
