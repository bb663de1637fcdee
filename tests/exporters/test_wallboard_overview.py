"""The overview in a real Chromium: what a wall shows first."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aggregators.policy import QueuePolicy
from exporters.http.app import WebOptions, build_web_app
from tests.alerts.alert_desk import busy_desk
from tests.exporters.alert_board import app_of
from tests.exporters.little_centre import LittleCentre
from tests.exporters.served import FONT_SIZES, ServedInThread

OPTIONS = WebOptions(mode="demo", refresh_ms=50, stale_after_ms=60_000)


def opened(context: BrowserContext, served: ServedInThread, query: str = "?lang=en") -> Page:
    """Open the wallboard and wait for its numbers."""
    page = context.new_page()
    page.goto(f"{served.url}/{query}")
    expect(page.locator("#tile-available .tile-value")).not_to_have_text("")
    expect(page.locator("#pages button")).not_to_have_count(1)
    return page


def calm(centre: LittleCentre) -> None:
    for queue, channel in list(centre.rows):
        centre.set(queue, channel, centre.policies[queue, channel], service_level=0.95, waiting=1,
                   abandoned=1)  # fmt: skip


def test_the_first_page_says_where_to_act_and_why(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """The worst queue first, its reasons in words, the worst one first; the others are counted."""
    page = opened(context, served)
    expect(page.locator('#pages [aria-selected="true"]')).to_have_text("Overview")
    rows = page.locator("#trouble-list .trouble-row")
    expect(rows).to_have_count(2)
    first = rows.nth(0)
    expect(first.locator(".trouble-name")).to_have_text("Technical support")
    expect(first.locator(".status")).to_have_text("▲alert")
    assert first.locator(".trouble-reason").all_inner_texts() == [
        "5 waiting longer than 90 s",
        "no agent is free, 14 waiting",
        "service level 61.4%, target 80%",
    ]
    expect(first.locator(".trouble-figure").nth(0)).to_have_text("14")
    expect(first.locator(".trouble-figure").nth(1)).to_have_text("3:07")
    second = rows.nth(1)
    expect(second.locator(".status")).to_have_text("◆attention")
    assert second.locator(".trouble-reason").all_inner_texts() == [
        "service level 78.2%, target 80%",
        "1 at risk: the limit passes within 30 s",
    ]
    expect(page.locator("#trouble-fine")).to_have_text("4 of 6 queues fine")
    expect(page.locator("#queues")).to_be_hidden()
    assert complaints == []


def test_the_same_in_french(context: BrowserContext, served: ServedInThread) -> None:
    """Words and numbers."""
    page = opened(context, served, "?lang=fr")
    first = page.locator("#trouble-list .trouble-row").first
    assert first.locator(".trouble-reason").all_inner_texts() == [
        "5 en attente depuis plus de 90 s",
        "aucun agent libre, 14 en attente",
        "niveau de service 61,4\u00a0%, objectif 80\u00a0%",
    ]
    expect(page.locator("#trouble-title")).to_have_text("À traiter d’abord")


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"available": 0, "occupied": 0, "waiting": 3}, "no agent is logged in, 3 waiting"),
        ({"available": 0, "waiting": 0}, "all agents are busy"),
        ({"abandoned": 9, "answered": 111}, "abandonment 7.5%, at most 5%"),
        ({"at_risk": 2}, "2 at risk: the limit passes within 30 s"),
        ({"over": 1, "waiting": 4}, "1 waiting longer than 90 s"),
    ],
)
def test_each_kind_of_trouble_has_its_words(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre, figures: dict[str, Any],
    reason: str,
) -> None:  # fmt: skip
    """A queue that was fine gets into trouble, and the wall says which."""
    served.do(lambda: calm(centre))
    page = opened(context, served)
    expect(page.locator("#trouble-none")).to_have_text("● No queue is in trouble.")
    served.do(lambda: centre.set("Sales", service_level=0.95, **figures))
    row = page.locator("#trouble-list .trouble-row")
    expect(row).to_have_count(1)
    expect(row.locator(".trouble-reason")).to_have_text([reason])


def test_a_queue_that_turns_to_alert_is_read_out_once(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """Politely, with the first reason; what was there when the page opened is not news."""
    page = opened(context, served)
    said = page.locator("#trouble-said")
    expect(said).to_have_attribute("aria-live", "polite")
    expect(said).to_have_text("")
    served.do(lambda: centre.set("Sales", over=2, waiting=2, longest=200.0))
    expect(said).to_have_text("Sales: 2 waiting longer than 90 s")


def test_a_queue_opens_by_click_and_by_key_and_back_again(
    context: BrowserContext, served: ServedInThread
) -> None:
    """The arrows go from queue to queue; the address can be shared; back leads to the wall."""
    page = opened(context, served)
    links = page.locator(".trouble-link")
    links.first.focus()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#queue-name")).to_have_text("Billing")
    expect(page.locator("#queue-name")).to_be_focused()
    assert page.url.endswith("/?lang=en&page=queue&queue=Billing&channel=voice")
    page.go_back()
    expect(page.locator("#trouble")).to_be_visible()
    links.first.click()
    expect(page.locator("#queue-name")).to_have_text("Technical support")
    shared = context.new_page()
    shared.goto(page.url)
    expect(shared.locator("#queue-name")).to_have_text("Technical support")


def test_the_alerts_that_are_open_are_counted_and_named(
    context: BrowserContext, centre: LittleCentre
) -> None:
    """By severity with shape and word; the way to their page."""
    desk = busy_desk()
    with ServedInThread(lambda: app_of(centre, desk)) as server:
        page = opened(context, server)
        expect(page.locator("#overview-alerts-count li")).to_have_count(3)
        expect(page.locator("#overview-alerts-list li")).not_to_have_count(0)
        page.locator("#overview-alerts-all").click()
        expect(page.locator("#page-alerts")).to_be_visible()


def test_without_alerts_there_is_no_empty_place_for_them(
    context: BrowserContext, served: ServedInThread
) -> None:
    """Neither is there a count of nothing."""
    page = opened(context, served)
    expect(page.locator("#overview-alerts")).to_be_hidden()


def test_a_wall_without_a_queue_says_so(context: BrowserContext, complaints: list[str]) -> None:
    """Before the first contact."""
    with ServedInThread(lambda: build_web_app(LittleCentre(), options=OPTIONS)) as server:
        page = opened(context, server)
        expect(page.locator("#trouble-none")).to_have_text("No queue has had a contact yet.")
        expect(page.locator("#trouble-fine")).to_have_text("")
    assert complaints == []


def test_hostile_names_stay_text(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre, complaints: list[str]
) -> None:
    """Markup in the name of a queue is shown, never run, and leads to its page."""
    name = '<img src=x onerror=alert(1)>&page=alerts#"'
    served.do(lambda: centre.set(name, over=20, longest=5_000.0))
    page = opened(context, served)
    first = page.locator(".trouble-link").first
    expect(first.locator(".trouble-name")).to_have_text(name)
    first.click()
    expect(page.locator("#queue-name")).to_have_text(name)
    expect(page.locator("#queue-tiles .tile-value").first).not_to_have_text("")
    assert page.locator("main img").count() == 0
    assert complaints == []


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (390, 844)])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_wall_fits_the_screen(
    browser: Browser, served: ServedInThread, centre: LittleCentre, width: int, height: int,
    language: str,
) -> None:  # fmt: skip
    """Nothing is cut, nothing scrolls sideways; the first queue in trouble is in sight."""
    served.do(lambda: centre.set("A queue whose name goes on and on " * 3, over=1_000,
                                 waiting=2_345, longest=99_999.0, available=0))  # fmt: skip
    context = browser.new_context(viewport={"width": width, "height": height})
    page = opened(context, served, f"?lang={language}")
    first = page.locator(".trouble-row").first
    expect(first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cut = page.evaluate(
        """() => [...document.querySelectorAll(
            ".tile-value, .trouble-why, .trouble-figure, .centre dd, .centre dt")]
            .filter((n) => n.offsetParent && n.scrollWidth > n.clientWidth + 1)
            .map((n) => `${n.className}: ${n.textContent}`)"""
    )
    assert cut == []
    if width > 1000:
        box = first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < height
    context.close()


def test_numbers_and_names_are_readable_from_far(
    context: BrowserContext, served: ServedInThread
) -> None:
    """At 1920 pixels: four to six headline numbers of 64 pixels (48 pt), names of half as much."""
    page = opened(context, served)
    sizes = page.evaluate(FONT_SIZES, "#headline .tile-value")
    assert 4 <= len(sizes) <= 6
    assert min(sizes) >= 64
    assert min(page.evaluate(FONT_SIZES, ".trouble-name")) >= 32


def test_many_queues_cost_little(context: BrowserContext, complaints: list[str]) -> None:
    """300 queues: six stand on the wall, the others are counted, and no node is made anew."""
    centre = LittleCentre()
    policy = QueuePolicy()
    for number in range(300):
        centre.set(f"Queue {number:03}", policy=policy, over=number % 30, waiting=30,
                   longest=100.0 + number)  # fmt: skip
    with ServedInThread(lambda: build_web_app(centre, options=OPTIONS)) as server:
        page = opened(context, server)
        rows = page.locator(".trouble-row")
        expect(rows).to_have_count(6)
        expect(page.locator("#trouble-more")).to_have_text("and 284 more in trouble")
        page.evaluate("""() => { window.made = 0; new MutationObserver((found) => {
            for (const one of found) window.made += one.addedNodes.length;
        }).observe(document.querySelector("main"), { subtree: true, childList: true }); }""")
        server.do(lambda: centre.set_total(available=77))
        expect(page.locator("#tile-available .tile-value")).to_have_text("77")
        assert page.evaluate("window.made") < 30
    assert complaints == []
