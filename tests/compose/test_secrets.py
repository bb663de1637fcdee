"""The step that makes the secrets: random, closed to others, and never made twice."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.compose.stack_files import (
    ADDRESSES,
    DEPLOY,
    RANDOM,
    ROOT,
    SECRETS,
    laid_out,
    make_secrets,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone in which the first step was done."""
    return laid_out(tmp_path / "stack")


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_every_secret_is_256_random_bits(folder: Path) -> None:
    """No two are the same, and no two installations have the same."""
    other = laid_out(folder.parent / "other")
    found = [(where / "secrets" / name).read_text() for where in (folder, other) for name in RANDOM]
    assert all(re.fullmatch(r"[0-9a-f]{64}\n", text) for text in found)
    assert len(set(found)) == len(found)


def test_nobody_else_on_the_machine_reads_them(folder: Path) -> None:
    """The folder is closed; the files are readable, as a container runs under another number."""
    assert mode(folder / "secrets") == 0o700
    assert mode(folder / ".env") == 0o600
    assert {mode(folder / "secrets" / name) for name in SECRETS} == {0o444}
    assert sorted(path.name for path in (folder / "secrets").iterdir()) == sorted(SECRETS)


def test_no_secret_is_in_the_settings(folder: Path) -> None:
    """`.env` names the files."""
    text = (folder / ".env").read_text()
    assert not any((folder / "secrets" / name).read_text().strip() in text for name in SECRETS)
    assert text.splitlines() == [
        "COMPOSE_PROJECT_NAME=vigie",
        *(f"{name.upper()}_FILE=./secrets/{name}" for name in SECRETS),
    ]


def test_a_second_run_changes_nothing(folder: Path) -> None:
    """Neither a secret nor a line that the operator wrote."""
    (folder / ".env").write_text((folder / ".env").read_text() + "BOARD_PORT=9080\n")
    files = [folder / ".env", *sorted((folder / "secrets").iterdir())]
    before = [path.read_bytes() for path in files]
    again = make_secrets(folder)
    assert again.returncode == 0
    assert [path.read_bytes() for path in files] == before
    assert "made" not in again.stdout


def test_a_secret_that_is_gone_or_empty_is_made_anew(folder: Path) -> None:
    """Only that one: this is how a secret is rotated."""
    kept = (folder / "secrets" / "scraper_token").read_text()
    (folder / "secrets" / "redis_password").unlink()
    (folder / "secrets" / "customer_key").chmod(0o600)
    (folder / "secrets" / "customer_key").write_text("")
    again = make_secrets(folder)
    assert [line for line in again.stdout.splitlines() if line.startswith("made")] == [
        "made secrets/redis_password", "made secrets/customer_key",
    ]  # fmt: skip
    assert (folder / "secrets" / "scraper_token").read_text() == kept


def test_it_says_that_alerts_reach_nobody_yet(folder: Path) -> None:
    """Until the operator has written an address; then it is silent about it."""
    for name in ADDRESSES:
        path = folder / "secrets" / name
        path.unlink()
        path.write_text("https://hooks.example.org/vigie\n")
    again = make_secrets(folder)
    assert "nowhere" not in again.stdout
    (folder / "secrets" / "alert_webhook_url").unlink()
    assert make_secrets(folder).stdout.count("alerts go nowhere") == 1


def test_elsewhere_it_refuses(tmp_path: Path) -> None:
    """In one line, and makes nothing."""
    done = subprocess.run(
        ["sh", DEPLOY / "secrets.sh"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == (
        "secrets.sh: no docker-compose.yml here; run it in the folder that holds it\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [".env", "secrets/redis_password"])
def test_git_never_takes_a_secret(name: str) -> None:
    """Both are ignored."""
    asked = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT)
    assert asked.returncode == 0
