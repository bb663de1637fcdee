"""A real program that a test starts: its own process group, its own log, ended by its own id."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0
LOG_LINES_SHOWN = 40


class ComponentError(Exception):
    """A component did not start, did not answer or did not end; the text carries its log."""


def require_program(command: str, package: str) -> str:
    """Path of a program of a Debian package.

    Without it the test fails: a real component that is missing must never look like success.
    """
    found = shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.fail(
            f"{command} is missing (Debian package {package}): run `make test` as root, "
            f"which installs it, or `apt install {package}`",
            pytrace=False,
        )
    return found


def free_port() -> int:
    """A loopback port that nobody listens on, below the range of outgoing connections.

    Another process may still take it first: a component that then fails to start says so.
    """
    for _ in range(200):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise ComponentError("no free loopback port between 20000 and 32000")


def is_open(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(
    condition: Callable[[], bool], *, what: str, timeout_s: float = START_TIMEOUT_S
) -> None:
    """Returns as soon as the condition holds; raises :class:`ComponentError` if it never does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise ComponentError(f"waited {timeout_s:g} s in vain: {what}")
        time.sleep(0.02)


class Process:
    """One started program and its children."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        directory: Path,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.directory = directory
        self.log_path = directory / f"{name}.log"
        self._env = dict(os.environ if env is None else env)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id, which is also the id of the process group."""
        if self._child is None:
            raise ComponentError(f"{self.name} was not started")
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the program itself is still there."""
        return self._child is not None and self._child.poll() is None

    def start(self, ready: Callable[[], bool], timeout_s: float = START_TIMEOUT_S) -> None:
        """Starts the program and returns once it is ready.

        :raises ComponentError: it ended or did not get ready; nothing of it is left running.
        """
        if self.running:
            raise ComponentError(f"{self.name} is running already")
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until(
                lambda: not self.running or ready(),
                what=f"{self.name} to get ready",
                timeout_s=timeout_s,
            )
        except ComponentError as late:
            self.kill()
            raise ComponentError(f"{late}\n{self.tail()}") from None
        if not self.running:
            code = self._child.returncode
            raise ComponentError(f"{self.name} ended at once with code {code}\n{self.tail()}")

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """Asks the program to end (SIGTERM) and returns its exit code.

        :raises ComponentError: it did not end in time, and was killed.
        """
        if self._child is None:
            return 0
        self._signal(signal.SIGTERM)
        try:
            return self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ComponentError(
                f"{self.name} ignored SIGTERM for {timeout_s:g} s\n{self.tail()}"
            ) from None

    def kill(self) -> None:
        """Ends the program and its children at once (SIGKILL), as a power cut would."""
        if self._child is None:
            return
        self._signal(signal.SIGKILL)
        self._child.wait()

    def tail(self) -> str:
        """The end of the log, to be shown when something went wrong."""
        if not self.log_path.exists():
            return f"--- {self.name} wrote no log"
        lines = self.log_path.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return "\n".join([f"--- end of {self.log_path}", *lines])

    def _signal(self, number: signal.Signals) -> None:
        # A child that was waited for has given its id back: that id may be another's by now.
        if self.running:
            os.killpg(self.pid, number)
