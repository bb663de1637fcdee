"""The wallboard without a mouse, without colours, large, narrow, and read aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from exporters.board_pages import pages_json
from exporters.http.app import WebOptions
from exporters.http.page import FOLDER
from tests.alerts.alert_desk import busy_desk
from tests.alerts.alert_server import app_with
from tests.exporters.full_centre import FullCentre
from tests.exporters.morning import Morning
from tests.exporters.served import ServedInThread

CALM = WebOptions(
    mode="demo", refresh_ms=50, stale_after_ms=600_000, data_stale_after_ms=10**10, currency="EUR",
    agent_figures=True,
)  # fmt: skip
PAGES = [page["id"] for page in pages_json()] + ["alerts"]
ADDRESSES = [*dict.fromkeys(PAGES), "queue&queue=Technical%20support&channel=voice"]


@pytest.fixture(scope="module")
def centre() -> FullCentre:
    return FullCentre()


@pytest.fixture(scope="module")
def served(centre: FullCentre) -> Iterator[ServedInThread]:
    desk = busy_desk()

    def build() -> web.Application:
        return app_with(desk, CALM, centre)

    with ServedInThread(build) as server:
        yield server


def opened(context: BrowserContext, served: ServedInThread, query: str = "") -> Page:
    page = context.new_page()
    page.goto(f"{served.url}/?{query}")
    expect(page.locator("#tab-alerts .badge")).to_be_visible()
    return page


def violations(page: Page) -> list[str]:
    """Return what axe-core has against the page, with the nodes."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']}: {[node['target'] for node in v['nodes']]}" for v in found]


@pytest.mark.parametrize(
    ("language", "theme", "width"),
    [("en", "light", 1366), ("fr", "dark", 1366), ("fr", "light", 390)],
    ids=["english-light", "french-dark", "phone"],
)
def test_axe_has_nothing_against_any_page(
    browser: Browser, served: ServedInThread, language: str, theme: str, width: int
) -> None:
    """Every page, the one of a queue too; axe is put in past the policy, in this test alone."""
    context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page = opened(context, served, f"lang={language}&theme={theme}")
    wrong: dict[str, list[str]] = {}
    for address in ADDRESSES:
        page.goto(f"{served.url}/?page={address}&lang={language}&theme={theme}")
        expect(page.locator("#tab-alerts .badge")).to_be_visible()
        expect(page.locator("#freshness")).to_contain_text("12:")
        page.wait_for_function(
            "() => !document.getAnimations().some((a) => a.playState === 'running')"
        )
        if found := violations(page):
            wrong[address] = found
    assert wrong == {}
    context.close()


def test_axe_has_nothing_against_the_past(browser: Browser) -> None:
    """The banner and the slider, in both themes; the board of a frame as well."""
    from exporters.http.app import build_web_app

    context = browser.new_context(viewport={"width": 1366, "height": 800}, bypass_csp=True)
    with ServedInThread(lambda: build_web_app(Morning().view, options=CALM)) as server:
        page = context.new_page()
        for query in ("&theme=light", "&theme=dark&lang=fr", "&theme=dark&embed=1"):
            page.goto(f"{server.url}/?page=queues&at=2024-06-03T10:00Z{query}")
            expect(page.locator("#past-banner")).to_be_visible()
            expect(page.locator("#queues-body tr")).to_have_count(2)
            page.wait_for_function(
                "() => !document.getAnimations().some((a) => a.playState === 'running')"
            )
            assert violations(page) == [], query
    context.close()


def test_axe_would_find_something(browser: Browser, served: ServedInThread) -> None:
    """A button that loses its name is found, so the silence above means something."""
    context = browser.new_context(bypass_csp=True)
    page = opened(context, served, "page=queues")
    page.locator("#capture").evaluate("n => { n.removeAttribute('aria-label'); n.title = ''; }")
    assert any(found.startswith("button-name") for found in violations(page))
    context.close()


FOCUSED = """() => {
    const node = document.activeElement;
    if (!node || node === document.body) return null;
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    return {
        id: node.id || node.className || node.tagName, top: box.top + scrollY, left: box.left,
        seen: box.width > 0 && box.height > 0,
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""


def stops(page: Page, most: int = 80) -> list[dict[str, Any]]:
    """Press Tab until the focus leaves the page; return where it was."""
    found: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        node = page.evaluate(FOCUSED)
        if node is None or (found and node == found[0]):
            break
        found.append(node)
    return found


def test_the_whole_page_is_reached_by_keyboard_in_the_order_of_reading(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """The way past the header first; every stop is seen and has a ring; a queue opens by Enter."""
    page = opened(context, served, "page=queues")
    expect(page.locator("#queues-body tr")).to_have_count(6)
    found = stops(page)
    names = [stop["id"] for stop in found]
    assert names[0] == "skip"
    order = [names.index(name) for name in ("tab-queues", "past-open", "capture", "language")]
    assert order == sorted(order)
    assert [stop["id"] for stop in found if not stop["seen"]] == []
    assert [stop["id"] for stop in found if not stop["ring"]] == []
    rows = [stop["top"] for stop in found if "queue-name" in stop["id"]]
    assert len(rows) == 6
    assert rows == sorted(rows)
    page.locator("#queues-body .queue-name").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#page-queue")).to_be_visible()
    assert complaints == []


def test_the_way_past_the_header_goes_to_the_numbers(
    context: BrowserContext, served: ServedInThread
) -> None:
    """It is seen only while it has the focus."""
    page = opened(context, served, "page=queues")
    skip = page.locator("#skip")
    assert skip.evaluate("n => n.getBoundingClientRect().width") < 2
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_have_text("Skip to the numbers")
    assert skip.evaluate("n => n.getBoundingClientRect().width") > 50
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_parts_have_roles_and_names_in_both_languages(
    context: BrowserContext, served: ServedInThread
) -> None:
    """Tabs with their panels, the tools, the slider; French names in French."""
    page = opened(context, served, "page=queues")
    expect(page.get_by_role("tab", name="Queues", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    expect(page.get_by_role("tabpanel", name="Queues")).to_be_visible()
    expect(page.get_by_role("button", name="As it was earlier (t)")).to_have_attribute(
        "aria-expanded", "false"
    )
    expect(page.get_by_role("region", name="What is shown")).to_be_visible()
    page.locator("#language").click()
    expect(page.get_by_role("button", name="Enregistrer en image (p)")).to_be_visible()
    expect(page.get_by_role("region", name="Ce qui est affiché")).to_be_visible()


def next_second(centre: FullCentre, n: int) -> None:
    """Other numbers, no new trouble."""
    centre.tick()
    centre.set("Sales", waiting=n % 3, longest=5.0 + n)


WATCH = """() => {
    window.spoken = [];
    const live = '[aria-live="polite"], [aria-live="assertive"], [role="status"], [role="alert"]';
    for (const node of document.querySelectorAll(live)) {
        new MutationObserver(() => window.spoken.push([node.id, node.textContent]))
            .observe(node, {childList: true, characterData: true, subtree: true});
    }
}"""


def test_a_screen_reader_is_told_of_trouble_and_not_of_every_number(
    context: BrowserContext, served: ServedInThread, centre: FullCentre
) -> None:
    """Sixty new boards say nothing; the age of the data is a timer, which is not read out."""
    page = opened(context, served, "page=overview")
    expect(page.locator("#trouble-list li").first).to_be_visible()
    page.evaluate(WATCH)
    for n in range(60):
        served.do(partial(next_second, centre, n))
        page.wait_for_timeout(20)
    expect(page.locator("#freshness")).to_contain_text("12:01")
    assert page.evaluate("window.spoken") == []
    assert page.locator("#freshness").get_attribute("role") == "timer"


def test_at_320_pixels_the_page_needs_no_sideways_scrolling(
    browser: Browser, served: ServedInThread
) -> None:
    """What 1280 pixels are at 400 %; tables scroll in their own frames."""
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = opened(context, served, "page=queues")
    for address in ADDRESSES:
        page.goto(f"{served.url}/?page={address}")
        expect(page.locator("#tab-alerts .badge")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide == 320, address
    page.locator("#past-open").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    context.close()


def test_whoever_wants_no_motion_gets_none(browser: Browser, served: ServedInThread) -> None:
    """No transition and no animation anywhere on the page."""
    context = browser.new_context(reduced_motion="reduce")
    page = opened(context, served, "page=queues&rotate=60")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((node) => {
            const style = getComputedStyle(node);
            const durations = style.transitionDuration + "," + style.animationDuration;
            return durations.split(",").some((one) => parseFloat(one) > 0);
        }).map((node) => node.id || node.className)"""
    )
    assert moving == []
    context.close()


def test_colours_of_the_reader_keep_what_is_chosen_visible(
    browser: Browser, served: ServedInThread
) -> None:
    """With forced colours the chosen tab and window differ from the others, tiles have edges."""
    context = browser.new_context(forced_colors="active")
    page = opened(context, served, "page=queues")
    colour = "n => getComputedStyle(n).backgroundColor"
    chosen = page.locator('#windows [aria-pressed="true"]').first.evaluate(colour)
    other = page.locator('#windows [aria-pressed="false"]').first.evaluate(colour)
    assert chosen != other
    tab = page.locator('#pages [aria-selected="true"]').evaluate(colour)
    assert tab == chosen
    edge = page.locator(".tile").first.evaluate("n => getComputedStyle(n).borderLeftStyle")
    assert edge == "solid"
    context.close()


def test_the_words_of_the_screen_are_the_same_in_both_languages() -> None:
    """Every word has its English and its French, in the same order."""
    text = (FOLDER / "screen_words.js").read_text(encoding="utf-8")
    english, french = text.split("\n  fr: {", 1)
    keys = [re.findall(r"([A-Za-z0-9]+): (?=[\"({])", part) for part in (english, french)]
    assert len(keys[1]) > 35
    assert keys[0][keys[0].index("skip") :] == keys[1]
