"""Every file that a container sees exists, is read by its own program, and fits the others."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.bench.monitoring_files import local_alertmanager
from tests.bench.process import require_program
from tests.compose.stack_files import DEPLOY, ROOT, bind_mounts, laid_out, services, stack
from vigie.cli import run
from vigie.settings import Settings, load_settings

GRAFANA = ROOT / "grafana"
READS: dict[str, str] = {
    "kafka/server.properties": "kafka",
    "redis/redis.conf": "redis",
    "redis/start.sh": "redis",
    "redis/healthy.sh": "redis",
    "vigie/vigie.yaml": "worker",
    "door/haproxy.cfg": "door",
    "prometheus/prometheus.yml": "prometheus",
    "alertmanager/alertmanager.yml": "alertmanager",
    "grafana/grafana.ini": "grafana",
}
"""Which service reads a file of ``deploy``."""


def checked(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a program's own check."""
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **more})


def hosts_in(text: str) -> set[str]:
    """The services that a file names as addresses."""
    named = set(re.findall(r"\b([a-z]+):(?:9092|6379|8080|9090|9093|3000)\b", text))
    named |= set(re.findall(r"names: \[(\w+)\]", text))
    return named - {"localhost", "http"}


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The workers' settings with the secrets of a folder in place of the mounted ones."""
    folder = laid_out(tmp_path / "stack")
    path = folder / "deploy" / "vigie" / "vigie.yaml"
    path.write_text(path.read_text().replace("/run/secrets/", f"{folder / 'secrets'}/"))
    return path


def loaded(path: Path) -> Settings:
    """The settings as a worker reads them."""
    return load_settings(path, {"VIGIE_ALLOW_PLAINTEXT": "1"})


def test_every_mounted_file_exists() -> None:
    """A folder that is missing would be made by Docker, empty and of root."""
    missing = [
        f"{name}: {path}"
        for name, service in services().items()
        for path, _, _ in bind_mounts(service)
        if not path.exists()
    ]
    assert missing == []


def test_every_file_of_deploy_is_mounted_where_it_is_read() -> None:
    """Scripts and settings are found under the paths by which commands name them."""
    for name, service in services().items():
        inside = {inside: path for path, inside, _ in bind_mounts(service)}
        environment = service.get("environment", {}).values()
        words = [*service.get("command", ()), *service.get("entrypoint", ()), *environment]
        words += service.get("healthcheck", {}).get("test", ())
        for word in map(str, words):
            for found in re.findall(r"/etc/[\w./-]+", word):
                top = next((place for place in inside if found.startswith(place)), None)
                assert top is not None, f"{name}: {found} is in no mount"
                assert (inside[top] / found.removeprefix(top).lstrip("/")).exists(), found


def test_every_secret_that_a_file_names_is_there() -> None:
    """Mounted into the service that reads the file, under this name."""
    for name, service in READS.items():
        named = set(re.findall(r"/run/secrets/(\w+)", (DEPLOY / name).read_text()))
        assert named <= set(services()[service].get("secrets", ())), name
    used = {
        secret
        for path in (DEPLOY / name for name in READS)
        for secret in re.findall(r"/run/secrets/(\w+)", path.read_text())
    }
    assert used == set(stack()["secrets"])


def test_every_address_can_be_reached() -> None:
    """Who names another service shares a network with it."""
    for name, reader in READS.items():
        for other in hosts_in((DEPLOY / name).read_text()):
            assert other in services(), f"{name}: {other}"
            shared = set(services()[reader]["networks"]) & set(services()[other]["networks"])
            assert shared, f"{reader} does not reach {other}"


@pytest.mark.parametrize("script", sorted(DEPLOY.rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_plain(script: Path) -> None:
    """They stop at the first error and parse; only one needs more than a POSIX shell."""
    text = script.read_text()
    shell = text.splitlines()[0].removeprefix("#!")
    assert shell == ("/bin/bash" if script == DEPLOY / "kafka" / "healthy.sh" else "/bin/sh")
    assert re.search(r"^set -eu", text, re.MULTILINE)
    assert checked(shell.split("/")[-1], "-n", script).returncode == 0


def test_the_door_is_valid(tmp_path: Path) -> None:
    """By haproxy itself, which notices a wrong word."""
    haproxy = require_program("haproxy", "haproxy")
    config = DEPLOY / "door" / "haproxy.cfg"
    done = checked(haproxy, "-c", "-f", config)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    broken = tmp_path / "broken.cfg"
    broken.write_text(config.read_text().replace("balance leastconn", "balance mostconn"))
    assert checked(haproxy, "-c", "-f", broken).returncode != 0


def test_the_door_writes_no_requests_down() -> None:
    """A link in a message is a permission; the stream of the board outlives no time-out."""
    text = (DEPLOY / "door" / "haproxy.cfg").read_text()
    assert "httplog" not in text
    assert "local0 notice" in text
    assert "timeout server 60s" in text


def test_prometheus_takes_its_settings() -> None:
    """By promtool, with all rule files."""
    promtool = require_program("promtool", "prometheus")
    folder = DEPLOY / "prometheus"
    done = checked(promtool, "check", "config", "--syntax-only", folder / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    rules = sorted(folder.glob("rules/*.rules.yml"))
    assert rules
    assert checked(promtool, "check", "rules", *rules).returncode == 0


def test_alertmanager_takes_its_settings(tmp_path: Path) -> None:
    """By amtool, with addresses in place of the secrets' paths."""
    amtool = require_program("amtool", "prometheus-alertmanager")
    path = tmp_path / "alertmanager.yml"
    urls = {
        f"/run/secrets/alert_{name}_url": "https://example.org" for name in ("webhook", "watchdog")
    }
    text = (DEPLOY / "alertmanager" / "alertmanager.yml").read_text()
    path.write_text(local_alertmanager(text, urls))
    done = checked(amtool, "check-config", path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workers_take_their_settings(settings: Path) -> None:
    """As `vigie settings check`, and they mean what the stack needs."""
    found = loaded(settings)
    assert found.kafka.bootstrap_servers == "kafka:9092"
    assert all(found.kafka.partitions % workers == 0 for workers in (1, 2, 3))
    assert found.redis.url == "redis://redis:6379/0"
    assert {token.name: token.role for token in found.web.tokens} == {
        "prometheus": "scraper", "wallboard": "viewer", "admin": "admin",
    }  # fmt: skip
    (target,) = found.alerts.targets.values()
    assert target.urls == ["http://alertmanager:9093"]
    assert found.alerts.hosts == ["alertmanager"]
    assert found.privacy.customer_key_secret is not None


def test_without_the_word_that_the_network_is_trusted_they_do_not(settings: Path) -> None:
    """The compose file says it; elsewhere a password in clear stops the start."""
    assert services()["worker"]["environment"]["VIGIE_ALLOW_PLAINTEXT"] == "1"
    assert run(["settings", "check", str(settings)]) == 2


@pytest.mark.parametrize("secret", ["redis_password", "scraper_token", "customer_key"])
def test_a_worker_without_a_secret_stops_with_one_line(
    settings: Path, secret: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It names the file, and what to do."""
    monkeypatch.setenv("VIGIE_ALLOW_PLAINTEXT", "1")
    path = settings.parents[2] / "secrets" / secret
    path.unlink()
    assert run(["settings", "check", str(settings)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(path) in said


def test_grafana_finds_boards_and_data_sources() -> None:
    """Providers look where the boards are mounted; sources name services of the stack."""
    mounts = {inside: path for path, inside, _ in bind_mounts(services()["grafana"])}
    providers = [
        provider["options"]["path"]
        for path in sorted((GRAFANA / "provisioning" / "dashboards").glob("*.y*ml"))
        for provider in yaml.safe_load(path.read_text())["providers"]
    ]
    assert providers
    for place in providers:
        top = next(inside for inside in mounts if f"{place}/".startswith(f"{inside}/"))
        folder = mounts[top] / place.removeprefix(top).lstrip("/")
        assert list(folder.rglob("*.json")), place
    sources = [
        source["url"]
        for path in sorted((GRAFANA / "provisioning" / "datasources").glob("*.y*ml"))
        for source in yaml.safe_load(path.read_text())["datasources"]
    ]
    assert set(sources) == {"http://prometheus:9090", "http://alertmanager:9093"}


def test_grafana_is_closed() -> None:
    """A password from the secret, nobody unknown, nothing sent or fetched."""
    ini = configparser.ConfigParser(interpolation=None, comment_prefixes=(";", "#"))
    ini.read(DEPLOY / "grafana" / "grafana.ini")
    assert ini["security"]["admin_password"] == "$__file{/run/secrets/grafana_admin_password}"
    wanted = {
        ("security", "content_security_policy"): "true",
        ("security", "cookie_samesite"): "strict",
        ("security", "disable_gravatar"): "true",
        ("users", "allow_sign_up"): "false",
        ("auth.anonymous", "enabled"): "false",
        ("snapshots", "external_enabled"): "false",
        ("analytics", "reporting_enabled"): "false",
        ("analytics", "check_for_updates"): "false",
    }
    assert {place: ini[place[0]][place[1]] for place in wanted} == wanted
    text = (DEPLOY / "grafana" / "grafana.ini").read_text()
    named = set(re.findall(r"\$__env\{(\w+)\}", text))
    assert named == set(services()["grafana"]["environment"])
