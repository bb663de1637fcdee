"""A real Chromium for the tests that look at the wallboard as a person does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from exporters.http.app import build_web_app
from tests.bench.browser import CHROMIUM, flags, require_chromium
from tests.exporters.little_centre import LittleCentre, busy_centre
from tests.exporters.served import ServedInThread

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require_chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags())
        yield started
        started.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        viewport={"width": 1920, "height": 1080}, locale="en-GB", color_scheme="light"
    )
    yield opened
    opened.close()


@pytest.fixture
def complaints(context: BrowserContext) -> list[str]:
    """Everything the console of any page says as an error or a warning."""
    said: list[str] = []
    context.on("console", lambda m: said.append(m.text) if m.type in {"error", "warning"} else None)
    context.on("weberror", lambda failure: said.append(str(failure.error)))
    return said


@pytest.fixture
def centre() -> LittleCentre:
    return busy_centre()


@pytest.fixture
def served(request: pytest.FixtureRequest, centre: LittleCentre) -> Iterator[ServedInThread]:
    """The busy centre on a wallboard with the options of the test's module."""
    options = request.module.OPTIONS
    with ServedInThread(lambda: build_web_app(centre, options=options)) as server:
        yield server
