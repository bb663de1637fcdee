"""The files of the stack: read, and laid out in a folder of the test's own with secrets."""

from __future__ import annotations

import copy
import functools
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DEPLOY = ROOT / "deploy"
RANDOM = ("redis_password", "scraper_token", "viewer_token", "admin_token",
          "grafana_admin_password", "customer_key", "alert_link_secret")  # fmt: skip
ADDRESSES = ("alert_webhook_url", "alert_watchdog_url")
SECRETS = (*RANDOM, *ADDRESSES)

Service = dict[str, Any]


def stack() -> dict[str, Any]:
    """The compose file with its anchors resolved and its variables as they stand."""
    return copy.deepcopy(_parsed())


def services() -> dict[str, Service]:
    """The services by name."""
    found: dict[str, Service] = stack()["services"]
    return found


def bind_mounts(service: Service) -> list[tuple[Path, str, str]]:
    """Files of the repository that a service sees: the path here, the one inside, the mode."""
    return [
        ((ROOT / source).resolve(), inside, mode)
        for text in service.get("volumes", ())
        for source, inside, mode in [([*text.split(":"), ""])[:3]]
        if source.startswith((".", "/"))
    ]


def laid_out(folder: Path) -> Path:
    """Copies what an operator has after `git clone` and runs the first documented step."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(COMPOSE, folder)
    shutil.copytree(DEPLOY, folder / "deploy")
    made = make_secrets(folder)
    assert made.returncode == 0, made.stderr
    return folder


def make_secrets(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs `sh deploy/secrets.sh` in a folder."""
    return subprocess.run(
        ["sh", "deploy/secrets.sh"], cwd=folder, capture_output=True, text=True
    )  # fmt: skip


@functools.cache
def _parsed() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return parsed
