"""Searches without an answer in a batch computation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vigie.cli import run

NINE_MS = 1_717_398_000_000  # 2024-06-03T07:00:00Z


def search(number: int, keyword: str, results: int = 0) -> str:
    return json.dumps(
        {
            "v": 1, "event_id": f"e{number}", "type": "selfcare.faq_searched", "source": "test",
            "event_time_ms": NINE_MS + 1000 * number, "session_id": f"s{number}",
            "search_id": "r1", "tool": "faq", "keyword": keyword, "result_count": results,
        }
    )  # fmt: skip


def compute(capsys: pytest.CaptureFixture[str], lines: list[str]) -> dict[str, Any]:
    """Run `vigie compute --json` over some events."""
    Path("events.jsonl").write_text("\n".join(lines) + "\n")
    code = run(["compute", "--source", "canonical", "--json", "events.jsonl"])
    out, err = capsys.readouterr()
    assert code == 0, err
    (found,) = json.loads(out)
    return dict(found)


def test_a_batch_lists_what_was_not_found(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of the whole file, beside the figures; a file with no such search has no list."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIGIE_SETTINGS", raising=False)
    found = compute(capsys, [
        search(1, "Remboursements"), search(2, "remboursement"), search(3, "code promo"),
        search(4, "facture", 7),
    ])  # fmt: skip
    assert found["windows"]["whole"]["total"]["faq_no_answer_rate"] == 0.75
    listed = found["expressions"]
    assert (listed["searches"], listed["error"]) == (3, 0)
    assert [(item["expression"], item["count"]) for item in listed["expressions"]] == [
        ("remboursement", 2), ("code promo", 1),
    ]  # fmt: skip
    assert "expressions" not in compute(capsys, [search(4, "facture", 7)])
