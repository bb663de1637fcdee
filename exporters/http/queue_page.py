"""``/api/queues/{queue}``: all that is said of one queue, its contacts by short names only.

``/api/queues/{queue}/day`` has its day by half hour.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from aggregators.calendar import is_open
from aggregators.day_course import DayCourse
from aggregators.policy import QueuePolicy, Rules
from exporters.contacts import MAX_CONTACTS_LISTED, WAITING_STATES, ContactRow
from exporters.http.api import unknown_queue
from exporters.http.board_json import header_json, kpis_json, value_json
from exporters.http.problems import RequestError, quoted
from exporters.masking import Mask

if TYPE_CHECKING:
    from aggregators.board import Board
    from exporters.http.feed import BoardFeed
    from exporters.live import LiveView

LIVE_KPIS = (
    "contacts_waiting", "longest_wait_seconds", "current_wait_mean_seconds",
    "contacts_over_threshold", "contacts_at_risk", "contacts_ringing", "contacts_in_progress",
    "contacts_on_hold", "contacts_in_wrap_up", "tickets_open", "tickets_unanswered",
    "callbacks_in_queue", "agents_logged_in", "agents_staffed", "agents_available",
    "agents_on_contact", "agents_in_wrap_up", "agents_ringing", "agents_paused",
    "agents_unresponsive", "agents_other",
)  # fmt: skip
WINDOW_KPIS = (
    "contacts_entered", "contacts_offered", "contacts_answered", "contacts_abandoned",
    "service_level", "answer_rate", "abandonment_rate", "asa_seconds", "contacts_handled",
    "aht_seconds", "occupancy",
)  # fmt: skip
"""The figures of each window of a queue."""

MAX_CACHED = 64
DAY_KEPT_S = 15.0
AT_A_TIME_S = 0.01
"""So long the loop is held at most between two half hours; then others have their turn."""


class QueueBook:
    """What is said of queues, made when somebody asks and once per board."""

    def __init__(self, view: LiveView, feed: BoardFeed, min_sample: int) -> None:
        self._view = view
        self._feed = feed
        self._min_sample = min_sample
        self._mask = Mask()
        self._board: Board | None = None
        self._made: dict[tuple[str, str], bytes] = {}

    def find(self, queue: str, channel: str | None) -> tuple[Board, str]:
        """Return the board and the channel asked for; else the queue's first one."""
        board = self._feed.board()
        channels = channels_of(board, queue)
        if not channels:
            raise unknown_queue(queue)
        if channel is not None and channel not in channels:
            raise RequestError(
                404,
                f"the queue {quoted(queue)} is not on channel {quoted(channel)}",
                f"use one of {', '.join(channels)}, or leave it out",
            )
        return board, channels[0] if channel is None else channel

    def encoded(self, queue: str, channel: str | None) -> bytes:
        """Return the answer about a queue; raises RequestError for one that there is not."""
        board, channel = self.find(queue, channel)
        if board is not self._board:
            self._board, self._made = board, {}
        body = self._made.get((queue, channel))
        if body is None:
            body = msgspec.json.encode(self._answer(board, queue, channel))
            if len(self._made) < MAX_CACHED:
                self._made[queue, channel] = body
        return body

    def _answer(self, board: Board, queue: str, channel: str) -> dict[str, Any]:
        policy = board.pairs[queue, channel]
        values = {
            name: rows.pairs.get((queue, channel), {}) for name, rows in board.windows.items()
        }
        live = next(iter(values.values()), {})
        listed = self._view.contacts(queue)
        contacts = [row for row in listed[:MAX_CONTACTS_LISTED] if row["channel"] == channel]
        return {
            **header_json(board),
            "queue": queue,
            "channel": channel,
            "channels": channels_of(board, queue),
            "settings": settings_json(policy, board.as_of_ms, self._min_sample),
            "live": kpis_json(live, LIVE_KPIS),
            "windows": {name: kpis_json(kpis, WINDOW_KPIS) for name, kpis in values.items()},
            "limit": MAX_CONTACTS_LISTED,
            "is_cut": len(listed) >= MAX_CONTACTS_LISTED,
            "contacts": self._masked(contacts, policy),
        }

    def _masked(self, rows: Sequence[ContactRow], policy: QueuePolicy) -> list[dict[str, Any]]:
        """Return contacts as a page may show them: those who wait by risk, then the others."""
        key = [f"{row['contact_id']}\x00{row['leg_id']}" for row in rows]
        names = self._mask.names(key)
        shown = [
            {
                "id": names[one],
                "state": row["state"],
                "is_waiting": waits(row),
                "since_ms": row["since_ms"],
                "wait_ms": row["wait_ms"],
                "left_ms": policy.threshold_ms - (row["wait_ms"] or 0) if waits(row) else None,
                "motive": row["motive"],
                "priority": row["priority"],
            }
            for one, row in zip(key, rows, strict=True)
        ]
        return sorted(shown, key=_risk)


def channels_of(board: Board, queue: str) -> list[str]:
    """Return the channels that a queue is on, by name."""
    return sorted(channel for name, channel in board.pairs if name == queue)


def waits(row: ContactRow) -> bool:
    """Tell whether a customer waits for an agent: in the queue, or for a first reply."""
    is_unanswered = row["state"] == "open" and row["wait_ms"] is not None
    return row["state"] in WAITING_STATES or is_unanswered


def _risk(shown: dict[str, Any]) -> tuple[bool, int]:
    left_ms: int | None = shown["left_ms"]
    return left_ms is None, shown["since_ms"] if left_ms is None else left_ms


def settings_json(policy: QueuePolicy, as_of_ms: int, min_sample: int) -> dict[str, Any]:
    """Return the settings of a queue as a reader needs them beside its numbers."""
    hours = policy.hours
    return {
        "threshold_ms": policy.threshold_ms,
        "target": policy.target,
        "short_limit_ms": policy.short_limit_ms,
        "headline_variant": policy.headline_variant,
        "at_risk_within_ms": min(policy.at_risk_within_ms, default=None),
        "min_sample": min_sample,
        "zone": policy.zone,
        "reset_minute": policy.reset_minute,
        "team": policy.team,
        "shifts": None if hours is None else [[list(of) for of in day] for day in hours.shifts],
        "is_open": is_open(hours, policy.zone, as_of_ms),
    }


class DayBook:
    """The days of queues by half hour; who asks while one is read waits for the same one."""

    def __init__(
        self,
        view: LiveView,
        queues: QueueBook,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view = view
        self._queues = queues
        self._timer = timer
        self._course = DayCourse()
        self._made: dict[tuple[str, str], tuple[float, bytes]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def encoded(self, queue: str, channel: str | None) -> bytes:
        """Return the answer about a queue's day."""
        _, asked = self._queues.find(queue, channel)
        async with self._one_at_a_time:
            now_s = self._timer()
            self._made = {of: kept for of, kept in self._made.items() if kept[0] > now_s}
            kept = self._made.get((queue, asked))
            if kept is not None:
                return kept[1]
            body = msgspec.json.encode(await self._make(queue, asked))
            if len(self._made) < MAX_CACHED:
                self._made[queue, asked] = (now_s + DAY_KEPT_S, body)
            return body

    async def _make(self, queue: str, channel: str) -> dict[str, Any]:
        board, _ = self._queues.find(queue, channel)
        policy, as_of_ms = board.pairs[queue, channel], board.as_of_ms
        shards = list(self._view.shards())
        rules = shards[0].rules if shards else Rules()
        borders = self._course.borders(policy, as_of_ms)
        since_s = self._timer()
        for at in self._course.to_read(shards, borders, as_of_ms, rules):
            if self._timer() - since_s > AT_A_TIME_S:
                await asyncio.sleep(0)
                since_s = self._timer()
            self._course.read(at, as_of_ms, rules)
        points = self._course.points(borders, queue, channel)
        return {
            **header_json(board),
            "queue": queue,
            "channel": channel,
            "zone": policy.zone,
            "target": policy.target,
            "half_hours": [
                {name: value_json(value) for name, value in msgspec.structs.asdict(point).items()}
                for point in points
            ],
        }


def queue_page_routes(view: LiveView, feed: BoardFeed, min_sample: int) -> list[web.RouteDef]:
    """Return the routes."""
    queues = QueueBook(view, feed, min_sample)
    days = DayBook(view, queues)

    async def queue(request: web.Request) -> web.Response:
        body = queues.encoded(request.match_info["queue"], request.query.get("channel"))
        return web.Response(body=body, content_type="application/json")

    async def day(request: web.Request) -> web.Response:
        asked = request.match_info["queue"], request.query.get("channel")
        return web.Response(body=await days.encoded(*asked), content_type="application/json")

    return [web.get("/api/queues/{queue}", queue), web.get("/api/queues/{queue}/day", day)]
