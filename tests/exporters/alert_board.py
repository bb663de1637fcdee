"""The wallboard over the alerts of a desk."""

from __future__ import annotations

from aiohttp import web
from playwright.sync_api import BrowserContext, Locator, Page, expect

from exporters.http.app import WebOptions, build_web_app
from tests.alerts.alert_desk import TestDesk
from tests.alerts.alert_server import app_with
from tests.exporters.little_centre import LittleCentre
from tests.exporters.served import ServedInThread

NAME = "vigie.name"
OPTIONS = WebOptions(refresh_ms=50, stale_after_ms=60_000)


def app_of(centre: LittleCentre, desk: TestDesk | None) -> web.Application:
    """Return the application, with alerts where there is a desk."""
    if desk is None:
        return build_web_app(centre, options=OPTIONS)
    return app_with(desk, OPTIONS, centre)


def opened(context: BrowserContext, served: ServedInThread, query: str = "?page=alerts") -> Page:
    """Open the wallboard and wait for the alerts."""
    page = context.new_page()
    page.goto(f"{served.url}/{query}")
    expect(page.locator("#tab-alerts .badge")).to_be_visible()
    return page


def row(page: Page, name: str) -> Locator:
    return page.locator(".alert-row", has_text=name)


def known_as(page: Page, name: str) -> None:
    """Open the page again with a name that was given before."""
    page.evaluate(f"localStorage.setItem('{NAME}', '{name}')")
    page.reload()
