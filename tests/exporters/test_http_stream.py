"""The event stream over a real socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import ClientResponse

from exporters.http.app import WebOptions, build_web_app
from exporters.http.feed import BoardFeed, Selection
from exporters.http.stream import StreamTiming
from tests.exporters.little_centre import LittleCentre, busy_centre
from tests.exporters.served import client_of

FAST = WebOptions(refresh_ms=20)


async def next_block(stream: ClientResponse) -> str:
    """Read up to the blank line that ends a message."""
    async with asyncio.timeout(5):
        return (await stream.content.readuntil(b"\n\n")).decode().strip()


async def next_event(stream: ClientResponse) -> tuple[str, Any]:
    """Return the next event with its data, comments skipped."""
    while True:
        lines = (await next_block(stream)).splitlines()
        if lines[0].startswith("event: "):
            assert lines[1].startswith("data: ")
            assert len(lines) == 2
            return lines[0][7:], json.loads(lines[1][6:])


async def test_a_stream_says_hello_and_then_gives_every_new_board() -> None:
    """Retry time and hello first, the board at once, a new one when numbers change."""
    centre = busy_centre()
    app = build_web_app(centre, options=WebOptions(refresh_ms=20, mode="demo"))
    async with client_of(app) as client, client.get("/api/stream?window=15m") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.headers["Cache-Control"] == "no-store"
        assert await next_block(stream) == "retry: 2000"
        name, hello = await next_event(stream)
        assert name == "hello"
        assert hello["mode"] == "demo"
        assert hello["stale_after_ms"] == 5_000
        assert hello["data_stale_after_ms"] == 60_000
        assert "interval_30m" in hello["windows"]
        name, board = await next_event(stream)
        assert name == "board"
        assert list(board["windows"]) == ["15m"]
        assert board["windows"]["15m"]["total"]["contacts_waiting"] == 52
        centre.set_total(waiting=7)
        name, board = await next_event(stream)
        assert (name, board["windows"]["15m"]["total"]["contacts_waiting"]) == ("board", 7)


async def test_a_board_that_the_api_fetched_first_still_reaches_the_streams() -> None:
    """Who asks between two refreshes takes nothing away from those who listen."""
    centre = busy_centre()
    async with (
        client_of(build_web_app(centre, options=FAST)) as client,
        client.get("/api/stream") as stream,
    ):
        await next_event(stream)
        await next_event(stream)
        for waiting in range(5):
            centre.set_total(waiting=waiting)
            await (await client.get("/api/board")).read()
            _, board = await next_event(stream)
            assert board["windows"]["5m"]["total"]["contacts_waiting"] == waiting


async def test_silence_is_filled_with_heartbeats() -> None:
    """When nothing changes a comment shows that the line is alive."""
    options = WebOptions(refresh_ms=20, stream=StreamTiming(heartbeat_ms=30))
    async with (
        client_of(build_web_app(busy_centre(), options=options)) as client,
        client.get("/api/stream") as stream,
    ):
        blocks = [await next_block(stream) for _ in range(5)]
    assert blocks[3:] == [": heartbeat", ": heartbeat"]


async def test_one_client_too_many_is_told_to_come_back() -> None:
    """Beyond the limit 503 with a time to wait; a client that leaves makes room."""
    options = WebOptions(refresh_ms=20, max_stream_clients=2, stream=StreamTiming(heartbeat_ms=20))
    async with client_of(build_web_app(busy_centre(), options=options)) as client:
        first = await client.get("/api/stream")
        second = await client.get("/api/stream")
        refused = await client.get("/api/stream")
        assert refused.status == 503
        assert refused.headers["Retry-After"] == "10"
        assert (await refused.json())["error"] == "2 clients follow the board already"
        first.close()
        async with asyncio.timeout(5):
            while (third := await client.get("/api/stream")).status != 200:
                await third.read()
        third.close()
        second.close()


async def test_an_unknown_window_is_refused_before_the_stream_begins() -> None:
    """The error is JSON, not an event."""
    async with client_of(build_web_app(busy_centre())) as client:
        answer = await client.get("/api/stream?window=never")
        assert answer.status == 400
        assert "there is no window" in (await answer.json())["error"]


async def test_a_slow_client_gets_the_newest_board_only() -> None:
    """While a client takes nothing no queue grows: it gets the newest, the rest is gone."""
    centre = LittleCentre()
    for n in range(200):
        centre.set(f"queue {n}")
    options = WebOptions(refresh_ms=2)
    async with (
        client_of(build_web_app(centre, options=options)) as client,
        client.get("/api/stream?window=1m") as stream,
    ):
        await next_event(stream)
        before = centre.boards_built
        for waiting in range(150):
            centre.set_total(waiting=waiting)
            await asyncio.sleep(0.005)
        built = centre.boards_built - before
        received: list[int] = []
        while not received or received[-1] != 149:
            _, board = await next_event(stream)
            received.append(board["windows"]["1m"]["total"]["contacts_waiting"])
    # What the sockets hold reaches the client; nothing else was kept for it.
    assert len(received) < built / 2
    assert received[1:] == sorted(set(received[1:]))


async def test_a_board_that_cannot_be_computed_ends_no_stream() -> None:
    """The stream goes on when the view has recovered."""
    centre = busy_centre()
    async with (
        client_of(build_web_app(centre, options=FAST)) as client,
        client.get("/api/stream") as stream,
    ):
        await next_event(stream)
        await next_event(stream)
        centre.broken = True
        assert (await client.get("/api/board")).status == 500
        centre.set_total(waiting=1)
        centre.broken = False
        _, board = await next_event(stream)
    assert board["windows"]["1m"]["total"]["contacts_waiting"] == 1


async def test_a_board_is_encoded_once_for_all_who_ask_the_same() -> None:
    """A hundred clients cost one encoding per refresh and selection."""
    centre = busy_centre()
    feed = BoardFeed(centre, mode="live", min_sample=20, refresh_ms=1_000, max_clients=200)
    for _ in range(100):
        await feed.newest(Selection("15m", ("contacts_waiting",)))
        await feed.newest(Selection("5m"))
    assert feed.encodings == 2
    centre.tick()
    await feed.newest(Selection("5m"))
    assert feed.encodings == 3


async def test_a_server_that_stops_lets_its_streams_go() -> None:
    """Closing does not wait for clients that would listen for ever."""
    async with asyncio.timeout(5):
        async with client_of(build_web_app(busy_centre(), options=FAST)) as client:
            stream = await client.get("/api/stream")
            await next_event(stream)
    stream.close()
