"""The pages of figures in a real Chromium: tabs, tiles, cards, tables, made from the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aggregators import events as ev
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.policy import Rules
from aggregators.shard import Shard
from exporters.board_pages import pages_json
from exporters.headline import parse_headlines
from exporters.http.app import WebOptions, build_web_app
from tests.aggregators.test_trends import at, folded, mondays
from tests.exporters.full_centre import FullCentre
from tests.exporters.little_centre import NOON_MS
from tests.exporters.served import FONT_SIZES, ServedInThread

OPTIONS = WebOptions(mode="demo", refresh_ms=50, stale_after_ms=60_000, currency="EUR")
PAGES = pages_json()
FIGURES = [page for page in PAGES if page["kpis"]]


@pytest.fixture(scope="module")
def centre() -> FullCentre:
    return FullCentre()


@pytest.fixture(scope="module")
def served(centre: FullCentre) -> Iterator[ServedInThread]:
    with ServedInThread(lambda: build_web_app(centre, options=OPTIONS)) as server:
        yield server


def opened(context: BrowserContext, served: ServedInThread, query: str = "") -> Page:
    """Open the wallboard and wait for its tabs."""
    page = context.new_page()
    page.goto(f"{served.url}/{query}")
    expect(page.locator("#pages button")).to_have_count(len(PAGES))
    return page


def tile_of(path: str) -> str:
    return "#leads #tile-" + "".join(c if c.isalnum() or c == "_" else "-" for c in path)


@pytest.mark.parametrize("shown", FIGURES, ids=lambda shown: shown["id"])
def test_a_page_shows_every_kpi_of_its_groups(
    context: BrowserContext, served: ServedInThread, shown: dict[str, Any], complaints: list[str]
) -> None:
    """Large, or as a card with both its name and its value; nothing of the catalogue is lost."""
    page = opened(context, served, f"?page={shown['id']}")
    for path in shown["leads"]:
        expect(page.locator(f"{tile_of(path)} .tile-value")).not_to_have_text("–")
    for kpi_id in shown["kpis"]:
        if kpi_id not in shown["leads"]:
            card = page.locator(f"#kpi-{kpi_id}")
            english = CATALOGUE[kpi_id].english
            expect(card.locator(".card-name")).to_have_text(english[:1].upper() + english[1:])
            expect(card).to_have_text(re.compile(r"\d"))
    assert complaints == []


def test_the_stream_is_asked_for_the_page_and_nothing_else(
    context: BrowserContext, served: ServedInThread
) -> None:
    """A phone on the page of satisfaction does not carry the agents' figures every second."""
    page = opened(context, served)
    with page.expect_request(lambda request: "/api/stream" in request.url) as asked:
        page.locator("#tab-satisfaction").click()
    query = parse_qs(urlsplit(asked.value.url).query)
    satisfaction = next(shown for shown in PAGES if shown["id"] == "satisfaction")
    assert set(query["kpis"][0].split(",")) == set(satisfaction["kpis"])
    assert query["rows"] == [",".join(satisfaction["rows"])]
    assert query["window"] == ["today"]


def test_pages_have_addresses_and_keys_of_their_own(
    context: BrowserContext, served: ServedInThread
) -> None:
    """By address, by number, by arrow, and back again."""
    page = opened(context, served, "?page=satisfaction")
    chosen = page.locator('#pages [aria-selected="true"]')
    expect(chosen).to_have_text("Satisfaction")
    expect(page.locator("#page-queues")).to_be_hidden()
    page.keyboard.press("2")
    expect(chosen).to_have_text("Queues")
    expect(page.locator("#queues-body tr")).to_have_count(6)
    page.keyboard.press("4")
    expect(chosen).to_have_text("Service")
    assert page.url.endswith("/?page=service")
    page.locator("#tab-service").focus()
    page.keyboard.press("ArrowRight")
    expect(chosen).to_have_text("Resolution")
    page.go_back()
    expect(chosen).to_have_text("Service")
    page.reload()
    expect(chosen).to_have_text("Service")
    page.locator("#language").click()
    assert page.url.endswith("/?page=service")
    page.locator("#tab-overview").click()
    assert page.url.endswith("/")


def test_a_kiosk_goes_round_until_somebody_chooses(
    context: BrowserContext, served: ServedInThread
) -> None:
    """Two pages named, ten seconds each; a viewer's own choice stays."""
    page = context.new_page()
    page.clock.install()
    page.goto(f"{served.url}/?page=queues,satisfaction&rotate=10")
    chosen = page.locator('#pages [aria-selected="true"]')
    expect(chosen).to_have_text("Queues")
    page.clock.run_for(10_500)
    expect(chosen).to_have_text("Satisfaction")
    page.clock.run_for(10_000)
    expect(chosen).to_have_text("Queues")
    page.locator("#tab-selfcare").click()
    page.clock.run_for(40_000)
    expect(chosen).to_have_text("Self-care")


def test_a_figure_says_its_norms_its_n_and_what_it_means(
    context: BrowserContext, served: ServedInThread, centre: FullCentre
) -> None:
    """A norm that is missed is worth attention, never an alert; few answers are not judged."""

    def scores(**others: Any) -> None:
        centre.others.update(others)
        centre.tick()

    answers = {**centre.others["survey_answers"], "csat": 450, "nps": 450}
    served.do(lambda: scores(csat=0.784, nps=41.2, survey_answers=answers))
    page = opened(context, served, "?page=satisfaction")
    tile = page.locator("#tile-csat")
    expect(tile.locator(".tile-value")).to_have_text("78.4%")
    expect(tile.locator(".tile-goal")).to_have_text("good ≥ 80%, excellent ≥ 85%")
    expect(tile.locator(".tile-sample")).to_have_text("n = 450")
    expect(tile.locator(".status")).to_have_text("◆attention")
    expect(page.locator("#tile-nps .tile-value")).to_have_text("41.2")
    expect(page.locator("#tile-nps .status-word")).to_have_text("ok")
    served.do(lambda: scores(csat=0.9, survey_answers={**answers, "csat": 12}))
    expect(tile.locator(".tile-sample")).to_have_text("only n = 12 (under 20)")
    expect(tile.locator(".status-word")).to_have_text("no judgement")
    expect(tile).to_have_class("tile thin")
    served.do(lambda: scores(csat=None, survey_answers={**answers, "csat": 0}))
    expect(tile.locator(".tile-value")).to_have_text("–")
    expect(page.locator("#kpi-csat_mean")).to_contain_text("only n = 0")


def test_a_figure_that_may_still_change_is_marked(
    context: BrowserContext, served: ServedInThread, centre: FullCentre
) -> None:
    """While no day is final the provisional figure is shown, and says so."""

    def rate(final: float | None) -> None:
        centre.others["survey_response_rate"] = {"final": final, "provisional": 0.31}
        centre.tick()

    served.do(lambda: rate(None))
    page = opened(context, served, "?page=satisfaction")
    tile = page.locator("#tile-survey_response_rate-final")
    expect(tile.locator(".tile-value")).to_have_text("31.0%")
    expect(tile.locator(".tile-sample")).to_contain_text("◌ provisional")
    served.do(lambda: rate(0.42))
    expect(tile.locator(".tile-value")).to_have_text("42.0%")
    expect(tile.locator(".tile-sample")).not_to_contain_text("provisional")


def test_the_leading_figures_are_shown_by_survey_queue_or_motive(
    context: BrowserContext, served: ServedInThread
) -> None:
    """One list at a time, the one with most behind it first; the choice is remembered."""
    page = opened(context, served, "?page=satisfaction")
    by = page.locator("#breakdown-by button")
    expect(by.first).to_have_text("Surveys")
    rows = page.locator("#breakdown-body tr")
    expect(rows).to_have_count(4)
    expect(page.locator("#breakdown-head th").first).to_have_text("Survey")
    expect(rows.filter(has_text="after_call")).to_have_count(1)
    page.locator("#breakdown-by button", has_text="Motives").click()
    expect(rows.filter(has_text="Delivery late")).to_have_count(1)
    expect(rows).to_have_count(5)
    page.reload()
    expect(page.locator("#breakdown-head th").first).to_have_text("Motive")


def test_the_wallboard_leads_with_the_kpis_that_the_settings_choose(
    context: BrowserContext, centre: FullCentre, complaints: list[str]
) -> None:
    """Three to five large tiles in the place of the usual six, each of its own row."""
    chosen = parse_headlines(["nps", "service_level.abandons_negative", "csat@survey=yearly"])
    options = WebOptions(refresh_ms=50, stale_after_ms=60_000, headline=chosen)
    with ServedInThread(lambda: build_web_app(FullCentre(), options=options)) as server:
        page = opened(context, server, "?page=queues")
        tiles = page.locator("#chosen .tile")
        expect(tiles).to_have_count(3)
        expect(page.locator("#headline")).to_be_hidden()
        expect(tiles.nth(1).locator(".tile-value")).to_have_text("75.7%")
        expect(tiles.nth(1).locator(".tile-goal")).to_have_text("target ≥ 80%")
        expect(tiles.nth(2).locator(".tile-sample")).to_contain_text("yearly")
        expect(tiles.nth(2).locator(".tile-sample")).to_contain_text("n = ")
        expect(page.locator("#queues-body tr")).to_have_count(6)
    assert complaints == []


@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1080), (1366, 768), (390, 844)], ids=["wall", "laptop", "phone"]
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_is_wider_than_the_screen_or_cuts_a_number(
    browser: Browser, served: ServedInThread, width: int, height: int, language: str
) -> None:
    """Every page; on the wall and on a laptop the leading tiles and the table are in sight."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = opened(context, served, f"?lang={language}")
    for shown in PAGES:
        page.locator(f"#tab-{shown['id']}").click()
        if shown["kpis"]:
            first = shown["leads"][0].partition(".")[0]
            expect(page.locator(f'#leads .tile[id^="tile-{first}"]')).to_be_visible()
            expect(page.locator("#leads .tile-value").first).not_to_have_text("")
        assert page.evaluate("document.documentElement.scrollWidth") == width, shown["id"]
        cut = page.evaluate(
            """() => [...document.querySelectorAll(
                ".tile-value, .tile-label, .card-name, .card-value, .card-list > *")]
                .filter((n) => n.offsetParent && n.scrollWidth > n.clientWidth + 1)
                .map((n) => `${n.className}: ${n.textContent}`)"""
        )
        assert cut == [], shown["id"]
        if shown["kpis"] and width > 1000:
            bottom = page.evaluate(
                """() => document.querySelector("#breakdown-head")
                    .getBoundingClientRect().bottom + scrollY"""
            )
            assert bottom < height, shown["id"]
    context.close()


def test_leading_figures_are_readable_at_ten_metres(
    context: BrowserContext, served: ServedInThread
) -> None:
    """At 1920 pixels each is at least 48 pixels high, and a page has at most six."""
    page = opened(context, served)
    for shown in FIGURES:
        page.locator(f"#tab-{shown['id']}").click()
        expect(page.locator("#leads .tile-value")).to_have_count(len(shown["leads"]))
        for path in shown["leads"]:
            expect(page.locator(f"{tile_of(path)} .tile-value")).to_be_visible()
        sizes = page.evaluate(FONT_SIZES, "#leads .tile-value")
        assert 1 <= len(sizes) <= 6
        assert min(sizes) >= 48, shown["id"]


class Weeks(FullCentre):
    """A centre with six known Mondays of about a hundred calls, seen on one with 140."""

    def __init__(self) -> None:
        super().__init__(now_ms=at("2025-04-07T10:15:00"))
        self.parts = [folded(mondays(100, 104, 96, 100, 102, 140))]

    def shards(self) -> list[Any]:
        return self.parts


def test_the_page_of_trends_compares_with_earlier_weeks(
    context: BrowserContext, complaints: list[str]
) -> None:
    """What is now, what is usual with its range, how far off, and what that means."""
    options = WebOptions(refresh_ms=50, stale_after_ms=60_000, data_stale_after_ms=10**9)
    with ServedInThread(lambda: build_web_app(Weeks(), options=options)) as server:
        page = opened(context, server, "?page=trends")
        page.locator("#trends-windows button", has_text="Interval 15").click()
        line = page.locator("#trends-body tr", has_text="Contacts received").first
        expect(line.locator(".trend-now")).to_have_text("140")
        expect(line.locator(".trend-usual")).to_have_text("10070 – 130")
        expect(line.locator(".trend-difference")).to_have_text("+40 (+40%)")
        expect(line.locator(".trend-verdict")).to_have_text("○ higher than usual")
        page.locator("#trends-row").select_option(label="Channel: Voice")
        expect(line.locator(".trend-now")).to_have_text("140")
        page.locator("#language").click()
        expect(page.locator("#trends-head")).to_contain_text("Habituel")
    assert complaints == []


def searched(number: int, query: str) -> Any:
    """A search that found nothing."""
    return ev.FaqSearched(
        v=1, source="t", event_id=f"f{number}", event_time_ms=NOON_MS - 60_000 + number,
        session_id=f"S{number}", search_id=f"Q{number}", keyword=query, result_count=0,
        tool="faq",
    )  # fmt: skip


class Searched(FullCentre):
    """A centre in which three people searched for the same and one for something else."""

    def shards(self) -> list[Any]:
        shard = Shard("selfcare", 0, Rules())
        for number, query in enumerate(
            ("remboursement", "Remboursements", "promo", "remboursement")
        ):
            shard.apply(searched(number, query), NOON_MS)
        return [shard]


def test_the_page_of_self_care_lists_what_was_searched_for_in_vain(
    context: BrowserContext, complaints: list[str]
) -> None:
    """The most wanted first, folded; on no other page."""
    with ServedInThread(lambda: build_web_app(Searched(), options=OPTIONS)) as server:
        page = opened(context, server, "?page=selfcare")
        rows = page.locator("#expressions-body tr")
        expect(rows).to_have_count(2)
        expect(rows.nth(0).locator("th")).to_have_text("remboursement")
        expect(rows.nth(0).locator("td").first).to_have_text("3")
        page.locator("#tab-service").click()
        expect(page.locator("#expressions")).to_be_hidden()
    assert complaints == []


def test_on_the_first_day_the_page_of_trends_says_that_it_is_too_early(
    context: BrowserContext,
) -> None:
    """The figure of now, dashes and a sentence; no comparison with nothing."""
    centre = Weeks()
    centre.parts = [folded(mondays(100))]
    centre.now_ms = at("2025-03-03T10:30:00")
    with ServedInThread(lambda: build_web_app(centre, options=OPTIONS)) as server:
        page = opened(context, server, "?page=trends")
        expect(page.locator("#trends-note")).to_contain_text("before four whole weeks are known")
        line = page.locator("#trends-body tr", has_text="Contacts received").first
        expect(line.locator(".trend-now")).to_have_text(f"{centre.others['contact_volume']}")
        expect(line.locator(".trend-usual")).to_have_text("–")
        expect(line.locator(".trend-verdict")).to_have_text("too few weeks")
