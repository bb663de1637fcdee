"""The wallboard with alerts that are unlike others, and without any."""

from __future__ import annotations

import re

from msgspec.structs import replace
from playwright.sync_api import BrowserContext, expect

from alerts.rules import PIPELINE, Where
from exporters.http.page import FOLDER
from tests.alerts.alert_desk import STOPPED, WAIT, TestDesk, busy_desk, queue
from tests.exporters.alert_board import app_of, opened, row
from tests.exporters.little_centre import busy_centre
from tests.exporters.served import ServedInThread


def test_without_alerts_there_is_no_tab_and_nothing_is_asked(
    context: BrowserContext, complaints: list[str]
) -> None:
    """A worker without rules looks as before."""
    asked: list[str] = []
    with ServedInThread(lambda: app_of(busy_centre(), None)) as server:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.url}/?page=alerts")
        expect(page.locator("#pages button")).to_have_count(9)
        expect(page.locator("#tile-available .tile-value")).not_to_have_text("")
        expect(page.locator("#page-overview")).to_be_visible()
    assert [url for url in asked if "/api/alerts" in url] == []
    assert complaints == []


def test_when_alerts_are_switched_off_the_tab_goes(context: BrowserContext) -> None:
    """After a restart with other settings the page goes on without them."""
    desks: list[TestDesk | None] = [busy_desk()]
    with ServedInThread(lambda: app_of(busy_centre(), desks[0])) as server:
        page = opened(context, server)
        expect(row(page, "Sales")).to_be_visible()
        server.stop()
        desks[0] = None
        server.start()
        expect(page.locator("#tab-alerts")).to_have_count(0)
        expect(page.locator("#page-overview")).to_be_visible()


def test_names_from_outside_stay_text(context: BrowserContext) -> None:
    """Of queues, of rules, of people; a runbook that is no web address is no link."""
    rule = replace(WAIT, english="<b>Wait</b>", runbook="javascript:alert(1)")
    desk = TestDesk(rules=(rule,))
    desk.breach(rule, queue("<img src=x>", "<i>"), 75.0)
    desk.last(6)
    with ServedInThread(lambda: app_of(busy_centre(), desk)) as server:
        page = opened(context, server)
        expect(page.locator(".alert-name")).to_have_text("<b>Wait</b>")
        expect(page.locator(".alert-where")).to_have_text("<img src=x> · <i>")
        expect(page.locator(".alert-runbook")).to_be_hidden()
        assert page.locator("#page-alerts img, .alerts-live b").count() == 0


def test_an_alert_of_vigie_itself_has_a_row_too(context: BrowserContext) -> None:
    """It is about no queue."""
    desk = TestDesk()
    desk.breach(STOPPED, Where(PIPELINE), 140.0)
    desk.tick()
    with ServedInThread(lambda: app_of(busy_centre(), desk)) as server:
        page = opened(context, server)
        expect(page.locator(".alert-where")).to_have_text("vigie itself")
        expect(page.locator(".alert-value")).to_have_text("2:20> 120 s")


def test_both_languages_of_the_alerts_say_the_same_things() -> None:
    """Every word has its French, in the same order."""
    text = (FOLDER / "alert_words.js").read_text(encoding="utf-8")
    english, french = text.split("\n  fr: {", 1)
    keys = [re.findall(r"([A-Za-z_]+): (?=[\"({])", part) for part in (english, french)]
    assert len(keys[1]) > 40
    assert keys[0][keys[0].index("live") :] == keys[1]
