"""The running demo with alerts on, and a Prometheus that scrapes it as the stack's does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import Struct

from exporters.row_kinds import ROW_KINDS
from tests.bench.monitoring_files import PROMETHEUS
from tests.bench.process import wait_until
from tests.bench.prometheus import Prometheus
from tests.bench.receiver import Answer, receiving
from tests.e2e.alert_centre import SECRET, alerts, ask
from tests.e2e.front_door import ROOT, FrontDoor
from tests.grafana.interpolation import SCRAPE_S
from tests.grafana.no_data import NO_DATA
from tests.grafana.written_series import as_catalogued, earlier_weeks

INVENTED_BEFORE_S = 3 * 24 * 3600
BRIEF = {
    "id": "brief",
    "name": {"en": "Brief", "fr": "Brève"},
    "when": "contacts_ringing >= 1",
    "clear_for": "1s",
    "reopen_within": "0s",
    "scope": {"queue": "*", "channel": "voice"},
}
"""A rule that fires and is over within seconds: then there is a time to resolve."""


class Centre(Struct):
    """The demo and the Prometheus that watches it."""

    door: FrontDoor
    prometheus: Prometheus
    at_s: float
    """When the figures that the demo cannot have were written as they would look."""


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """Scraped by the two jobs of the stack, with its alert rules and two earlier weeks."""
    folder = tmp_path_factory.mktemp("boards")
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        receiver.answers.append(Answer(status=503))  # the first message has to be sent again
        door = FrontDoor(folder, _settings(folder, receiver.url))
        stack.callback(door.close)
        door.start("run").wait_for(f"{door.url}/readyz")
        prometheus = Prometheus(folder / "prometheus", _scrapes(door.url))
        stack.callback(prometheus.process.kill)
        now_s = time.time()
        invented_s = now_s - INVENTED_BEFORE_S
        samples = [*earlier_weeks(now_s), *as_catalogued(NO_DATA, invented_s)]
        prometheus.write_history(str(sample) for sample in sorted(samples))
        prometheus.start()
        _let_things_happen(door, prometheus)
        yield Centre(door, prometheus, invented_s)


def _settings(folder: Path, receiver_url: str) -> dict[str, Any]:
    rules = yaml.safe_load((ROOT / "alerts" / "default_rules.yaml").read_text())
    path = folder / "rules.yaml"
    path.write_text(yaml.safe_dump({"rules": [*rules["rules"], BRIEF]}, allow_unicode=True))
    return {
        "alerts": {
            "rules": str(path),
            "hosts": ["127.0.0.1"],
            "group_wait": "500ms",
            "group_interval": "2s",
            "targets": {
                "duty": {"type": "webhook", "url": f"{receiver_url}/hook", "secret": SECRET},
            },
        },
        "demo": {"incident": "agents_gone"},  # late in the evening nobody has a break
        "metrics": {"by": list(ROW_KINDS)},
    }


def _scrapes(url: str) -> dict[str, Any]:
    """The two jobs of the stack: KPI series without an instance, pipeline series with one."""
    targets = [{"targets": [url.removeprefix("http://")]}]
    return {
        "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": "1s"},
        "rule_files": [str(PROMETHEUS / "rules" / "vigie-*.rules.yml")],
        "scrape_configs": [
            {"job_name": "vigie", "metrics_path": "/metrics/worker", "static_configs": targets},
            {
                "job_name": "vigie-kpi",
                "metrics_path": "/metrics/kpi",
                "static_configs": targets,
                "metric_relabel_configs": [{"action": "labeldrop", "regex": "instance"}],
            },
        ],
    }


def _let_things_happen(door: FrontDoor, prometheus: Prometheus) -> None:
    """Waits for alerts of both kinds, takes one, and waits until one was resolved."""
    found: list[dict[str, Any]] = []

    def fired() -> bool:
        found[:] = [alert for alert in alerts(door.url) if alert["state"] == "firing"]
        return bool(found)

    wait_until(fired, what="an alert of vigie", timeout_s=120)
    status, _ = ask(door.url, f"/api/alerts/{found[0]['id']}/acknowledge", by="somebody")
    assert status == 200
    for promql in (
        "vigie_alert_acknowledge_mean_seconds",
        "vigie_alert_resolve_mean_seconds",
        "vigie_alert_notifications_total > 0",
        "vigie_alert_notifications_failed_total",
        'ALERTS{alertname=~"VigieLong.*",alertstate="firing"}',
        'vigie_alerts{state="firing"} > 0',
    ):
        prometheus.wait_for(promql, timeout_s=180)
