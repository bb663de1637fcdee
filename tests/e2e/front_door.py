"""vigie as its users run it: `python -m vigie` in a process of its own, from a settings file."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml
from prometheus_client.parser import text_string_to_metric_families

from aggregators.events import CUSTOMERS
from tests.bench.kafka import Kafka
from tests.bench.process import ComponentError, free_port, wait_until
from tests.bench.web import answers, get_json, get_text

ROOT = Path(__file__).resolve().parents[2]
SECRET = "invented for the tests only"
PATIENCE_S = 60.0
"""How long a program may take that does something and ends; the machine may be busy."""


def environment(**more: str) -> dict[str, str]:
    """The environment of the programs: no settings from outside, the code of this repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    # Whether somebody ran `vigie compile` here must not matter; tests/compiled is about that.
    return {**kept, "PYTHONPATH": str(ROOT), "VIGIE_COMPILED": "off", **more}


class Running:
    """A program in a process group of its own, with its two outputs in two files."""

    def __init__(self, command: Sequence[str], folder: Path, name: str) -> None:
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self._child = subprocess.Popen(
                command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip

    @property
    def out(self) -> str:
        """Its standard output so far."""
        return self._out.read_text()

    @property
    def err(self) -> str:
        """Its standard error so far."""
        return self._err.read_text()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._child.poll() is not None

    def send(self, what: signal.Signals) -> None:
        """Sends a signal and does not wait."""
        self._child.send_signal(what)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal, unless it has ended already, and returns the exit code."""
        if not self.ended:
            self._child.send_signal(how)
        return self.exit_code()

    def exit_code(self) -> int:
        """Waits until it ends."""
        try:
            return self._child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ComponentError(f"did not end in {PATIENCE_S:g} s\n{self.err}") from None

    def kill(self) -> None:
        """Ends it and its children at once."""
        if not self.ended:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()

    def wait_for(self, url: str) -> None:
        """Waits until it answers at an address."""
        wait_until(lambda: self.ended or answers(url), what=url, timeout_s=PATIENCE_S)
        if self.ended:
            raise ComponentError(f"ended with code {self.exit_code()}\n{self.out}\n{self.err}")


class FrontDoor:
    """The commands of vigie over one settings file, in one folder."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = dict(settings)
        self.settings.setdefault("web", {"port": free_port()})
        self._path = folder / "vigie.yaml"
        self._started: list[Running] = []

    @property
    def url(self) -> str:
        """Where the worker or the demo serves, without a slash at the end."""
        return f"http://127.0.0.1:{self.settings['web']['port']}"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            self._command(arguments), cwd=self.folder, env=environment(),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip

    def done(self, *arguments: str) -> str:
        """Runs a command that must end well and returns its standard output."""
        ended = self.run(*arguments)
        assert ended.returncode == 0, (arguments, ended.stdout, ended.stderr)
        return ended.stdout

    def compute(self, source: str, file: Path, *arguments: str) -> list[dict[str, Any]]:
        """The figures of `vigie compute --json`."""
        printed = self.done("compute", "--source", source, "--json", *arguments, str(file))
        figures: list[dict[str, Any]] = msgspec.json.decode(printed)
        return figures

    def start(self, *arguments: str) -> Running:
        """Starts a command that goes on."""
        name = f"{arguments[0]}-{len(self._started)}"
        started = Running(self._command(arguments), self.folder, name)
        self._started.append(started)
        return started

    def start_worker(self) -> Running:
        """Starts a worker and returns when it is ready."""
        worker = self.start("worker")
        worker.wait_for(f"{self.url}/readyz")
        return worker

    def board(self, **asked: str) -> dict[str, Any]:
        """The board of the API now, e.g. `board(window="1h")`."""
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        found: dict[str, Any] = get_json(f"{self.url}/api/board?{query}")
        return found

    def queue(self, queue: str, window: str = "1h") -> dict[str, Any]:
        """The KPIs of a queue now; nothing as long as nobody knows the queue."""
        found: dict[str, Any] = self.board(window=window)["windows"][window]["queues"].get(queue)
        return found or {}

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples on `/metrics` now, of all those with these labels."""
        families = text_string_to_metric_families(get_text(f"{self.url}/metrics"))
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def events_read(self) -> float:
        """How many events of sources are in checkpoints; what vigie tells itself is none."""
        families = text_string_to_metric_families(get_text(f"{self.url}/metrics"))
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == "vigie_events_read_total"
            and not sample.labels["topic"].endswith(CUSTOMERS)
        )

    def wait_for_events(self, events: int) -> None:
        """Waits until that many messages are read and in a checkpoint, and the board has them."""
        wait_until(
            lambda: self.events_read() >= events,
            what=f"{events} events to be read",
            timeout_s=PATIENCE_S,
        )
        assert self.events_read() == events
        read_ms = self.board(kpis="contacts_waiting")["as_of_ms"]
        wait_until(
            lambda: self.board(kpis="contacts_waiting")["as_of_ms"] > read_ms, what="a newer board"
        )

    def close(self) -> None:
        """Ends what is still running."""
        for started in self._started:
            started.kill()

    def _command(self, arguments: Sequence[str]) -> list[str]:
        self._path.write_text(yaml.safe_dump(self.settings))
        return [sys.executable, "-m", "vigie", "--settings", str(self._path), *arguments]


def on_kafka(kafka: Kafka, prefix: str, *, partitions: int = 2, **more: Any) -> dict[str, Any]:
    """Settings for topics of the test's own on a real broker."""
    return {
        "kafka": {
            "bootstrap_servers": kafka.bootstrap_servers,
            "topic_prefix": prefix,
            "app_id": f"{prefix}vigie",
            "partitions": partitions,
            "checkpoint_interval": "200ms",
        },
        "privacy": {"customer_key_secret": SECRET},
        **more,
    }


def words(text: str) -> set[str]:
    """What a text holds of ids: all runs of letters, digits and what ids are joined with."""
    return set(re.findall(r"[\w.:#/@+-]+", text)) | set(re.findall(r"[\w.-]+", text))
