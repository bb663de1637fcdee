"""A worker as a process that faults happen to: killed, paused, asked, by its own id."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import sys
import time
import urllib.error
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.bench.process import Process, free_port
from tests.bench.web import get_json, get_text

ROOT = Path(__file__).resolve().parents[2]
ASK_S = 2.0
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Sample = tuple[dict[str, str], float]


class Worker(Process):
    """One worker with a port, a settings file and a place in the group of its own."""

    def __init__(
        self,
        name: str,
        folder: Path,
        settings: Mapping[str, Any],
        stream: Mapping[str, Any],
        *,
        failpoint: str | None = None,
        env: Mapping[str, str] | None = None,
        port: int | None = None,
        under: Sequence[str] = (),
    ) -> None:
        """``env`` is added to the environment; ``under`` is a command that starts the worker."""
        self.port = free_port() if port is None else port
        self.failpoint = failpoint
        self.started_at = 0.0
        self.ready_after_s: float | None = None
        self.is_paused = False
        path = folder / f"{name}.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump({**settings, "web": {"port": self.port}}))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        given = {**kept, "PYTHONPATH": str(ROOT), **(env or {})}
        if failpoint is not None:
            given["VIGIE_FAILPOINT"] = failpoint
        command = [
            *under,
            *(sys.executable, "-m", "tests.faults.worker_process", json.dumps(dict(stream))),
            *("--settings", str(path), "worker"),
        ]
        super().__init__(name, command, folder, given)

    @property
    def url(self) -> str:
        """Where it serves, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def exit_code(self) -> int | None:
        """How it ended; minus the number of the signal that ended it; None while it runs."""
        return None if self._child is None else self._child.poll()

    def begin(self) -> None:
        """Start it without waiting for anything."""
        self.started_at = time.monotonic()
        self.ready_after_s = None
        self.is_paused = False
        self.start(lambda: True)

    def pause(self) -> None:
        """Stop the process where it stands (SIGSTOP)."""
        self._signal(signal.SIGSTOP)
        self.is_paused = True

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        self._signal(signal.SIGCONT)
        self.is_paused = False

    def kill(self) -> None:
        """SIGKILL, also to a paused one."""
        super().kill()
        self.is_paused = False

    def status(self, path: str) -> int:
        """The HTTP status of a page, 0 when nobody answers."""
        try:
            get_text(f"{self.url}{path}", timeout_s=ASK_S)
        except urllib.error.HTTPError as refused:
            return refused.code
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            return 0
        return 200

    def is_ready(self) -> bool:
        """Whether its numbers count now; ``ready_after_s`` keeps when that was first so."""
        is_ready = not self.is_paused and self.status("/readyz") == 200
        if is_ready and self.ready_after_s is None:
            self.ready_after_s = time.monotonic() - self.started_at
        return is_ready

    def phase(self) -> str:
        """What it is doing, as it says itself: starting, ready, or why it is not ready."""
        if not self.running:
            return "ended"
        if self.is_paused:
            return "paused"
        try:
            get_text(f"{self.url}/readyz", timeout_s=ASK_S)
        except urllib.error.HTTPError as refused:
            reason = str(json.loads(refused.read()).get("reason", ""))
            return "catching up" if "catching up" in reason else "recovering"
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            return "starting"
        return "running"

    def samples(self, name: str) -> list[Sample]:
        """The samples of a metric; nothing when nobody answers."""
        try:
            page = get_text(f"{self.url}/metrics", timeout_s=ASK_S)
        except (urllib.error.URLError, http.client.HTTPException, OSError):
            return []
        return samples_of(page, name)

    def board(self, window: str = "whole") -> dict[str, Any]:
        """The board of one window: made now, or a moment ago for who asked before."""
        found: dict[str, Any] = get_json(f"{self.url}/api/board?window={window}")
        return found

    def memory_bytes(self) -> int:
        """Its resident memory now, 0 once it has ended."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 0
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) * 1024 if found else 0


def samples_of(page: str, name: str) -> list[Sample]:
    """The samples of one name on a page of metrics: labels and value."""
    return [
        (dict(LABEL.findall(parts[2] or "")), float(parts[3]))
        for line in page.splitlines()
        if line.startswith(name) and (parts := SAMPLE.match(line)) and parts[1] == name
    ]
