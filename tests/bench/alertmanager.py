"""An Alertmanager of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.bench.process import Process, free_port, require_program
from tests.bench.web import answers, get_json

NOBODY_IS_CALLED: Mapping[str, object] = {
    "route": {"receiver": "nobody", "group_wait": "1s", "group_interval": "1s"},
    "receivers": [{"name": "nobody"}],
}
"""Settings for tests that only look at the alerts which arrived."""


class Alertmanager:
    """One prometheus-alertmanager process, without its cluster port."""

    def __init__(self, directory: Path, config: Mapping[str, object] = NOBODY_IS_CALLED) -> None:
        self.port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        self._data = directory / "data"
        config_path = directory / "alertmanager.yml"
        config_path.write_text(yaml.safe_dump(dict(config)))
        self.process = Process(
            "alertmanager",
            [
                require_program("prometheus-alertmanager", "prometheus-alertmanager"),
                f"--config.file={config_path}",
                f"--storage.path={self._data}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--cluster.listen-address=",
                "--log.level=warn",
            ],
            directory,
        )

    @property
    def url(self) -> str:
        """Address of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts the server and waits until it is ready."""
        self.process.start(lambda: answers(f"{self.url}/-/ready"))

    def stop(self) -> None:
        """Ends the server cleanly; `start` brings it back at the same address."""
        self.process.stop()

    def forget(self) -> None:
        """Removes what it wrote down: after a start it knows nothing, as on a new machine."""
        shutil.rmtree(self._data, ignore_errors=True)

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that it knows (API v2)."""
        found: list[dict[str, Any]] = get_json(f"{self.url}/api/v2/alerts")
        return found
