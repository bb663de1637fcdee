"""Takes the picture ``docs/pictures/report.png``: ``python -m tests.docs.report_picture [FOLDER]``.

A simulated day after five simulated Mondays, with two alerts, becomes a report, and a real browser
shows its HTML as a mail reader would. With a folder given, pictures of both languages, of a
telephone, of dark colours and of a week go there. Look at the picture before you keep it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from msgspec.structs import replace

from aggregators.carrying import carry
from aggregators.events import CUSTOMERS, topic_of
from aggregators.policy import DAY_MS, HOUR_MS, MINUTE_MS, Rules
from aggregators.shard import Shard
from exporters.reports.html import html_of
from exporters.reports.making import Surroundings, finished, steps
from exporters.reports.plan import Language, PeriodName, ReportPlan
from exporters.reports.report import AlertLine, AlertNote, Alerts, Report
from exporters.reports.schedule import latest
from exporters.reports.view import document
from streams.simulator.demo import demo_scenario
from streams.simulator.simulation import Simulation
from tests.bench.browser import open_chromium
from vigie.compute import topic_shards
from vigie.demo import demo_rules
from vigie.report_plots import draw

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "report.png"
DAY_MS_START = 1_790_553_600_000  # 2026-09-28T00:00:00Z, a Monday
WEEKS = 5
OPEN_FROM_MS, OPEN_TO_MS = 7 * HOUR_MS, 18 * HOUR_MS
WIDTH, HEIGHT = 680, 1500

Shot: TypeAlias = "tuple[Path, Path, int, Literal['light', 'dark']]"
"""A page, where its picture goes, how wide the window is, in which colours."""


def simulated() -> tuple[list[Shard], Rules]:
    """Return the shards after some Mondays and the day, in office hours, and their rules."""
    scenario = demo_scenario()
    rules = demo_rules(Rules(), scenario)
    shards = topic_shards(rules)
    for number in range(WEEKS, -1, -1):
        start_ms = DAY_MS_START - number * 7 * DAY_MS
        simulation = Simulation(scenario, seed=20 + number, start_ms=start_ms + OPEN_FROM_MS)
        for event in simulation.events(start_ms + OPEN_TO_MS):
            shard = shards[topic_of(event)]
            # Each day its own contacts: the simulator counts from 1 every time.
            shard.apply(_renamed(event, number), event.event_time_ms)
            if shard.outbox:
                carry(shard, shards[CUSTOMERS], None)
    return list(shards.values()), rules


def _renamed(event: Any, number: int) -> Any:
    names = {
        name: f"{value}-{number}"
        for name in ("event_id", "contact_id", "session_id", "survey_id", "cart_id", "callback_id")
        if isinstance(value := getattr(event, name, None), str)
    }
    return replace(event, **names)


def alerts(start_ms: int) -> Alerts:
    """Return two alerts of the day."""
    fired_ms = start_ms + 10 * HOUR_MS + 12 * MINUTE_MS
    taken_ms = fired_ms + 4 * MINUTE_MS
    return Alerts(
        fired=2, mtta_ms=4 * MINUTE_MS, mttr_ms=51 * MINUTE_MS,
        lines=(
            AlertLine(
                name="Service level under target", where="tech (voice)", kind="pair", queue="tech",
                channel="voice", severity="critical", fired_ms=fired_ms,
                ended_ms=fired_ms + 95 * MINUTE_MS, taken_ms=taken_ms, taken_by="Anna",
                worst="14.3%",
                notes=(
                    AlertNote(
                        at_ms=taken_ms, what="acknowledged", by="Anna",
                        why="two agents moved from Sales",
                    ),
                ),
            ),
            AlertLine(
                name="Longest wait", where="tech (voice)", kind="pair", queue="tech",
                channel="voice", severity="warning", fired_ms=fired_ms + 3 * HOUR_MS,
                ended_ms=fired_ms + 3 * HOUR_MS + 7 * MINUTE_MS, worst="9 min 48 s",
            ),
        ),
    )  # fmt: skip


def made(
    shards: list[Shard], rules: Rules, language: Language, period: PeriodName = "daily"
) -> Report:
    """Return the report of the day, or of its week."""
    plan = ReportPlan(name="centre", language=language, zone="Europe/Paris", period=period)
    due_ms = DAY_MS_START + (1 if period == "daily" else 7) * DAY_MS + 4 * HOUR_MS + 31 * MINUTE_MS
    around = Surroundings(alerts=alerts(DAY_MS_START), late=3, refused=0, counted_from_ms=1)
    return finished(
        steps(plan, latest(plan, due_ms), shards, rules, made_ms=due_ms, surroundings=around)
    )


def page_of(report: Report, folder: Path) -> Path:
    """Write the report's HTML and plots into a folder, as a browser can show them."""
    folder.mkdir(parents=True, exist_ok=True)
    plots = asyncio.run(draw(report))
    html = html_of(document(report), {name: name for name in plots})
    for name, png in plots.items():
        (folder / f"{name}.png").write_bytes(png)
        html = html.replace(f'"cid:{name}"', f'"{name}.png"')
    page = folder / "report.html"
    page.write_text(html, encoding="utf-8")
    return page


async def shoot(shots: Sequence[Shot], *, is_whole: bool) -> None:
    """Have a browser show pages and keep what it shows, all of a page or its beginning."""
    async with open_chromium() as browser:
        for page_path, target, width, scheme in shots:
            page = await browser.new_page(
                viewport={"width": width, "height": HEIGHT}, color_scheme=scheme
            )
            await page.goto(page_path.as_uri())
            await page.screenshot(path=target, full_page=is_whole)
            await page.close()


def take(folder: Path | None = None) -> None:
    """Take the picture of the docs; with a folder all others instead."""
    shards, rules = simulated()
    with tempfile.TemporaryDirectory() as name:
        drawn = Path(name)
        english = page_of(made(shards, rules, "en"), drawn / "en")
        if folder is None:
            asyncio.run(shoot([(english, PICTURE, WIDTH, "light")], is_whole=False))
            return
        folder.mkdir(parents=True, exist_ok=True)
        french = page_of(made(shards, rules, "fr"), drawn / "fr")
        week = page_of(made(shards, rules, "fr", "weekly"), drawn / "week")
        shots: list[Shot] = [
            (english, folder / "day-en-640.png", WIDTH, "light"),
            (english, folder / "day-en-dark.png", WIDTH, "dark"),
            (english, folder / "day-en-phone.png", 360, "light"),
            (french, folder / "day-fr-640.png", WIDTH, "light"),
            (french, folder / "day-fr-phone.png", 360, "light"),
            (week, folder / "week-fr-640.png", WIDTH, "light"),
        ]
        asyncio.run(shoot(shots, is_whole=True))


if __name__ == "__main__":
    take(Path(sys.argv[1]) if sys.argv[1:] else None)
