"""Those who wait for marked events: who reads the metrics page, and a wallboard."""

from __future__ import annotations

import asyncio
import random
import re
import time

import aiohttp
import msgspec
from msgspec import Struct

from benchmarks.crowd import QUEUES_KPIS
from benchmarks.latency_marks import MARK, Shown
from benchmarks.stage import BenchmarkError

POLL_MS = 200
PAGE = "/metrics"
WALLBOARD = {"window": "30m", "kpis": ",".join(QUEUES_KPIS), "rows": "pairs,channels"}
"""What the page of queues asks the stream for."""

_GAUGE = b"vigie_contacts_waiting{"
_WAITING = re.compile(rb'queue="(' + MARK.encode() + rb'-\d+)"[^}]*\} ([0-9.]+)')
_LAG = re.compile(rb"^vigie_lag_events\{[^}]*\} ([0-9.]+)", re.MULTILINE)
_VIEW = re.compile(rb"^vigie_view_event_timestamp_seconds .*$", re.MULTILINE)
_BOARD = b"event: board\ndata: "


class MetricsPage:
    """Reads the page over and over.

    Keeps how long each took, the lag that each told, and how many times the board was another.
    """

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.took_ms: list[float] = []
        self.lags: list[int] = []
        self.boards = 0
        self.bytes = 0
        self._view = b""

    async def read(self, session: aiohttp.ClientSession) -> None:
        """Read until cancelled.

        Raises:
            BenchmarkError: an answer is no page.
        """
        chance = random.Random(4)
        while True:
            asked_s = time.monotonic()
            async with session.get(PAGE) as answer:
                body = await answer.read()
            at_s = time.monotonic()
            if answer.status != 200:
                raise BenchmarkError(f"{PAGE} answers {answer.status}")
            self.see(body, at_s)
            self.took_ms.append((at_s - asked_s) * 1_000)
            self.bytes = len(body)
            # Steps of the same length would meet boards at few phases only.
            due_s = asked_s + POLL_MS / 1_000 * (0.9 + 0.2 * chance.random())
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    def see(self, body: bytes, at_s: float) -> None:
        """Take a page that was complete at an instant."""
        begin = body.find(_GAUGE)
        while begin >= 0:
            end = body.find(b"\n", begin)
            if (found := _WAITING.search(body, begin, end)) is not None:
                self._shown.see(found[1].decode(), int(float(found[2])), at_s)
            begin = end + 1 if body.startswith(_GAUGE, end + 1) else -1
        if (view := _VIEW.search(body)) is not None and view[0] != self._view:
            self.boards += 1
            self._view = view[0]
        self.lags.append(sum(int(float(lag)) for lag in _LAG.findall(body)))


class _Pair(Struct):
    queue: str
    kpis: dict[str, msgspec.Raw]


class _Window(Struct):
    pairs: list[_Pair]


class _Board(Struct):
    windows: dict[str, _Window]


class Wallboard:
    """Follows the board as the wallboard does; reads every board that comes."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.boards = 0
        self.bytes = 0

    async def follow(self, session: aiohttp.ClientSession) -> None:
        """Follow until cancelled.

        Raises:
            BenchmarkError: the worker refuses, or ends the stream.
        """
        pending = b""
        async with session.get("/api/stream", params=WALLBOARD) as answer:
            if answer.status != 200:
                raise BenchmarkError(f"/api/stream answers {answer.status}")
            async for chunk in answer.content.iter_any():
                *blocks, pending = (pending + chunk).split(b"\n\n")
                for block in blocks:
                    if block.startswith(_BOARD):
                        self.see(block[len(_BOARD) :])
        raise BenchmarkError("the worker ended the stream")

    def see(self, data: bytes) -> None:
        """Take a board; what it shows is seen once it is decoded, as in a browser."""
        board = msgspec.json.decode(data, type=_Board)
        at_s = time.monotonic()
        for pair in board.windows[WALLBOARD["window"]].pairs:
            if pair.queue.startswith(MARK):
                self._shown.see(pair.queue, int(bytes(pair.kpis["contacts_waiting"])), at_s)
        self.boards += 1
        self.bytes = len(data)
