"""A little contact centre: a live view whose numbers a test sets by hand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from msgspec import structs

from aggregators.board import Board, Rows
from aggregators.policy import QueuePolicy
from aggregators.windows import parse_window
from exporters.contacts import ContactRow

NOON_MS = 1_767_614_400_000
"""2026-01-05T12:00:00Z"""

WINDOWS = ("1m", "5m", "15m", "30m", "1h", "interval_30m", "interval_30m_last", "today")


def figures(
    *,
    service_level: float | None = 0.82,
    waiting: int = 3,
    longest: float | None = 41.0,
    over: int = 0,
    at_risk: int = 0,
    available: int = 4,
    occupied: int = 11,
    offered: int = 120,
    answered: int = 112,
    abandoned: int = 6,
) -> dict[str, Any]:
    """Return the KPI values of one row, in the shapes of the core."""
    return {
        "contacts_waiting": waiting,
        "longest_wait_seconds": longest,
        "contacts_over_threshold": over,
        "contacts_at_risk": {"30": at_risk},
        "agents_available": available,
        "agents_staffed": available + occupied,
        "agents_on_contact": occupied,
        "agents_in_wrap_up": 0,
        "contacts_offered": offered,
        "contacts_answered": answered,
        "contacts_abandoned": abandoned,
        "service_level": {
            "answered_only": service_level,
            "abandons_in_sl_ignored": service_level,
            "abandons_negative": service_level,
            "genesys": None,
        },
        "answer_rate": answered / offered if offered else None,
        "abandonment_rate": {"of_offered": abandoned / offered if offered else None},
        "asa_seconds": {"queue": 100 / 3 if answered else None},
        "transfer_rate": {"blind": {"internal": 0.1}},
    }


class LittleCentre:
    """A live view that shows what :meth:`set` was told last.

    ``board()`` gives the same object until a number or the clock changes, as a real view does
    between two refreshes.
    """

    def __init__(self, now_ms: int = NOON_MS) -> None:
        self.now_ms = now_ms
        self.data_age_ms = 1_200
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.policies: dict[tuple[str, str], QueuePolicy] = {}
        self.waiting_contacts: dict[str, list[ContactRow]] = {}
        self.total: dict[str, Any] = figures()
        self.complete = True
        self.is_ready: tuple[bool, str] = (True, "ready")
        self.broken = False
        self.boards_built = 0
        self._board: Board | None = None

    def set(
        self, queue: str, channel: str = "voice", policy: QueuePolicy | None = None, **values: Any
    ) -> None:
        """Set the numbers of a queue row."""
        self.policies[queue, channel] = policy or QueuePolicy()
        self.rows[queue, channel] = figures(**values)
        self._board = None

    def set_total(self, **values: Any) -> None:
        """Set the headline numbers."""
        self.total = figures(**values)
        self._board = None

    def tick(self, ms: int = 1_000) -> None:
        """Move the clock."""
        self.now_ms += ms
        self._board = None

    def board(self) -> Board:
        if self.broken:
            raise RuntimeError("the secret reason")
        if self._board is None:
            self.boards_built += 1
            rows = Rows(
                total=self.total,
                queues={queue: values for (queue, _), values in self.rows.items()},
                channels={channel: values for (_, channel), values in self.rows.items()},
                teams={},
                pairs=dict(self.rows),
            )
            self._board = Board(
                as_of_ms=self.now_ms,
                data_up_to_ms=self.now_ms - self.data_age_ms,
                complete=self.complete,
                windows=dict.fromkeys(WINDOWS, rows),
                durable={},
                pairs=dict(self.policies),
            )
        return self._board

    async def fresh(self) -> Board:
        return self.board()

    def board_of(self, window: str) -> Board:
        parse_window(window)
        board = self.board()
        return structs.replace(board, windows={window: board.windows["1h"]})

    def shards(self) -> Sequence[Any]:
        return ()

    def turn(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def ready(self) -> tuple[bool, str]:
        return self.is_ready

    def contacts(self, queue: str) -> list[ContactRow]:
        return self.waiting_contacts.get(queue, [])


def busy_centre() -> LittleCentre:
    """Return a centre with a queue in trouble, one to watch, quiet ones and a ticket queue."""
    centre = LittleCentre()
    centre.set(
        "Technical support", service_level=0.614, waiting=14, longest=187.0, over=5, at_risk=3,
        available=0, occupied=18, offered=206, answered=171, abandoned=29,
    )  # fmt: skip
    centre.set("Billing", service_level=0.782, waiting=4, longest=71.0, at_risk=1, available=1)
    centre.set("Sales", service_level=0.913, waiting=1, longest=8.0, available=5, offered=84,
               answered=83, abandoned=1)  # fmt: skip
    centre.set("Customer care", "chat", QueuePolicy(threshold_ms=60_000), service_level=0.874,
               waiting=2, longest=22.0, offered=64, answered=61, abandoned=2)  # fmt: skip
    centre.set("Fraud line", service_level=1.0, waiting=0, longest=None, offered=7, answered=7,
               abandoned=0, available=2, occupied=1)  # fmt: skip
    centre.set("Requests", "ticket", QueuePolicy(threshold_ms=86_400_000), service_level=0.97,
               waiting=31, longest=15_130.0, available=3, occupied=4, offered=40, answered=40,
               abandoned=0)  # fmt: skip
    centre.set_total(
        service_level=0.757, waiting=52, longest=15_130.0, over=5, at_risk=4, available=9,
        occupied=46, offered=521, answered=474, abandoned=38,
    )  # fmt: skip
    centre.waiting_contacts["Technical support"] = [
        {
            "contact_id": f"c-{n:04}", "leg_id": f"c-{n:04}.1",
            "state": "waiting" if n < 14 else "in_progress",
            "since_ms": NOON_MS - 187_000 + n * 11_000,
            "wait_ms": 187_000 - n * 11_000 if n < 14 else 62_000,
            "agent_id": None if n < 14 else f"agent-{n}", "channel": "voice",
            "motive": "delivery" if n % 3 else None, "priority": 1 if n == 4 else None,
        }
        for n in range(20)
    ]  # fmt: skip
    return centre
