"""What compute and replay print: the rows of every kind, as the API has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aggregators.kpis.catalogue import CATALOGUE
from exporters.http.board_json import ROW_LISTS
from tests.exporters.full_centre import FullCentre
from vigie.cli import run
from vigie.figures import figures

NINE_MS = 1_717_398_000_000


def answer(number: int, score: int, survey: str, **fields: Any) -> str:
    return json.dumps(
        {
            "v": 1, "type": "survey.answered", "event_id": f"s{number}", "source": "test",
            "event_time_ms": NINE_MS + number, "survey_id": f"S{number}", "survey_kind": "nps",
            "survey_name": survey, "score": score, **fields,
        }
    )  # fmt: skip


def test_compute_prints_the_scores_by_survey_and_motive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three promoters and a detractor of four: 50; of the two of one survey: 0."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIGIE_SETTINGS", raising=False)
    lines = [
        answer(1, 9, "call"),
        answer(2, 10, "call"),
        answer(3, 9, "chat", motive="billing"),
        answer(4, 3, "chat"),
    ]
    Path("answers.jsonl").write_text("\n".join(lines) + "\n")
    assert run(["compute", "--source", "canonical", "--json", "answers.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    (found,) = json.loads(out)
    rows = found["windows"]["whole"]
    assert rows["total"]["nps"] == 50.0
    assert {name: row["nps"] for name, row in rows["surveys"].items()} == {"call": 100.0, "chat": 0}
    assert rows["motives"]["billing"]["nps"] == 100.0
    assert "tools" not in rows


def test_the_figures_have_every_kpi_and_every_kind_of_row() -> None:
    """Pairs apart, which are their queues; the total has the whole catalogue."""
    rows = figures(FullCentre().board())["windows"]["today"]
    assert set(rows) == {"total", *ROW_LISTS} - {"pairs", "agents"}
    assert set(rows["total"]) == set(CATALOGUE)
