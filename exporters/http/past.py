"""``/api/board?at=`` and ``/api/past``: the board as its windows ended at an earlier instant."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from aggregators.instants import UnclearTimeError, epoch_ms, instant_ms
from aggregators.policy import MINUTE_MS, QUARTER_MS
from exporters.http.board_json import instant
from exporters.http.feed import Selection
from exporters.http.problems import RequestError, quoted
from exporters.http.schemas import TEXT, TIME_MS, Schema, exact, listed
from exporters.live import default_windows
from exporters.past import NothingKeptError, PastBoards, TooSoonError

if TYPE_CHECKING:
    from aggregators.past import Reach
    from exporters.http.feed import BoardFeed
    from exporters.live import LiveView

LONGEST_TEXT = 40

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")
_EXAMPLE = "write 2026-11-23T10:15:00+01:00, 2026-11-23T09:15:00Z, epoch milliseconds, or 10:15"

TIMES: dict[str, Schema] = {
    "from": {**TEXT, "format": "date-time", "description": "the first instant, UTC"},
    "from_ms": TIME_MS,
    "to": {**TEXT, "format": "date-time", "description": "the last one"},
    "to_ms": TIME_MS,
    "step_ms": {"const": MINUTE_MS, "description": "of the instants from minutes_from_ms on"},
    "minutes_from_ms": TIME_MS,
    "step_before_ms": {"const": QUARTER_MS, "description": "of the instants before"},
    "zone": {**TEXT, "description": "in which a time without an offset is read"},
}

PAST_SCHEMA = exact(TIMES)

PAST_FIELDS: dict[str, Schema] = {
    "is_past": {"const": True},
    "asked_ms": {**TIME_MS, "description": "as_of is the last possible instant at or before it"},
    "possible": exact(TIMES),
    "windows_left_out": {
        **listed(TEXT),
        "description": "those whose borders cut the slices that are left",
    },
}
"""What an answer about the past has beside the board."""

AT: Schema = {
    "name": "at",
    "in": "query",
    "description": "the board as its windows ended at an earlier instant, computed from the "
    "events as they are known now: ISO 8601 with an offset, local time of the default zone "
    "without one, epoch milliseconds, or 10:15 for today. What only the moment knew (who waited, "
    "who was free) is absent. GET /api/past names the possible instants",
    "schema": TEXT,
}

PROBLEMS = {
    "404": "nothing is kept yet",
    "429": "too many looks back; Retry-After says when",
}


def parse_at(text: str, now_ms: int, zone: str) -> int:
    """Return an instant in epoch milliseconds.

    Raises:
        RequestError: it is none, or a local time that the clock change repeats or skips.
    """
    text = text.strip()[:LONGEST_TEXT]
    if re.fullmatch(r"[0-9]{1,15}", text):
        return epoch_ms(int(text))
    if clock := _CLOCK.fullmatch(text):
        today = datetime.fromtimestamp(now_ms / 1_000, ZoneInfo(zone)).replace(tzinfo=None)
        moment = today.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
    else:
        try:
            # A plus sign that was not escaped arrives as a blank.
            moment = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
        except ValueError:
            raise RequestError(400, f"{quoted(text)} is no point in time", _EXAMPLE) from None
    try:
        return instant_ms(moment, zone)
    except UnclearTimeError as unclear:
        raise RequestError(
            400, f"the local time {quoted(text)} {unclear}", "add the offset, such as +01:00"
        ) from None


class PastApi:
    """The handlers of the past of a view."""

    def __init__(self, view: LiveView, feed: BoardFeed) -> None:
        self._view = view
        self._feed = feed
        self.boards = PastBoards(view)

    async def possible(self, request: web.Request) -> web.Response:
        """Return which instants can be asked for."""
        await self._feed.fresh()
        body = msgspec.json.encode(self._times(self._reach()))
        return web.Response(body=body, content_type="application/json")

    async def board(self, request: web.Request, selection: Selection) -> web.Response:
        """Return the board of the instant that ``?at=`` asks for."""
        now = await self._feed.fresh()
        reach = self._reach()
        asked_ms = parse_at(request.query["at"], now.as_of_ms, self._zone())
        try:
            at_ms = reach.instant(asked_ms)
        except ValueError as error:
            times = f"{instant(reach.from_ms)} to {instant(reach.to_ms)}"
            raise RequestError(400, str(error), f"ask for an instant from {times}") from None
        try:
            windows = self.boards.told(reach, at_ms, selection.window)
        except ValueError as error:
            text, _, fix = str(error).partition(": ")
            raise RequestError(400, text, fix or "ask for a window such as 1h") from None
        try:
            board = await self.boards.board(at_ms, windows)
        except TooSoonError as busy:
            wait_s = math.ceil(busy.wait_s)
            raise RequestError(
                429,
                "too many looks at the past",
                f"try again in {wait_s} s; a moment asked for lately is answered at once",
                {"Retry-After": str(wait_s)},
            ) from None
        asked = (
            default_windows(self.boards.rules) if selection.window is None else [selection.window]
        )
        # The board of now says whether a shard is missing.
        now = await self._feed.fresh()
        shown = self._feed.shown(board, selection) | {
            "data_age_ms": None,
            "complete": now.complete,
            "is_past": True,
            "asked_ms": asked_ms,
            "possible": self._times(reach),
            "windows_left_out": [name for name in asked if name not in windows],
        }
        return web.Response(body=msgspec.json.encode(shown), content_type="application/json")

    def _reach(self) -> Reach:
        try:
            return self.boards.reach()
        except NothingKeptError:
            raise RequestError(
                404, "nothing is kept yet", "ask again a minute after the first event"
            ) from None

    def _zone(self) -> str:
        return self.boards.rules.policy("", "").zone

    def _times(self, reach: Reach) -> dict[str, Any]:
        return {
            "from": instant(reach.from_ms),
            "from_ms": reach.from_ms,
            "to": instant(reach.to_ms),
            "to_ms": reach.to_ms,
            "step_ms": MINUTE_MS,
            "minutes_from_ms": reach.minutes_from_ms,
            "step_before_ms": QUARTER_MS,
            "zone": self._zone(),
        }
