"""Has the plots of a report drawn by a process of its own, so that the fold does not wait."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

import exporters
from exporters.reports.report import Report

log = logging.getLogger(__name__)

DRAW_S = 120.0
_ROOT = Path(exporters.__file__).resolve().parents[1]


async def draw(report: Report, *, draw_s: float = DRAW_S) -> dict[str, bytes]:
    """Return the plots as PNG by their ids; none if they cannot be drawn, which is logged.

    A report without plots has its numbers in words and tables.
    """
    with tempfile.TemporaryDirectory(prefix="vigie-plots-") as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "exporters.reports.plots",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**kept, "PYTHONPATH": str(_ROOT), "MPLCONFIGDIR": folder, "MPLBACKEND": "Agg"},
        )  # fmt: skip
        try:
            async with asyncio.timeout(draw_s):
                out, error = await process.communicate(msgspec.json.encode(report))
        except TimeoutError:
            log.error("the plots of a report were not drawn within %g s: it has none", draw_s)
            return {}
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            last = error.decode(errors="replace").strip().splitlines()[-1:]
            log.error("the plots of a report could not be drawn, it has none: %s", *last or ("",))
            return {}
    return msgspec.msgpack.decode(out, type=dict[str, bytes])
