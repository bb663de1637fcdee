"""What the addresses of the alerts need of the worker that runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from alerts.alert import Action
    from alerts.book import Book
    from alerts.plan import Plan
    from alerts.rules import Rule


class ActionRefusedError(Exception):
    """What was asked for cannot be done: ``reason`` says why, ``fix`` what to do about it."""

    def __init__(self, reason: str, fix: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix or "GET /api/alerts shows the alerts as they are now"


class ActionLateError(Exception):
    """What was asked for has not happened in time; it may happen yet."""


class Desk(Protocol):
    """The alerts of a worker; all of them may be other objects at the next look."""

    @property
    def book(self) -> Book:
        """What the journal says."""

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules in force by id."""

    @property
    def plan(self) -> Plan:
        """Whom alerts reach."""

    def now_ms(self) -> int:
        """The clock of the alerts."""

    def is_leading(self) -> bool:
        """Whether this worker makes the alerts."""

    def look_on(self) -> None:
        """Somebody looks at the alerts: their numbers are kept fresh for a while."""

    async def ask(self, action: Action) -> None:
        """Have an action done; return when it has happened.

        Raises:
            ActionRefusedError: it cannot be done.
            ActionLateError: it has not happened in time.
        """
