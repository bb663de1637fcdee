"""A wall that needs no hand: rotation, full screen, idle pointer, and the newest page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiohttp import web
from playwright.sync_api import Browser, BrowserContext, Page, expect

from exporters.http.app import WebOptions, build_web_app
from exporters.http.page import page_build
from tests.alerts.alert_desk import busy_desk
from tests.exporters.alert_board import app_of
from tests.exporters.little_centre import LittleCentre, busy_centre
from tests.exporters.served import ServedInThread

OPTIONS = WebOptions(refresh_ms=100, stale_after_ms=600_000, data_stale_after_ms=10**10)


@pytest.fixture(scope="module")
def centre() -> LittleCentre:
    return busy_centre()


@pytest.fixture(scope="module")
def served(centre: LittleCentre) -> Iterator[ServedInThread]:
    with ServedInThread(lambda: build_web_app(centre, options=OPTIONS)) as server:
        yield server


def rotating(context: BrowserContext, served: ServedInThread, query: str) -> Page:
    """Open a rotation whose clock the test moves."""
    page = context.new_page()
    page.clock.install()
    page.goto(f"{served.url}/?{query}")
    expect(page.locator("#rotation")).to_be_visible()
    return page


def chosen(page: Page, name: str) -> None:
    expect(page.locator('#pages [aria-selected="true"] > span').first).to_have_text(name)


def test_the_rotation_says_what_comes_next_and_how_soon(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """A line that fills up at the foot, and the next page by name."""
    page = rotating(context, served, "page=queues,satisfaction&rotate=10")
    page.clock.run_for(5_000)
    expect(page.locator("#rotation-words")).to_have_text("Satisfaction in 5 s")
    bar = page.locator("#rotation-bar").evaluate("n => parseFloat(n.style.inlineSize)")
    assert 40 < bar < 60
    page.clock.run_for(5_500)
    chosen(page, "Satisfaction")
    expect(page.locator("#rotation-words")).to_contain_text("Queues in")
    assert complaints == []


def test_the_rotation_waits_while_somebody_is_there(
    context: BrowserContext, served: ServedInThread
) -> None:
    """Half a minute after the last touch it goes on; the space bar holds it."""
    page = rotating(context, served, "page=queues,satisfaction&rotate=10")
    page.clock.run_for(8_000)
    page.mouse.move(300, 300)
    page.mouse.move(340, 320)
    expect(page.locator("#rotation-words")).to_contain_text("paused, goes on in")
    page.clock.run_for(20_000)
    chosen(page, "Queues")
    page.clock.run_for(14_000)
    chosen(page, "Satisfaction")
    page.keyboard.press("Space")
    expect(page.locator("#rotation-words")).to_have_text("❚❚ paused")
    page.clock.run_for(120_000)
    chosen(page, "Satisfaction")
    page.keyboard.press("Space")
    page.clock.run_for(11_000)
    chosen(page, "Queues")


def test_a_page_in_trouble_stays_twice_as_long(context: BrowserContext) -> None:
    """Its badge says that something is wrong: eyes need the time."""
    desk = busy_desk()
    with ServedInThread(lambda: app_of(busy_centre(), desk)) as server:
        page = rotating(context, server, "page=alerts,satisfaction&rotate=10")
        expect(page.locator("#tab-alerts .badge")).to_have_attribute("data-level", "alert")
        page.clock.run_for(15_000)
        chosen(page, "Alerts")
        page.clock.run_for(6_000)
        chosen(page, "Satisfaction")
        page.clock.run_for(10_500)
        chosen(page, "Alerts")


def test_the_pointer_goes_when_nobody_moves_it(
    context: BrowserContext, served: ServedInThread
) -> None:
    """Only on a wall; the first move brings it back."""
    page = rotating(context, served, "page=queues,satisfaction&rotate=60")
    cursor = "getComputedStyle(document.querySelector('main')).cursor"
    page.clock.run_for(5_000)
    assert page.evaluate(cursor) == "none"
    page.mouse.move(200, 200)
    page.mouse.move(260, 220)
    assert page.evaluate(cursor) != "none"
    desk = context.new_page()
    desk.clock.install()
    desk.goto(f"{served.url}/?page=queues")
    expect(desk.locator("#queues-body tr")).to_have_count(6)
    desk.clock.run_for(5_000)
    assert desk.evaluate(cursor) != "none"


def test_the_button_and_the_key_fill_the_screen(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """And leave it again; the name of the button says which."""
    page = context.new_page()
    page.goto(f"{served.url}/?page=queues")
    expect(page.locator("#queues-body tr")).to_have_count(6)
    button = page.locator("#full-screen")
    expect(button).to_have_accessible_name("Full screen (f)")
    is_full = "() => document.fullscreenElement !== null"
    page.keyboard.press("f")
    page.wait_for_function(is_full)
    expect(button).to_have_accessible_name("Leave full screen (f)")
    button.click()
    page.wait_for_function("() => document.fullscreenElement === null")
    expect(button).to_have_accessible_name("Full screen (f)")
    assert complaints == []


def test_a_wall_keeps_the_screen_on(browser: Browser, served: ServedInThread) -> None:
    """It asks the browser for a wake lock while it rotates, a desk does not."""
    context = browser.new_context()
    context.add_init_script(
        """window.locks = 0;
        navigator.wakeLock.request = async () => {
            window.locks += 1;
            return {released: false};
        };"""
    )
    page = rotating(context, served, "page=queues,satisfaction&rotate=60")
    page.wait_for_function("() => window.locks === 1")
    desk = context.new_page()
    desk.goto(f"{served.url}/?page=queues")
    expect(desk.locator("#queues-body tr")).to_have_count(6)
    assert desk.evaluate("window.locks") == 0
    context.close()


def test_a_page_of_another_version_loads_itself_anew_once(
    context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server came back with other files: the wall has them without a hand, and no loop."""
    build = {"now": page_build()}
    monkeypatch.setattr("exporters.http.app.page_build", lambda: build["now"])

    def app() -> web.Application:
        return build_web_app(busy_centre(), options=OPTIONS)

    with ServedInThread(app) as server:
        page = context.new_page()
        page.goto(f"{server.url}/?page=queues")
        expect(page.locator("#queues-body tr")).to_have_count(6)
        page.evaluate("window.isOld = true")
        server.stop()
        server.start()
        page.wait_for_timeout(100)
        assert page.evaluate("window.isOld") is True
        server.stop()
        build["now"] = "another"
        server.start()
        page.wait_for_function("() => window.isOld === undefined", timeout=30_000)
        expect(page.locator("#queues-body tr")).to_have_count(6)


def test_the_name_of_the_build_follows_the_files() -> None:
    """Sixteen letters, the same for the same files."""
    assert page_build() == page_build()
    assert len(page_build()) == 16
