"""Surveys of a file, from its lines to the figures: scales, refusals and themes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vigie.compute import run_compute
from vigie.settings import load_settings

SETTINGS = """\
surveys:
  csat: {min: 1, max: 10}
themes:
  delay: [late]
sources:
  rated:
    format: csv
    zone: UTC
    row_id: "{id}"
    created: {col: at, format: epoch_s}
    answered: {col: answered, format: epoch_s}
    ended: {col: ended, format: epoch_s}
    queue: hotline
    csat: {col: rating}
"""
CALLS = """\
id,at,answered,ended,rating
1,1717398000,1717398010,1717398100,9
2,1717398001,1717398011,1717398101,11
3,1717398002,1717398012,1717398102,
"""
ANSWERS: tuple[dict[str, Any], ...] = (
    {"survey_id": "a", "score": 10, "verbatim": "far too LATE, call 06 12 34 56 78"},
    {"survey_id": "b", "score": "so-so", "verbatim": "late, says jo.doe@example.com"},
    {"survey_id": "c", "score": 10, "survey_kind": "nps"},
)


def compute(folder: Path, source: str, text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return all rows of a file and the dead letters."""
    (folder / "s.yaml").write_text(SETTINGS)
    (folder / "in").write_text(text)
    letters = folder / "letters.jsonl"
    settings = load_settings(folder / "s.yaml", {})
    out = folder / "out.json"
    assert run_compute(settings, source, folder / "in", dead_letters=letters, output=str(out)) == 0
    told = [json.loads(line) for line in letters.read_text().splitlines()]
    rows: dict[str, Any] = json.loads(out.read_text())[0]["windows"]["whole"]
    return rows, told


def test_a_rating_of_a_call_log_is_on_the_scale_of_the_settings(tmp_path: Path) -> None:
    """9 of 1 to 10 counts, 11 is a dead letter, an empty one is no answer."""
    rows, letters = compute(tmp_path, "rated", CALLS)
    assert rows["total"]["survey_answers"]["csat"] == 1
    assert rows["queues"]["hotline"]["csat"] == 1.0
    assert [(one["reason"], one["detail"]) for one in letters] == [("out_of_scale", "event 2:csat")]


def test_an_answer_off_its_scale_is_a_dead_letter_without_its_text(tmp_path: Path) -> None:
    """The themes of the others are counted; no text is in any figure or letter."""
    common = {"v": 1, "source": "svy", "event_time_ms": 1_717_398_000_000}
    lines = [
        json.dumps(
            {"type": "survey.answered", "survey_kind": "csat", "event_id": f"e{n}", **common, **one}
        )
        for n, one in enumerate(ANSWERS)
    ]
    rows, letters = compute(tmp_path, "canonical", "\n".join(lines))
    assert rows["total"]["survey_answers"]["csat"] == 1
    assert rows["total"]["nps"] == 100.0
    assert rows["total"]["verbatim_count"] == 1
    assert [one["reason"] for one in letters] == ["out_of_scale"]
    assert json.loads(letters[0]["body"])["themes"] == ["delay"]
    for written in ("out.json", "letters.jsonl"):
        assert "late" not in (tmp_path / written).read_text()
        assert "example" not in (tmp_path / written).read_text()
