"""The committed boards are what the generator writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from exporters.grafana.__main__ import main, written_boards
from tests.grafana.board_parts import FOLDER, ROOT, boards, panels


def test_the_committed_boards_are_those_of_the_generator() -> None:
    """If not: `python -m exporters.grafana`."""
    assert {path: (FOLDER / path).read_text(encoding="utf-8") for path in boards()} == dict(
        written_boards()
    )


def test_there_are_nine_boards_in_each_language() -> None:
    """With the addresses that links and rules use."""
    names = ("wallboard", "supervisor", "queue", "agents", "resolution", "satisfaction",
             "business", "alerts", "pipeline")  # fmt: skip
    found = {path: board["uid"] for path, board in boards().items()}
    assert found == {f"en/{name}.json": f"vigie-{name}" for name in names} | {
        f"fr/{name}.json": f"vigie-{name}-fr" for name in names
    }


def test_a_second_process_writes_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the hash seed of Python is."""
    command = [sys.executable, "-m", "exporters.grafana", "--out", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for path in boards():
        assert (tmp_path / path).read_bytes() == (FOLDER / path).read_bytes()


def test_check_names_what_is_old_missing_or_no_board(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And writes nothing; exit code 1 until the boards are written."""
    assert main(["--out", str(tmp_path)]) == 0
    assert main(["--check", "--out", str(tmp_path)]) == 0
    (tmp_path / "en" / "queue.json").write_text("{}")
    (tmp_path / "fr" / "alerts.json").unlink()
    (tmp_path / "en" / "mine.json").write_text("{}")
    assert main(["--check", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert said == "".join(
        f"{tmp_path / name} is old: run python -m exporters.grafana\n"
        for name in ("en/queue.json", "fr/alerts.json", "en/mine.json")
    )
    assert (tmp_path / "en" / "queue.json").read_text() == "{}"
    assert main(["--out", str(tmp_path)]) == 0
    assert "mine.json is no board any more: remove it" in capsys.readouterr().out


def test_another_address_of_vigie_is_written_into_every_board(tmp_path: Path) -> None:
    """Without its last slash, as the default of the variable."""
    assert main(["--vigie-url", "https://vigie.example.org/", "--out", str(tmp_path)]) == 0
    for path in boards():
        board = json.loads((tmp_path / path).read_text(encoding="utf-8"))
        (variable,) = (v for v in board["templating"]["list"] if v["name"] == "vigie_url")
        assert variable["current"]["value"] == variable["query"] == "https://vigie.example.org"


def test_an_address_of_another_scheme_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """It would be a link on every panel."""
    with pytest.raises(SystemExit) as refused:
        main(["--vigie-url", "javascript:alert(1)"])
    assert refused.value.code == 2
    assert "begin it with http:// or https://" in capsys.readouterr().err


@pytest.mark.parametrize("name", [path.removeprefix("en/") for path in boards() if path[0] == "e"])
def test_both_languages_are_one_board(name: str) -> None:
    """The same panels in the same places with the same expressions; only words differ."""
    english, french = (boards()[f"{language}/{name}"] for language in ("en", "fr"))

    def shape(board: dict[str, object]) -> list[object]:
        return [
            (panel["type"], panel["gridPos"], [
                target["expr"].replace("ensemble", "everything") for target in panel["targets"]
            ])
            for panel in panels(board)
        ]  # fmt: skip

    assert shape(english) == shape(french)
    assert english["title"] != french["title"]
    assert english["description"] != french["description"]
