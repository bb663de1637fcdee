"""The page of one queue in a real Chromium: who waits, its day, its settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aggregators.policy import Hours, QueuePolicy, Rules
from exporters.http.app import WebOptions, build_web_app
from exporters.live import MemoryView
from tests.aggregators.story import fold, left_after, queued, s
from tests.alerts.alert_desk import busy_desk
from tests.exporters.alert_board import app_of
from tests.exporters.little_centre import LittleCentre, busy_centre
from tests.exporters.served import ServedInThread

OPTIONS = WebOptions(refresh_ms=50, stale_after_ms=60_000)
ADDRESS = "?lang=en&page=queue&queue=Technical%20support&channel=voice"


def opened(context: BrowserContext, served: ServedInThread, query: str = ADDRESS) -> Page:
    """Open the page of a queue and wait for its numbers."""
    page = context.new_page()
    page.goto(f"{served.url}/{query}")
    expect(page.locator("#tile-queue-service_level .tile-value")).not_to_have_text("")
    return page


def waiting(n: int, wait_ms: int, **more: Any) -> Any:
    """One who waits."""
    return {
        "contact_id": f"+33 6 12 34 {n:04}", "leg_id": "l", "state": "waiting",
        "since_ms": 1_767_614_400_000 - wait_ms, "wait_ms": wait_ms, "agent_id": None,
        "channel": "voice", "motive": None, "priority": None, **more,
    }  # fmt: skip


def test_a_shared_address_shows_one_queue(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """Its name, why it is in trouble, its numbers against its limits; the tab is that of all."""
    page = opened(context, served)
    expect(page.locator('#pages [aria-selected="true"]')).to_have_text("Queues")
    expect(page.locator("#queue-name")).to_have_text("Technical support")
    expect(page.locator("#queue-channel")).to_have_text("Voice")
    expect(page.locator("#queue-status")).to_have_text("▲alert")
    expect(page.locator("#queue-why .trouble-reason").first).to_have_text(
        "5 waiting longer than 90 s"
    )
    tile = page.locator("#tile-queue-service_level")
    expect(tile.locator(".tile-value")).to_have_text("61.4%")
    expect(tile.locator(".tile-goal")).to_have_text("target ≥ 80% within 90 s")
    expect(page.locator("#heads")).to_be_hidden()
    assert complaints == []


def test_those_who_wait_stand_by_risk_and_without_their_ids(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """How long, how long until the limit, priority and motive; beyond the limit with a mark."""
    centre.waiting_contacts["Technical support"] = [
        waiting(1, 20_000), waiting(2, 187_000, motive="delivery"),
        waiting(3, 75_000, priority=2, state="ringing"),
    ]  # fmt: skip
    page = opened(context, served)
    lines = page.locator("#line-body tr")
    expect(lines).to_have_count(3)
    expect(lines.nth(0)).to_have_attribute("data-level", "alert")
    expect(lines.nth(0).locator(".line-left")).to_have_text(re.compile(r"^▲ 1:\d\d over$"))
    expect(lines.nth(0).locator(".line-motive")).to_have_text("delivery")
    expect(lines.nth(1)).to_have_attribute("data-level", "watch")
    expect(lines.nth(1).locator(".line-left")).to_have_text(re.compile(r"^◆ in 0:1\d$"))
    expect(lines.nth(1).locator(".line-priority")).to_have_text("2")
    expect(lines.nth(1).locator(".line-state")).to_have_text("ringing")
    expect(lines.nth(2)).to_have_attribute("data-level", "ok")
    for name in page.locator("#line-body .line-id").all_inner_texts():
        assert re.fullmatch(r"[2-9a-z]{5}", name)
    assert "+33" not in page.content()
    expect(page.locator("#line-title")).to_have_text("Waiting (3)")


def test_waits_go_on_and_new_ones_come_by_themselves(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """Between two answers by the page's clock, then from the server."""
    centre.waiting_contacts["Technical support"] = [waiting(1, 20_000)]
    page = opened(context, served)
    wait = page.locator("#line-body .line-wait")
    # Answers would set the wait back: the clock of this centre stands still.
    page.route("**/api/queues/**", lambda route: route.abort())
    expect(wait).to_have_text(re.compile("^0:2[2345]$"))
    page.unroute("**/api/queues/**")
    served.do(lambda: centre.waiting_contacts["Technical support"].append(waiting(2, 400_000)))
    served.do(centre.tick)
    expect(page.locator("#line-body tr")).to_have_count(2)
    expect(page.locator("#line-title")).to_have_text("Waiting (2)")


def test_beyond_two_hundred_the_others_are_counted(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """The list says how many of how many it shows."""

    def crowd() -> None:
        centre.set("Technical support", waiting=431, over=431)
        centre.waiting_contacts["Technical support"] = [waiting(n, 100_000 + n) for n in range(250)]

    served.do(crowd)
    page = opened(context, served)
    expect(page.locator("#line-body tr")).to_have_count(200)
    expect(page.locator("#line-title")).to_have_text("Waiting (431)")
    expect(page.locator("#line-more")).to_have_text("200 of 431 listed")


def test_a_quiet_queue_says_so(context: BrowserContext, served: ServedInThread) -> None:
    """Nobody waits, nothing is wrong, nothing was offered: words, not empty tables."""
    page = opened(context, served, "?lang=en&page=queue&queue=Sales")
    expect(page.locator("#queue-why")).to_have_text("Nothing is wrong here.")
    expect(page.locator("#line-none")).to_have_text("● Nobody waits.")
    expect(page.locator("#line-scroll")).to_be_hidden()
    expect(page.locator("#handled-none")).to_have_text("No contact is being handled.")
    expect(page.locator("#day-none")).to_have_text("Nothing has been offered today.")
    expect(page.locator("#queue-alerts")).to_be_hidden()


def test_the_windows_and_the_settings_of_the_queue(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """Every window in one table; hours as people say them, in the language of the page."""
    day = ((480, 1200),)
    policy = QueuePolicy(
        hours=Hours((*((day,) * 5), ((540, 780),), ())), zone="Europe/Paris", team="North"
    )
    served.do(lambda: centre.set("Technical support", policy=policy, service_level=0.7))
    page = opened(context, served)
    rows = page.locator("#windows-body tr")
    expect(rows).to_have_count(8)
    half_hour = rows.filter(has=page.get_by_role("rowheader", name="30 min", exact=True))
    expect(half_hour.locator("td")).to_have_text(
        ["120", "112", "6", "▲ 70.0%", "5.0%", "0:33", "–"]
    )
    settings = page.locator("#queue-settings dd")
    expect(settings).to_have_text([
        "80% within 90 s", "under 10 s", "30 s before the limit",
        "Mon–Fri 08:00–20:00 · Sat 09:00–13:00 · ● open now", "Europe/Paris", "North",
    ])  # fmt: skip
    page.locator("#language").click()
    expect(settings.nth(3)).to_have_text(
        "lun.–ven. 08:00–20:00 · sam. 09:00–13:00 · ● ouverte maintenant"
    )


def test_the_day_is_drawn_and_told(context: BrowserContext, complaints: list[str]) -> None:
    """A bar for each half hour, a sentence for who does not see it, a table for who wants it."""
    rules = Rules(channels={"voice": QueuePolicy(threshold_ms=20_000)}, min_sample=5)
    told = [
        event
        for half_hour, waits in ((0, 5), (1, 50), (2, 5))
        for n in range(10)
        for event in left_after(f"{half_hour}-{n}", "answered", waits, half_hour * 1800 + 100 + n)
    ]
    told += left_after("gone", "abandoned", 30, 5000)
    shard = fold(sorted([*told, queued("w", 5300)], key=lambda e: e.event_time_ms), rules)
    view = MemoryView(lambda: [shard], rules, lambda: s(5310))
    options = WebOptions(refresh_ms=50, stale_after_ms=60_000, min_sample=5)
    with ServedInThread(lambda: build_web_app(view, options=options)) as server:
        page = opened(context, server, "?lang=en&page=queue&queue=q")
        expect(page.locator("#day-volumes .day-slot")).to_have_count(3)
        levels = page.locator("#day-levels .day-level")
        expect(levels.nth(1)).to_have_attribute("data-level", "alert")
        expect(page.locator("#day-chart")).to_have_attribute(
            "aria-label",
            "The day by half hour: 2 of 3 half hours reached the target; "
            "the worst one began at 00:30: 0%",
        )
        page.locator("#day-table-open").click()
        expect(page.locator("#day-table-body tr").nth(0).locator("td").nth(0)).to_have_text("11")
        expect(page.locator("#day-table-body tr").nth(1)).to_contain_text("▲ 0%")
        expect(page.locator("#line-body tr")).to_have_count(1)
    assert complaints == []


def test_the_alerts_of_the_queue_and_no_others(context: BrowserContext) -> None:
    """Named with value, limit and state."""
    with ServedInThread(lambda: app_of(busy_centre(), busy_desk())) as server:
        page = opened(context, server)
        shown = page.locator("#queue-alerts-list li")
        expect(shown).not_to_have_count(0)
        expect(shown.first).to_have_attribute("data-severity", "critical")
        page.goto(f"{server.url}/?lang=en&page=queue&queue=Requests")
        expect(page.locator("#queue-alerts-none")).to_contain_text("No alert is open")


@pytest.mark.parametrize(
    ("address", "selector"),
    [
        ("?lang=en&page=queues", "#queues-body tr:has-text('Billing') .queue-name"),
        ("?lang=en&page=service", "#breakdown-body th a:has-text('Billing')"),
    ],
)
def test_a_queue_is_reached_from_wherever_it_is_named(
    context: BrowserContext, served: ServedInThread, address: str, selector: str
) -> None:
    """A link that Enter follows, and the way back."""
    page = context.new_page()
    page.goto(f"{served.url}/{address}")
    link = page.locator(selector)
    expect(link).to_have_attribute("href", re.compile("page=queue&queue=Billing"))
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#queue-name")).to_have_text("Billing")
    expect(page.locator("#tile-queue-waiting .tile-value")).to_have_text("4")
    page.go_back()
    expect(link).to_be_visible()


def test_when_vigie_stops_the_waits_stand_still_and_look_old(
    context: BrowserContext, served: ServedInThread, centre: LittleCentre
) -> None:
    """No wait may run on from an answer that is long gone."""
    centre.waiting_contacts["Technical support"] = [waiting(1, 20_000)]
    options = WebOptions(refresh_ms=50, stale_after_ms=1_000)
    with ServedInThread(lambda: build_web_app(centre, options=options)) as server:
        page = opened(context, server)
        expect(page.locator("#line-body tr")).to_have_count(1)
        server.stop()
        expect(page.locator("#stopped")).to_be_visible()
        expect(page.locator("#queue-problem")).to_contain_text("trying again")
        dimmed = "n => Number(getComputedStyle(n).opacity)"
        assert page.locator("#line-body .line-wait").evaluate(dimmed) < 0.5
        expect(page.locator("#line-body .line-wait")).to_have_text("0:25")
        server.start()
        expect(page.locator("#stopped")).to_be_hidden()
        expect(page.locator("#queue-problem")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (390, 844)])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_no_wider_than_the_screen(
    browser: Browser, served: ServedInThread, centre: LittleCentre, width: int, height: int,
    language: str,
) -> None:  # fmt: skip
    """Also with a long name and long motives; no number is cut."""
    name = ("A queue whose name goes on and on " * 3).strip()
    served.do(lambda: centre.set(name, over=12, waiting=12, longest=99_999.0))
    centre.waiting_contacts[name] = [
        waiting(n, 90_000_000 + n, motive="a motive without an end " * 3) for n in range(12)
    ]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = opened(context, served, f"?lang={language}&page=queue&queue={name}")
    expect(page.locator("#line-body tr")).to_have_count(12)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    cut = page.evaluate(
        """() => [...document.querySelectorAll(
            ".tile-value, #line-body .line-wait, #line-body .line-left, #queue-settings dd")]
            .filter((n) => n.offsetParent && n.scrollWidth > n.clientWidth + 1)
            .map((n) => `${n.className}: ${n.textContent}`)"""
    )
    assert cut == []
    context.close()


def test_both_languages_of_the_new_pages_say_the_same_things() -> None:
    """Every word has its English and its French, in the same order."""
    from exporters.http.page import FOLDER

    text = (FOLDER / "page_words.js").read_text(encoding="utf-8")
    english, french = text.split("\n  fr: {", 1)
    keys = [re.findall(r"([A-Za-z_0-9]+): (?=[\"({`]|\()", part) for part in (english, french)]
    assert len(keys[1]) > 90
    assert keys[0][keys[0].index("trouble") :] == keys[1]
