"""The settings of Alertmanager that are shipped: who is told what, once."""

from __future__ import annotations

import re
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from tests.bench.alertmanager import Alertmanager
from tests.bench.monitoring_files import ALERTMANAGER, local_alertmanager
from tests.bench.process import require_program, wait_until
from tests.monitoring.rule_files import alerts

TEXT = (ALERTMANAGER / "alertmanager.yml").read_text()
CONFIG: dict[str, Any] = yaml.safe_load(TEXT)
SECRETS = {
    "/run/secrets/alert_webhook_url": "http://127.0.0.1:1/alerts",
    "/run/secrets/alert_watchdog_url": "http://127.0.0.1:1/watchdog",
}
VIGIE_ONLY = {"VigieNumbersLate", "VigieJournalUnwritten", "VigieTargetFailing"}
"""Alerts of vigie's own rules that have no twin."""
LOCAL = local_alertmanager(TEXT, SECRETS)


def amtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = require_program("amtool", "prometheus-alertmanager")
    return subprocess.run([program, *words], capture_output=True, text=True)


def test_amtool_takes_the_settings(tmp_path: Path) -> None:
    """All but `url_file`, which Debian's 0.25 does not know yet: it is read as `url`."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(LOCAL)
    checked = amtool("check-config", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "4 receivers" in checked.stdout


def test_addresses_come_from_the_documented_secrets_only() -> None:
    """No URL, no password and no token stands in the file, and it names no other file."""
    named = [
        webhook["url_file"]
        for receiver in CONFIG["receivers"]
        for webhook in receiver.get("webhook_configs", ())
    ]
    assert set(named) == set(SECRETS)
    assert "://" not in TEXT
    assert TEXT.count("/run/secrets/") == len(named) == 3
    kinds = {kind for receiver in CONFIG["receivers"] for kind in receiver if kind != "name"}
    assert kinds == {"webhook_configs"}


ROUTES = [
    ({"alertname": "VigieWatchdog", "severity": "info"}, "outside"),
    ({"alertname": "VigieWatchdog", "severity": "info", "origin": "prometheus"}, "outside"),
    ({"alertname": "VigieOther", "severity": "info"}, "nobody"),
    ({"alertname": "VigieVeryLongWait", "severity": "critical", "queue": "a"}, "critical"),
    ({"alertname": "VigieLongestWait", "severity": "warning", "queue": "a"}, "warning"),
    ({"alertname": "VigieVeryLongWait", "severity": "critical", "origin": "twin"}, "critical"),
    ({"alertname": "VigieLongestWait", "severity": "warning", "origin": "twin"}, "warning"),
    ({"alertname": "VigieRedisDown", "severity": "critical", "origin": "prometheus"}, "critical"),
    ({"alertname": "VigieLagGrowing", "severity": "warning", "origin": "prometheus"}, "warning"),
    ({"alertname": "Foreign"}, "warning"),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "receiver"), ROUTES)
def test_each_route_leads_to_its_receiver(
    tmp_path: Path, labels: Mapping[str, str], receiver: str
) -> None:
    """By severity; signs of life to the outside; what nobody foresaw is not lost."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(LOCAL)
    given = [f"{name}={value}" for name, value in labels.items()]
    found = amtool(
        "config", "routes", "test", f"--config.file={path}",
        f"--verify.receivers={receiver}", *given,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr


def test_inhibitions_name_alerts_that_exist() -> None:
    """Of Prometheus, or of vigie's own rules that have no twin."""
    known = _every_name()
    found = set()
    for rule in CONFIG["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            for alert in _names(matcher):
                assert alert in known, matcher
                found.add(alert)
    assert found >= VIGIE_ONLY


def _names(matcher: str) -> Iterator[str]:
    label, _, value = matcher.partition("=" if "!~" not in matcher else "!~")
    if label != "alertname":
        return
    pattern = value.strip('~"')
    matched = [name for name in _every_name() if re.fullmatch(pattern, name)]
    alternatives = pattern.count("|") + 1
    assert len(matched) >= alternatives, matcher
    yield from matched


def _every_name() -> set[str]:
    return {*alerts(), *VIGIE_ONLY}


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    config = yaml.safe_load(LOCAL)
    server = Alertmanager(tmp_path_factory.mktemp("alertmanager"), config)
    try:
        server.start()
        yield server
    finally:
        server.process.kill()


ROW = {"queue": "tech", "channel": "voice"}


def an_alert(name: str, origin: str = "", **labels: str) -> dict[str, str]:
    found = {"alertname": name, "severity": "warning", **labels}
    return {**found, "origin": origin} if origin else found


SCENES: list[tuple[str, list[dict[str, str]], set[tuple[str, str]]]] = [
    ("vigie watches: its twins are muted, and nothing else",
     [an_alert("VigieWatchdog"), an_alert("VigieLongestWait", **ROW),
      an_alert("VigieLongestWait", "twin", **ROW), an_alert("VigieRedisDown", "prometheus")],
     {("VigieLongestWait", "twin")}),
    ("vigie is silent: the twin is told, whatever sign of life Prometheus sends",
     [an_alert("VigieWatchdog", "prometheus"), an_alert("VigieLongestWait", "twin", **ROW)],
     set()),
    ("a part of the view is missing: no figures, but what is about the view, and vigie's own",
     [an_alert("VigieViewIncomplete", "twin"), an_alert("VigieManyAbandons", "twin", **ROW),
      an_alert("VigieLongestWait", **ROW), an_alert("VigieDataStopped", "twin"),
      an_alert("VigieServiceLevelBurnSlow", "prometheus", **ROW)],
     {("VigieManyAbandons", "twin"), ("VigieServiceLevelBurnSlow", "prometheus")}),
    ("critical over warning, in the same queue and from the same sender only",
     [an_alert("VigieVeryLongWait", **ROW), an_alert("VigieLongestWait", **ROW),
      an_alert("VigieLongestWait", queue="sales", channel="voice"),
      an_alert("VigieTicketOverdue", "twin", **ROW), an_alert("VigieTicketAtRisk", **ROW)],
     {("VigieLongestWait", "")}),
    ("the fast burn over the others and over the plain threshold",
     [an_alert("VigieServiceLevelBurnFast", "prometheus", **ROW),
      an_alert("VigieServiceLevelBurnSteady", "prometheus", **ROW),
      an_alert("VigieServiceLevelBurnSlow", "prometheus", **ROW),
      an_alert("VigieLowServiceLevel", queue="sales", channel="voice")],
     {("VigieServiceLevelBurnSteady", "prometheus"), ("VigieServiceLevelBurnSlow", "prometheus")}),
    ("the cause over what follows from it",
     [an_alert("VigieRedisDown", "prometheus"), an_alert("VigieNoLeaseHolder", "prometheus"),
      an_alert("VigieAlertsNotJudged", "prometheus"), an_alert("VigieLagGrowing", "prometheus")],
     {("VigieNoLeaseHolder", "prometheus"), ("VigieAlertsNotJudged", "prometheus")}),
    ("what vigie says of itself over what Prometheus sees of the same",
     [an_alert("VigieNumbersLate"), an_alert("VigieLagGrowing", "prometheus"),
      an_alert("VigieDeadLetters", "prometheus"), an_alert("VigieManyRefusedEvents", "twin")],
     {("VigieLagGrowing", "prometheus")}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "sent", "muted"), SCENES, ids=[what for what, *_ in SCENES])
def test_nobody_is_told_twice(
    manager: Alertmanager, what: str, sent: list[dict[str, str]], muted: set[tuple[str, str]]
) -> None:
    """A real Alertmanager mutes exactly what the others tell already."""
    post(manager, sent, over=False)
    try:
        wait_until(lambda: len(manager.alerts()) == len(sent), what="the alerts", timeout_s=30)
        wait_until(
            lambda: _states(manager, "suppressed") == muted,
            what=f"{what}: {_states(manager, 'suppressed')}",
            timeout_s=30,
        )
        told = {(one["alertname"], one.get("origin", "")) for one in sent}
        assert _states(manager, "active") >= told - muted
    finally:
        post(manager, sent, over=True)
        wait_until(lambda: manager.alerts() == [], what="no alert", timeout_s=30)


def post(manager: Alertmanager, sent: list[dict[str, str]], *, over: bool) -> None:
    now = datetime.now(UTC)
    ends = now - timedelta(seconds=1) if over else now + timedelta(minutes=5)
    body = [
        {"labels": labels, "startsAt": (now - timedelta(minutes=1)).isoformat(),
         "endsAt": ends.isoformat()}
        for labels in sent
    ]  # fmt: skip
    request = urllib.request.Request(
        f"{manager.url}/api/v2/alerts", msgspec.json.encode(body),
        {"Content-Type": "application/json"},
    )  # fmt: skip
    urllib.request.urlopen(request, timeout=10).close()


def _states(manager: Alertmanager, state: str) -> set[tuple[str, str]]:
    # Before its first flush an alert is unprocessed; inhibition is known when it is asked for.
    return {
        (alert["labels"]["alertname"], alert["labels"].get("origin", ""))
        for alert in manager.alerts()
        if alert["status"]["state"] == state
    }
