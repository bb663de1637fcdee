"""Who waits and who talks in FreeSWITCH's mod_callcenter, as far as it told."""

from __future__ import annotations

from msgspec import Struct

MOST_MEMBERS = 20_000
"""Callers that are remembered; beyond it the one that came first is forgotten."""


class Member(Struct):
    """One stay of a caller in a queue. ``assumed_ms`` is when we ended it without being told."""

    contact_id: str
    member_id: str
    queue: str
    talks: bool = False
    over: bool = False
    assumed_ms: int = 0
    corrections: int = 0
    offers: dict[str, str] = {}

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from all others."""
        return self.contact_id, self.member_id


class Stays:
    """The stays of callers, by their session and member ids."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], Member] = {}

    def of(self, contact_id: str, member_id: str, queue: str) -> Member:
        """Return a stay, new if it is not known."""
        key = contact_id, member_id
        found = self._of.get(key)
        if found is None:
            if len(self._of) >= MOST_MEMBERS:
                del self._of[next(iter(self._of))]
            found = self._of[key] = Member(contact_id, member_id, queue)
        return found

    def open(self) -> list[Member]:
        """Return the stays that are not over."""
        return [member for member in self._of.values() if not member.over]
