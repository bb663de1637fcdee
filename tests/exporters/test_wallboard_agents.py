"""The page of agents in a real Chromium: states by team and queue, single agents by choice."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aggregators import events as ev
from aggregators.shard import Shard
from exporters.http.app import WebOptions, build_web_app
from exporters.live import MemoryView
from tests.aggregators.story import answered, event, fold, queued, rules, s
from tests.exporters.served import ServedInThread

NORTH = ("Ada", "Bea", "Cleo", "Dora", "Edna", "Fay")


def centre(names: tuple[str, ...] = NORTH) -> list[Shard]:
    """A team of six: two on a contact, one paused for lunch, one lost; and a team of one."""
    presence: list[Any] = [
        event(ev.AgentLogin, n, agent_id=name, team="North", queues=["billing"])
        for n, name in enumerate(names)
    ]
    presence += [
        event(ev.AgentLogin, 10, agent_id="Zoe", team="South", queues=["sales"]),
        event(ev.AgentState, 300, agent_id="Zoe", state="pause", reason="training"),
        event(ev.AgentState, 540, agent_id=names[2], state="pause", reason="lunch"),
        event(ev.AgentHeartbeat, 100, agent_id=names[3]),
    ]
    calls = [
        *(queued(f"c{n}", 400 + n, queue="billing") for n in range(2)),
        *(answered(f"c{n}", 480 + n, agent=names[n]) for n in range(2)),
        *(queued(f"w{n}", 580, queue="sales") for n in range(3)),
    ]
    return [
        fold(sorted(calls, key=lambda one: one.event_time_ms)),
        fold(sorted(presence, key=lambda one: one.event_time_ms), topic="agents"),
    ]


def served(shards: list[Shard], **options: bool) -> ServedInThread:
    view = MemoryView(lambda: shards, rules(), lambda: s(600))
    made = WebOptions(refresh_ms=50, stale_after_ms=60_000, **options)  # type: ignore[arg-type]
    return ServedInThread(lambda: build_web_app(view, options=made))


def opened(context: BrowserContext, server: ServedInThread, language: str = "en") -> Page:
    page = context.new_page()
    page.goto(f"{server.url}/?lang={language}&page=agents")
    expect(page.locator("#agents-body tr").first).to_be_visible()
    expect(page.locator("#single-title")).to_be_visible()
    return page


def figures(page: Page, row: int) -> list[str]:
    return page.locator("#agents-body tr").nth(row).locator("td .figure").all_inner_texts()


def test_states_are_counted_by_team_with_reason_and_longest(
    context: BrowserContext, complaints: list[str]
) -> None:
    """Everybody first, then teams by name; of a team of one no time is told."""
    with served(centre()) as server:
        page = opened(context, server)
        rows = page.locator("#agents-body tr")
        expect(rows.locator(".agents-name")).to_have_text(["All agents", "North", "South"])
        assert page.locator("#agents-head th").all_inner_texts() == [
            "Team", "Share", "Logged in", "Free", "Ringing", "On contact", "Wrap-up", "Paused",
            "Other", "Not answering", "Occupancy",
        ]  # fmt: skip
        assert figures(page, 1)[:8] == ["6", "2", "0", "2", "0", "1", "0", "1"]
        expect(rows.nth(1).locator(".agents-paused .sample")).to_have_text("lunch · longest 1:00")
        expect(rows.nth(1).locator(".agents-on_contact .sample")).to_have_text("longest 2:00")
        expect(rows.nth(2).locator(".agents-paused .sample")).to_have_text("training")
        expect(page.locator("#agents-note")).to_contain_text("Ringing counts in neither.")
        expect(page.locator("#agents-note")).to_contain_text("fewer than 5")
        shares = page.locator("#agents-body tr").nth(1).locator(".agents-part:visible")
        expect(shares).to_have_count(4)
    assert complaints == []


def test_by_queue_the_one_that_nobody_serves_is_marked(context: BrowserContext) -> None:
    """Three wait for sales, whose only agent is in training; the name leads to its page."""
    with served(centre()) as server:
        page = opened(context, server)
        page.locator("#agents-by button", has_text="Queues").click()
        rows = page.locator("#agents-body tr")
        expect(rows.locator(".agents-name")).to_have_text(["All agents", "billing", "sales"])
        expect(rows.nth(2)).to_have_attribute("data-level", "alert")
        expect(rows.nth(2).locator(".agents-note")).to_have_text("▲ nobody free, 3 waiting")
        expect(rows.nth(1)).to_have_attribute("data-level", "none")
        page.reload()
        expect(rows.locator(".agents-name").nth(1)).to_have_text("billing")
        rows.nth(2).locator("a").click()
        expect(page.locator("#queue-name")).to_have_text("sales")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Single agents are not shown: that is personal data, and a choice."),
        ("fr", "Les agents ne sont pas montrés un par un : données personnelles, c’est un choix."),
    ],
)
def test_single_agents_are_not_shown_and_the_page_says_how_to(
    context: BrowserContext, language: str, sentence: str
) -> None:
    """Nobody's id is on the page, nor in what it was sent."""
    with served(centre()) as server:
        page = opened(context, server, language)
        expect(page.locator("#single-off-why")).to_have_text(sentence)
        expect(page.locator("#single-off-code")).to_have_text("agents:\n  figures: true")
        expect(page.locator("#single-scroll")).to_be_hidden()
        assert not any(name in page.content() for name in NORTH)


def test_single_agents_stand_by_name_and_never_by_figure(context: BrowserContext) -> None:
    """With both choices: state and since when, no figure that could be compared."""
    with served(centre(), agent_figures=True, agent_names=True) as server:
        page = opened(context, server)
        rows = page.locator("#single-body tr")
        expect(rows.locator("th")).to_have_text([*NORTH, "Zoe"])
        expect(rows.nth(2).locator("td")).to_have_text(
            ["North", "billing", "paused (lunch)", "1:00"]
        )
        expect(rows.nth(3).locator("td").nth(2)).to_have_text("not answering")
        expect(page.locator("#single-off")).to_be_hidden()
        expect(page.locator("#single-note")).to_have_text("")


def test_single_agents_have_short_names_unless_ids_are_chosen(context: BrowserContext) -> None:
    """The page says so."""
    with served(centre(), agent_figures=True) as server:
        page = opened(context, server)
        expect(page.locator("#single-body tr")).to_have_count(7)
        names = page.locator("#single-body th").all_inner_texts()
        assert names == sorted(names)
        expect(page.locator("#single-note")).to_contain_text("Agents have short names here.")
        assert not any(name in page.content() for name in NORTH)


def test_hostile_names_stay_text(context: BrowserContext, complaints: list[str]) -> None:
    """Of agents, where they are shown."""
    names = ("<img src=x onerror=alert(1)>", "B", "C", "D")
    with served(centre(names), agent_figures=True, agent_names=True) as server:
        page = opened(context, server)
        expect(page.locator("#single-body th").filter(has_text="<img")).to_have_count(1)
        assert page.locator("main img").count() == 0
    assert complaints == []


def test_before_the_first_log_in_the_page_says_so(
    context: BrowserContext, complaints: list[str]
) -> None:
    """Words in the place of rows; zeros for the whole centre."""
    with served([fold([queued("c", 0)])]) as server:
        page = opened(context, server)
        expect(page.locator("#agents-none")).to_have_text("No agent is logged in.")
        assert figures(page, 0)[:3] == ["0", "0", "0"]
    assert complaints == []


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (390, 844)])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_no_wider_than_the_screen(
    browser: Browser, width: int, height: int, language: str
) -> None:
    """On a phone the table scrolls by itself."""
    context = browser.new_context(viewport={"width": width, "height": height})
    with served(centre(), agent_figures=True) as server:
        page = opened(context, server, language)
        expect(page.locator("#single-body tr")).to_have_count(7)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()
