"""The command line: one clear line and exit code 2 for whatever the user can repair."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigie import __version__
from vigie.cli import cli, run

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("VIGIE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wrok"], "vigie: No such command 'wrok'. "),
        (["compute"], "vigie: Missing argument 'FILE'. See vigie compute --help."),
        (
            ["--settings", "nowhere.yaml", "worker"],
            (
                "vigie: cannot read the settings file nowhere.yaml: No such file or directory. "
                "Give an existing file with --settings or VIGIE_SETTINGS."
            ),
        ),
        (
            ["compute", "--source", "canonical", "--json", "nowhere.jsonl"],
            (
                "vigie: cannot read nowhere.jsonl: No such file or directory. "
                "Give the path of an existing file."
            ),
        ),
        (
            ["compute", "--source", "canonicl", "--json", "nowhere.jsonl"],
            "vigie: there is no source 'canonicl'. Did you mean canonical?",
        ),
        (
            ["compute", "--source", "canonical", "--at", "noon", "x.jsonl"],
            (
                "vigie: 'noon' is not a point in time. Write for example 2014-01-06T09:30:00Z, "
                "2014-01-06T10:30:00+01:00 or an epoch."
            ),
        ),
        (
            ["compute", "--source", "canonical", "--window", "7s", "x.jsonl"],
            (
                "vigie: Invalid value for '--window': window '7s' is not a multiple of 5 s: "
                "write 5s. See vigie compute --help."
            ),
        ),
        (
            ["compute", "--source", "canonical", "--threshold", "soon", "x.jsonl"],
            (
                "vigie: Invalid value for '--threshold': 'soon' is not a duration such as 20, "
                '"90s" or "4h". See vigie compute --help.'
            ),
        ),
        (
            ["replay", "--source", "canonical", "--speed", "-1", "x.jsonl"],
            (
                "vigie: Invalid value for '--speed': '-1' is neither a number above 0 nor max. "
                "See vigie replay --help."
            ),
        ),
    ],
)
def test_a_fault_of_the_user_is_one_line_and_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, nothing on standard output."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(message)


def test_wrong_settings_end_every_command_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the command, the settings come first."""
    (tmp_path / "s.yaml").write_text("web: {port: none}\n")
    for command in (
        ["run"], ["worker"], ["doctor"], ["topics", "create"], ["topics", "list"],
        ["settings", "show"], ["send", "--source", "csv", "x"],
        ["replay", "--source", "csv", "x"], ["compute", "--source", "csv", "x"],
    ):  # fmt: skip
        assert run(["--settings", "s.yaml", *command]) == 2
        assert capsys.readouterr().err == (
            "vigie: s.yaml:1: web.port must be a whole number from 0 to 65535, not 'none'. "
            "Correct it or remove it to take the default.\n"
        )


def test_the_program_itself_leaves_with_code_2_and_one_line(tmp_path: Path) -> None:
    """The same through a real process."""
    done = subprocess.run(
        [sys.executable, "-m", "vigie", "--settings", str(tmp_path / "none.yaml"), "doctor"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("vigie: cannot read the settings file ")
    assert done.stderr.count("\n") == 1


def test_the_settings_file_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """VIGIE_SETTINGS names it."""
    (tmp_path / "mine.yaml").write_text("web: {port: 1234}\n")
    monkeypatch.setenv("VIGIE_SETTINGS", "mine.yaml")
    assert run(["settings", "show"]) == 0
    assert "port: 1234" in capsys.readouterr().out


def test_check_says_that_a_file_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and one line."""
    assert run(["settings", "check", str(ROOT / "examples" / "vigie.yaml")]) == 0
    assert capsys.readouterr().out.endswith("vigie.yaml: valid, 5 queues named\n")


def test_the_schema_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Editors read it."""
    assert run(["settings", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Settings of vigie"


def test_every_command_explains_itself() -> None:
    """--help works without settings, Kafka or the rooms behind the command."""
    runner = CliRunner()
    assert f"vigie {__version__}\n" == runner.invoke(cli, ["version"]).output
    for command in ("run", "worker", "send", "replay", "compute", "topics", "doctor", "settings"):
        result = runner.invoke(cli, [command, "--help"])
        assert result.exit_code == 0
        assert "Usage: " in result.output


def test_without_a_command_the_help_comes_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who types only the name sees what there is."""
    assert run([]) == 2
    assert "Commands:" in capsys.readouterr().err


def test_the_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """One name per line."""
    assert run(["sources", "list"]) == 0
    assert {"asterisk-queue-log", "canonical", "csv"} <= set(capsys.readouterr().out.split())
