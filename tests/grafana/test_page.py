"""docs/grafana.md says what there is, and its commands do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from exporters.grafana.__main__ import main
from tests.docs.pages import blocks
from tests.grafana.board_parts import ROOT, boards

PAGE = "docs/grafana.md"


def test_the_page_lists_the_boards() -> None:
    """By title and address, in the order of the menu."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    rows = re.findall(r"^\| (vigie [^|]+) \| `/d/([\w-]+)` \|", text, re.MULTILINE)
    english = {b["title"]: b["uid"] for path, b in boards().items() if path.startswith("en/")}
    assert dict(rows) == english
    assert len(rows) == len(english)


def test_the_commands_of_the_page_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The boards of the repository are current, and others come to where they are asked for."""
    monkeypatch.chdir(tmp_path)
    ran = 0
    for block in blocks(PAGE):
        for line in block.text.splitlines() if block.language == "sh" else ():
            words = shlex.split(line)
            assert words[:3] == ["python", "-m", "exporters.grafana"]
            if len(words) > 3:  # without a word it writes into the repository
                assert main(words[3:]) == 0
                ran += 1
    assert ran == 2
    assert capsys.readouterr().out == ""
    written = (tmp_path / "boards" / "fr" / "queue.json").read_text(encoding="utf-8")
    assert '"value": "https://vigie.example.org"' in written
