"""Runs the commands of a page as a reader would type them, in a folder of their own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench.process import Process, free_port, wait_until
from tests.bench.web import answers, get_json, get_text
from tests.docs.pages import ROOT, Block

BROKER = "127.0.0.1:9092"
ADDRESS = "http://127.0.0.1:8080"
COMMAND_TIMEOUT_S = 120.0
_FOREGROUND = re.compile(r"^(make run|vigie( --settings \S+)? (run|worker)\b)")


class Session:
    """One page's terminal: folder, environment, and the services that it started.

    Ports of the page are replaced by free ones, the broker's address by that of a real broker.
    """

    def __init__(self, folder: Path, broker: str | None) -> None:
        self.folder = folder
        self.port = free_port()
        self._broker = broker
        self._stack = ExitStack()
        self._web: Process | None = None
        shim = folder / ".venv" / "bin"
        shim.mkdir(parents=True)
        (shim / "activate").write_text("")
        (shim / "vigie").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vigie "$@"\n')
        (shim / "vigie").chmod(0o755)
        shutil.copytree(ROOT / "examples", folder / "examples")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
        self.env = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "VIGIE_COMPILED": "off",
            "PATH": f"{shim}:{os.environ['PATH']}",
            "VIGIE_WEB__PORT": str(self.port),
            "VIGIE_KAFKA__APP_ID": folder.name,
            "VIGIE_KAFKA__TOPIC_PREFIX": f"{folder.name}-",
        }

    def close(self) -> None:
        """End what the page started."""
        self._stack.close()

    def ours(self, text: str) -> str:
        """Return a text of the page with our port and broker."""
        if self._broker is not None:
            text = text.replace(BROKER, self._broker)
        return text.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")

    def commands(self, block: Block) -> None:
        """Run a block of commands; each must succeed."""
        lines = [line.strip() for line in block.text.replace("\\\n", " ").splitlines()]
        for line in filter(None, lines):
            self.command(line, block.where)
        if "make run" in lines:
            self.end()  # the reader's Ctrl-C

    def console(self, block: Block) -> None:
        """Run the lines after ``$`` and compare what they say, ``...`` standing for anything."""
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            line, _, expected = part.partition("\n")
            out, err = self.command(line, block.where)
            told = [one for one in expected.splitlines() if one.startswith("vigie: ")]
            shown = [one for one in expected.splitlines() if not one.startswith("vigie: ")]
            compare(self.ours("\n".join(shown)), out, block.where)
            for one in told:
                assert one in err.splitlines(), f"{block.where}: {one!r} is not in {err!r}"

    def command(self, line: str, where: str) -> tuple[str, str]:
        """Run one command line; return what it wrote to both outputs."""
        line = self.ours(line)
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.env[name] = value
        elif _FOREGROUND.match(line):
            self.serve(line.replace("make run", "vigie run"))
        elif "--follow" in line:
            self.follow(line)
        elif line.startswith("curl "):
            self.fetch(shlex.split(line)[-1])
        else:
            ran = subprocess.run(
                ["bash", "-ec", line],
                cwd=self.folder,
                env=self.env,
                capture_output=True,
                text=True,
                timeout=COMMAND_TIMEOUT_S,
            )
            assert ran.returncode == 0, f"{where}: {line}\n{ran.stdout}{ran.stderr}"
            return ran.stdout, ran.stderr
        return "", ""

    def serve(self, line: str) -> str:
        """Start what serves the board, in place of what did before; return its log."""
        self.end()
        self._web = self._start("web", line)
        self._web.start(lambda: answers(f"{self.ours(ADDRESS)}/readyz"))
        return self._web.log_path.read_text()

    def end(self) -> None:
        """End what serves the board; it must end well."""
        if self._web is not None:
            assert self._web.stop() == 0, self._web.tail()
            self._web = None

    def follow(self, line: str) -> None:
        """Start to follow a log, wait until it remembers its place, end it as Ctrl-C does."""
        place = self.folder / shlex.split(line)[shlex.split(line).index("--position") + 1]
        process = self._start("follow", line)
        process.start(lambda: True)
        wait_until(lambda: place.exists() or not process.running, what=f"{line} to send")
        assert process.running, process.tail()
        os.kill(process.pid, signal.SIGINT)
        assert process.stop() == 0, process.tail()

    def fetch(self, url: str) -> None:
        """Ask for an address; it must answer with JSON or metrics.

        A demo that has just begun knows nothing for a moment, and says so.
        """
        wait_until(lambda: answers(self.ours(url)), what=url, timeout_s=20)
        text = get_text(self.ours(url))
        assert text.startswith(("{", "[", "#")), text[:200]

    def answer(self, path: str) -> Any:
        """Return the JSON of an answer, also of a refusal."""
        url = f"{self.ours(ADDRESS)}{path}"
        try:
            return get_json(url)
        except OSError as refused:  # HTTPError, whose body is the answer
            return json.loads(refused.read())  # type: ignore[attr-defined]

    def _start(self, name: str, line: str) -> Process:
        process = Process(name, ["bash", "-ec", f"exec {line}"], self.folder, self.env)
        self._stack.callback(process.kill)
        return process


def compare(expected: str, out: str, where: str) -> None:
    """Compare an output word for word; ``...`` in the page stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))
    assert re.fullmatch(pattern, out.strip(), re.DOTALL), f"{where}: the output is\n{out}"


def contains(whole: Any, part: Any) -> bool:
    """Whether a JSON value holds all that a shorter one shows."""
    if isinstance(part, Mapping):
        return isinstance(whole, Mapping) and all(
            name in whole and contains(whole[name], value) for name, value in part.items()
        )
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)
