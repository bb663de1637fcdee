"""Listens for the receiver: a bound on connections, and several processes on one port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from streams.settings import StreamError

_IDLE_S = 75.0
_LAST_ANSWERS_S = 10.0
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
    b"Content-Length: 0\r\n\r\n"
)


class _Full(asyncio.Protocol):
    """A connection too many: told so and closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        answering: Any = transport  # uvloop's is no subclass of asyncio's
        answering.write(_FULL)
        transport.close()


@contextlib.asynccontextmanager
async def serving(
    app: web.Application,
    host: str,
    port: int,
    *,
    most_connections: int = 1_000,
    share_port: bool = False,
) -> AsyncIterator[int]:
    """Serve an application; gives the port. With ``share_port`` other processes may listen too,
    and the system spreads connections over them.

    At the end no connection is taken any more, and requests under way get their answers.

    Raises:
        StreamError: the address cannot be listened on.
    """
    runner = web.AppRunner(
        app, access_log=None, keepalive_timeout=_IDLE_S, shutdown_timeout=_LAST_ANSWERS_S
    )
    await runner.setup()
    try:
        inner: Any = runner.server

        def protocol() -> asyncio.BaseProtocol:
            if len(inner.connections) >= most_connections:
                return _Full()
            connection: asyncio.BaseProtocol = inner()
            return connection

        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                protocol, host, port, reuse_port=share_port or None, backlog=1024
            )
        except (OSError, socket.gaierror) as error:
            raise StreamError(
                f"cannot listen on {host}:{port} ({error.strerror or error}): set ingest.host and "
                "ingest.port, or end what listens there"
            ) from None
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
    finally:
        await runner.cleanup()
