"""One board for all clients: encoded once per refresh and selection, pushed to whoever listens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from exporters.http.board_json import board_json, board_steps
from exporters.turns import in_turns

if TYPE_CHECKING:
    from aggregators.board import Board
    from exporters.headline import Headline
    from exporters.live import LiveView

log = logging.getLogger(__name__)


class Selection(NamedTuple):
    """A window, KPI ids in the order asked for, and lists of rows; None stands for all."""

    window: str | None = None
    kpis: tuple[str, ...] | None = None
    lists: tuple[str, ...] | None = None


MAX_CACHED_SELECTIONS = 64
LOOKS_EVERY = 0.475
"""Of a refresh; the view's boards last that long."""


class BoardFeed:
    """The newest board of a view as JSON, and the number of clients that follow it.

    While nobody listens nothing is computed. A client that is slow keeps no queue: when it can
    take a message again it gets the newest board, those in between are gone.
    """

    def __init__(
        self,
        view: LiveView,
        *,
        mode: str,
        min_sample: int,
        refresh_ms: int,
        max_clients: int,
        headline: Sequence[Headline] = (),
        currency: str = "",
    ) -> None:
        self._view = view
        self._mode = mode
        self._min_sample = min_sample
        self._headline = headline
        self._currency = currency
        self._refresh_s = refresh_ms / 1_000
        self._board: Board | None = None
        self._encoded: dict[Selection, bytes] = {}
        self._encoding: dict[Selection, asyncio.Task[bytes]] = {}
        self._news = asyncio.Condition()
        self.max_clients = max_clients
        self.clients = 0
        self.sequence = 0
        self._announced = 0
        self.closed = False
        self.encodings = 0

    def board(self) -> Board:
        """Return the view's board and forget what was encoded of an older one."""
        return self._see(self._view.board())

    async def fresh(self) -> Board:
        """Return the board as :meth:`board` does; computing it lets the loop have its turns."""
        return self._see(await self._view.fresh())

    def _see(self, board: Board) -> Board:
        if board is not self._board:
            self._board = board
            self._encoded.clear()
            self._encoding.clear()
            self.sequence += 1
        return board

    async def newest(self, selection: Selection) -> tuple[int, bytes]:
        """Return the newest board's number and JSON, made in steps and once for all who ask.

        Raises KeyError for a window that it does not have.
        """
        board = await self.fresh()
        sequence, found = self.sequence, self._encoded.get(selection)
        if found is None:
            making = self._encoding.get(selection)
            if making is None:
                making = asyncio.create_task(self._encode(board, selection))
                if len(self._encoding) < MAX_CACHED_SELECTIONS:
                    self._encoding[selection] = making
            # One who goes away does not stop it for the others.
            found = await asyncio.shield(making)
        return sequence, found

    async def _encode(self, board: Board, selection: Selection) -> bytes:
        found = await in_turns(board_steps(board, **self._shows(selection)))
        self.encodings += 1
        if board is self._board and len(self._encoded) < MAX_CACHED_SELECTIONS:
            self._encoded[selection] = found
        return found

    def shown(self, board: Board, selection: Selection) -> dict[str, Any]:
        """Return a board as it goes out: everything or what the selection names."""
        return board_json(board, **self._shows(selection))

    def _shows(self, selection: Selection) -> dict[str, Any]:
        return {
            "mode": self._mode,
            "min_sample": self._min_sample,
            "headline": self._headline,
            "currency": self._currency,
            "window": selection.window,
            "only": selection.kpis,
            "lists": selection.lists,
        }

    async def run(self) -> None:
        """Look at the view while somebody listens, until cancelled.

        As often as it makes a board at most: twice per refresh. A look once per refresh would add
        up to a whole one to the age of the news.
        """
        while True:
            await asyncio.sleep(self._refresh_s * LOOKS_EVERY)
            if not self.clients:
                continue
            try:
                await self.fresh()
            except Exception:
                # The clients see it too: without a message their page says that data stopped.
                log.exception("the board could not be computed")
                continue
            # Anyone who asked the API meanwhile may have got the new board first.
            if self.sequence != self._announced:
                self._announced = self.sequence
                await self._announce()

    async def newer_than(self, sequence: int) -> bool:
        """Wait for a board newer than ``sequence``; return False when the feed is closed."""
        async with self._news:
            await self._news.wait_for(lambda: self.closed or self.sequence > sequence)
        return not self.closed

    async def close(self) -> None:
        """Let every listening client go."""
        self.closed = True
        await self._announce()

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()
