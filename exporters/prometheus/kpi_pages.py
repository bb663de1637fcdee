"""The KPI series of a board as text, written and compressed once for all who scrape it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from exporters.prometheus.encode import Block, Labels, block_steps, openmetrics_of, text_of
from exporters.prometheus.gzipped import NOTHING, Deflated, deflate_steps
from exporters.turns import in_turns

if TYPE_CHECKING:
    from aggregators.board import Board
    from exporters.prometheus.collector import KpiCollector

_OPENMETRICS = "application/openmetrics-text"


class KpiPage:
    """The series of one board in one format; compressed when somebody wants it so."""

    def __init__(self, board: Board, body: bytes) -> None:
        self.board = board
        self.body = body
        self.deflated: Deflated = NOTHING


class KpiPages:
    """The newest board's series, in the formats that were asked for; those of no older board.

    One board is written at a time. Who comes meanwhile waits, and gets the newest board then.
    """

    def __init__(self, collector: KpiCollector) -> None:
        self.collector = collector
        self.made_count = 0
        self._one_at_a_time = asyncio.Lock()
        self._board: Board | None = None
        self._blocks: list[Block] = []
        self._labels = Labels()
        self._pages: dict[str, KpiPage] = {}

    async def made(self, content_type: str, *, is_gzip: bool) -> KpiPage | None:
        """Return the page of the newest board, made in steps; None where none may be shown."""
        if not self.collector.is_exposed():
            self._forget()
            self.collector.forget_cost()
            return None
        async with self._one_at_a_time:
            board = await self.collector.fresh_board()
            if board is not self._board:
                self._forget()
                found = await in_turns(self.collector.steps(board))
                if self._labels.size() > 2 * found.size:
                    self._labels = Labels()  # most are of series that are gone
                self._blocks = await in_turns(block_steps(found.series, self._labels))
                self._board = board
                self.made_count += 1
            page = self._pages.get(content_type)
            if page is None:
                is_openmetrics = content_type.startswith(_OPENMETRICS)
                write = openmetrics_of if is_openmetrics else text_of
                page = self._pages[content_type] = KpiPage(board, write(self._blocks))
            if is_gzip and page.deflated is NOTHING:
                page.deflated = await in_turns(deflate_steps(page.body))
            return page

    def _forget(self) -> None:
        self._board = None
        self._blocks = []
        self._pages = {}
