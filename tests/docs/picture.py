"""Takes the pictures of ``docs/pictures``: ``python -m tests.docs.picture [seed]``.

A real demo runs for a few minutes first, with a real browser looking at it, so that the small
lines on the board have something to show, and somebody takes an alert. Look at the pictures
before you keep them.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.browser import open_chromium
from tests.bench.process import Process, free_port
from tests.bench.web import answers

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
LOOKED_AT_S = 150.0
NOTICED_S = 6.0
TAKE = """async () => {
    const open = await (await fetch("/api/alerts?state=firing")).json();
    const taken = open.alerts.find((alert) => alert.severity === "warning");
    await fetch(`/api/alerts/${taken.id}/acknowledge`, {
        method: "POST",
        headers: {"Content-Type": "application/json"},
        body: JSON.stringify({by: "Anna", why: "two agents moved from Sales"}),
    });
}"""
DEFAULT_SEED = "1"


async def take(seed: str) -> None:
    """Run the demo with a seed and keep what the board shows after a while."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        demo = Process(
            "demo",
            [sys.executable, "-m", "vigie", "run", "--seed", seed],
            Path(folder),
            {**os.environ, "PYTHONPATH": str(ROOT), "VIGIE_WEB__PORT": str(port)},
        )
        demo.start(lambda: answers(f"http://127.0.0.1:{port}/readyz"))
        try:
            async with open_chromium() as browser:
                page = await browser.new_page(
                    viewport={"width": 1920, "height": 1080},
                    locale="en-GB",
                    color_scheme="dark",
                    timezone_id="Europe/Paris",
                )
                await page.goto(f"http://127.0.0.1:{port}/?lang=en")
                await asyncio.sleep(LOOKED_AT_S)
                await page.screenshot(path=PICTURES / "wallboard.png")
                await page.goto(f"http://127.0.0.1:{port}/?lang=en&page=alerts")
                await page.evaluate(TAKE)
                await asyncio.sleep(NOTICED_S)
                await page.screenshot(path=PICTURES / "alerts.png")
        finally:
            demo.stop()


if __name__ == "__main__":
    asyncio.run(take((sys.argv[1:] or [DEFAULT_SEED])[0]))
