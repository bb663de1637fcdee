"""A bad network: a TCP proxy on loopback that delays, thins, cuts and swallows what passes.

Nothing of a stream is lost or changed: TCP repeats what a network loses. So a black hole keeps what
it was given until it ends, or until one of the two sides gives up.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Self

from tests.bench.process import ComponentError

CHUNK_BYTES = 16_384
HELD_CHUNKS = 64
START_S = 10.0
LINGER_NOT = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Weather:
    """What happens to what passes, in each direction.

    ``delay_s`` later, at most ``bytes_per_s`` of each connection; for a share ``resets`` of the
    chunks their connection is cut instead; what goes ``to_server`` or ``to_client`` may be held.
    """

    delay_s: float = 0.0
    bytes_per_s: float | None = None
    resets: float = 0.0
    holds_to_server: bool = False
    holds_to_client: bool = False


FAIR = Weather()
BLACK_HOLE = Weather(holds_to_server=True, holds_to_client=True)


class _CutError(Exception):
    """This connection is to be reset."""


class Proxy:
    """Listens on one port and passes on to another, from a thread of its own.

    Set ``weather`` at any time; it holds for the connections that are there as well.
    ``connections``, ``cuts`` and ``passed_bytes`` count since the start.
    """

    def __init__(self, port: int, target_port: int, *, seed: int = 0) -> None:
        self.port = port
        self.connections = 0
        self.cuts = 0
        self.passed_bytes = 0
        self._target_port = target_port
        self._chance = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._to_server, self._to_client = asyncio.Event(), asyncio.Event()
        self._weather = FAIR
        self._open_or_close()
        self._is_listening = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._is_listening.wait(START_S) or self._failure is not None:
            raise ComponentError(f"the proxy does not listen on {self.port}: {self._failure}")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_S)

    @property
    def weather(self) -> Weather:
        """What happens to what passes now."""
        return self._weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._weather = weather
        self._loop.call_soon_threadsafe(self._open_or_close)

    def _open_or_close(self) -> None:
        for gate, is_shut in (
            (self._to_server, self._weather.holds_to_server),
            (self._to_client, self._weather.holds_to_client),
        ):
            gate.clear() if is_shut else gate.set()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._failure = error
            self._is_listening.set()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        links: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._link(reader, writer))
            links.add(task)
            task.add_done_callback(links.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", self.port)
        self._is_listening.set()
        await self._stop.wait()
        server.close()
        for task in links:
            task.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        self.connections += 1
        try:
            await self._to_server.wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            ends.append(far_writer)
            ways = [
                asyncio.ensure_future(self._way(reader, far_writer, self._to_server)),
                asyncio.ensure_future(self._way(far_reader, writer, self._to_client)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                answers = await asyncio.gather(*ways, return_exceptions=True)
            if any(isinstance(answer, _CutError) for answer in answers):
                self.cuts += 1
                for end in ends:
                    _reset(end)
        except OSError:
            pass  # nobody listens there now: the client sees a connection that ends
        finally:
            for end in ends:
                end.close()

    async def _way(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: asyncio.Event
    ) -> None:
        """Pass on what comes until it ends; what is on its way does not hold up what follows."""
        held: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(HELD_CHUNKS)
        taking = asyncio.ensure_future(self._take(reader, held))
        try:
            while True:
                arrived_s, chunk = await held.get()
                await asyncio.sleep(arrived_s + self.weather.delay_s - time.monotonic())
                await gate.wait()
                if not chunk:
                    return
                weather = self.weather
                if weather.resets and self._chance.random() < weather.resets:
                    raise _CutError
                if weather.bytes_per_s is not None:
                    await asyncio.sleep(len(chunk) / weather.bytes_per_s)
                self.passed_bytes += len(chunk)
                writer.write(chunk)
                await writer.drain()
        finally:
            taking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await taking

    async def _take(
        self, reader: asyncio.StreamReader, held: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = await reader.read(CHUNK_BYTES)
            except OSError:
                chunk = b""
            await held.put((time.monotonic(), chunk))


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a firewall does, which has forgotten it."""
    found: socket.socket | None = writer.get_extra_info("socket")
    if found is not None and not writer.is_closing():
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    writer.transport.abort()
