"""`vigie alerts try`: what a recorded day would have given, second by second."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from aggregators.policy import Rules
from alerts.plan import Plan
from alerts.rehearsal import Rehearsal
from alerts.rules import AnyOf, Compare, Measure, Rule, Where
from vigie.alert_told_values import Told, ToldValues
from vigie.alerts_try import run_alerts_try
from vigie.errors import UserError
from vigie.settings import load_settings

NINE_MS = 1_772_442_000_000  # 2026-03-02T09:00:00Z
RULES = """
rules:
  - id: long
    when: longest_wait_seconds > 60s
    for: 5s
  - id: stopped
    when: pipeline.data_age_seconds > 60s
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alerts.yaml").write_text(RULES)


def event(n: int, kind: str, at_s: float, contact: str, **fields: str) -> str:
    return json.dumps(
        {
            "v": 1, "event_id": f"e{n}", "type": f"contact.{kind}", "source": "test",
            "event_time_ms": NINE_MS + int(at_s * 1000), "contact_id": contact, "leg_id": "L",
            **fields,
        }
    )  # fmt: skip


def trial(
    capsys: pytest.CaptureFixture[str], lines: list[str], *, as_json: bool = True
) -> dict[str, Any]:
    """Try the rules over these lines."""
    file = Path("events.jsonl")
    file.write_text("\n".join(lines) + "\n")
    settings = load_settings(None, {})
    assert run_alerts_try(settings, "canonical", file, Path("alerts.yaml"), as_json) == 0
    out = capsys.readouterr().out
    found: dict[str, Any] = json.loads(out) if as_json else {"text": out}
    return found


LINES = [
    event(1, "queued", 0, "c1", channel="voice", queue="sales"),
    event(2, "answered", 90, "c1", agent_id="a"),
    event(3, "queued", 7_200, "c2", channel="voice", queue="press"),
    event(4, "abandoned", 7_230, "c2", stage="queue"),
    event(5, "queued", 10_000.5, "c3", channel="voice", queue="press"),
    event(6, "answered", 10_120, "c3", agent_id="a"),
    event(7, "ended", 10_400, "c3"),
]


def test_each_alert_has_its_start_its_end_its_peak_and_who_was_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One minute and five seconds after the call came, to a minute after it was answered."""
    found = trial(capsys, LINES)
    assert found["events"] == 7
    assert [(one["rule"], one["queue"], one["fired"], one["resolved"], one["worst"])
            for one in found["alerts"]] == [
        ("long", "sales", "2026-03-02T09:01:06Z", "2026-03-02T09:02:31Z", 90.0),
        ("long", "press", "2026-03-02T11:47:46Z", "2026-03-02T11:49:41Z", 119.5),
    ]  # fmt: skip
    assert [one["seconds"] for one in found["alerts"]] == [85.0, 115.0]
    assert [one["told"] for one in found["alerts"]] == [{"somebody": 2}, {"somebody": 2}]
    assert found["by_rule"] == {"long": 2}
    assert found["messages"] == {"somebody": 4}
    assert found["longest"] == {"id": found["alerts"][1]["id"], "rule": "long"}


def test_the_text_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Two lines an alert, then the sums; what did not end is still open."""
    lines = trial(capsys, [LINES[0], event(9, "queued", 200, "c9", queue="x", channel="chat")],
                  as_json=False)["text"].splitlines()  # fmt: skip
    assert lines == [
        "2 events from 2026-03-02T09:00:00Z to 2026-03-02T09:03:20Z",
        "2026-03-02T09:01:06Z  warning   long  sales/voice",
        "    still open, at worst 201; messages: somebody 1",
        "alerts: 1 (long 1)",
        "messages: 1 (somebody 1)",
        "longest: long, 2m 15s",
    ]


def test_the_worst_value_is_that_of_the_comparison_that_is_true() -> None:
    """Another one with the same threshold looks the other way."""
    either = AnyOf((
        Compare(Measure("agents_available"), "<=", 2), Compare(Measure("contacts_waiting"), ">=", 2)
    ))  # fmt: skip
    rehearsal = Rehearsal([Rule(id="r", english="", french="", condition=either)], Plan(), Rules())
    row = Where("pair", "sales", "voice")
    told = ToldValues(
        [
            Told(at_ms, row, [("agents_available", (), "", 9), ("contacts_waiting", (), "", n)], {})
            for at_ms, n in ((1_000, 2), (2_000, 5), (3_000, 3))
        ],
        ("5m",),
    )
    for at_ms in (1_000, 2_000, 3_000):
        rehearsal.look(told.look(at_ms))
    (alert,) = rehearsal.book.open.values()
    assert rehearsal.worst(alert) == 5.0


def test_it_reaches_those_of_the_settings(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Ladders climb as they would, while the condition is true."""
    path = tmp_path / "vigie.yaml"
    path.write_text("""
alerts:
  targets:
    desk: {type: apprise, url: "json://127.0.0.1:9/"}
    boss: {type: apprise, url: "json://127.0.0.1:9/b"}
  ladders:
    default:
      steps:
        - {after: 0s, targets: [desk]}
        - {after: 10s, targets: [boss]}
""")
    Path("events.jsonl").write_text("\n".join(LINES) + "\n")
    settings = load_settings(path, {})
    rules = Path("alerts.yaml")
    assert run_alerts_try(settings, "canonical", Path("events.jsonl"), rules, True) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["told"] for one in found["alerts"]] == [{"boss": 2, "desk": 2}] * 2


def test_a_file_without_events_is_an_error_with_a_fix() -> None:
    """Nothing to look at."""
    Path("events.jsonl").write_text("{}\n")
    settings = load_settings(None, {})
    with pytest.raises(UserError, match="has no event that can be used"):
        run_alerts_try(settings, "canonical", Path("events.jsonl"), Path("alerts.yaml"), True)


def test_a_real_log_gives_the_alerts_that_its_waits_give(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each call that waited for over a minute is in an alert, and no other."""
    file = shared_data / "asterisk_queue_log_pbx2018" / "queue_log"
    settings = load_settings(None, {})
    assert run_alerts_try(settings, "asterisk-queue-log", file, Path("alerts.yaml"), True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["by_rule"] == {"long": 15}
    assert {one["queue"] for one in found["alerts"]} == {"IT"}
    assert max(one["worst"] for one in found["alerts"]) == 300.0
    fired = [epoch_s(one["fired"]) for one in found["alerts"]]
    waits = long_waits(file)
    assert len(waits) == 28
    for at_s in fired:
        assert any(start_s + 65 < at_s <= end_s + 1 for start_s, end_s in waits), at_s
    spans = [(at_s, at_s + one["seconds"])
             for at_s, one in zip(fired, found["alerts"], strict=True)]  # fmt: skip
    for start_s, end_s in waits:
        assert any(a <= end_s and start_s + 67 <= b for a, b in spans), start_s


def epoch_s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def long_waits(file: Path) -> list[tuple[float, float]]:
    """The waits of over 66 s, read from the log itself: entered the queue, left it."""
    entered: dict[str, int] = {}
    waits: list[tuple[float, float]] = []
    for line in file.read_text().splitlines():
        at_s, call, _, _, verb, *_ = line.split("|")
        if verb == "ENTERQUEUE":
            entered[call] = int(at_s)
        elif verb in ("CONNECT", "ABANDON", "EXITWITHTIMEOUT", "EXITEMPTY") and call in entered:
            start_s = entered.pop(call)
            if int(at_s) - start_s > 66:
                waits.append((start_s, int(at_s)))
    return waits
