"""The demo behind a token, and a Prometheus with the shipped settings and weeks of history."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import yaml
from msgspec import Struct

from tests.bench.alertmanager import Alertmanager
from tests.bench.monitoring_files import (
    ALERTMANAGER,
    PROMETHEUS,
    local_alertmanager,
    local_prometheus,
)
from tests.bench.process import free_port, wait_until
from tests.bench.prometheus import Prometheus
from tests.bench.receiver import Receiver, receiving
from tests.e2e.front_door import FrontDoor

TOKEN = "a token of the tests"
HISTORY_H = (168, 167, 335, 503, 671)
"""How many hours ago there are samples beside those that are scraped."""
HISTORIC = ("vigie_window_contacts", "vigie_abandonment_rate_ratio")
_HISTORY_S = 1800


class Scene(Struct):
    """The demo, its Prometheus and Alertmanager, and the receivers of both kinds of secrets."""

    door: FrontDoor
    prometheus: Prometheus
    alertmanager: Alertmanager
    told: Receiver
    outside: Receiver

    def get(self, path: str) -> str:
        """An answer of the demo, asked with the token."""
        return ask(f"{self.door.url}{path}")

    def board(self, window: str) -> dict[str, Any]:
        """The rows of the API's board now."""
        found: dict[str, Any] = msgspec.json.decode(self.get(f"/api/board?window={window}"))
        return found["windows"][window]  # type: ignore[no-any-return]

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Ask the demo to do something."""
        ask(f"{self.door.url}{path}", msgspec.json.encode(body))


def ask(url: str, body: bytes | None = None) -> str:
    """The body of an answer to a request that carries the token."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text: bytes = answer.read()
    return text.decode()


@contextmanager
def running(folder: Path) -> Iterator[Scene]:
    """Starts all of it and waits until every target was scraped twice."""
    with ExitStack() as stack:
        told, outside = (stack.enter_context(receiving()) for _ in range(2))
        alertmanager = Alertmanager(
            folder / "alertmanager",
            yaml.safe_load(
                local_alertmanager(
                    (ALERTMANAGER / "alertmanager.yml").read_text(),
                    {
                        "/run/secrets/alert_webhook_url": told.url,
                        "/run/secrets/alert_watchdog_url": outside.url,
                    },
                )
            ),
        )
        stack.callback(alertmanager.process.kill)
        alertmanager.start()
        token = folder / "vigie.token"
        token.write_text(TOKEN)
        door = FrontDoor(folder, _settings(token, alertmanager))
        stack.callback(door.close)
        door.start("run").wait_for(f"{door.url}/readyz")
        prometheus = _prometheus(folder, door, alertmanager, token)
        stack.callback(prometheus.process.kill)
        wait_until(lambda: _has_its_history(door), what="the two hours before the demo")
        prometheus.write_history(_history(ask(f"{door.url}/metrics/kpi")))
        prometheus.start()
        prometheus.wait_for("count(up) == 4", timeout_s=60)
        prometheus.wait_for("min(count_over_time(vigie_view_complete[1m])) >= 3", timeout_s=60)
        yield Scene(door, prometheus, alertmanager, told, outside)


def _has_its_history(door: FrontDoor) -> bool:
    lags = [
        float(line.rsplit(" ", 1)[1])
        for line in ask(f"{door.url}/metrics/worker").splitlines()
        if line.startswith("vigie_lag_events{")
    ]
    return bool(lags) and sum(lags) < 50 and "vigie_nps{" in ask(f"{door.url}/metrics/kpi")


def _settings(token: Path, alertmanager: Alertmanager) -> dict[str, Any]:
    # The day began twelve hours ago: no midnight falls into the test, and today is not empty.
    reset = datetime.now(ZoneInfo("Europe/Paris")) + timedelta(hours=12)
    return {
        "web": {"port": free_port(), "token_file": str(token)},
        "defaults": {"reset_at": reset.strftime("%H:%M")},
        "alerts": {
            "hosts": ["127.0.0.1"],
            "targets": {"alertmanager": {"type": "alertmanager", "urls": [alertmanager.url]}},
        },
    }


def _prometheus(
    folder: Path, door: FrontDoor, alertmanager: Alertmanager, token: Path
) -> Prometheus:
    port = free_port()
    config = local_prometheus(
        (PROMETHEUS / "prometheus.yml").read_text(),
        {
            "worker:8080": door.url.removeprefix("http://"),
            "alertmanager:9093": alertmanager.url.removeprefix("http://"),
            "localhost:9090": f"127.0.0.1:{port}",
        },
        PROMETHEUS / "rules",
        {"/run/secrets/scraper_token": str(token)},
    )
    retention = ["--storage.tsdb.retention.time=35d"]
    return Prometheus(folder / "prometheus", yaml.safe_load(config), retention, port)


def _history(page: str) -> Iterator[str]:
    """Samples, as if the page of now had been scraped in earlier weeks."""
    now_s = int(time.time())
    for line in page.splitlines():
        if not line.startswith(HISTORIC):
            continue
        series, value = line.rsplit(" ", 1)
        for hours in sorted(HISTORY_H, reverse=True):
            start_s = now_s - hours * 3600
            for at_s in range(start_s - 120, start_s + _HISTORY_S, 60):
                yield f'{series[:-1]},job="vigie-kpi"}} {value} {at_s}'
