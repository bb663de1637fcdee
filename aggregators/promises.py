"""What is promised for tickets, by priority: a first response and a solution within some time."""

from __future__ import annotations

from msgspec import Struct

DEFAULT = "default"
"""The promise of tickets whose priority has none of its own, or that have no priority."""


class Promise(Struct, frozen=True, kw_only=True):
    """The promises for one priority; None: nothing is promised.

    With ``is_business`` only the time inside the queue's hours counts.
    """

    first_response_ms: int | None = None
    resolution_ms: int | None = None
    is_business: bool = True


class Sla(Struct, frozen=True, kw_only=True):
    """All promises by priority in small letters, and how tickets are held to them.

    A ticket is at risk while less than ``at_risk_ms`` of a promise is left, by the promise's own
    clock. A ticket that is reopened more than ``reopen_within_ms`` after it was first solved does
    not count as reopened: until then that figure is provisional.
    """

    promises: dict[str, Promise] = {}
    at_risk_ms: int = 3_600_000
    reopen_within_ms: int = 7 * 86_400_000

    def promise(self, priority: str | int | None) -> Promise:
        """Return what is promised for a priority as the ticket names it."""
        if not self.promises:
            return NOTHING
        found = None
        if priority is not None:
            found = self.promises.get(str(priority).strip().lower())
        return found or self.promises.get(DEFAULT, NOTHING)


NOTHING = Promise()
NO_SLA = Sla()
