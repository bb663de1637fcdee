"""One open connection: lines in, text out, never more in memory than one line may be long."""

from __future__ import annotations

import asyncio

from streams.reasons import MAX_MESSAGE_BYTES

LOOK_S = 0.5
"""How long to wait for something before the caller may look at the clock."""
_CHUNK_BYTES = 64 * 1024


class ProtocolError(Exception):
    """The other side does not speak the protocol; the message says what was expected."""


class LoginRefusedError(Exception):
    """The other side does not let us in; the message says why, without any secret."""


class Link:
    """A connection. Reads until ``stop`` is set; what arrived by then can still be read."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        stop: asyncio.Event,
        *,
        ping_s: float,
    ) -> None:
        """``ping_s``: after so much silence :meth:`silence` asks for a sign of life."""
        self._reader = reader
        self._writer = writer
        self._stop = stop
        self._ping_s = ping_s
        self._buffer = bytearray()
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._asked = False
        self._longest = MAX_MESSAGE_BYTES

    async def line(self) -> str | None:
        """Return the next line without its end, None when none came for half a second.

        Raises:
            EOFError: the connection is closed, or we are asked to stop.
            ProtocolError: the line is longer than 64 KiB.
        """
        while True:
            end = self._buffer.find(b"\n")
            if end >= 0:
                raw = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                return raw.removesuffix(b"\r").decode(errors="replace")
            if len(self._buffer) > self._longest:
                raise ProtocolError("sent a line that is longer than 64 KiB")
            if not await self._more():
                return None

    async def exactly(self, size: int) -> bytes | None:
        """Return so many bytes, None when they were not all there after half a second.

        Raises:
            EOFError: the connection is closed, or we are asked to stop.
        """
        while len(self._buffer) < size:
            if not await self._more():
                return None
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        return raw

    async def send(self, text: str) -> None:
        """Send a text. Raises OSError when the connection is gone."""
        self._writer.write(text.encode())
        async with asyncio.timeout(self._ping_s):
            await self._writer.drain()

    async def silence(self, question: str) -> None:
        """Look how long nothing came; ask, and give up when nothing comes then either.

        Raises:
            TimeoutError: the other side said nothing for twice the time.
        """
        silent_s = self._loop.time() - self._heard_s
        if silent_s > 2 * self._ping_s:
            raise TimeoutError(f"nothing was heard for {silent_s:.0f} s")
        if silent_s > self._ping_s and not self._asked:
            self._asked = True
            await self.send(question)

    async def _more(self) -> bool:
        if self._stop.is_set():
            raise EOFError("stopped")
        try:
            chunk = await asyncio.wait_for(self._reader.read(_CHUNK_BYTES), LOOK_S)
        except TimeoutError:
            return False
        if not chunk:
            raise EOFError("the other side closed the connection")
        self._buffer += chunk
        self._heard_s, self._asked = self._loop.time(), False
        return True
