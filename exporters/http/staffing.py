"""``/api/staffing``: how many agents each queue needs for the next half hour, and why so many."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aggregators.staffing import CHANNELS, HALF_HOUR_S, WINDOWS, NoHint, StaffingHint, staffing
from exporters.http.board_json import header_json, value_json
from exporters.http.schemas import COUNT, FRESHNESS, TEXT, Schema, exact

if TYPE_CHECKING:
    from aggregators.board import Board
    from aggregators.shard import Shard
    from exporters.http.feed import BoardFeed
    from exporters.live import LiveView

MAX_QUEUES = 500
KEPT_S = 30.0
AT_A_TIME_S = 0.01
"""So long the loop is held at most between two queues; then others have their turn."""


class StaffingBook:
    """The hints of all queues, computed when somebody asks and at most once in 30 s."""

    def __init__(
        self,
        view: LiveView,
        feed: BoardFeed,
        min_sample: int,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view = view
        self._feed = feed
        self._min_sample = min_sample
        self._timer = timer
        self._made = b""
        self._until_s = 0.0
        self._one_at_a_time = asyncio.Lock()
        self.computations = 0

    async def encoded(self) -> bytes:
        """Return the answer; who asks while it is computed waits for the same one."""
        async with self._one_at_a_time:
            if not self._made or self._timer() >= self._until_s:
                self._made = msgspec.json.encode(await self._make())
                self._until_s = self._timer() + KEPT_S
                self.computations += 1
            return self._made

    async def _make(self) -> dict[str, Any]:
        board = self._feed.board()
        shared = shared_queues(board, self._view.shards())
        queues = []
        since_s = self._timer()
        for queue, channel in list(board.pairs)[:MAX_QUEUES]:
            if self._timer() - since_s > AT_A_TIME_S:
                await asyncio.sleep(0)
                since_s = self._timer()
            found = hint_of(board, queue, channel, self._min_sample)
            queues.append(queue_json(queue, channel, found, shared.get(queue)))
        return {
            **header_json(board), "horizon_s": HALF_HOUR_S, "limit": MAX_QUEUES, "queues": queues,
        }  # fmt: skip


def hint_of(board: Board, queue: str, channel: str, min_sample: int) -> StaffingHint | NoHint:
    """Return the hint of a queue on a channel, or why there is none."""
    windows = {
        name: board.windows[name].pairs.get((queue, channel), {})
        for name in WINDOWS
        if name in board.windows
    }
    return staffing(windows, board.pairs[queue, channel], channel, min_sample)


def shared_queues(board: Board, shards: Iterable[Shard]) -> dict[str, bool]:
    """Return of each queue whether agents logged in for it serve another queue or channel too.

    Queues of whose agents nothing was told are left out.
    """
    found: dict[str, bool] = {}
    for shard in shards:
        for agent in shard.agents.values():
            if agent.now.state:
                for queue in agent.now.queues:
                    found[queue] = found.get(queue, False) or len(agent.now.queues) > 1
    for (queue, _), (after, _) in pairwise(board.pairs):
        if queue == after:  # they are in order
            found[queue] = True
    return found


def queue_json(
    queue: str, channel: str, found: StaffingHint | NoHint, is_shared: bool | None
) -> dict[str, Any]:
    """Return the entry of a queue for JSON."""
    is_hint = isinstance(found, StaffingHint)
    return {
        "queue": queue,
        "channel": channel,
        "hint": value_json(msgspec.to_builtins(found)) if is_hint else None,
        "reason": None if is_hint else found,
        "shared": is_shared,
    }


def staffing_routes(view: LiveView, feed: BoardFeed, min_sample: int) -> list[web.RouteDef]:
    """Return the route."""
    book = StaffingBook(view, feed, min_sample)

    async def hints(_: web.Request) -> web.Response:
        return web.Response(body=await book.encoded(), content_type="application/json")

    return [web.get("/api/staffing", hints)]


_SECONDS: Schema = {"type": "number", "minimum": 0}
_RATIO: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_FROM: Schema = {"enum": list(WINDOWS)}
_INPUTS: Schema = exact({
    "contacts": {**COUNT, "description": "entered in the last 30 minutes, taken to go on so"},
    "handle_s": {**_SECONDS, "description": "mean handle time"},
    "handle_window": {**_FROM, "description": "the window that the handle time is from"},
    "patience_s": {
        "type": ["number", "null"],
        "description": "mean patience: all waits over those who gave up; null when too few did",
    },
    "patience_window": {"enum": [*WINDOWS, None]},
    "agents": {**COUNT, "description": "staffed now"},
    "threshold_s": _SECONDS,
    "target": _RATIO,
})  # fmt: skip
_HINT: Schema = exact({
    "inputs": _INPUTS,
    "model": {
        "enum": ["erlang_a", "erlang_c"],
        "description": "Erlang A where the patience is known (it tends to ask for too few "
        "agents), else Erlang C (too many)",
    },
    "expected": {**_RATIO, "description": "answered within the threshold, with the agents of now"},
    "expected_patient": {**_RATIO, "description": "the same by Erlang C"},
    "needed": {**COUNT, "description": "the fewest agents that reach the target"},
    "needed_patient": {**COUNT, "description": "the same by Erlang C"},
    "reached": {**_RATIO, "description": "answered within the threshold, with those needed"},
    "more": {**COUNT, "description": "agents who are missing"},
    "spare": {
        **COUNT,
        "description": "agents who could go elsewhere; a tenth of those needed and at least one "
        "stay beside them",
    },
})  # fmt: skip

STAFFING_SCHEMA: Schema = exact({
    **FRESHNESS,
    "horizon_s": {**COUNT, "description": "what the hints are about: so many seconds from now"},
    "limit": {**COUNT, "description": "at most so many queues"},
    "queues": {
        "type": "array",
        "maxItems": MAX_QUEUES,
        "description": "Assumed are one kind of work, one contact at a time, Poisson arrivals, "
        "exponential times, a steady state, and agents who are there for this queue alone. "
        f"Only for {', '.join(sorted(CHANNELS))} with thresholds below an hour.",
        "items": exact({
            "queue": TEXT,
            "channel": TEXT,
            "hint": {"anyOf": [{"type": "null"}, _HINT]},
            "reason": {"enum": [*(reason.value for reason in NoHint), None]},
            "shared": {
                "type": ["boolean", "null"],
                "description": "whether agents of this queue serve others too, so that fewer "
                "are there for it; null when nobody told",
            },
        }),
    },
})  # fmt: skip
"""What the answer looks like, for the description of the API."""
