"""The wallboard in a real Chromium: what a person in the room sees."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from exporters.http.app import WebOptions, build_web_app
from tests.exporters.little_centre import LittleCentre, busy_centre, figures
from tests.exporters.served import FONT_SIZES, ServedInThread

OPTIONS = WebOptions(mode="demo", refresh_ms=50, stale_after_ms=1_500)


def opened(context: BrowserContext, served: ServedInThread, query: str = "") -> Page:
    """Open the page of the queues and wait for its first numbers."""
    page = context.new_page()
    page.goto(f"{served.url}/{query or '?'}&page=queues")
    expect(value(page, "available")).not_to_have_text("")
    return page


def value(page: Page, tile: str) -> Locator:
    return page.locator(f"#tile-{tile} .tile-value")


def test_numbers_change_by_themselves(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre, complaints: list[str]
) -> None:
    """New numbers arrive without a reload, each with its target, its n and its verdict."""
    page = opened(context, served)
    tile = page.locator("#tile-service_level")
    expect(tile.locator(".tile-value")).to_have_text("75.7%")
    expect(tile.locator(".tile-goal")).to_have_text("target ≥ 80% within 60 s–24 h")
    expect(tile.locator(".tile-sample")).to_have_text("n = 521 offered")
    expect(tile.locator(".status-shape")).to_have_text("◆")
    expect(tile.locator(".status-word")).to_have_text("attention")
    served.do(lambda: centre.set_total(service_level=0.912, offered=1_204, available=12))
    expect(tile.locator(".tile-value")).to_have_text("91.2%")
    expect(tile.locator(".tile-sample")).to_have_text("n = 1,204 offered")
    expect(tile.locator(".status-shape")).to_have_text("●")
    expect(tile.locator(".status-word")).to_have_text("ok")
    expect(page.locator("#tile-available .tile-value")).to_have_text("12")
    expect(page.locator("#notice")).to_contain_text("nothing is kept")
    assert complaints == []


def test_the_queue_in_trouble_stands_first_and_says_so_without_colour(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """Rows are sorted by risk; status is a shape and a word; a new alert moves up."""
    page = opened(context, served)
    rows = page.locator("#queues-body tr")
    expect(rows).to_have_count(6)
    expect(rows.nth(0).locator(".queue-name")).to_have_text("Technical support")
    expect(rows.nth(0).locator(".status")).to_have_text("▲alert")
    expect(rows.nth(1).locator(".queue-name")).to_have_text("Billing")
    expect(rows.nth(1).locator(".status")).to_have_text("◆attention")

    def trouble() -> None:
        centre.set("Sales", longest=900.0, over=9, waiting=9, service_level=0.2, available=0)

    served.do(trouble)
    expect(rows.nth(0).locator(".queue-name")).to_have_text("Sales")
    expect(rows.nth(0).locator(".col-longest .figure")).to_have_text("15:00")


def test_no_value_is_a_dash_and_few_contacts_are_greyed(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """Nobody waits: a dash, not 0:00. Seven contacts: shown with n, without a verdict."""
    page = opened(context, served)
    row = page.locator("#queues-body tr", has_text="Fraud line")
    expect(row.locator(".col-longest .figure")).to_have_text("–")
    expect(row.locator(".col-service")).to_have_class("col-service thin")
    expect(row.locator(".col-service .sample")).to_have_text("n = 7")
    served.do(
        lambda: centre.set_total(
            service_level=None, longest=None, waiting=0, offered=0, answered=0, abandoned=0
        )
    )
    tile = page.locator("#tile-service_level")
    expect(tile.locator(".tile-value")).to_have_text("–")
    expect(tile.locator(".tile-sample")).to_have_text("only n = 0 (under 20)")
    expect(tile.locator(".status-word")).to_have_text("no judgement")


def test_language_is_switched_and_remembered(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """English by the browser's wish, French by the button, and still French after a reload."""
    page = opened(context, served)
    label = page.locator("#tile-service_level .tile-label")
    expect(label).to_have_text("Service level")
    page.locator("#language").click()
    expect(label).to_have_text("Niveau de service")
    expect(page.locator("#queues-head")).to_contain_text("Plus longue attente")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("#tile-service_level .tile-value")).to_have_text("75,7 %")
    page.reload()
    expect(label).to_have_text("Niveau de service")
    other = opened(context, served, "?lang=en")
    expect(other.locator("#tile-service_level .tile-label")).to_have_text("Service level")
    assert complaints == []


def test_a_french_browser_gets_a_french_page(browser: Browser, served: ServedInThread) -> None:
    """Without a choice the language is the browser's."""
    context = browser.new_context(locale="fr-FR")
    page = opened(context, served)
    expect(page.locator("#tile-waiting .tile-label")).to_have_text("En attente")
    context.close()


def test_theme_is_switched_and_remembered(context: BrowserContext, served: ServedInThread) -> None:
    """The system's theme first, then the button's, also after a reload; the address wins."""
    page = opened(context, served)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    page.locator("#theme").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    other = opened(context, served, "?theme=light")
    expect(other.locator("html")).to_have_attribute("data-theme", "light")


def test_the_stale_sign_comes_when_the_stream_stops_and_goes_when_it_is_back(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """A frozen board can never be taken for a live one."""
    page = opened(context, served)
    sign = page.locator("#stopped")
    served.do(centre.tick)
    expect(sign).to_be_hidden()
    served.stop()
    expect(sign).to_be_visible()
    expect(sign).to_contain_text("DATA STOPPED")
    expect(page.locator("#freshness")).to_contain_text("■")
    dimmed = "n => Number(getComputedStyle(n).opacity)"
    assert page.locator("#tile-waiting .tile-value").evaluate(dimmed) < 0.5
    page.locator("#language").click()
    expect(sign).to_contain_text("DONNÉES ARRÊTÉES")
    served.start()
    expect(sign).to_be_hidden()
    served.do(lambda: centre.set_total(available=77))
    expect(page.locator("#tile-available .tile-value")).to_have_text("77")


def test_old_data_on_a_living_stream_shows_the_stale_sign_too(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """Messages arrive but their newest event is older than the limit."""
    page = opened(context, served)

    def stop_events() -> None:
        centre.data_age_ms = 75_000
        centre.tick()

    served.do(stop_events)
    sign = page.locator("#stopped")
    expect(sign).to_contain_text("the newest event is 75 s old")

    def resume() -> None:
        centre.data_age_ms = 900
        centre.tick()

    served.do(resume)
    expect(sign).to_be_hidden()


def test_the_window_chosen_is_the_one_streamed_and_remembered(
    context: BrowserContext, served: ServedInThread
) -> None:
    """The page starts with 30 minutes and follows the choice."""
    page = opened(context, served)
    chosen = page.locator('#windows [aria-pressed="true"]')
    expect(chosen).to_have_text("30 min")
    assert page.locator("#windows button").all_inner_texts() == [
        "5 min", "15 min", "30 min", "1 h", "Interval 30", "Today",
    ]  # fmt: skip
    with page.expect_request(lambda request: "window=today" in request.url):
        page.locator("#windows button", has_text="Today").click()
    expect(chosen).to_have_text("Today")
    page.reload()
    expect(chosen).to_have_text("Today")


def test_a_channel_can_be_looked_at_alone(context: BrowserContext, served: ServedInThread) -> None:
    """All: e-mail and tickets apart from those who wait now. Chat: its numbers and its queues."""
    page = opened(context, served)
    waiting = page.locator("#tile-waiting")
    expect(waiting.locator(".tile-value")).to_have_text("21")
    expect(waiting.locator(".tile-sample")).to_have_text("+ 31 in e-mail and tickets")
    expect(page.locator("#tile-longest .tile-value")).to_have_text("3:07")
    page.locator("#scopes button", has_text="Chat").click()
    expect(waiting.locator(".tile-value")).to_have_text("2")
    expect(page.locator("#queues-body tr")).to_have_count(1)


def test_a_queue_opens_on_its_contacts_and_formulas(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """From the number to the contacts behind it and to every variant of the service level."""
    page = opened(context, served)
    page.locator(".queue-name", has_text="Technical support").click()
    queue = page.locator("#page-queue")
    expect(queue.locator("#queue-name")).to_have_text("Technical support")
    expect(queue.locator("#line-body tr")).to_have_count(14)
    expect(queue.locator("#handled-body tr")).to_have_count(6)
    page.locator("#variants-title").click()
    expect(queue.locator("#variants-body tr")).to_have_count(13)
    chosen = queue.locator("#variants-body tr.chosen")
    expect(chosen).to_contain_text("SL_D abandons_negative (shown)")
    expect(chosen).to_contain_text("61.40%")
    expect(chosen).to_contain_text("A≤ / O")
    page.go_back()
    expect(queue).to_be_hidden()
    expect(page.locator("#queues-body tr")).to_have_count(6)
    assert complaints == []


def test_a_hostile_name_stays_text(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre, complaints: list[str]
) -> None:
    """Names come from outside: markup in them is shown, never run."""
    name = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    served.do(lambda: centre.set(name, over=20, longest=5_000.0))
    page = opened(context, served)
    first = page.locator("#queues-body tr").nth(0)
    expect(first.locator(".queue-name")).to_have_text(name)
    assert page.locator("main img").count() == 0
    first.click()
    expect(page.locator("#queue-name")).to_have_text(name)
    assert page.locator("main img").count() == 0
    assert complaints == []


@pytest.mark.parametrize("width", [1024, 1366, 1920, 2560, 3840])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_never_scrolls_sideways_and_cuts_no_number(
    browser: Browser, served: ServedInThread, centre: LittleCentre, width: int, language: str
) -> None:
    """From 1024 to 3840 pixels, with long names and large numbers."""

    def crowd() -> None:
        centre.set(
            "A queue with a name that goes on and on " * 3, waiting=2_345, over=1_000,
            longest=99_999.0, offered=123_456, answered=120_000, abandoned=3_456,
            service_level=0.999, available=1_234, occupied=5_678,
        )  # fmt: skip
        centre.set_total(
            service_level=0.888, waiting=1_288, longest=99_999.0, offered=1_234_567,
            answered=1_100_000, abandoned=134_567, available=1_234, occupied=5_678,
        )  # fmt: skip

    served.do(crowd)
    context = browser.new_context(viewport={"width": width, "height": width * 9 // 16})
    page = opened(context, served, f"?lang={language}")
    expect(page.locator("#queues-body tr")).to_have_count(7)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".tile-value, #queues-body td")]
            .filter((n) => n.scrollWidth > n.clientWidth + 1)
            .map((n) => `${n.className}: ${n.textContent}`)"""
    )
    assert cut == []
    context.close()


def test_headline_numbers_are_readable_at_ten_metres(
    context: BrowserContext, served: ServedInThread
) -> None:
    """At 1920 pixels each headline number is at least 48 pixels high, there are four to six."""
    page = opened(context, served)
    sizes = page.evaluate(FONT_SIZES, "#headline .tile-value")
    assert 4 <= len(sizes) <= 6
    assert min(sizes) >= 48


def test_a_token_is_asked_for_and_kept_in_the_tab(context: BrowserContext) -> None:
    """Without the token no number is shown; with it the board opens, and the address is clean."""
    options = WebOptions(refresh_ms=50, token="the-right-one")
    with ServedInThread(lambda: build_web_app(busy_centre(), options=options)) as server:
        page = context.new_page()
        page.goto(server.url)
        expect(page.locator("#token-dialog")).to_be_visible()
        assert page.locator("#tile-waiting .tile-value").inner_text() == ""
        page.locator("#token-input").fill("the-right-one")
        page.locator("#token-send").click()
        expect(page.locator("#tile-waiting .tile-value")).to_have_text("21")
        other = context.new_page()
        other.goto(f"{server.url}/#token=the-right-one")
        expect(other.locator("#tile-waiting .tile-value")).to_have_text("21")
        assert "token" not in other.url


def test_the_little_centre_speaks_like_the_core() -> None:
    """The KPI ids of the stand-in are ids of the catalogue."""
    from aggregators.kpis.catalogue import CATALOGUE

    assert set(figures()) <= set(CATALOGUE)
