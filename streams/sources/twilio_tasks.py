"""What is remembered of Twilio's tasks between bodies: their stays in queues, and who took them.

Most bodies name their stay themselves (task queue and time of entry) and need no memory. It is
needed where a body does not: the queue that a task was moved out of, the reservation of a
``task.wrapup``, the stay from which a task was transferred.
"""

from __future__ import annotations

from collections import OrderedDict

from msgspec import Struct, field

MOST_TASKS = 20_000
"""Tasks that are remembered; the one told of longest ago is forgotten first."""
MOST_OF_A_TASK = 64
"""Stays, reservations and moves that are remembered of one task."""
_NEAR_MS = 2_000
"""A time of entry that was computed from an age in whole seconds may be off by so much."""
_TRANSFER_MS = 5_000
"""A queue entered so soon after a transfer to a queue is the one of the transfer."""


class Stay(Struct):
    """One stay of a task in a queue; ``queue`` is the queue's sid, else its name."""

    leg_id: str
    queue: str
    entered_ms: int
    by_transfer: bool = False
    is_told: bool = False
    is_left: bool = False
    is_answered: bool = False
    is_transferred: bool = False


class Move(Struct, frozen=True):
    """A task left a queue for another one, named ``to_queue``, where its leg is ``to_leg``."""

    body_id: str
    at_ms: int
    from_queue: str | None
    to_leg: str
    to_queue: str


class Transfer(Struct):
    """A transfer that was begun by a reservation; its sid is the id of the leg it leads to."""

    sid: str
    at_ms: int
    from_leg: str
    reservation: str | None
    to_queue: bool
    is_over: bool = False


class Task(Struct):
    """What is known of one task. ``taken_by`` is the reservation that was accepted last."""

    channel: str | None = None
    direction: str | None = None
    stays: dict[str, Stay] = field(default_factory=dict)
    legs: dict[str, str] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    transfer: Transfer | None = None
    taken_by: str | None = None
    worker: str | None = None

    def stay(self, queue: str, entered_ms: int) -> Stay:
        """Return the stay in a queue since an instant, a new one if none is known."""
        for known in self.stays.values():
            if known.queue == queue and abs(known.entered_ms - entered_ms) <= _NEAR_MS:
                return known
        return self._put(Stay(f"{queue}:{entered_ms // 1000}", queue, entered_ms))

    def open(self, transfer: str, queue: str, entered_ms: int) -> Stay:
        """Return the stay that a transfer leads to, a new one if it is not known."""
        found = self.stays.get(transfer)
        return found or self._put(Stay(transfer, queue, entered_ms, by_transfer=True))

    def _put(self, stay: Stay) -> Stay:
        self.stays[stay.leg_id] = stay
        _shorten(self.stays)
        return stay

    def latest(self, queue: str | None = None, *, is_open: bool = False) -> Stay | None:
        """Return the stay that began last, in a queue if one is named, not left if so asked."""
        found = [
            stay
            for stay in self.stays.values()
            if queue in (None, stay.queue) and not (is_open and stay.is_left)
        ]
        return max(found, key=lambda stay: stay.entered_ms, default=None)

    def hold(self, reservation: str, leg_id: str) -> None:
        """Take note of the leg of a reservation; the first one that was told stays."""
        self.legs.setdefault(reservation, leg_id)
        _shorten(self.legs)

    def entered_by_transfer(self, at_ms: int) -> str | None:
        """Return the leg of a transfer to a queue that a queue entered now belongs to."""
        transfer = self.transfer
        if transfer is None or not transfer.to_queue:
            return None
        return transfer.sid if abs(at_ms - transfer.at_ms) <= _TRANSFER_MS else None

    def moved(self, move: Move) -> None:
        """Take note of a move; what it closes is told by :meth:`left`."""
        if all(known.body_id != move.body_id for known in self.moves):
            self.moves.append(move)
            del self.moves[:-MOST_OF_A_TASK]

    def left(self) -> list[tuple[Move, Stay]]:
        """Take out the moves whose former stay is known, with that stay."""
        found = []
        for move in list(self.moves):
            stays = [
                stay
                for stay in self.stays.values()
                if stay.leg_id != move.to_leg
                and not stay.is_left
                and stay.entered_ms <= move.at_ms
                and move.from_queue in (None, stay.queue)
            ]
            if stays:
                self.moves.remove(move)
                found.append((move, max(stays, key=lambda stay: stay.entered_ms)))
        return found


class Tasks:
    """The tasks that were told of last."""

    def __init__(self, most: int = MOST_TASKS) -> None:
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._tasks)

    def of(self, sid: str) -> Task:
        """Return what is known of a task."""
        found = self._tasks.get(sid)
        if found is None:
            found = self._tasks[sid] = Task()
            if len(self._tasks) > self._most:
                self._tasks.popitem(last=False)
        self._tasks.move_to_end(sid)
        return found


def _shorten(known: dict[str, Stay] | dict[str, str]) -> None:
    if len(known) > MOST_OF_A_TASK:
        del known[next(iter(known))]
