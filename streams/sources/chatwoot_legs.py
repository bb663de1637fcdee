"""Which leg of a conversation is under way: the one thing that Chatwoot's bodies do not tell.

A conversation that is opened again keeps its id, and no body says how often that happened. So
the leg that a reopening began is remembered for the newest conversations. What is forgotten (a
restart, another receiver) leaves the answers of a reopened conversation untold; its first leg
follows from each body alone.
"""

from __future__ import annotations

from collections import OrderedDict

REMEMBERED = 20_000
"""Reopened conversations that are remembered; about 5 MB."""


class ReopenedLegs:
    """The newest leg of each conversation that was opened again, and whether it is answered."""

    def __init__(self, most: int = REMEMBERED) -> None:
        """``most`` conversations are remembered."""
        self._legs: OrderedDict[str, tuple[int, bool]] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._legs)

    def begin(self, contact_id: str, at_ms: int) -> str:
        """Return the leg that begins at an instant; the newest of a conversation is kept."""
        if self._legs.get(contact_id, (-1, False))[0] < at_ms:
            self._legs[contact_id] = (at_ms, False)
            self._legs.move_to_end(contact_id)
            if len(self._legs) > self._most:
                self._legs.popitem(last=False)
        return str(at_ms)

    def at(self, contact_id: str, at_ms: int) -> str | None:
        """Return the leg that was under way at an instant; None if none is known."""
        began_ms, _ = self._legs.get(contact_id, (-1, False))
        return str(began_ms) if 0 <= began_ms <= at_ms else None

    def answer(self, contact_id: str) -> None:
        """The newest leg is answered."""
        if contact_id in self._legs:
            self._legs[contact_id] = (self._legs[contact_id][0], True)

    def waits(self, contact_id: str) -> bool:
        """Tell whether the newest leg is known and no answer of it is."""
        return not self._legs.get(contact_id, (-1, True))[1]
