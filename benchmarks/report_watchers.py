"""The part of docs/performance.md about those who watch: scrapers, wallboards, browsers."""

from __future__ import annotations

from benchmarks.measures import (
    Paint,
    PaintPage,
    Scrape,
    ScrapeRow,
    Stall,
    WatchedRun,
    Watchers,
    median,
    quantile,
)
from benchmarks.tables import table
from exporters.turns import TURN_S

AIM_LOSS = 0.15
AIM_SCRAPE_MS = 100.0
AIM_STALL_MS = 50.0
AIM_PAINT_MS = 1_000.0
AIM_UPDATE_MS = 50.0


def kept(is_kept: bool) -> str:
    """Return the verdict of an aim."""
    return "kept" if is_kept else "**not kept**"


def scrape_table(found: Scrape) -> str:
    """Return a row per size."""
    return table(
        (
            "KPI series", "queues", "scrapes", "median ms", "99 % ms", "largest ms", "KiB",
            "compressed", "longest pause of the loop, ms", "of it CPU", "without a scrape, ms",
        ),
        [_scrape_row(row) for row in found.rows],
    )  # fmt: skip


def _scrape_row(row: ScrapeRow) -> tuple[str, ...]:
    scraped, other = row.stall(while_scraped=True), row.stall(while_scraped=False)
    return (
        f"{row.series:,}",
        str(row.queues),
        str(len(row.scrapes_ms)),
        f"{quantile(row.scrapes_ms, 0.5):.0f}",
        f"{quantile(row.scrapes_ms, 0.99):.0f}",
        f"{max(row.scrapes_ms):.0f}",
        f"{row.page_bytes // 1024:,}",
        f"{row.gzip_bytes // 1024:,}",
        _ms(scraped),
        "" if scraped is None else f"{scraped.cpu_ms:.0f}",
        _ms(other),
    )


def _ms(stall: Stall | None) -> str:
    return "under 10" if stall is None else f"{stall.ms:.0f}"


def scrape_lines(found: Scrape) -> str:
    """Return a line per aim, for the smallest size, and where its longest pause was seen."""
    row = found.rows[0]
    p99_ms, stall = quantile(row.scrapes_ms, 0.99), row.stall(while_scraped=True)
    stall_ms = 0.0 if stall is None else stall.ms
    return (
        f"A scrape of {row.series:,} series takes {p99_ms:.0f} ms at 99 % (aim: under "
        f"{AIM_SCRAPE_MS:.0f} ms, {kept(p99_ms < AIM_SCRAPE_MS)}).\n"
        f"Meanwhile the loop stands still for {stall_ms:.0f} ms at most (aim: under "
        f"{AIM_STALL_MS:.0f} ms, {kept(stall_ms < AIM_STALL_MS)}){_seen(stall)}."
    )


def _seen(stall: Stall | None) -> str:
    if stall is None or not stall.parts:
        return ""
    most = list(stall.parts)[:3]
    return f", {stall.cpu_ms:.0f} ms of it on the CPU, seen in {'; '.join(most)}"


def watchers_table(found: Watchers) -> str:
    """Return two rows per round."""
    rows = []
    for number, pair in enumerate(zip(found.alone, found.watched, strict=True), start=1):
        for name, run in zip(("alone", "watched"), pair, strict=True):
            rows.append((f"round {number}, {name}", *_run_cells(run)))
    return table(
        (
            "", "events/s", "events per CPU s", "boards", "encodings", "pages made",
            "boards received", "pages received",
        ),
        rows,
    )  # fmt: skip


def _run_cells(run: WatchedRun) -> tuple[str, ...]:
    crowd = run.crowd
    return (
        f"{run.per_s:,.0f}",
        f"{run.per_cpu_s:,.0f}",
        str(run.boards),
        str(run.encodings),
        str(run.pages),
        "" if crowd is None else f"{sum(crowd.boards):,}",
        "" if crowd is None else f"{sum(crowd.pages):,}",
    )


def watchers_lines(found: Watchers) -> str:
    """Return the line of the aim."""
    loss, wall = median(found.cpu_losses), median(found.losses)
    low, high = min(found.cpu_losses), max(found.cpu_losses)
    return (
        f"{found.streams} wallboards and {found.scrapers} scrapers cost {loss:.1%} of the events "
        f"per second of CPU ({low:.1%} to {high:.1%} by round; aim: under {AIM_LOSS:.0%}, "
        f"{kept(loss < AIM_LOSS)}), and {wall:.1%} of those per second of wall clock, where they "
        f"share the cores with the worker."
    )


def paint_table(found: Paint) -> str:
    """Return a row per size and page; ms."""
    return table(
        (
            "queues", "page", "first paint", "numbers", "scripts per update", "99 %",
            "styles and layout", "updates",
        ),
        [(str(board.queues), *_page_cells(page)) for board in found.boards for page in board.pages],
    )  # fmt: skip


def _page_cells(page: PaintPage) -> tuple[str, ...]:
    return (
        page.page,
        f"{median(page.first_paint_ms):.0f}",
        f"{median(page.numbers_ms):.0f}",
        f"{median(page.script_ms):.1f}",
        f"{quantile(page.script_ms, 0.99):.1f}",
        f"{median(page.layout_ms):.1f}",
        str(page.updates),
    )


def paint_lines(found: Paint) -> str:
    """Return a line per aim, for the first size: the slowest page counts."""
    board = found.boards[0]
    slowest = max(board.pages, key=lambda page: median(page.first_paint_ms))
    dearest = max(board.pages, key=lambda page: median(page.script_ms))
    paint_ms, script_ms = median(slowest.first_paint_ms), median(dearest.script_ms)
    return (
        f"The wallboard of {board.queues} queues is painted first after {paint_ms:.0f} ms (page "
        f"{slowest.page}; aim: under {AIM_PAINT_MS:,.0f} ms, {kept(paint_ms < AIM_PAINT_MS)}).\n"
        f"An update takes {script_ms:.0f} ms of scripts (page {dearest.page}; aim: under "
        f"{AIM_UPDATE_MS:.0f} ms, {kept(script_ms < AIM_UPDATE_MS)})."
    )


_SECTION = """
## Those who watch

### Wallboards and scrapers at once

{watchers_events:,} events lie in Kafka and a worker works them off as fast as it can, turn by turn
alone and watched: {streams} streams of {selections} different pages and windows, {scrapers}
scrapers of the whole `/metrics` every {every:.0f} s each (OpenMetrics and text, compressed), and
one who asks for a whole board once a second. The watchers are one process and the worker another;
with Kafka they share {cores} cores. So the CPU of the worker itself is what counts, the wall clock
stands beside it. Each watcher must have got boards that only grow newer and pages that are whole,
else there is no figure. Measured {watchers_at}, load per core {watchers_load:.2f}.

{watchers}

{watchers_said}

A board is made once for all who look, a page of metrics is written once per board for both formats
and compressed once, and JSON is encoded once per board for all streams that show the same page and
window. While a backlog is worked off boards are rarer, for everybody.

### A scrape, and the loop meanwhile

A worker folds a simulated centre's events at their time while `/metrics` is read as Prometheus
reads it, every {scrape_every} ms or so, by another process. A board lasts about half a second, so
part of the scrapes wait for a new one. A heartbeat inside the worker notes how long its loop
stands still; of a pause the part on the CPU is the worker's own work, the rest is the machine's
(other processes, here Kafka and those who send and ask). {rates}. Measured
{scrape_at}, load per core {scrape_load:.2f}.

{scrape}

{scrape_said}

Boards, pages and JSON are made in steps: after {turn:.0f} ms others have their turn. Nothing is
folded while a board is made, so each shows one instant.

### The page in a browser

{browser} on the same machine; the boards of simulated centres come ten times a second and are whole
ones. *First paint* begins with an empty cache, *numbers* is when a board's figures stand there.
Medians, ms; the work of an update is CPU time of the page's main thread, everything but styles and
layout being called scripts. Measured {paint_at}, load per core {paint_load:.2f}.

{paint}

{paint_said}
"""


def watching(watchers: Watchers, scrape: Scrape, paint: Paint) -> str:
    """Return the section."""
    crowd = watchers.watched[0].crowd
    rates = " and ".join(f"{row.events_per_s:,.0f}" for row in scrape.rows)
    return _SECTION.format(
        watchers_events=watchers.events,
        streams=watchers.streams,
        selections=0 if crowd is None else crowd.selections,
        scrapers=watchers.scrapers,
        every=watchers.scrape_every_s,
        cores=watchers.machine.cores,
        watchers_at=watchers.taken_at,
        watchers_load=watchers.load_per_core,
        watchers=watchers_table(watchers),
        watchers_said=watchers_lines(watchers),
        scrape_every=scrape.every_ms,
        rates=f"Events per second, by row: {rates}",
        scrape_at=scrape.taken_at,
        scrape_load=scrape.load_per_core,
        scrape=scrape_table(scrape),
        scrape_said=scrape_lines(scrape),
        turn=TURN_S * 1_000,
        browser=paint.browser,
        paint_at=paint.taken_at,
        paint_load=paint.load_per_core,
        paint=paint_table(paint),
        paint_said=paint_lines(paint),
    )
