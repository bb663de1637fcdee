"""Serves an application over real sockets: in this loop, or in a thread for a browser test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Self, TypeVar

from aiohttp import ClientSession, web

from exporters.http.app import WebServer, serve
from exporters.http.tls import Tls

T = TypeVar("T")

# In one step: a node that the page replaces between finding and measuring has no font size.
FONT_SIZES = """selector => [...document.querySelectorAll(selector)]
    .map(node => parseFloat(getComputedStyle(node).fontSize))"""


@asynccontextmanager
async def client_of(app: web.Application) -> AsyncIterator[ClientSession]:
    """Serve on a free port and give a client whose addresses are relative to it."""
    server = await serve(app, port=0)
    try:
        async with ClientSession(server.url) as client:
            yield client
    finally:
        await server.close()


class ServedInThread:
    """A server in a thread of its own; ``stop`` and ``start`` keep the port."""

    def __init__(self, build: Callable[[], web.Application], tls: Tls | None = None) -> None:
        self._build = build
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: WebServer | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        async def begin() -> WebServer:
            return await serve(self._build(), "127.0.0.1", self.port, self._tls)

        self._server = asyncio.run_coroutine_threadsafe(begin(), self._loop).result(10)
        self.port = self._server.port

    def stop(self) -> None:
        if self._server is not None:
            asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result(10)
            self._server = None

    def do(self, change: Callable[[], T]) -> T:
        """Run a change of the view on the thread that serves it."""
        done: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: done.set_result(change()))
        return done.result(10)
