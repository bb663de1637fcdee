"""The live view: the newest board, computed when somebody looks and never too often.

A :class:`LiveView` is what the API, the wallboard, the metrics and the alert rules read.
:class:`MemoryView` is the one of a single worker: its shards are in this process.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol, TypeAlias

from aggregators.steps import Steps
from exporters.contacts import ContactRow, contacts_of_queue
from exporters.turns import TURN_S

if TYPE_CHECKING:
    from aggregators.board import Board
    from aggregators.policy import Rules
    from aggregators.shard import Shard

REST_FACTOR = 4.0
"""Boards may take a fifth of the thread that folds: the view rests four times their cost."""
REST_FACTOR_BEHIND = 19.0
"""While a backlog is worked off they may take a twentieth: to catch up comes first."""
LONGEST_REST_FACTOR = 4.0
"""The share is of what the thread gets; but no rest is longer than so many times what it would be
on a machine of its own."""

MAX_ASKED_WINDOWS = 16
"""Windows beyond those of the settings that are remembered at once."""


class LiveView(Protocol):
    """The numbers of now. All methods are called on the thread that folds the events."""

    def board(self) -> Board:
        """Return the newest board; cheap to call, recomputed at most twice per refresh."""

    async def fresh(self) -> Board:
        """Return what :meth:`board` does; computing it lets the loop have its turns."""

    def board_of(self, window: str) -> Board:
        """Return a board of one window of any length; ValueError for a name that means nothing."""

    def shards(self) -> Sequence[Shard]:
        """Return the shards that the board is computed from."""

    def ready(self) -> tuple[bool, str]:
        """Return whether the numbers can be trusted, and the reason."""

    def contacts(self, queue: str) -> list[ContactRow]:
        """Return the contacts behind the live numbers of a queue, at most 200."""

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Return what keeps the shards as they are while it is held."""


BoardFunction: TypeAlias = "Callable[[Sequence[Shard], int, Rules, Sequence[str]], Board]"
StepsFunction: TypeAlias = "Callable[[Sequence[Shard], int, Rules, Sequence[str]], Steps[Board]]"
Turn: TypeAlias = "Callable[[], AbstractAsyncContextManager[None]]"
"""Held while a board is made in steps: whoever changes the shards waits for it."""


def compute_board(
    shards: Sequence[Shard], as_of_ms: int, rules: Rules, windows: Sequence[str]
) -> Board:
    """Compute one board with the core."""
    from aggregators.board import board

    return board(shards, as_of_ms, rules, windows)


def boards_in_a_row(rules: Rules) -> StepsFunction:
    """Return what computes one board after the other; each costs what changed in between."""
    from aggregators.board import Boards

    boards = Boards(rules)

    def steps(
        shards: Sequence[Shard], as_of_ms: int, _rules: Rules, windows: Sequence[str]
    ) -> Steps[Board]:
        return boards.steps(shards, as_of_ms, windows)

    return steps


def in_one_step(compute: BoardFunction) -> StepsFunction:
    """Return a function of boards as one of steps, of which there is only one."""

    def steps(
        shards: Sequence[Shard], as_of_ms: int, rules: Rules, windows: Sequence[str]
    ) -> Steps[Board]:
        yield from ()
        return compute(shards, as_of_ms, rules, windows)

    return steps


def default_windows(rules: Rules) -> tuple[str, ...]:
    """Return the windows of a board: those of the settings, then the open and closed intervals."""
    names = list(rules.windows)
    for minutes in rules.intervals_min:
        names += [f"interval_{minutes}m", f"interval_{minutes}m_last"]
    return tuple(dict.fromkeys(names))


class _Making:
    """A board that is being made, and what it took so far."""

    __slots__ = ("began_s", "cost_s", "lasted_s", "steps")

    def __init__(self, steps: Steps[Board], began_s: float) -> None:
        self.steps = steps
        self.began_s = began_s
        self.cost_s = 0.0
        self.lasted_s = 0.0


class MemoryView:
    """The live view over shards of this process.

    ``shards`` gives the shards as they are now, ``now_ms`` the clock that the board follows (the
    replayed clock in a replay), ``timer`` a steady clock in seconds that paces the computations
    and ``effort`` one of the work that they cost: the thread's own, so that other programs'
    work does not count. ``steps`` computes a board, ``compute`` does so in one step; ``turn`` is
    held meanwhile by :meth:`fresh`. A board lasts half a refresh, so that a scrape sees an event
    within the second, and longer where boards would take more than their share of the thread
    that folds.
    Their cost is the lower one of the last two: a single long computation (the first one, or a
    change of scopes) is no reason to show old numbers. ``is_behind`` tells whether the worker
    has a backlog.
    """

    def __init__(
        self,
        shards: Callable[[], Sequence[Shard]],
        rules: Rules,
        now_ms: Callable[[], int],
        *,
        windows: Sequence[str] | None = None,
        refresh_ms: int = 1_000,
        readiness: Callable[[], tuple[bool, str]] | None = None,
        is_behind: Callable[[], bool] = lambda: False,
        compute: BoardFunction | None = None,
        steps: StepsFunction | None = None,
        turn: Turn | None = None,
        timer: Callable[[], float] = time.monotonic,
        effort: Callable[[], float] = time.thread_time,
    ) -> None:
        self._shards = shards
        self._rules = rules
        self._now_ms = now_ms
        self._windows = tuple(windows) if windows is not None else default_windows(rules)
        # A little under the refresh, so that a reader who asks once per refresh is never served
        # the previous board because of a timer that fired a hair early.
        self._refresh_s = refresh_ms / 1_000 * 0.95
        self._readiness = readiness
        self._is_behind = is_behind
        self._steps = steps or (in_one_step(compute) if compute else boards_in_a_row(rules))
        self._turn = turn or nullcontext
        self._compute_asked = compute or compute_board
        self._timer = timer
        self._effort = effort
        self._board: Board | None = None
        self._making: _Making | None = None
        self._stepping: asyncio.Task[None] | None = None
        self._asked: dict[str, tuple[float, Board]] = {}
        self._next_at_s = 0.0
        self._at_last_s = 0.0
        self._work_until_s = 0.0
        self._cost_before_s = 0.0
        self.computations = 0
        self.last_computation_s = 0.0

    def board(self) -> Board:
        """Return the newest board, computing it when the last one is old enough.

        One that is being made in steps is finished at once.
        """
        if self._making is None and self._board is not None and not self._is_due():
            return self._board
        while (made := self._step()) is None:
            pass
        return made

    async def fresh(self) -> Board:
        """Return the newest board as :meth:`board` does, computing it in steps.

        All who ask meanwhile get the same one. Nothing is folded between the steps, but the loop
        has its turns. Raises what the computation raises.
        """
        if self._making is None and self._board is not None and not self._is_due():
            return self._board
        if self._stepping is None or self._stepping.done():
            self._stepping = asyncio.create_task(self._make_in_steps(), name="vigie board")
        # One who goes away does not stop it for the others.
        await asyncio.shield(self._stepping)
        return self.board() if self._board is None else self._board

    async def _make_in_steps(self) -> None:
        async with self._turn():
            if self._board is not None and self._making is None and not self._is_due():
                return  # somebody could not wait
            until_s = self._timer() + TURN_S
            while self._step() is None:
                if self._timer() >= until_s:
                    await asyncio.sleep(0)
                    if self._making is None:
                        return
                    until_s = self._timer() + TURN_S

    def _is_due(self) -> bool:
        now_s = self._timer()
        if now_s < self._next_at_s:
            return False
        return self._effort() >= self._work_until_s or now_s >= self._at_last_s

    def _step(self) -> Board | None:
        """Go one step of a board, the first one of a new board if none is begun.

        Return it when it is made.
        """
        making = self._making
        if making is None:
            shards, now_ms = self._shards(), self._now_ms()
            steps = self._steps(shards, now_ms, self._rules, self._windows)
            making = self._making = _Making(steps, self._timer())
        began_s, before_s = self._timer(), self._effort()
        made: Board | None
        try:
            next(making.steps)
        except StopIteration as end:
            self._board = made = end.value
        except BaseException:
            self._making = None
            raise
        else:
            made = None
        making.cost_s += self._effort() - before_s
        making.lasted_s += self._timer() - began_s
        if made is not None:
            self._making = None
            self._made(making)
        return made

    def _made(self, making: _Making) -> None:
        self.computations += 1
        self.last_computation_s = making.lasted_s
        is_behind = self._is_behind()
        share = REST_FACTOR_BEHIND if is_behind else REST_FACTOR
        rest_s = share * min(making.cost_s, self._cost_before_s)
        self._cost_before_s = making.cost_s
        now_s = self._timer()
        self._next_at_s = max(making.began_s + self._refresh_s / 2, now_s + rest_s)
        # On a machine that others use, the thread gets less than the clock says.
        self._work_until_s = self._effort() + rest_s if is_behind else 0.0
        self._at_last_s = now_s + LONGEST_REST_FACTOR * rest_s

    def board_of(self, window: str) -> Board:
        """Return a board of one window of any length, asked for beside those of the settings.

        A window asked for again within the refresh is not computed again; at most
        ``MAX_ASKED_WINDOWS`` are remembered. Raises ValueError for a name that means nothing.
        """
        now_s = self._timer()
        self._asked = {name: kept for name, kept in self._asked.items() if kept[0] > now_s}
        kept = self._asked.get(window)
        if kept is not None:
            return kept[1]
        before_s = self._effort()
        board = self._compute_asked(self._shards(), self._now_ms(), self._rules, (window,))
        if len(self._asked) < MAX_ASKED_WINDOWS:
            rest_s = max(self._refresh_s, REST_FACTOR * (self._effort() - before_s))
            self._asked[window] = (self._timer() + rest_s, board)
        return board

    def shards(self) -> Sequence[Shard]:
        """Return the shards as they are now."""
        return self._shards()

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Return what keeps the shards as they are while it is held."""
        return self._turn()

    def ready(self) -> tuple[bool, str]:
        """Return whether the view has its shards; the caller's own check goes first."""
        if self._readiness is not None:
            ready, reason = self._readiness()
            if not ready:
                return ready, reason
        if not self._shards():
            return False, "no partition is assigned to this worker yet"
        return True, "ready"

    def is_complete(self) -> bool:
        """Tell whether no shard is missing or old: here, those of this process are all."""
        return True

    def contacts(self, queue: str) -> list[ContactRow]:
        """Return the contacts behind the numbers of a queue, at most 200."""
        return contacts_of_queue(self._shards(), queue, self._now_ms())

    def data_age_ms(self) -> int | None:
        """Return how far the data is behind the clock; None before the first event."""
        up_to_ms = self.board().data_up_to_ms
        return None if up_to_ms is None else max(0, self._now_ms() - up_to_ms)
