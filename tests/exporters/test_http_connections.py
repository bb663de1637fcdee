"""Connections that keep a place without asking: real sockets against short limits."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator

import pytest

from exporters.http.app import WebOptions, WebServer, build_web_app, serve
from exporters.http.connections import ConnectionLimits
from exporters.http.denials import Denials
from tests.exporters.little_centre import busy_centre

SHORT = ConnectionLimits(most=10, head_s=0.4, body_s=0.4, idle_s=1.0, taking_s=0.5)
PATIENCE_S = 30.0
"""More than any limit here, less than aiohttp's own of an hour."""


class Raw:
    """A client that sends what it likes, when it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()

    async def drip(self, data: bytes, every_s: float = 0.05) -> bytes:
        """Send byte by byte until the other side has enough; return what it said."""
        answer = asyncio.create_task(self.read())
        for n in range(len(data)):
            if answer.done():
                break
            await self.send(data[n : n + 1])
            await asyncio.sleep(every_s)
        return await answer

    async def read(self) -> bytes:
        """Return all until the other side ends the connection."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                return await self._reader.read()
        return b""

    async def answer(self) -> bytes:
        """Return the head of one answer."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._reader.readuntil(b"\r\n\r\n")

    def close(self) -> None:
        self._writer.close()


class Bench:
    """A server with short limits and clients of it."""

    def __init__(self, server: WebServer, denials: Denials) -> None:
        self.port = server.port
        self.denials = denials
        self._clients: list[Raw] = []

    async def client(self) -> Raw:
        client = Raw(*await asyncio.open_connection("127.0.0.1", self.port))
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    denials = Denials(time.monotonic)
    options = WebOptions(connections=SHORT)
    server = await serve(build_web_app(busy_centre(), options=options, denials=denials), port=0)
    one = Bench(server, denials)
    yield one
    one.close()
    await server.close()


GET = b"GET /api/me HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def test_who_connects_and_says_nothing_is_let_go(bench: Bench) -> None:
    """After the time for a head, without an answer."""
    assert await (await bench.client()).read() == b""
    assert bench.denials.counts["slow"] == 1


async def test_a_head_that_comes_byte_by_byte_is_cut_off(bench: Bench) -> None:
    """Slowloris: each byte comes in time, the head never does."""
    head = b"GET /api/me HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"x" * 1_000
    assert await (await bench.client()).drip(head) == b""
    assert bench.denials.counts["slow"] == 1


async def test_the_second_head_of_a_connection_has_no_more_time_than_the_first(
    bench: Bench,
) -> None:
    """A good request first does not buy an endless one after it."""
    client = await bench.client()
    await client.send(GET)
    assert (await client.answer()).startswith(b"HTTP/1.1 200")
    rest = await client.drip(b"GET /api/me HTTP/1.1\r\nX-Slow: " + b"x" * 1_000)
    assert b"HTTP/1.1" not in rest
    assert bench.denials.counts["slow"] == 1


async def test_a_head_begun_behind_another_request_has_its_time_as_well(bench: Bench) -> None:
    """The two come in one piece, the second is not finished."""
    client = await bench.client()
    await client.send(GET + b"GET /api/me HTTP/1.1\r\nX-Slow: ")
    assert (await client.read()).count(b"HTTP/1.1 200") == 1
    assert bench.denials.counts["slow"] == 1


async def test_a_body_that_comes_byte_by_byte_is_refused(bench: Bench) -> None:
    """With 408, and the connection ends."""
    head = b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
    client = await bench.client()
    await client.send(head)
    said = await client.drip(b"x" * 1_000)
    assert said.startswith(b"HTTP/1.1 408")
    assert b'"the body took too long"' in said
    assert bench.denials.counts["slow"] == 1


async def test_who_takes_nothing_of_a_long_answer_is_let_go(bench: Bench) -> None:
    """Many large answers asked for and none read: the buffers fill, then the time is up."""
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect(("127.0.0.1", bench.port))
        deaf.setblocking(False)
        ask = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(BlockingIOError, ConnectionError):
                while True:
                    deaf.send(ask)
                    await asyncio.sleep(0)
            for _ in range(1_000):
                if bench.denials.counts["slow"]:
                    break
                await asyncio.sleep(0.02)
    assert bench.denials.counts["slow"] == 1


async def test_an_idle_connection_is_kept_for_a_while_and_not_for_ever(bench: Bench) -> None:
    """Longer than a head may take; its end is no refusal."""
    client = await bench.client()
    await client.send(GET)
    await client.answer()
    began_s = time.monotonic()
    await client.read()
    assert time.monotonic() - began_s > SHORT.head_s
    assert bench.denials.counts["slow"] == 0


async def test_one_connection_too_many_is_told_to_come_back(bench: Bench) -> None:
    """The others go on, and when one of them leaves there is room again."""
    held = [await bench.client() for _ in range(SHORT.most)]
    for client in held:
        await client.send(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await client.answer()).startswith(b"HTTP/1.1 200")
    said = await (await bench.client()).read()
    assert said.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: 10" in said
    assert b'"too many connections"' in said
    assert bench.denials.counts["connections"] == 1
    held[0].close()
    for _ in range(300):
        again = await bench.client()
        await again.send(GET)
        if (await again.answer()).startswith(b"HTTP/1.1 200"):
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("no room again")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /api/me?" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 9_000 + b"\r\n\r\n",
        b"GET /api/me HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 200 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is TLS\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["long line", "long field", "many fields", "TLS", "smuggled body"],
)
async def test_a_head_beyond_the_bounds_ends_the_connection(bench: Bench, head: bytes) -> None:
    """8 KiB a line, 128 fields, one way of giving a length; the answer tells nothing."""
    client = await bench.client()
    await client.send(head)
    said = await client.read()
    assert said.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert said.endswith(b'{"error":"this is not an HTTP request","fix":"send HTTP/1.1"}')
    assert b"Server: vigie\r\n" in said
    assert b"xxx" not in said
    assert bench.denials.counts["malformed"] == 1
