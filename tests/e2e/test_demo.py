"""`vigie run`: numbers within ten seconds, one queue in trouble, a page that lives, a clean end."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.bench.process import ComponentError, free_port, require_program, wait_until
from tests.bench.web import answers, get_text
from tests.e2e.front_door import PATIENCE_S, ROOT, FrontDoor, environment

if TYPE_CHECKING:
    from playwright.async_api import Browser

FIRST_NUMBERS_S = 10.0
"""From the start of the process to the first numbers of every queue."""

QUEUES = {"billing", "tech", "sales", "chat_support", "messaging", "mail"}
VOICE = ("billing", "tech", "sales")


def has_numbers(door: FrontDoor) -> bool:
    """Whether `/metrics` answers and the board has something of every queue."""
    if not answers(f"{door.url}/metrics"):
        return False
    queues = door.board(window="1h")["windows"]["1h"]["queues"]
    return queues.keys() >= QUEUES and all(
        row["contacts_entered"] or row["tickets_opened"] for row in queues.values()
    )


def level(row: dict[str, Any]) -> float:
    """The service level that is shown."""
    found: float = row["service_level"]["abandons_negative"]
    return found


async def test_the_demo_lives_within_ten_seconds_and_ends_with_ctrl_c(
    open_door: Callable[..., FrontDoor], chromium: Browser
) -> None:
    """Metrics and board; only tech is in trouble; the page moves in a real browser without any
    complaint; SIGINT ends it with code 0 and nothing on standard error."""
    door = open_door()
    started = time.monotonic()
    demo = door.start("run")
    wait_until(lambda: demo.ended or has_numbers(door), what="the first numbers")
    assert time.monotonic() - started < FIRST_NUMBERS_S, demo.err
    assert demo.out.splitlines() == [
        f"wallboard  {door.url}/",
        f"metrics    {door.url}/metrics",
        f"API        {door.url}/api/",
        "Demo: simulated traffic, everything in memory, nothing is kept. Ctrl-C ends it.",
    ]

    hour = door.board(window="1h")["windows"]["1h"]["queues"]
    levels = {queue: level(row) for queue, row in hour.items() if row["contacts_offered"]}
    assert min(levels, key=levels.__getitem__) == "tech", levels
    assert levels["tech"] < 0.7, levels  # the target is 0.8
    assert all(levels[queue] > 0.72 for queue in VOICE if queue != "tech"), levels

    context = await chromium.new_context(locale="en-GB")
    complaints: list[str] = []
    context.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None,
    )
    context.on("weberror", lambda failure: complaints.append(str(failure.error)))
    page = await context.new_page()
    await page.goto(f"{door.url}/?page=queues")
    await expect(page.locator("#queues-body tr")).to_have_count(6, timeout=30_000)
    tech = page.locator("#queues-body tr", has_text="tech")
    assert "ok" not in await tech.locator(".status").first.inner_text()
    main = page.locator("main")
    before = await main.inner_text()
    async with asyncio.timeout(10):  # the page's policy forbids Playwright's own waiting here
        while await main.inner_text() == before:
            await page.wait_for_timeout(100)
    assert await page.locator("#stopped").is_hidden()
    assert complaints == []
    await context.close()

    assert demo.end(signal.SIGINT) == 0
    assert demo.err == ""
    assert not answers(f"{door.url}/livez")


def test_the_demo_checks_itself(open_door: Callable[..., FrontDoor]) -> None:
    """`--seconds 4 --check`: it ends by itself with code 0 and says what moved."""
    ended = open_door().run("run", "--seconds", "4", "--check")
    assert (ended.returncode, ended.stderr) == (0, "")
    said = re.fullmatch(
        r"contacts entered in the last hour: (\d+) at first, (\d+) at the end",
        ended.stdout.splitlines()[-1],
    )
    assert said is not None, ended.stdout
    assert int(said[2]) > int(said[1]) >= 0


def test_sigterm_ends_the_demo_early_and_late(open_door: Callable[..., FrontDoor]) -> None:
    """As a service manager stops it: as soon as it listens, and later; code 0, no complaint."""
    door = open_door()
    demo = door.start("run")
    demo.wait_for(f"{door.url}/livez")
    assert demo.end(signal.SIGTERM) == 0
    assert demo.err == ""
    demo = door.start("run")
    wait_until(lambda: demo.ended or has_numbers(door), what="the first numbers")
    assert demo.end(signal.SIGTERM) == 0
    assert demo.err == ""


def test_promtool_finds_nothing_to_complain_about_in_the_demo(
    open_door: Callable[..., FrontDoor],
) -> None:
    """All three pages, with all six queues in them."""
    door = open_door()
    demo = door.start("run")
    wait_until(lambda: demo.ended or has_numbers(door), what="the first numbers")
    for path in ("/metrics", "/metrics/kpi", "/metrics/worker"):
        checked = subprocess.run(
            [require_program("promtool", "prometheus"), "check", "metrics"],
            input=get_text(f"{door.url}{path}"),
            capture_output=True,
            text=True,
        )
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", ""), path
    assert demo.end() == 0


class Terminal:
    """A program at a terminal of its own, where Ctrl-C can be typed."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:  # the child: nothing of the tests may run here
            os.chdir(ROOT)
            os.execvpe(command[0], command, env)
        os.set_blocking(self._terminal, False)
        self.said = ""
        self.exit_code: int | None = None

    def read(self) -> str:
        """What was written to the terminal until now."""
        with suppress(OSError):  # nothing there, or the program has gone
            while part := os.read(self._terminal, 65_536):
                self.said += part.decode(errors="replace")
        return self.said

    def type(self, keys: str) -> None:
        """Types."""
        os.write(self._terminal, keys.encode())

    def ended(self) -> bool:
        """Whether the program has ended; then ``exit_code`` says how."""
        self.read()
        if self.exit_code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None

    def close(self) -> None:
        """Ends the program, which then gets a hang-up, and the terminal."""
        os.close(self._terminal)
        with suppress(ProcessLookupError, ComponentError):
            if not self.ended_within(5.0):
                os.kill(self._pid, signal.SIGKILL)

    def ended_within(self, timeout_s: float) -> bool:
        """Waits for the end a while."""
        with suppress(ComponentError):
            wait_until(self.ended, what="the end", timeout_s=timeout_s)
        return self.exit_code is not None


@pytest.fixture
def look_alike(tmp_path: Path) -> Path:
    """An environment folder for `make run` that holds the programs of the one we run in."""
    programs = tmp_path / "environment" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    for name, code in {
        "pip": "exit 0",
        "vigie": f'exec "{sys.executable}" -m vigie "$@"',
    }.items():
        program = programs / name
        program.write_text(f"#!/bin/sh\n{code}\n")
        program.chmod(0o755)
    return programs.parent


def test_make_run_and_ctrl_c(look_alike: Path) -> None:
    """At a terminal: the address is printed, the board answers, Ctrl-C ends make with code 0."""
    port = free_port()
    with ExitStack() as stack:
        # PIP=true: the programs are there, nothing is to be installed.
        terminal = Terminal(
            ["make", "run", f"VENV={look_alike}", "PIP=true"],
            environment(VIGIE_WEB__PORT=str(port), TERM="dumb"),
        )
        stack.callback(terminal.close)
        board = f"http://127.0.0.1:{port}/"
        wait_until(
            lambda: terminal.ended() or board in terminal.read(),
            what="make run to print the address",
            timeout_s=PATIENCE_S,
        )
        assert answers(f"{board}metrics"), terminal.said
        terminal.type("\x03")
        assert terminal.ended_within(PATIENCE_S), terminal.said
        assert terminal.exit_code == 0, terminal.said
        assert "Traceback" not in terminal.said
        assert "Error" not in terminal.said
        assert not answers(f"{board}livez")
