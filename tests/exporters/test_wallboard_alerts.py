"""The page of alerts in a real Chromium, over the real book: what a supervisor sees and does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from aiohttp import web
from playwright.sync_api import Browser, BrowserContext, expect

from tests.alerts.alert_desk import SERVICE, WAIT, TestDesk, busy_desk, queue
from tests.exporters.alert_board import NAME, app_of, known_as, opened, row
from tests.exporters.little_centre import busy_centre
from tests.exporters.served import FONT_SIZES, ServedInThread


@pytest.fixture
def desk() -> TestDesk:
    return busy_desk()


@pytest.fixture
def served(desk: TestDesk) -> Iterator[ServedInThread]:
    def build() -> web.Application:
        return app_of(busy_centre(), desk)

    with ServedInThread(build) as server:
        yield server


def test_the_list_says_how_bad_what_where_how_far_and_how_long(
    context: BrowserContext, served: ServedInThread, complaints: list[str]
) -> None:
    """The most urgent first; severity as a shape and a word; value against threshold."""
    page = opened(context, served)
    names = page.locator(".alert-row .alert-where")
    expect(names).to_have_text(
        ["Sales · Voice", "Technical support · Voice", "Billing · Voice", "Customer care · Chat"]
    )
    first = page.locator(".alert-row").first
    expect(first.locator(".alert-level")).to_have_text("▲critical")
    expect(first.locator(".alert-name")).to_have_text("Longest wait")
    expect(first.locator(".alert-value")).to_have_text("1:15> 60 s")
    expect(first.locator(".alert-lasting")).to_have_text(re.compile(r"1[01]:\d\d"))
    expect(first.locator(".alert-state")).to_have_text("↑ escalated")
    expect(first.locator(".alert-runbook")).to_have_attribute(
        "href", "https://runbooks.example/wait"
    )
    billing = row(page, "Billing")
    expect(billing.locator(".alert-level")).to_have_text("◆warning")
    expect(billing.locator(".alert-value")).to_have_text("71.0%< 80.0% · n = 120")
    pending = row(page, "Customer care")
    expect(pending.locator(".alert-state")).to_have_text("◌ pending")
    expect(pending.locator(".alert-buttons")).to_be_hidden()
    assert complaints == []


def test_the_badge_is_on_every_page_and_red_when_it_is_critical(
    context: BrowserContext, served: ServedInThread, desk: TestDesk, complaints: list[str]
) -> None:
    """It counts what nobody took; a name of the tab says it in words, and so does the title."""
    page = opened(context, served, "")
    badge = page.locator("#tab-alerts .badge")
    expect(badge).to_have_text("3")
    expect(badge).to_have_attribute("data-level", "alert")
    expect(page.locator("#tab-alerts")).to_have_attribute(
        "aria-label", "Alerts: 2 critical and 1 warning alerts that nobody has taken"
    )
    expect(page).to_have_title("(3) vigie · wallboard")
    expect(page.locator("#page-alerts")).to_be_hidden()

    def only_a_warning() -> None:
        desk.end(WAIT, queue("Customer care", "chat"))
        desk.end(WAIT, queue("Sales"))
        desk.end(WAIT, queue("Technical support"))

    served.do(only_a_warning)
    expect(badge).to_have_text("1")
    expect(badge).to_have_attribute("data-level", "watch")
    served.do(lambda: desk.end(SERVICE, queue("Billing")))
    expect(badge).to_be_hidden()
    page.locator("#tab-alerts").click()
    expect(page.locator("#alerts-none")).to_have_text("● No alert is open.")
    assert complaints == []


def test_an_alert_is_taken_with_a_name_that_is_asked_once(
    context: BrowserContext, served: ServedInThread, desk: TestDesk, complaints: list[str]
) -> None:
    """The first time a dialog asks; from then on one click is enough."""
    page = opened(context, served)
    row(page, "Sales").locator(".alert-take").click()
    dialog = page.locator("#alert-dialog")
    expect(dialog).to_be_visible()
    page.locator("#alert-by").fill("Maria")
    page.locator("#alert-why").fill("agents are coming")
    page.keyboard.press("Enter")
    expect(row(page, "Sales").locator(".alert-state")).to_have_text("✓ taken by Maria")
    expect(row(page, "Sales").locator(".alert-who")).to_contain_text("agents are coming")
    expect(page.locator("#alert-said")).to_have_text("Taken: Longest wait")
    expect(page.locator("#tab-alerts .badge")).to_have_text("2")
    row(page, "Technical support").locator(".alert-take").click()
    expect(row(page, "Technical support").locator(".alert-state")).to_have_text("✓ taken by Maria")
    expect(dialog).to_be_hidden()
    page.reload()
    expect(page.locator("#alert-name-said")).to_have_text("You are Maria")
    assert [(one.what, one.by, one.why) for one in desk.asked] == [
        ("acknowledge", "Maria", "agents are coming"),
        ("acknowledge", "Maria", ""),
    ]
    assert complaints == []


def test_a_dialog_that_is_left_does_nothing(
    context: BrowserContext, served: ServedInThread, desk: TestDesk
) -> None:
    """By its button and by Escape; digits typed in it choose no page."""
    page = opened(context, served)
    leave: tuple[Callable[[], None], ...] = (
        lambda: page.locator("#alert-dialog-cancel").click(),
        lambda: page.keyboard.press("Escape"),
    )
    for leaves in leave:
        row(page, "Sales").locator(".alert-take").click()
        page.locator("#alert-by").press_sequentially("1")
        leaves()
        expect(page.locator("#alert-dialog")).to_be_hidden()
        expect(page.locator("#page-alerts")).to_be_visible()
    assert desk.asked == []
    assert page.evaluate(f"localStorage.getItem('{NAME}')") is None


def test_an_alert_is_given_back_and_snoozed(
    context: BrowserContext, served: ServedInThread, desk: TestDesk
) -> None:
    """Given back it waits again; snoozed it does not count, and says until when."""
    page = opened(context, served)
    known_as(page, "Paul")
    technical = row(page, "Technical support")
    technical.locator(".alert-take").click()
    technical.get_by_role("button", name="Give back: Longest wait, Technical support").click()
    expect(technical.locator(".alert-state")).to_have_text("! firing")
    technical.get_by_role("button", name="Snooze 1 h: Longest wait, Technical support").click()
    expect(technical.locator(".alert-who")).to_contain_text("snoozed until")
    expect(page.locator("#tab-alerts .badge")).to_have_text("2")
    assert [one.what for one in desk.asked] == ["acknowledge", "release", "snooze"]
    assert desk.asked[-1].until_ms == desk.asked[-1].at_ms + 3_600_000


def test_a_refusal_is_told(context: BrowserContext, served: ServedInThread, desk: TestDesk) -> None:
    """What somebody asked for too late is not silently lost."""
    page = opened(context, served)
    known_as(page, "Paul")
    take = row(page, "Sales").locator(".alert-take")
    expect(take).to_be_visible()
    desk.is_late = True
    take.click()
    said = page.locator("#alert-said")
    expect(said).to_have_text("That did not work: it has not happened yet; look again in a moment")
    desk.is_late = False
    page.route("**/acknowledge", lambda route: route.abort())
    take.click()
    expect(said).to_have_text("That did not work: vigie does not answer; try again")


def test_what_is_over_is_listed_with_how_long_it_lasted_and_who_took_it(
    context: BrowserContext, served: ServedInThread, desk: TestDesk
) -> None:
    """And the tiles say how fast people are."""
    page = opened(context, served)
    known_as(page, "Paul")
    expect(page.locator("#alert-history-body tr")).to_have_count(1)
    expect(page.locator("#alert-history-body tr")).to_contain_text("Fraud line")
    expect(page.locator("#alert-history-body tr")).to_contain_text("nobody")
    row(page, "Sales").locator(".alert-take").click()
    expect(row(page, "Sales").locator(".alert-state")).to_have_text("✓ taken by Paul")
    served.do(lambda: desk.end(WAIT, queue("Sales")))
    expect(row(page, "Sales")).to_have_count(0)
    page.reload()
    first = page.locator("#alert-history-body tr").first
    expect(first).to_contain_text("Sales · Voice")
    expect(first.locator("td").nth(1)).to_have_text("12:36")
    expect(first.locator("td").nth(2)).to_have_text("Paulafter 11:35")
    expect(page.locator("#alert-tile-mtta")).to_have_text("Mean time to take11:35n = 1")
    expect(page.locator("#alert-tile-mttr .alert-note")).to_have_text("n = 2")


def test_the_timeline_shows_the_states_of_four_hours_and_says_them(
    context: BrowserContext, served: ServedInThread, desk: TestDesk
) -> None:
    """A piece for each stretch, in its place; a screen reader hears the same."""
    page = opened(context, served)
    expect(page.locator(".alert-bar")).to_have_count(5)
    sales = page.locator(".alert-bar", has_text="Sales")
    pieces = page.locator(".alert-bar", has_text="Sales").locator(".span")
    expect(pieces).to_have_count(3)
    expect(sales.locator(".alert-track")).to_have_attribute(
        "aria-label",
        re.compile(
            r"critical, Longest wait · Sales · Voice: pending from \d\d:\d\d to \d\d:\d\d, "
            r"firing from .*, escalated from \d\d:\d\d to now"
        ),
    )
    share = page.evaluate(
        """() => {
            const bar = [...document.querySelectorAll(".alert-bar")]
                .find((one) => one.textContent.includes("Sales"));
            const track = bar.querySelector(".alert-track").getBoundingClientRect();
            const firing = bar.querySelectorAll(".span")[1].getBoundingClientRect();
            return firing.width / track.width;
        }"""
    )
    assert share == pytest.approx(10 / 240, abs=0.004)


def test_old_alerts_are_never_taken_for_those_of_now(
    context: BrowserContext, served: ServedInThread, desk: TestDesk
) -> None:
    """Without answers the page and the badge say so; with them the sign goes."""
    page = opened(context, served)
    sign = page.locator("#alerts-stale")
    expect(row(page, "Sales")).to_be_visible()
    expect(sign).to_be_hidden()
    served.stop()
    expect(sign).to_contain_text("ALERTS NOT CURRENT")
    expect(page.locator("#tab-alerts .badge")).to_have_text("?")
    served.start()
    expect(sign).to_be_hidden()
    expect(page.locator("#tab-alerts .badge")).to_have_text("3")


def test_a_new_critical_alert_is_said_aloud_on_every_page(
    context: BrowserContext, served: ServedInThread, desk: TestDesk
) -> None:
    """Politely, once, and not what was there before."""
    page = opened(context, served, "?page=service")
    live = page.locator("#alerts-live")
    expect(live).to_have_attribute("aria-live", "polite")
    expect(live).to_have_text("")
    served.do(lambda: desk.last(5))
    expect(live).to_have_text("New critical alert: Longest wait, Customer care · Chat")


@pytest.mark.parametrize(
    ("width", "height"), [(1920, 1080), (1366, 768), (390, 844)], ids=["wall", "laptop", "phone"]
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_never_wider_than_the_screen_and_cuts_nothing(
    browser: Browser, served: ServedInThread, width: int, height: int, language: str
) -> None:
    """In both languages; the badge is in sight, and all of the list on the wall."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = opened(context, served, f"?page=alerts&lang={language}")
    expect(page.locator(".alert-row")).to_have_count(4)
    expect(page.locator("#alert-history-body tr")).to_have_count(1)
    found = page.evaluate(
        """() => {
            const cut = [...document.querySelectorAll(
                ".alert-row *, .alert-tile *, .alert-history *, #tab-alerts")]
                .filter((n) => n.offsetParent && n.scrollWidth > n.clientWidth + 1
                    && getComputedStyle(n).display !== "inline")
                .map((n) => `${n.className}: ${n.textContent}`);
            const badge = document.querySelector("#tab-alerts .badge").getBoundingClientRect();
            const list = document.querySelector("#alerts-list").getBoundingClientRect();
            return { cut, width: document.documentElement.scrollWidth,
                badge: badge.right, list: list.bottom + scrollY };
        }"""
    )
    assert found["cut"] == []
    assert found["width"] == width
    assert found["badge"] <= width
    if width > 1000:
        assert found["list"] <= height
    context.close()


def test_values_are_readable_from_far_away(context: BrowserContext, served: ServedInThread) -> None:
    """At 1920 pixels a value and its duration are at least 36 pixels high, a name 24."""
    page = opened(context, served)
    expect(page.locator(".alert-row")).to_have_count(4)
    assert min(page.evaluate(FONT_SIZES, ".alert-figure")) >= 36
    assert min(page.evaluate(FONT_SIZES, ".alert-name")) >= 24


def test_the_keyboard_is_enough(
    context: BrowserContext, served: ServedInThread, desk: TestDesk
) -> None:
    """By number to the page, by Tab to the button, by Enter to take; the focus is not lost."""
    page = opened(context, served, "")
    known_as(page, "Paul")
    expect(page.locator("#tab-alerts .badge")).to_be_visible()
    page.keyboard.press("0")
    take = row(page, "Technical support").locator(".alert-take")
    expect(take).to_be_visible()
    take.focus()
    served.do(lambda: desk.end(WAIT, queue("Sales")))
    expect(row(page, "Sales")).to_have_count(0)
    expect(take).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, "Technical support").locator(".alert-state")).to_have_text("✓ taken by Paul")


def test_the_page_speaks_french(
    context: BrowserContext, served: ServedInThread, desk: TestDesk
) -> None:
    """At once, without asking again."""
    page = opened(context, served)
    expect(row(page, "Sales")).to_be_visible()
    page.locator("#language").click()
    expect(row(page, "Sales").locator(".alert-name")).to_have_text("Plus longue attente")
    expect(row(page, "Sales").locator(".alert-take")).to_have_text("Prendre")
    expect(page.locator("#tab-alerts > span").first).to_have_text("Alertes")
    expect(row(page, "Billing").locator(".alert-figure").first).to_have_text("71,0 %")
