"""Debian's Chromium, driven by Playwright: the browser of the wallboard tests."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
QUIET_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Without these the browser asks hosts of its maker, which no test may depend on."""


def flags() -> list[str]:
    """How Chromium is started: quiet, and for root without its sandbox, which refuses to work."""
    return [*QUIET_FLAGS, *(() if os.geteuid() else ("--no-sandbox",))]


@asynccontextmanager
async def open_chromium() -> AsyncIterator[Browser]:
    """A headless browser with a profile of its own, gone at the end of the block.

    Each page that a test opens with ``await browser.new_page()`` closes with it.
    """
    require_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=flags()
        )
        try:
            yield browser
        finally:
            await browser.close()


def require_chromium() -> None:
    if not CHROMIUM.exists():
        pytest.fail(
            f"{CHROMIUM} is missing (Debian package chromium): run `make test` as root, "
            "which installs it, or `apt install chromium`",
            pytrace=False,
        )
