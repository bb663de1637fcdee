"""The compose file as compose itself reads it: valid, and without its secrets one clear line."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.bench.process import require_program
from tests.compose.stack_files import SECRETS, laid_out, stack

SCHEMA = Path("/usr/lib/python3/dist-packages/compose/config/compose_spec.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the first step was done."""
    return laid_out(tmp_path_factory.mktemp("stack"))


def config(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `docker-compose config` says, with nothing but the folder's own settings."""
    compose = require_program("docker-compose", "docker-compose")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run([compose, "config"], cwd=folder, env=kept, capture_output=True, text=True)


def test_compose_takes_the_file(folder: Path) -> None:
    """With every variable resolved, and nothing said about it."""
    done = config(folder)
    assert (done.returncode, done.stderr) == (0, "")
    resolved: dict[str, Any] = yaml.safe_load(done.stdout)
    assert set(resolved["services"]) == set(stack()["services"])
    assert {Path(about["file"]) for about in resolved["secrets"].values()} == {
        folder / "secrets" / name for name in SECRETS
    }
    assert "${" not in done.stdout


def test_only_the_profile_demo_has_the_simulator() -> None:
    """Everything else starts without a profile."""
    profiles = {name: about.get("profiles") for name, about in stack()["services"].items()}
    assert {name: found for name, found in profiles.items() if found} == {"simulator": ["demo"]}


@pytest.mark.parametrize("name", SECRETS)
def test_without_a_secret_nothing_starts(folder: Path, tmp_path: Path, name: str) -> None:
    """One line says which one, and what to do; no other line stands around it."""
    variable = f"{name.upper()}_FILE"
    (tmp_path / "docker-compose.yml").write_text((folder / "docker-compose.yml").read_text())
    lines = (folder / ".env").read_text().splitlines()
    (tmp_path / ".env").write_text(
        "".join(f"{line}\n" for line in lines if not line.startswith(variable))
    )
    done = config(tmp_path)
    assert done.returncode != 0
    (said,) = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert variable in said
    assert said.endswith("no secrets yet, run sh deploy/secrets.sh")


def test_a_fresh_clone_says_the_first_step(folder: Path, tmp_path: Path) -> None:
    """Without .env as well."""
    (tmp_path / "docker-compose.yml").write_text((folder / "docker-compose.yml").read_text())
    done = config(tmp_path)
    assert done.returncode != 0
    assert (done.stdout + done.stderr).strip().count("\n") == 0
    assert "run sh deploy/secrets.sh" in done.stderr + done.stdout


def test_the_file_keeps_to_the_specification() -> None:
    """The schema that compose's package ships; today's plug-in reads the same words."""
    require_program("docker-compose", "docker-compose")
    schema = json.loads(SCHEMA.read_text())
    known = stack()
    jsonschema.validate(known, schema, jsonschema.Draft7Validator)
    known["services"]["redis"]["memlimit"] = "1g"
    with pytest.raises(jsonschema.ValidationError, match="memlimit"):
        jsonschema.validate(known, schema, jsonschema.Draft7Validator)


def test_a_worker_can_be_there_three_times() -> None:
    """`--scale worker=3`: no port and no name of its own; the door finds up to ten of them."""
    worker = stack()["services"]["worker"]
    assert "ports" not in worker
    assert "container_name" not in worker


@pytest.mark.parametrize(
    ("name", "value", "port"),
    [("BOARD_PORT", "9080", "9080:8080"), ("GRAFANA_PORT", "9300", "9300:3000"),
     ("PROMETHEUS_PORT", "9190", "9190:9090")],
)  # fmt: skip
def test_a_port_that_is_taken_can_be_another(
    folder: Path, tmp_path: Path, name: str, value: str, port: str
) -> None:
    """By one line in .env, still on this machine only."""
    (tmp_path / "docker-compose.yml").write_text((folder / "docker-compose.yml").read_text())
    (tmp_path / ".env").write_text(f"{(folder / '.env').read_text()}{name}={value}\n")
    done = config(tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"127.0.0.1:{port}" in done.stdout
