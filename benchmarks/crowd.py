"""Those who watch a worker, all of them in one process: wallboards, scrapers, one who asks.

``python -m benchmarks.crowd PORT STREAMS SCRAPERS EVERY_S`` waits for the worker, watches until
it closes, and prints one line of JSON: what everybody got. Each answer is checked: a board is
JSON and newer than the one before, a page of metrics is whole.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import itertools
import sys
import time
from typing import Any

import aiohttp
import msgspec
import uvloop

from benchmarks.measures import Crowd
from benchmarks.scraper import HEADERS, PAGE, series_told

WINDOWS = ("30m", "5m", "today", "1h")
QUEUES_KPIS = (
    "contacts_waiting", "longest_wait_seconds", "contacts_over_threshold", "contacts_at_risk",
    "agents_available", "agents_staffed", "agents_on_contact", "agents_in_wrap_up",
    "contacts_offered", "contacts_answered", "contacts_abandoned", "service_level", "answer_rate",
    "abandonment_rate", "asa_seconds",
)  # fmt: skip
"""What the first page asks for (exporters/wallboard/rows.js)."""
TEXT_HEADERS = {"Accept": "text/plain;version=0.0.4", "Accept-Encoding": "gzip"}
ASK_EVERY_S = 1.0
PATIENCE_S = 60.0
_GONE = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)


class BrokenAnswerError(Exception):
    """Somebody got what makes no sense: a run with one says nothing."""


class Counted:
    """What one got."""

    def __init__(self) -> None:
        self.number = 0
        self.bytes = 0
        self.took_ms: list[float] = []


async def follow(session: aiohttp.ClientSession, query: dict[str, str], got: Counted) -> None:
    """Follow the board as a wallboard does, until the worker closes the stream."""
    newest_ms, pending = 0, b""
    async with session.get("/api/stream", params=query) as answer:
        if answer.status != 200:
            raise BrokenAnswerError(f"/api/stream answers {answer.status}")
        async for chunk in answer.content.iter_any():
            *blocks, pending = (pending + chunk).split(b"\n\n")
            for block in blocks:
                if block.startswith(b"event: board\ndata: "):
                    data = block[len(b"event: board\ndata: ") :]
                    newest_ms = newer(data, newest_ms)
                    got.number += 1
                    got.bytes = len(data)


class Head(msgspec.Struct):
    """The fields of a board that the crowd reads; the rest is checked to be JSON."""

    as_of_ms: int
    windows: dict[str, Any]


def newer(data: bytes, than_ms: int) -> int:
    """Return the instant of a board.

    Raises:
        BrokenAnswerError: it is no newer one, or empty.
    """
    head = msgspec.json.decode(data, type=Head)
    if head.as_of_ms < than_ms or not head.windows:
        raise BrokenAnswerError(f"a board of {head.as_of_ms} came after one of {than_ms}")
    return head.as_of_ms


async def scrape(
    session: aiohttp.ClientSession, headers: dict[str, str], every_s: float, got: Counted
) -> None:
    """Scrape until the worker closes; whole pages with KPI series count."""
    for number in itertools.count(1):
        began_s = time.perf_counter()
        async with session.get(PAGE, headers=headers) as answer:
            body = await answer.read()
        got.took_ms.append((time.perf_counter() - began_s) * 1_000)
        text = gzip.decompress(body)
        is_openmetrics = answer.headers["Content-Type"].startswith("application/openmetrics")
        is_whole = b"vigie_build_info" in text and text.endswith(b"\n")
        if is_openmetrics:
            is_whole = is_whole and text.endswith(b"\n# EOF\n")
        if answer.status != 200 or not is_whole:
            raise BrokenAnswerError(f"page {number} is cut: {text[-60:]!r}")
        if series_told(text):
            got.number += 1
            got.bytes = len(text)
        await asyncio.sleep(max(0.0, began_s + every_s - time.perf_counter()))


async def ask(session: aiohttp.ClientSession, got: Counted) -> None:
    """Ask for the board of one window, all KPIs and rows, once a second."""
    while True:
        async with session.get("/api/board", params={"window": "30m"}) as answer:
            data = await answer.read()
        if answer.status == 200:
            newer(data, 0)
            got.number += 1
        await asyncio.sleep(ASK_EVERY_S)


async def queries(session: aiohttp.ClientSession) -> list[dict[str, str]]:
    """Return what the pages of the wallboard ask the stream for, each in some windows."""
    async with session.get("/api/pages") as answer:
        pages = (await answer.json())["pages"]
    found = []
    for window, page in itertools.product(WINDOWS, pages):
        kpis, rows = page["kpis"], page["rows"]
        if page["id"] == "queues":
            kpis, rows = QUEUES_KPIS, ("pairs", "channels")
        if kpis:
            found.append({"window": window, "kpis": ",".join(kpis), "rows": ",".join(rows)})
    return found


async def until_open(session: aiohttp.ClientSession) -> None:
    """Wait until the worker listens."""
    ends_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            async with session.get("/livez"):
                return
        except aiohttp.ClientConnectionError:
            if time.monotonic() > ends_s:
                raise
        await asyncio.sleep(0.02)


async def watch(port: int, streams: int, scrapers: int, every_s: float) -> Crowd:
    """Watch until the worker closes."""
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=None, sock_read=PATIENCE_S)
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{port}", connector=connector, timeout=timeout, auto_decompress=False
    ) as session:
        await until_open(session)
        asked = await queries(session)
        boards = [Counted() for _ in range(streams)]
        pages = [Counted() for _ in range(scrapers)]
        answers = Counted()
        chosen = list(itertools.islice(itertools.cycle(asked), streams))
        work = [follow(session, query, got) for query, got in zip(chosen, boards, strict=True)]
        for number, got in enumerate(pages):
            headers = TEXT_HEADERS if number % 3 == 2 else HEADERS
            work.append(scrape(session, headers, every_s, got))
        ended = await asyncio.gather(*work, ask(session, answers), return_exceptions=True)
    for error in ended:
        if isinstance(error, BaseException) and not isinstance(error, _GONE):
            raise error
    took_ms = [ms for got in pages for ms in got.took_ms]
    return Crowd(
        boards=[got.number for got in boards],
        board_bytes=max((got.bytes for got in boards), default=0),
        selections=len({tuple(query.items()) for query in chosen}),
        asked=answers.number,
        pages=[got.number for got in pages],
        page_bytes=max((got.bytes for got in pages), default=0),
        page_ms=took_ms,
        cpu_s=time.process_time(),
    )


def main() -> int:
    """Watch and tell."""
    parser = argparse.ArgumentParser(prog="benchmarks.crowd")
    parser.add_argument("port", type=int)
    parser.add_argument("streams", type=int)
    parser.add_argument("scrapers", type=int)
    parser.add_argument("every_s", type=float)
    given = parser.parse_args()
    found = uvloop.run(watch(given.port, given.streams, given.scrapers, given.every_s))
    print(msgspec.json.encode(found).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
