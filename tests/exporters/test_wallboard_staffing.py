"""The staffing hint on the page of a queue, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from exporters.http.app import WebOptions, build_web_app
from tests.exporters.served import ServedInThread
from tests.exporters.test_http_staffing import Staffed

OPTIONS = WebOptions(mode="demo", refresh_ms=50, stale_after_ms=1_500)


@pytest.fixture
def served() -> Iterator[ServedInThread]:
    centre = Staffed()
    centre.give("Care", agents_staffed=18)
    centre.give("Night", contacts_entered=3)
    with ServedInThread(lambda: build_web_app(centre, options=OPTIONS)) as server:
        yield server


@pytest.mark.parametrize(
    ("language", "queue", "sentence", "part"),
    [
        ("en", "Sales", "3 more agents would bring the next half hour back to 80%.",
         "39% within 20 s to be expected now (Erlang C: 39%) · 100 contacts in 30 min, 180 s each"),
        ("fr", "Sales", "3 agents de plus ramèneraient la prochaine demi-heure à 80 %.",
         "11 en poste, 14 nécessaires"),
        ("en", "Care", "2 agents could go elsewhere: 99% to be expected.", "18 staffed, 14 needed"),
    ],
)  # fmt: skip
def test_the_page_of_a_queue_says_how_many_agents_would_do(
    context: BrowserContext, served: ServedInThread, complaints: list[str],
    language: str, queue: str, sentence: str, part: str,
) -> None:  # fmt: skip
    """One sentence, and small beneath it what it was computed from."""
    page = context.new_page()
    page.goto(f"{served.url}/?lang={language}&page=queues")
    page.locator("#queues-body tr", has_text=queue).locator("a").first.click()
    expect(page.locator("#staffing-hint")).to_have_text(sentence)
    expect(page.locator("#staffing-inputs")).to_contain_text(part)
    assert complaints == []


def test_a_queue_without_a_hint_has_no_empty_place_for_it(
    context: BrowserContext, served: ServedInThread
) -> None:
    """Three contacts in half an hour bear no hint, also after another queue had one."""
    page = context.new_page()
    page.goto(f"{served.url}/?lang=en&page=queues")
    page.locator("#queues-body tr", has_text="Sales").locator("a").first.click()
    expect(page.locator("#staffing")).to_be_visible()
    page.locator("#queue-back").click()
    page.locator("#queues-body tr", has_text="Night").locator("a").first.click()
    expect(page.locator("#queue-name")).to_have_text("Night")
    expect(page.locator("#line-title")).to_be_visible()
    expect(page.locator("#staffing")).to_be_hidden()
