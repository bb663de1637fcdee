"""The wallboard on paper, as a picture, and in a frame of another page."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser, BrowserContext, Download, Page, expect

from exporters.http.app import WebOptions, build_web_app
from tests.exporters.little_centre import busy_centre
from tests.exporters.morning import Morning
from tests.exporters.served import ServedInThread

CALM = WebOptions(refresh_ms=100, stale_after_ms=600_000, data_stale_after_ms=10**10)
A4_LANDSCAPE_PT = (842, 595)


@pytest.fixture(scope="module")
def served() -> Iterator[ServedInThread]:
    with ServedInThread(lambda: build_web_app(busy_centre(), options=CALM)) as server:
        yield server


def opened(context: BrowserContext, served: ServedInThread, query: str = "?page=queues") -> Page:
    page = context.new_page()
    page.goto(f"{served.url}/{query}")
    expect(page.locator("#tile-service_level .tile-value")).not_to_have_text("")
    return page


def pictured(page: Page) -> tuple[Download, Image.Image]:
    """Press the key and return what the browser saved."""
    with page.expect_download(timeout=30_000) as saved:
        page.keyboard.press("p")
    path = Path(saved.value.path())
    return saved.value, Image.open(io.BytesIO(path.read_bytes())).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_the_picture_is_the_page(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """As large as the page, named after page and instant, and its numbers are the screen's."""
    page = opened(context, served, "?page=queues&theme=dark")
    download, picture = pictured(page)
    assert download.suggested_filename == "vigie-queues-2026-01-05T12-00Z.png"
    assert picture.size == (1920, 1080)
    assert len(picture.getcolors(1 << 24) or []) > 200
    screen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for part in ("#tile-service_level .tile-value", "#queues-body tr:first-child .col-queue"):
        box = page.locator(part).bounding_box()
        assert box is not None
        x, y, width, height = (round(box[key]) for key in ("x", "y", "width", "height"))
        on_screen = screen.crop((x, y, x + width, y + height))
        # The line with date and legend stands above the numbers in the picture alone.
        shifts = [
            difference(on_screen, picture.crop((x, y + dy, x + width, y + dy + height)))
            for dy in range(60)
        ]
        assert min(shifts) < 6, part
        assert max(shifts) > 12, part
    expect(page.locator("#screen-said")).to_contain_text("Saved as vigie-queues")
    assert page.locator("html.captured").count() == 0
    assert complaints == []


def test_another_number_makes_another_picture(
    context: BrowserContext, served: ServedInThread
) -> None:
    """The comparison above can fail: a number that was changed is seen in the picture."""
    page = opened(context, served)
    _, one = pictured(page)
    page.locator("#tile-service_level .tile-value").evaluate("n => { n.textContent = '11.1%'; }")
    _, other = pictured(page)
    assert ImageChops.difference(one, other).getbbox() is not None


def test_a_long_page_is_saved_whole_and_the_past_says_so(browser: Browser, tmp_path: Path) -> None:
    """What has to be scrolled to is in it; the banner too, and the instant is in the name."""
    morning = Morning()
    with ServedInThread(lambda: build_web_app(morning.view, options=CALM)) as server:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.goto(f"{server.url}/?page=service&at=2024-06-03T10:00Z&theme=light")
        expect(page.locator("#past-banner")).to_be_visible()
        expect(page.locator("#cards .card").first).to_be_visible()
        whole = page.evaluate("document.body.scrollHeight")
        download, picture = pictured(page)
        assert download.suggested_filename == "vigie-service-2024-06-03T10-00Z.png"
        assert picture.width == 1366
        assert abs(picture.height - whole) < 120
        assert (0x5B, 0x3A, 0x8C) in {colour for _, colour in picture.getcolors(1 << 24) or []}
        context.close()


def test_the_page_prints_on_one_sheet_with_date_age_and_legend(
    context: BrowserContext, served: ServedInThread
) -> None:
    """A4 landscape in ink on white, also from the dark theme; nothing to press is on it."""
    page = opened(context, served, "?page=queues&theme=dark&lang=en")
    paper = page.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", paper)
    assert [tuple(round(float(n)) for n in box) for box in boxes] == [A4_LANDSCAPE_PT]
    page.emulate_media(media="print")
    expect(page.locator("#paper-title")).to_have_text("vigie · wallboard · Queues")
    when = page.locator("#paper-when")
    expect(when).to_have_text(
        re.compile(r"As of Monday, January 5, 2026 at 12:00:00 .*· data \d+ s old")
    )
    expect(page.locator("#paper-legend")).to_contain_text("▲ alert")
    for control in ("#tools", "#pages", "#windows", "#scopes"):
        expect(page.locator(control)).to_be_hidden()
    expect(page.locator("#queues-body tr")).to_have_count(6)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"


class Stranger:
    """A page of another origin that has the wallboard in a frame."""

    def __init__(self, address: str) -> None:
        body = (
            "<!doctype html><title>intranet</title><body style='background: #336699'>"
            f"<iframe src='{address}' width='900' height='500' frameborder='0'></iframe>"
        ).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body if self.path == "/" else b"")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def framed(context: BrowserContext, frame_ancestors: str, query: str) -> tuple[Page, Stranger]:
    """Open a stranger's page around a wallboard of its own."""
    options = WebOptions(refresh_ms=100, stale_after_ms=600_000, frame_ancestors=frame_ancestors)
    server = ServedInThread(lambda: build_web_app(busy_centre(), options=options))
    server.__enter__()
    context.on("close", lambda _: server.__exit__())
    stranger = Stranger(f"{server.url}/{query}")
    page = context.new_page()
    page.goto(stranger.url)
    return page, stranger


def test_a_page_that_is_allowed_embeds_two_queues(context: BrowserContext) -> None:
    """No header, no buttons, only those queues; the ground of the page around shows through."""
    query = "?embed=1&page=queues&queues=Technical%20support,Billing"
    page, stranger = framed(context, "http://127.0.0.1:*", query)
    try:
        frame = page.frame_locator("iframe")
        expect(frame.locator("#queues-body tr")).to_have_count(2)
        for gone in ("#pages", "#tools", "#freshness", "#choices", "#headline", "#rotation"):
            expect(frame.locator(gone)).to_be_hidden()
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        assert picture.getpixel((20, 480)) == (0x33, 0x66, 0x99)
    finally:
        stranger.close()


def test_a_page_that_is_not_allowed_sees_nothing(context: BrowserContext) -> None:
    """The default refuses every frame, and so does the name of another page."""
    for ancestors in ("'none'", "https://intranet.example"):
        page, stranger = framed(context, ancestors, "?embed=1&page=queues")
        try:
            page.wait_for_load_state("networkidle")
            assert page.frame_locator("iframe").locator("#queues-body").count() == 0
        finally:
            stranger.close()


def test_a_frame_may_have_some_tiles_alone_and_a_theme(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """Two tiles without the table; with a theme in the address the ground is that theme's."""
    page = opened(context, served, "?embed=1&page=queues&tiles=service_level,waiting&theme=dark")
    expect(page.locator("#headline .tile:visible")).to_have_count(2)
    expect(page.locator("#queues")).to_be_hidden()
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(11, 18, 25)"
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight") is True
    assert complaints == []
