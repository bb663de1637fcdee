"""Connections as such: how many there may be, and how long they may keep a place without asking.

aiohttp waits for the head of a request for as long as somebody sends a byte now and then; some
hundred such connections would keep everybody else out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct

from exporters.http.client_address import client_address
from exporters.http.denials import Denial, Denials
from exporters.http.malformed import PlainHandler
from exporters.http.problems import RequestError

_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """``most`` connections at once; seconds for the head of a request, for its body, without a
    request between two, and for a client to take what was sent to it.
    """

    most: int = 1_000
    head_s: float = 10.0
    body_s: float = 10.0
    idle_s: float = 75.0
    taking_s: float = 30.0


class Connections:
    """All connections of a server."""

    def __init__(self, limits: ConnectionLimits, denials: Denials) -> None:
        self.limits = limits
        self.denials = denials
        self.allowed_sans: Callable[[], Collection[str]] = tuple
        self.open: dict[asyncio.BaseTransport, _Connection] = {}

    def protocol(self, server: Any) -> asyncio.Protocol:
        """Return the protocol of a new connection to an :class:`aiohttp.web.Server`."""
        loop = asyncio.get_running_loop()
        inner = PlainHandler(server, self.denials, loop=loop, idle_s=self.limits.idle_s)
        return _Connection(self, inner)

    @web.middleware
    async def watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Tell the connection that a request has begun and ended; read the body in time."""
        transport = request.transport
        connection = None if transport is None else self.open.get(transport)
        if connection is None:
            return await handler(request)
        connection.begin()
        try:
            if request.method in _WITH_BODY and request.can_read_body:
                await self._read(request, connection)
            return await handler(request)
        finally:
            connection.end()

    async def _read(self, request: web.Request, connection: _Connection) -> None:
        """Read the body, which the request keeps for whoever reads it next."""
        try:
            async with asyncio.timeout(self.limits.body_s):
                await request.read()
        except TimeoutError:
            address = client_address(request.remote, (), ())
            self.denials.add("slow", address, request.method, request.path)
            connection.told()
            raise RequestError(408, "the body took too long", "send it at once") from None


class _Connection(asyncio.Protocol):
    """Passes everything on to aiohttp's protocol and watches the time."""

    def __init__(self, all_open: Connections, inner: asyncio.Protocol) -> None:
        self._all = all_open
        self._inner = inner
        self._transport: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._is_asking = False
        self._has_more = False
        self._is_told = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if len(self._all.open) >= self._all.limits.most:
            self._refuse("connections")
            self._transport.write(_FULL)
            self._transport.close()
            return
        allowed = self._all.allowed_sans()
        if allowed and not _has_name(transport.get_extra_info("peercert"), allowed):
            self._refuse("certificate")
            self._transport.abort()
            return
        self._all.open[transport] = self
        self._inner.connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        if self._transport not in self._all.open:
            return
        # What ends otherwise is a body or the begin of a next request, without an empty line yet.
        self._has_more = not data.endswith(b"\r\n\r\n")
        if self._timer is None and not self._is_asking:
            self._wait_for_head()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        is_open = self._transport in self._all.open
        return self._inner.eof_received() if is_open else None

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._timer, self._taking):
            if timer is not None:
                timer.cancel()
        if self._all.open.pop(self._transport, None) is not None:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        loop = asyncio.get_running_loop()
        self._taking = loop.call_later(self._all.limits.taking_s, self._too_slow)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
        self._inner.resume_writing()

    def begin(self) -> None:
        """The head of a request has come."""
        self._is_asking = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def told(self) -> None:
        """Somebody was told that it took too long already."""
        self._is_told = True

    def end(self) -> None:
        """The request was answered; part of the next may be here."""
        self._is_asking = False
        if self._has_more and self._timer is None:
            self._wait_for_head()

    def _wait_for_head(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._all.limits.head_s, self._too_slow)

    def _too_slow(self) -> None:
        if not self._is_told:
            self._refuse("slow")
        self._transport.abort()

    def _refuse(self, reason: Denial) -> None:
        peer = self._transport.get_extra_info("peername")
        address = client_address(peer[0] if isinstance(peer, tuple) else None, (), ())
        self._all.denials.add(reason, address)


def _has_name(certificate: Any, allowed: Collection[str]) -> bool:
    names = (certificate or {}).get("subjectAltName", ())
    return any(value in allowed for _, value in names)


_BODY = msgspec.json.encode(
    {"error": "too many connections", "fix": "wait 10 s, or raise web.max_connections"}
)
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 10\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(_BODY)
) + _BODY
