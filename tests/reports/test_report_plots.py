"""The plots: drawn by a process of their own, from the numbers of the report."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from exporters.reports.plan import ReportPlan
from exporters.reports.plots import DPI, HEIGHT_IN, WIDTH_IN
from tests.e2e.front_door import environment
from tests.reports.day import DAY_START_MS, report
from vigie.report_plots import draw


def size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found: tuple[int, int] = struct.unpack(">II", png[16:24])
    return found


async def test_a_day_has_volume_and_service_level() -> None:
    """Two pictures, twice as fine as they are shown; nothing is printed on the way."""
    plots = await draw(report())
    assert set(plots) == {"volume", "level"}
    expected = (round(WIDTH_IN * DPI), round(HEIGHT_IN * DPI))
    assert {size(png) for png in plots.values()} == {expected}


async def test_other_numbers_are_another_picture() -> None:
    """What is drawn is the course: an interval without its callers looks different."""
    one = report()
    changed = replace(one, course=tuple(replace(it, abandoned=0) for it in one.course))
    first, second = await draw(one), await draw(changed)
    assert first["volume"] != second["volume"]
    assert first["level"] == second["level"]


async def test_nothing_happened_nothing_drawn() -> None:
    """A day without contacts has no picture."""
    one = report()
    silent = tuple(replace(it, offered=0, service_level=None) for it in one.course)
    assert await draw(replace(one, course=silent)) == {}


async def test_a_week_is_drawn_by_days() -> None:
    """Seven bars, also where six of them are empty."""
    plan = ReportPlan(name="centre", period="weekly", language="fr")
    made = report(plan, made_ms=DAY_START_MS + 7 * 86_400_000 + 7 * 3_600_000)
    assert set(await draw(made)) == {"volume", "level"}


async def test_plots_that_take_too_long_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """The report goes out without them, and the log says so."""
    assert await draw(report(), draw_s=0.001) == {}
    assert "were not drawn" in caplog.text


async def test_plots_that_fail_are_left_out(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A process that ends badly is told in one line."""
    (tmp_path / "exporters" / "reports").mkdir(parents=True)
    monkeypatch.setattr("vigie.report_plots._ROOT", tmp_path)
    (tmp_path / "exporters" / "__init__.py").write_text("raise OSError('no room')\n")
    assert await draw(report()) == {}
    assert "could not be drawn" in caplog.text


def test_a_worker_never_loads_what_draws() -> None:
    """Neither matplotlib nor numpy is loaded by the service, the command line or a report."""
    code = (
        "import sys, vigie.cli, vigie.service, vigie.reporting, vigie.report_command\n"
        "print([name for name in ('matplotlib', 'numpy') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
