"""A Prometheus of the test's own, asked through its query API."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

import yaml

from tests.bench.process import ComponentError, Process, free_port, require_program, wait_until
from tests.bench.web import answers, get_json

Vector = dict[tuple[tuple[str, str], ...], float]
"""Result of an instant query: sorted label pairs (without the name) to value."""


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs promtool to its end."""
    program = require_program("promtool", "prometheus")
    return subprocess.run([program, *words], capture_output=True, text=True)


class Prometheus:
    """One prometheus process with its own settings, data folder and port."""

    def __init__(
        self,
        directory: Path,
        config: Mapping[str, object],
        flags: Sequence[str] = (),
        port: int | None = None,
    ) -> None:
        self.port = free_port() if port is None else port
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._data = directory / "data"
        self._target_count = _count_targets(config)
        config_path = directory / "prometheus.yml"
        config_path.write_text(yaml.safe_dump(dict(config)))
        self.process = Process(
            "prometheus",
            [
                require_program("prometheus", "prometheus"),
                f"--config.file={config_path}",
                f"--storage.tsdb.path={self._data}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
                *flags,
            ],
            directory,
        )

    @property
    def url(self) -> str:
        """Address of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def write_history(self, samples: Iterable[str]) -> None:
        """Puts samples of the past into its data folder, before it starts.

        Each is a line of OpenMetrics with its time; those of a series are in the order of time.
        """
        source = self.directory / "history.txt"
        source.write_text("\n".join([*samples, "# EOF", ""]))
        made = promtool("tsdb", "create-blocks-from", "openmetrics", source, self._data)
        assert made.returncode == 0, made.stderr

    def start(self) -> None:
        """Starts the server and waits until it is ready."""
        self.process.start(lambda: answers(f"{self.url}/-/ready"))

    def stop(self) -> None:
        """Ends the server cleanly."""
        self.process.stop()

    def query(self, promql: str, at_s: float | None = None) -> Vector:
        """Instant vector (or scalar, under the empty label set) of an expression, now or then.

        :raises ComponentError: the expression is wrong; the text says where.
        """
        asked = {"query": promql} if at_s is None else {"query": promql, "time": f"{at_s:.3f}"}
        try:
            data = get_json(f"{self.url}/api/v1/query?{urlencode(asked)}")["data"]
        except HTTPError as refused:
            raise ComponentError(f"{promql}: {refused.read().decode()}") from None
        if data["resultType"] == "scalar":
            return {(): float(data["result"][1])}
        return {
            tuple(sorted((k, v) for k, v in row["metric"].items() if k != "__name__")): float(
                row["value"][1]
            )
            for row in data["result"]
        }

    def query_while_up(self, promql: str, timeout_s: float = 30.0) -> Vector:
        """The result at an instant at which the last scrape of every target had succeeded.

        A scrape that a busy machine let fail takes all series of its target away until the next,
        and a target that was never scraped has no ``up`` at all, so the targets are counted.
        Asked before and after: a failed scrape is stored late, under the time at which it began.
        """
        found: Vector = {}

        def stayed_up() -> bool:
            nonlocal found
            at_s = time.time()
            up = {(): float(self._target_count)}
            if self.query("count(up == 1)", at_s) != up:
                return False
            found = self.query(promql, at_s)
            return self.query("count(up == 1)", at_s) == up

        wait_until(stayed_up, what="all targets of Prometheus up", timeout_s=timeout_s)
        return found

    def wait_for(
        self, promql: str, condition: Callable[[Vector], bool] = bool, timeout_s: float = 30.0
    ) -> Vector:
        """The first result for which the condition holds; by default: any result at all.

        Blocks. Where the scraped worker lives in the test's own event loop, call it through
        :func:`asyncio.to_thread`.
        """
        seen: Vector = {}

        def holds() -> bool:
            seen.clear()
            seen.update(self.query(promql))
            return condition(seen)

        wait_until(holds, what=f"{promql} in Prometheus", timeout_s=timeout_s)
        return seen

    def targets(self) -> list[dict[str, Any]]:
        """The scraped targets with their health and last error."""
        found: list[dict[str, Any]] = get_json(f"{self.url}/api/v1/targets")["data"][
            "activeTargets"
        ]
        return found


def _count_targets(config: Mapping[str, Any]) -> int:
    """How many targets the settings name."""
    return sum(
        len(group["targets"])
        for job in config.get("scrape_configs", ())
        for group in job["static_configs"]
    )


def scrape_config(*addresses: str, interval: str = "1s") -> dict[str, object]:
    """Settings that scrape ``/metrics`` of these ``host:port`` addresses, as job ``vigie``."""
    return {
        "global": {"scrape_interval": interval, "evaluation_interval": interval},
        "scrape_configs": [{"job_name": "vigie", "static_configs": [{"targets": list(addresses)}]}],
    }
