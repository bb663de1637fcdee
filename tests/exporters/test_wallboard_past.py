"""Looking back on the wallboard: the slider, the banner, the way back to now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from exporters.http.app import WebOptions, build_web_app
from tests.alerts.alert_desk import busy_desk
from tests.alerts.alert_server import app_with
from tests.exporters.morning import Morning, clock_ms
from tests.exporters.served import ServedInThread

OPTIONS = WebOptions(refresh_ms=100, stale_after_ms=600_000, data_stale_after_ms=10**10)


@pytest.fixture(scope="module")
def morning() -> Morning:
    return Morning()


@pytest.fixture(scope="module")
def served(morning: Morning) -> Iterator[ServedInThread]:
    with ServedInThread(lambda: build_web_app(morning.view, options=OPTIONS)) as server:
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A viewer in Paris, where the morning began at ten."""
    made = browser.new_context(
        viewport={"width": 1920, "height": 1080}, locale="en-GB", color_scheme="light",
        timezone_id="Europe/Paris",
    )  # fmt: skip
    yield made
    made.close()


def opened(context: BrowserContext, served: ServedInThread, query: str = "") -> Page:
    page = context.new_page()
    page.goto(f"{served.url}/?page=queues&window=30m{query}")
    expect(page.locator("#tile-answer .tile-value")).not_to_have_text("")
    return page


def looking_back(page: Page) -> None:
    """Open the slider by its key; the focus is on it."""
    page.keyboard.press("t")
    expect(page.locator("#past-slider")).to_be_focused()


def answers(page: Page, text: str) -> None:
    expect(page.locator("#tile-answer .tile-value")).to_have_text(text)


def test_the_slider_goes_back_by_keys_and_the_numbers_follow(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """A minute, a quarter, home and end; what only the moment knew is a dash, never a zero."""
    page = opened(context, served)
    answers(page, "33.3%")
    looking_back(page)
    slider, when = page.locator("#past-slider"), page.locator("#past-when")
    expect(slider).to_have_attribute("aria-valuetext", "now")
    page.keyboard.press("ArrowLeft")
    expect(when).to_have_text("AS IT WAS AT 13:00")
    for _ in range(4):
        page.keyboard.press("PageDown")
    expect(when).to_have_text("AS IT WAS AT 12:00")
    expect(slider).to_have_attribute("aria-valuetext", "12:00")
    answers(page, "100%")
    expect(page.locator("#tile-waiting .tile-value")).to_have_text("–")
    expect(page.locator("#tile-waiting .tile-goal")).to_have_text("– over limit, – at risk")
    expect(page.locator("#tile-available .tile-value")).to_have_text("–")
    sales = page.locator("#queues-body tr", has_text="sales")
    expect(sales.locator(".col-answered")).to_have_text("30")
    expect(sales.locator(".col-waiting .figure")).to_have_text("–")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(when).to_have_text("AS IT WAS AT 12:02")
    page.keyboard.press("Home")
    expect(when).to_have_text("AS IT WAS AT 10:00")
    page.keyboard.press("End")
    expect(page.locator("body")).not_to_have_class(re.compile("is-past"))
    answers(page, "33.3%")
    expect(page.locator("#tile-waiting .tile-value")).to_have_text("4")
    assert complaints == []


def test_the_past_can_never_be_taken_for_now(
    context: BrowserContext, served: ServedInThread, morning: Morning
) -> None:
    """A banner, a frame and another ground; a new board does not change what is shown."""
    page = opened(context, served)
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    looking_back(page)
    page.keyboard.press("PageDown")
    banner = page.locator("#past-banner")
    expect(banner).to_contain_text("AS IT WAS AT 12:46")
    expect(banner).to_contain_text("As the events are known now, not as it was shown then.")
    assert page.evaluate(ground) != before
    frame = "getComputedStyle(document.body, '::after').borderTopWidth"
    assert page.evaluate(f"parseFloat({frame})") > 4
    shown = page.locator("#tile-answer .tile-sample").inner_text()
    served.do(lambda: setattr(morning, "now_ms", morning.now_ms + 1_000))
    expect(page.locator("#freshness")).to_contain_text("13:00:01")
    assert page.locator("#tile-answer .tile-sample").inner_text() == shown
    page.keyboard.press("Escape")
    expect(banner).to_be_hidden()
    assert page.evaluate(ground) == before
    answers(page, "33.3%")
    served.do(lambda: setattr(morning, "now_ms", morning.now_ms - 1_000))


def test_an_instant_has_an_address_and_pages_and_windows_follow(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """A link opens at its instant, in local time too; a click goes back and cleans the address."""
    page = opened(context, served, "&at=12:00")
    expect(page.locator("#past-when")).to_have_text("AS IT WAS AT 12:00")
    answers(page, "100%")
    assert "at=2024-06-03T10%3A00Z" in page.url
    page.reload()
    expect(page.locator("#past-when")).to_have_text("AS IT WAS AT 12:00")
    page.locator("#windows button", has_text="Today").click()
    expect(page.locator("#tile-answer .tile-sample")).to_have_text("n = 180 offered")
    page.locator("#tab-service").click()
    tile = page.locator('#leads .tile[id^="tile-answer_rate"] .tile-value')
    expect(tile).to_have_text("100%")
    page.locator("#tab-trends").click()
    expect(page.locator("#past-only-now")).to_contain_text("knows only now")
    expect(page.locator("#trends")).to_be_hidden()
    page.locator("#language").click()
    expect(page.locator("#past-when")).to_have_text("TEL QUE C’ÉTAIT À 12:00")
    page.locator("#past-back").click()
    expect(page.locator("#trends")).to_be_visible()
    assert "at=" not in page.url
    assert complaints == []


def test_left_alone_the_page_goes_back_to_now_by_itself(
    context: BrowserContext, served: ServedInThread
) -> None:
    """After five minutes without a touch, or as the address says; a touch begins them anew."""
    page = context.new_page()
    page.clock.install()
    page.goto(f"{served.url}/?page=queues&window=30m&at=12:00")
    banner = page.locator("#past-banner")
    expect(banner).to_be_visible()
    page.clock.run_for(290_000)
    expect(banner).to_be_visible()
    page.keyboard.press("Shift")
    page.clock.run_for(290_000)
    expect(banner).to_be_visible()
    page.clock.run_for(15_000)
    expect(banner).to_be_hidden()
    other = context.new_page()
    other.clock.install()
    other.goto(f"{served.url}/?page=queues&at=12:00&back_after=20")
    expect(other.locator("#past-banner")).to_be_visible()
    other.clock.run_for(25_000)
    expect(other.locator("#past-banner")).to_be_hidden()


def test_numbers_of_now_never_stand_under_the_banner(
    context: BrowserContext, served: ServedInThread
) -> None:
    """Until the numbers of the instant are there, nothing is: here they take their time."""
    page = opened(context, served)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/board?*", hold)
    looking_back(page)
    with page.expect_request("**/api/board?*"):
        page.keyboard.press("Home")
    expect(page.locator("#past-when")).to_have_text("AS IT WAS AT 10:00")
    expect(page.locator("#tile-answer .tile-value")).to_be_hidden()
    page.unroute("**/api/board?*")  # lets the held one go as well
    expect(page.locator("#tile-answer .tile-value")).to_be_visible()
    answers(page, "–")
    page.keyboard.press("PageUp")
    answers(page, "100%")
    expect(page.locator("#tile-answer .tile-sample")).to_have_text("n = 22 offered")


def test_an_instant_that_is_not_kept_says_so_and_shows_the_nearest(
    context: BrowserContext, served: ServedInThread
) -> None:
    """Before the first event; the banner has the instant that is shown."""
    page = opened(context, served, "&at=2024-06-03T06:00Z")
    expect(page.locator("#past-when")).to_have_text("AS IT WAS AT 10:00")
    expect(page.locator("#past-why")).to_have_text(
        "That instant is not kept; shown is the nearest one."
    )


def test_the_mouse_drags_the_slider(context: BrowserContext, served: ServedInThread) -> None:
    """The left end is the first instant, the right end is now."""
    page = opened(context, served)
    looking_back(page)
    box = page.locator("#past-slider").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    expect(page.locator("#past-when")).to_have_text("AS IT WAS AT 10:00")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#past-when")).to_have_text(re.compile(r"AS IT WAS AT 11:(29|3\d)"))
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    expect(page.locator("#past-banner")).to_be_hidden()


def test_alerts_of_that_time_are_marked_on_the_slider(context: BrowserContext) -> None:
    """From where an alert fired to where it was over, critical ones in their own colour."""
    quarter_ms = 900_000
    alerts = [
        {"fired_ms": clock_ms("10:00"), "resolved_ms": clock_ms("10:00") + quarter_ms,
         "severity": "critical"},
        {"fired_ms": None, "resolved_ms": clock_ms("10:30"), "severity": "warning"},
    ]  # fmt: skip

    def answer(route: Route) -> None:
        if "since_ms" in route.request.url and "state=all" in route.request.url:
            route.fulfill(json={"alerts": alerts})
        else:
            route.fallback()

    view: Any = Morning().view
    with ServedInThread(lambda: app_with(busy_desk(), OPTIONS, view)) as server:
        context.route("**/api/alerts?*", answer)
        page = opened(context, server)
        expect(page.locator("#tab-alerts")).to_be_visible()
        looking_back(page)
        mark = page.locator("#past-marks i")
        expect(mark).to_have_count(1)
        expect(mark).to_have_attribute("data-severity", "critical")
        style = mark.evaluate("n => [n.style.insetInlineStart, n.style.inlineSize]")
        # 120 of 181 minutes from the left, 15 long.
        assert style == ["66.3%", "8.29%"]
