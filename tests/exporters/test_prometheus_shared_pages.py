"""The page of a board is written once, whoever scrapes it, and is always whole and of now."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st

from aggregators.steps import at_once
from exporters.http.app import build_web_app
from exporters.http.feed import BoardFeed
from exporters.prometheus.collector import KpiCollector, ViewShards
from exporters.prometheus.exposition import OPENMETRICS, TEXT, Exposition, expositions
from exporters.prometheus.gzipped import accepts_gzip, deflate_steps, gzipped
from exporters.prometheus.kpi_pages import KpiPages
from exporters.prometheus.pipeline import BuildInfo, PipelineCollector, PipelineStats
from tests.exporters.full_centre import FullCentre
from tests.exporters.little_centre import LittleCentre, busy_centre
from tests.exporters.served import client_of

BUILD = BuildInfo("1", "3", "0")
OPEN = {"Accept": OPENMETRICS}
PLAIN = {"Accept": TEXT}


def pages_of(centre: LittleCentre, **options: object) -> tuple[KpiPages, dict[str, Exposition]]:
    """The pages over a centre, and the one place where its series are written."""
    kpis = KpiCollector(centre.board, lambda: True, fresh=centre.fresh, **options)  # type: ignore[arg-type]

    def told() -> PipelineStats:
        return PipelineStats(partitions=(), build=BUILD, collect=kpis.cost())

    pages = expositions(kpis, PipelineCollector(told))
    shared = pages["/metrics"]._kpis
    assert shared is not None
    return shared, pages


async def fetched(client: ClientSession, path: str, headers: dict[str, str]) -> bytes:
    async with client.get(path, headers=headers) as answer:
        assert answer.status == 200
        return await answer.read()


@pytest.mark.parametrize("path", ["/metrics", "/metrics/kpi"])
async def test_fifty_scrapers_cost_one_page(path: str) -> None:
    """In both formats, compressed or not, over both addresses: the series are written once."""
    centre = FullCentre()
    shared, pages = pages_of(centre)
    async with client_of(build_web_app(centre, collector_routes=pages)) as client:
        bodies = await asyncio.gather(
            *(fetched(client, path, OPEN if n % 2 else PLAIN) for n in range(50))
        )
        assert shared.made_count == 1
        assert len(set(bodies)) == 2
        centre.tick()
        await asyncio.gather(*(fetched(client, path, OPEN) for _ in range(50)))
    assert shared.made_count == 2


async def test_the_shared_page_says_what_a_page_of_its_own_says() -> None:
    """The same lines as when it is made for one reader alone, in each format."""
    centre = FullCentre()
    _, pages = pages_of(centre, shards=lambda: ViewShards(2, 2, 1))
    async with client_of(build_web_app(centre, collector_routes=pages)) as client:
        for path, page in pages.items():
            for headers in (OPEN, PLAIN):
                found = await fetched(client, path, headers)
                content_type, alone = page(headers["Accept"])
                assert content_type == headers["Accept"]
                told = sorted(line for line in found.split(b"\n") if b"collect_seconds" not in line)
                made = sorted(line for line in alone.split(b"\n") if b"collect_seconds" not in line)
                assert told == made
                assert found.endswith(b"# EOF\n") == (headers is OPEN)


async def test_compressed_is_the_same_page() -> None:
    """gzip when it is asked for, byte for byte the page without; else nothing is compressed."""
    centre = FullCentre()
    _, pages = pages_of(centre)
    app = build_web_app(centre, collector_routes=pages)
    async with client_of(app) as client:
        for path in pages:
            for headers in (OPEN, PLAIN):
                plain = await answered(client, path, {**headers, "Accept-Encoding": "identity"})
                small = await answered(client, path, {**headers, "Accept-Encoding": "gzip"})
                assert plain[0] is None
                assert small[0] == "gzip"
                assert gzip.decompress(small[1]) == plain[1]
                assert len(small[1]) < len(plain[1]) / 2


async def answered(
    client: ClientSession, path: str, headers: dict[str, str]
) -> tuple[str | None, bytes]:
    """How an answer is encoded, and its bytes as they came."""
    async with (
        ClientSession(client._base_url, auto_decompress=False) as raw,
        raw.get(path, headers=headers) as answer,
    ):
        assert "Accept-Encoding" in answer.headers["Vary"]
        return answer.headers.get("Content-Encoding"), await answer.read()


async def test_a_changed_board_is_never_served_stale() -> None:
    """The next scrape after a change shows it, whatever was kept for others."""
    centre = busy_centre()
    _, pages = pages_of(centre)
    async with client_of(build_web_app(centre, collector_routes=pages)) as client:
        for waiting in (3, 4, 5):
            centre.set("sales", "voice", waiting=waiting)
            for headers in (OPEN, PLAIN):
                body = (await fetched(client, "/metrics", headers)).decode()
                line = f'vigie_contacts_waiting{{channel="voice",queue="sales"}} {waiting}.0\n'
                assert line in body


async def test_a_scraper_never_sees_half_a_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards change at every turn of the loop; all numbers of a page are of one of them."""
    monkeypatch.setattr("exporters.turns.TURN_S", 0.0)
    centre = busy_centre()
    queues = [f"queue-{number}" for number in range(30)]
    is_over = False

    def change(number: int) -> None:
        for queue in queues:
            centre.set(queue, "voice", waiting=number)

    async def keep_changing() -> None:
        number = 0
        while not is_over:
            change(number)
            number += 1
            await asyncio.sleep(0)

    change(0)
    _, pages = pages_of(centre)
    page = pages["/metrics/kpi"]
    changing = asyncio.create_task(keep_changing())
    seen: set[str] = set()
    for _ in range(20):
        body = (await page.scrape(TEXT, "")).body.decode()
        found = {
            line.split()[1]
            for line in body.splitlines()
            if line.startswith("vigie_contacts_waiting{") and 'queue="queue-' in line
        }
        assert len(found) == 1
        seen |= found
    is_over = True
    await changing
    assert len(seen) > 10


async def test_a_lease_that_ends_while_the_page_is_made_shows_nothing() -> None:
    """Whoever lost the right to speak for the view does not, however far the page had come."""
    centre = busy_centre()
    answers = iter([True, False])
    kpis = KpiCollector(centre.board, lambda: next(answers))
    page = expositions(kpis, PipelineCollector(lambda: PipelineStats(partitions=(), build=BUILD)))
    body = (await page["/metrics"].scrape(TEXT, "")).body
    assert b"vigie_contacts_waiting" not in body
    assert b"vigie_view_complete" not in body
    assert b"vigie_build_info" in body


@given(st.binary(max_size=2_000), st.binary(max_size=500))
def test_two_parts_are_one_member_of_gzip(beginning: bytes, rest: bytes) -> None:
    """Also for a reader that stops after the first member, with checksum and length right."""
    made = gzipped(at_once(deflate_steps(beginning)), rest)
    assert gzip.decompress(made) == beginning + rest
    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(made) + reader.flush() == beginning + rest
    assert reader.eof
    assert reader.unused_data == b""


@pytest.mark.parametrize(
    ("header", "is_taken"),
    [
        ("", False), ("gzip", True), ("GZIP, deflate", True), ("deflate, br", False),
        ("gzip;q=0", False), ("gzip;q=0.5", True), ("*", True), ("*;q=0", False),
        ("identity", False), ("gzip;q=0, *", False), ("br;q=1.0, gzip;q=0.001", True),
    ],
)  # fmt: skip
def test_gzip_goes_to_who_takes_it(header: str, is_taken: bool) -> None:
    """As the header says it."""
    assert accepts_gzip(header) is is_taken


async def test_many_stream_clients_cost_one_encoding_per_selection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fifty follow two pages of the board: two encodings a board, and all get the same bytes."""
    centre = busy_centre()
    feeds = instances_of(BoardFeed, monkeypatch)
    app = build_web_app(centre)
    async with client_of(app) as client:
        asked = ["/api/stream?window=15m&kpis=contacts_waiting", "/api/stream?window=5m"]
        streams = [await client.get(asked[number % 2]) for number in range(50)]
        firsts = await asyncio.gather(*(board_of(stream) for stream in streams))
        assert len(set(firsts)) == 2
        assert feeds[0].encodings == 2
        for stream in streams:
            stream.close()


def instances_of(kind: type[BoardFeed], monkeypatch: pytest.MonkeyPatch) -> list[BoardFeed]:
    """What is made of a class from now on."""
    made: list[BoardFeed] = []
    begin = kind.__init__

    def noted(self: BoardFeed, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        made.append(self)

    monkeypatch.setattr(kind, "__init__", noted)
    return made


async def board_of(stream: aiohttp.ClientResponse) -> bytes:
    """The first board of a stream."""
    pending = b""
    async for chunk in stream.content.iter_any():
        pending += chunk
        at = pending.find(b"event: board\n")
        if at >= 0 and b"\n\n" in pending[at:]:
            return pending[at:].split(b"\n\n")[0]
    raise AssertionError("the stream ended without a board")
