"""The worker of the latency benchmark: as in production, with alert rules and somebody to tell."""

from __future__ import annotations

import base64
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.latency_marks import alarm_rules
from benchmarks.stage import ROOT, BenchmarkError
from streams.settings import StreamSettings
from tests.bench.process import Process, free_port
from tests.bench.web import answers

_CORE = re.compile(r"worker runs \(core: (\w+)\)")
SHIPPED_RULES = ROOT / "alerts" / "default_rules.yaml"


class Serving(NamedTuple):
    """A worker that serves its pages."""

    url: str
    pid: int
    log: Path

    def cpu_s(self) -> float:
        """Return its seconds of CPU so far, of all threads."""
        text = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def core(self) -> str:
        """Return what its log says of its core; it serves a moment before it says so."""
        found = _CORE.search(self.log.read_text(encoding="utf-8"))
        return "unknown" if found is None else found[1]


@contextmanager
def serving(streams: StreamSettings, folder: Path, hook: str, alarms: int) -> Iterator[Serving]:
    """Run a worker whose alerts are told to an address; so many of them can be made to fire.

    Raises:
        BenchmarkError: the one of the block, with after the end of the worker's log.
    """
    settings = settings_of(streams, folder, hook, alarms)
    path = folder / "vigie.yml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    url = f"http://127.0.0.1:{settings['web']['port']}"
    command = [sys.executable, "-m", "vigie", "--settings", str(path), "worker"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}  # it runs in a folder of its own
    worker = Process("worker", command, folder, env)
    try:
        worker.start(lambda: answers(f"{url}/livez"))
        yield Serving(url, worker.pid, worker.log_path)
    except BenchmarkError as error:
        raise BenchmarkError(f"{worker.tail()}\n{error}") from error
    finally:
        worker.kill()


def settings_of(streams: StreamSettings, folder: Path, hook: str, alarms: int) -> dict[str, Any]:
    """Write the rules; return settings as they come, with them and with somebody to be told."""
    shipped = yaml.safe_load(SHIPPED_RULES.read_text(encoding="utf-8"))["rules"]
    rules = folder / "rules.yml"
    text = yaml.safe_dump({"rules": [*shipped, *alarm_rules(alarms)]}, allow_unicode=True)
    rules.write_text(text, encoding="utf-8")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "kafka": {
            "bootstrap_servers": streams.bootstrap_servers,
            "app_id": streams.app_id,
            "topic_prefix": streams.topic_prefix,
            "partitions": streams.partitions,
        },
        "web": {"port": free_port()},
        "alerts": {
            "rules": str(rules),
            "hosts": ["127.0.0.1"],
            "targets": {"duty": {"type": "webhook", "url": hook, "secret": secret}},
        },
    }
