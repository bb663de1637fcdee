"""``/api/stream``: the board as server-sent events, the newest one only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web
from msgspec import Struct

from exporters.http.feed import BoardFeed, Selection
from exporters.http.problems import RequestError


class Hello(Struct, frozen=True):
    """The first message of a stream: what the page must know to judge what follows.

    ``build`` names the files of the wallboard: a page that was made of others loads itself anew.
    """

    mode: str
    refresh_ms: int
    stale_after_ms: int
    data_stale_after_ms: int
    windows: list[str]
    build: str = ""


class StreamTiming(Struct, frozen=True):
    """Times of a stream in milliseconds.

    A client that reconnects waits ``retry_ms``; a comment is sent when ``heartbeat_ms`` passed
    without a board; a client that takes nothing for ``stuck_ms`` is dropped.
    """

    retry_ms: int = 2_000
    heartbeat_ms: int = 15_000
    stuck_ms: int = 30_000


def event(name: str, data: bytes) -> bytes:
    """Return one event; ``data`` is JSON on one line, as msgspec writes it."""
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def stream_handler(
    feed: BoardFeed,
    timing: StreamTiming,
    hello: Callable[[], Hello],
    selection_of: Callable[[web.Request], Selection],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return the handler of the stream."""

    async def stream(request: web.Request) -> web.StreamResponse:
        selection = selection_of(request)
        if feed.clients >= feed.max_clients:
            raise RequestError(
                503,
                f"{feed.max_clients} clients follow the board already",
                "try again later, or raise the limit of stream clients in the settings",
                {"Retry-After": "10"},
            )
        # The first message is made before the answer starts: errors are still JSON here.
        greeting = event("hello", msgspec.json.encode(hello()))
        feed.clients += 1
        try:
            sequence, found = await feed.newest(selection)
            response = web.StreamResponse(
                headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
            )
            await response.prepare(request)
            await _send(response, b"retry: %d\n\n" % timing.retry_ms + greeting, timing)
            await _follow(response, feed, selection, event("board", found), sequence, timing)
        except (TimeoutError, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
        finally:
            feed.clients -= 1
        return response

    return stream


async def _follow(
    response: web.StreamResponse,
    feed: BoardFeed,
    selection: Selection,
    message: bytes,
    sequence: int,
    timing: StreamTiming,
) -> None:
    while True:
        await _send(response, message, timing)
        try:
            async with asyncio.timeout(timing.heartbeat_ms / 1_000):
                if not await feed.newer_than(sequence):
                    return
        except TimeoutError:
            message = b": heartbeat\n\n"
            continue
        try:
            sequence, found = await feed.newest(selection)
        except KeyError:
            return  # the window is gone with a change of settings; the client asks again
        message = event("board", found)


async def _send(response: web.StreamResponse, message: bytes, timing: StreamTiming) -> None:
    async with asyncio.timeout(timing.stuck_ms / 1_000):
        await response.write(message)
