"""What the two false servers share: real TCP on a free port of 127.0.0.1, one client at a time."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from types import TracebackType
from typing import Self


class FakeServer:
    """Serves until the block ends. ``accepted`` counts connections, ``inside`` logins that worked.

    ``before`` is sent instead of the protocol's beginning; ``by_byte`` sends every byte alone.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.accepted = 0
        self.inside = 0
        self.before: str | None = None
        self.by_byte = False
        self.silent = False
        self.port = 0
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def speak(self, reader: asyncio.StreamReader) -> None:
        """Speak the protocol to one client."""
        raise NotImplementedError

    async def say(self, text: str) -> None:
        """Send a text to the client."""
        assert self._writer is not None
        raw = text.encode()
        for piece in (raw[n : n + 1] for n in range(len(raw))) if self.by_byte else (raw,):
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(0)

    async def hang_up(self) -> None:
        """Close the connection from this side."""
        assert self._writer is not None
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.current_task()
        assert session is not None
        self._sessions.add(session)
        self._writer = writer
        self.accepted += 1
        try:
            if self.before is not None:
                await self.say(self.before)
            await self.speak(reader)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._sessions.discard(session)
