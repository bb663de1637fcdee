"""Batch computation: the same fold, without Kafka."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from vigie.cli import run

NINE_MS = 1_717_398_000_000  # 2024-06-03T07:00:00Z


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIGIE_SETTINGS", raising=False)


def event(event_id: str, kind: str, at_s: float, contact: str, **fields: Any) -> str:
    at_ms = NINE_MS + int(at_s * 1000)
    return json.dumps(
        {
            "v": 1, "event_id": event_id, "type": f"contact.{kind}", "source": "test",
            "event_time_ms": at_ms, "contact_id": contact, "leg_id": "L1", **fields,
        }
    )  # fmt: skip


FOUR_CALLS = [
    event("e1", "queued", 0, "C1", channel="voice", queue="billing"),
    event("e3", "answered", 10, "C1", agent_id="A1"),
    event("e2", "queued", 5, "C2", channel="voice", queue="billing"),
    event("e4", "answered", 35, "C2", agent_id="A2"),
    event("e5", "ended", 100, "C1"),
    event("e6", "ended", 95, "C2"),
    event("e7", "queued", 60, "C3", channel="voice", queue="tech"),
    event("e8", "abandoned", 63, "C3", stage="queue"),
    event("e9", "queued", 119, "C4", channel="voice", queue="tech"),
]


def compute(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """Run `vigie compute --json` over calls.jsonl."""
    code = run(["compute", "--source", "canonical", "--json", *arguments, "calls.jsonl"])
    out, err = capsys.readouterr()
    assert code == 0, err
    found: list[dict[str, Any]] = json.loads(out)
    return found


def test_the_figures_are_those_of_the_calls_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """Two answered after 10 and 30 s, one abandoned after 3 s, one waiting."""
    Path("calls.jsonl").write_text("\n".join(FOUR_CALLS) + "\n")
    (one,) = compute(
        capsys, "--at", "2024-06-03T07:02:00Z", "--window", "5m",
        "--threshold", "20", "--short-limit", "5",
    )  # fmt: skip
    assert one["as_of"] == "2024-06-03T07:02:00Z"
    assert list(one["windows"]) == ["5m", "whole"]
    assert set(one["windows"]["5m"]) == {"total", "queues", "channels", "teams"}
    for rows in one["windows"].values():
        total, billing, tech = rows["total"], rows["queues"]["billing"], rows["queues"]["tech"]
        assert total["contacts_offered"] == 3
        assert total["contacts_answered"] == 2
        assert total["contacts_abandoned"] == 1
        assert total["contacts_short_abandoned"] == 1
        assert total["service_level"]["answered_only"] == 0.5
        assert total["service_level"]["abandons_negative"] == pytest.approx(0.333333)
        assert total["asa_seconds"]["queue"] == 20.0
        assert billing["talk_mean_seconds"] == 75.0
        assert tech["contacts_waiting"] == 1
        assert tech["longest_wait_seconds"] == 1.0
        assert tech["asa_seconds"]["queue"] is None
        assert rows["channels"]["voice"]["contacts_offered"] == 3


def test_an_instant_shows_the_state_just_before_it(capsys: pytest.CaptureFixture[str]) -> None:
    """What happens at the instant itself is not in; instants come back in order."""
    Path("calls.jsonl").write_text("\n".join(FOUR_CALLS) + "\n")
    at = [str(NINE_MS + ms) for ms in (35_001, 35_000, 10_000)]
    boards = compute(capsys, *(word for instant in at for word in ("--at", instant)))
    assert [one["as_of"] for one in boards] == [
        "2024-06-03T07:00:10Z",
        "2024-06-03T07:00:35Z",
        "2024-06-03T07:00:35.001Z",
    ]
    total = [one["windows"]["whole"]["total"] for one in boards]
    assert [values["contacts_answered"] for values in total] == [0, 1, 2]
    assert [values["contacts_waiting"] for values in total] == [2, 1, 0]
    assert total[0]["longest_wait_seconds"] == 10.0
    assert total[2]["longest_wait_seconds"] is None


def test_without_an_instant_it_is_just_after_the_last_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One millisecond after, and the windows are those of the settings and whole."""
    Path("calls.jsonl").write_text("\n".join(FOUR_CALLS) + "\n")
    (one,) = compute(capsys)
    assert one["as_of"] == "2024-06-03T07:01:59.001Z"
    assert list(one["windows"]) == ["1m", "5m", "15m", "30m", "1h", "today", "whole"]


def test_the_order_of_the_lines_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Events are put in order of their time."""
    Path("calls.jsonl").write_text("\n".join(FOUR_CALLS) + "\n")
    forward = compute(capsys)
    Path("calls.jsonl").write_text("\n".join(reversed(FOUR_CALLS)) + "\n")
    assert compute(capsys) == forward


def test_refused_lines_go_to_a_file_and_the_rest_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One JSON object per refused line; the counts by reason and the path on standard error."""
    Path("calls.jsonl").write_text("\n".join([*FOUR_CALLS, "{broken", '{"v":2}']) + "\n")
    code = run(["compute", "--source", "canonical", "--json", "calls.jsonl"])
    out, err = capsys.readouterr()
    assert code == 0
    assert json.loads(out)[0]["windows"]["whole"]["total"]["contacts_offered"] == 3
    assert err == ("vigie: 2 refused (not_json 1, unsupported_version 1); see dead-letters.jsonl\n")
    letters = [json.loads(line) for line in Path("dead-letters.jsonl").read_text().splitlines()]
    assert [(one["reason"], one["position"]) for one in letters] == [
        ("not_json", "calls.jsonl:10"),
        ("unsupported_version", "calls.jsonl:11"),
    ]
    assert {"reason", "detail", "source", "position", "body"} == set(letters[0])


def test_without_refused_lines_there_is_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is left behind."""
    Path("calls.jsonl").write_text("\n".join(FOUR_CALLS) + "\n")
    compute(capsys)
    assert not Path("dead-letters.jsonl").exists()


def test_an_unknown_queue_is_refused_when_the_settings_say_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """unknown: refuse keeps what is not listed out, with the reason unknown_scope."""
    monkeypatch.setenv("VIGIE_UNKNOWN", "refuse")
    monkeypatch.setenv("VIGIE_QUEUES", "[{name: billing}]")
    Path("calls.jsonl").write_text("\n".join(FOUR_CALLS[:3] + FOUR_CALLS[6:7]) + "\n")
    code = run(["compute", "--source", "canonical", "--json", "calls.jsonl"])
    out, err = capsys.readouterr()
    assert code == 0
    assert "unknown_scope 1" in err
    assert set(json.loads(out)[0]["windows"]["whole"]["queues"]) == {"billing"}


def test_the_figures_go_to_a_file_or_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """--output takes a file; without --json there is a table for people."""
    Path("calls.jsonl").write_text("\n".join(FOUR_CALLS) + "\n")
    base = ["compute", "--source", "canonical", "--window", "5m"]
    assert run([*base, "--json", "--output", "out.json", "calls.jsonl"]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(Path("out.json").read_text())[0]["as_of"] == "2024-06-03T07:01:59.001Z"
    assert run([*base, "calls.jsonl"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0] == "as of 2024-06-03T07:01:59.001Z"
    assert table[2].split()[:5] == ["5m", "total", "3", "2", "1"]


def test_figures_by_agent_come_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """They are personal data."""
    Path("calls.jsonl").write_text("\n".join(FOUR_CALLS) + "\n")
    (one,) = compute(capsys, "--agents")
    assert one["windows"]["whole"]["agents"]["A1"]["contacts_handled"] == 1
    (one,) = compute(capsys)
    assert "agents" not in one["windows"]["whole"]


def test_a_file_without_a_usable_event_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Not an empty answer."""
    Path("calls.jsonl").write_text("nothing\n")
    assert run(["compute", "--source", "canonical", "--json", "calls.jsonl"]) == 2
    assert capsys.readouterr().err == (
        "vigie: calls.jsonl has no event that can be used. "
        "1 refused (not_json 1); see dead-letters.jsonl\n"
    )


def test_a_file_that_breaks_off_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A compressed file cut short is one clear line."""
    whole = gzip.compress("\n".join(FOUR_CALLS).encode())
    Path("calls.jsonl.gz").write_bytes(whole[:-20])
    assert run(["compute", "--source", "canonical", "--json", "calls.jsonl.gz"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("vigie: cannot read calls.jsonl.gz: Compressed file ended before ")
    assert err.count("\n") == 1
