"""The wallboard behind TLS and passwords in a real Chromium: who logs in, and as whom they act."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from exporters.http.tls import Tls, TlsOptions, tls_context
from tests.alerts.alert_desk import TestDesk, busy_desk
from tests.alerts.alert_server import app_with
from tests.alerts.test_ack_page import link
from tests.exporters.alert_board import OPTIONS, row
from tests.exporters.little_centre import busy_centre
from tests.exporters.served import ServedInThread
from tests.exporters.served_access import PASSWORD, with_users
from tests.exporters.web_files import WebFolder


@pytest.fixture
def desk() -> TestDesk:
    return busy_desk()


@pytest.fixture
def served(desk: TestDesk, tmp_path: Path) -> Iterator[ServedInThread]:
    """With users and a certificate that the browser is told to accept."""
    WebFolder(tmp_path)
    files = TlsOptions(cert_file=str(tmp_path / "cert.pem"), key_file=str(tmp_path / "key.pem"))
    access = with_users(has_tls=True)
    with ServedInThread(
        lambda: app_with(desk, OPTIONS, busy_centre(), access), Tls(tls_context(files))
    ) as server:
        yield server


def page_of(browser: Browser, user: str | None, complaints: list[str]) -> Page:
    """Open a page in a browser that knows a user's password, or none."""
    credentials = None if user is None else {"username": user, "password": PASSWORD}
    context = browser.new_context(
        ignore_https_errors=True,
        http_credentials=credentials,  # type: ignore[arg-type]
        viewport={"width": 1920, "height": 1080},
        locale="en-GB",
    )
    context.on(
        "console",
        lambda one: complaints.append(one.text) if one.type in {"error", "warning"} else None,
    )
    return context.new_page()


def test_who_logs_in_acts_under_that_name_and_is_not_asked_for_another(
    browser: Browser, served: ServedInThread, desk: TestDesk
) -> None:
    """The browser sends the password with everything; no policy of ours is in the page's way."""
    complaints: list[str] = []
    page = page_of(browser, "anna", complaints)
    page.goto(f"{served.url}/?page=alerts")
    row(page, "Sales").locator(".alert-take").click()
    expect(row(page, "Sales").locator(".alert-state")).to_have_text("✓ taken by anna")
    expect(page.locator("#alert-name-said")).to_have_text("You are anna")
    expect(page.locator("#alert-name-change")).to_be_hidden()
    assert [(one.what, one.by) for one in desk.asked] == [("acknowledge", "anna")]
    assert page.evaluate("localStorage.getItem('vigie.name')") is None
    page.context.close()
    assert [text for text in complaints if "401" not in text] == []


def test_a_viewer_sees_the_alerts_and_is_told_why_nothing_happens(
    browser: Browser, served: ServedInThread, desk: TestDesk
) -> None:
    """The page says which role it takes."""
    page = page_of(browser, "vera", [])
    page.goto(f"{served.url}/?page=alerts")
    row(page, "Sales").locator(".alert-take").click()
    expect(page.locator("#alert-said")).to_contain_text("takes the role supervisor")
    page.context.close()
    assert desk.asked == []


def test_without_a_password_a_browser_sees_nothing_but_the_signed_link_works(
    browser: Browser, served: ServedInThread, desk: TestDesk
) -> None:
    """The page of a link needs its files, and those tell nothing."""
    complaints: list[str] = []
    page = page_of(browser, None, complaints)
    with pytest.raises(Error, match="INVALID_AUTH_CREDENTIALS"):
        page.goto(f"{served.url}/")
    page = page.context.new_page()
    page.goto(served.url + link(desk))
    page.locator("#by").fill("Maria")
    page.locator("button").click()
    expect(page.locator("form")).to_be_hidden()
    page.context.close()
    assert [one.by for one in desk.asked] == ["Maria"]
    assert [text for text in complaints if "401" not in text] == []
