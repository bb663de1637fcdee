"""The board is made in steps before a handler reads it, so that no answer holds up the loop."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from exporters.http.feed import BoardFeed

BOARD_PATHS = (
    "/api/board", "/api/stream", "/api/queues", "/api/kpis/", "/api/trends", "/api/staffing",
    "/api/expressions", "/api/customers", "/api/agents",
)  # fmt: skip
"""Addresses begin so whose handlers read the board of now."""


def board_first(feed: BoardFeed) -> Middleware:
    """Have the newest board ready where a handler reads it."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(BOARD_PATHS) and "at" not in request.query:
            await feed.fresh()
        return await handler(request)

    return check
