"""How soon the wallboard is painted, and what an update costs the browser, in a real Chromium.

``python -m benchmarks.paint [--queues N,N] [--updates N] [--paints N]
[--pages ID,ID] [--json FILE]``

Boards of simulated centres are served on this machine, a new one ten times a second, so that sixty
updates do not take a minute; each is a whole one. Paints begin with nothing cached. The work of
updates is what the browser itself counts: CPU time of its main thread between two updates, scripts
apart from styles and layout; what the page does by itself meanwhile is in it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Error, Page, sync_playwright

from benchmarks import machine
from benchmarks.measures import Paint, PaintBoard, PaintPage
from benchmarks.report_watchers import paint_lines, paint_table
from benchmarks.stage import ROOT, BenchmarkError, finish, keep
from tests.bench.browser import CHROMIUM, flags, require_chromium
from tests.bench.web import get_json

QUEUES = (100, 12, 300)
UPDATES = 60
PAINTS = 2
OTHER_SIZES_PAGES = ("overview", "queues", "service")
"""Of boards of other sizes these pages are measured: those with the most on them."""
EVERY_MS = 100
VIEWPORT = {"width": 1920, "height": 1080}
PATIENCE_MS = 30_000
SAME_UPDATE_S = 0.030
SAMPLE_MS = 20.0

_WATCH_NUMBERS = """
(() => {
  // A board has come when the time of the data stands there; then the numbers are looked for.
  const look = () => {
    const said = document.getElementById("freshness")?.textContent ?? "";
    if (/\\d\\d:\\d\\d/.test(said) && /\\d/.test(document.getElementById("main").innerText)) {
      window.numbersAt = performance.now();
      return;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()
"""
_FIRST_PAINT = """performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""


class Work:
    """What the browser's main thread did between two moments, in ms, by kind."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        # CPU time of the thread: on the wall clock other programs' work would count.
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now(self) -> tuple[float, float, float]:
        """Return (moment in s, scripts, styles and layout) since the page began.

        The browser's own count of scripts leaves out what follows a promise, which is all that an
        update does here: so scripts are whatever tasks did but styles and layout.
        """
        told = self._session.send("Performance.getMetrics")["metrics"]
        by_name = {one["name"]: one["value"] for one in told}
        layout_s = by_name["LayoutDuration"] + by_name["RecalcStyleDuration"]
        script_s = by_name["TaskDuration"] - layout_s
        return by_name["Timestamp"], script_s * 1_000, layout_s * 1_000


class Arrivals:
    """When updates arrived: pieces that come close together are one."""

    def __init__(self, session: CDPSession) -> None:
        self.at_s: list[float] = []
        self.bytes = 0
        self._streams: set[str] = set()
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.dataReceived", self._received)
        session.send("Network.enable")

    def _asked(self, told: dict[str, Any]) -> None:
        if "/api/stream" in told["request"]["url"]:
            self._streams.add(told["requestId"])

    def _received(self, told: dict[str, Any]) -> None:
        if told["requestId"] not in self._streams:
            return
        self.bytes += told["dataLength"]
        if not self.at_s or told["timestamp"] - self.at_s[-1] > SAME_UPDATE_S:
            self.at_s.append(told["timestamp"])


@contextmanager
def served(queues: int) -> Iterator[str]:
    """Serve a centre of so many queues; give its address."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.painted_centre", str(queues), str(EVERY_MS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        url = child.stdout.readline().strip()
        if not url:
            raise BenchmarkError("the centre to be painted did not start")
        yield url
    finally:
        child.stdin.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()


def addresses(url: str) -> dict[str, str]:
    """Return the pages of a wallboard: id to address, the one of a single queue last."""
    pages = [page["id"] for page in get_json(f"{url}/api/pages")["pages"]]
    found = {page: f"{url}/?page={page}" for page in pages}
    first = get_json(f"{url}/api/queues")["queues"][0]
    found["queue"] = f"{url}/?page=queue&queue={first['queue']}&channel={first['channel']}"
    return found


@contextmanager
def opened(browser: Browser) -> Iterator[tuple[Page, CDPSession]]:
    """Open a page with nothing cached."""
    context = browser.new_context(viewport=VIEWPORT, locale="en-GB")  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    try:
        yield page, context.new_cdp_session(page)
    finally:
        context.close()


def first_paint(browser: Browser, address: str) -> tuple[float, float]:
    """Return ms from the start of the navigation to the first paint, and to the numbers."""
    with opened(browser) as (page, _):
        page.add_init_script(_WATCH_NUMBERS)
        page.goto(address)
        ends_s = time.monotonic() + PATIENCE_MS / 1_000
        # The page's policy lets nothing wait inside of it that would have to be evaluated.
        found: list[float] = []
        for asked in ("window.numbersAt", _FIRST_PAINT):  # a paint is told of after its frame
            while (ms := page.evaluate(asked)) is None:
                if time.monotonic() > ends_s:
                    raise BenchmarkError(f"{address} shows no numbers, or tells of no paint")
                page.wait_for_timeout(SAMPLE_MS)
            found.append(ms)
        numbers_ms, painted_ms = found
        return painted_ms, numbers_ms


def updates_of(
    browser: Browser, address: str, updates: int
) -> tuple[list[float], list[float], float]:
    """Return ms of scripts, and of styles and layout, by update; and the bytes of an update."""
    with opened(browser) as (page, session):
        arrivals, work = Arrivals(session), Work(session)
        page.goto(address)
        page.wait_for_timeout(1_500)
        arrivals.at_s.clear()
        arrivals.bytes = 0
        samples = [work.now()]
        ends_s = time.monotonic() + PATIENCE_MS / 1_000
        while len(arrivals.at_s) <= updates:
            page.wait_for_timeout(SAMPLE_MS)
            samples.append(work.now())
            if time.monotonic() > ends_s:
                raise BenchmarkError(f"{address} had {len(arrivals.at_s)} updates in vain")
    script_ms: list[float] = []
    layout_ms: list[float] = []
    borders = arrivals.at_s
    for begin_s, end_s in pairwise(borders):
        # Work on an update ends some ms after it came: a sample belongs to the update before.
        inside = [one for one in samples if begin_s <= one[0] <= end_s]
        before = [one for one in samples if one[0] < begin_s]
        if inside and before:
            script_ms.append(inside[-1][1] - before[-1][1])
            layout_ms.append(inside[-1][2] - before[-1][2])
    return script_ms, layout_ms, arrivals.bytes / len(borders)


def measure_board(
    browser: Browser, queues: int, updates: int, paints: int, only: Collection[str] = ()
) -> PaintBoard:
    """Measure all pages of one board, or some.

    Raises:
        BenchmarkError: a page never showed numbers.
    """
    pages: list[PaintPage] = []
    message_bytes = 0.0
    with served(queues) as url:
        for name, address in addresses(url).items():
            if only and name not in only:
                continue
            try:
                painted = [first_paint(browser, address) for _ in range(paints)]
                script_ms, layout_ms, size = updates_of(browser, address, updates)
            except Error as error:
                raise BenchmarkError(f"the page {name} of {queues} queues: {error}") from error
            message_bytes = max(message_bytes, size)
            pages.append(
                PaintPage(
                    page=name,
                    first_paint_ms=[first for first, _ in painted],
                    numbers_ms=[numbers for _, numbers in painted],
                    script_ms=script_ms,
                    layout_ms=layout_ms,
                    updates=len(script_ms),
                )
            )
    return PaintBoard(queues=queues, message_bytes=round(message_bytes), pages=pages)


def measure(sizes: list[int], updates: int, paints: int, only: Collection[str] = ()) -> Paint:
    """Measure every size: the first one in full, of the others some pages and a quarter."""
    require_chromium()
    load = machine.load_per_core()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags())
        try:
            boards = [
                measure_board(
                    browser,
                    queues,
                    updates if number == 0 else max(1, updates // 4),
                    paints if number == 0 else 1,
                    only or (() if number == 0 else OTHER_SIZES_PAGES),
                )
                for number, queues in enumerate(sizes)
            ]
            version = browser.version
        finally:
            browser.close()
    return Paint(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        browser=f"Chromium {version}",
        boards=boards,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.paint", description=__doc__)
    parser.add_argument("--queues", default=",".join(map(str, QUEUES)), help="sizes of boards")
    parser.add_argument("--updates", type=int, default=UPDATES)
    parser.add_argument("--paints", type=int, default=PAINTS)
    parser.add_argument("--pages", default="", help="some of the pages, by id")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    sizes = [int(size) for size in given.queues.split(",") if size.strip().isdigit()]
    if not sizes or min(sizes) < 2 or given.updates < 1 or given.paints < 1:
        parser.error("--queues are numbers from 2 on, --updates and --paints at least 1")
    only = tuple(page for page in given.pages.split(",") if page)
    figures = measure(sizes, given.updates, given.paints, only)
    print(paint_table(figures))
    print(paint_lines(figures))
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
