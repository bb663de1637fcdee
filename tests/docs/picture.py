"""Takes ``docs/pictures/wallboard.png``: ``python -m tests.docs.picture [seed]``.

A real demo runs for a few minutes first, with a real browser looking at it, so that the small
lines on the board have something to show. Look at the picture before you keep it.
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
TARGET = ROOT / "docs" / "pictures" / "wallboard.png"
LOOKED_AT_S = 150.0
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
                await page.screenshot(path=TARGET)
        finally:
            demo.stop()


if __name__ == "__main__":
    asyncio.run(take((sys.argv[1:] or [DEFAULT_SEED])[0]))
