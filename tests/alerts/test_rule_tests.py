"""`vigie alerts test`: what it says of good, bad and wrong files of rule tests."""

from __future__ import annotations

from pathlib import Path

import pytest

import alerts
from vigie.alerts_test import run_alerts_test
from vigie.errors import UserError
from vigie.settings import load_settings

SHIPPED = Path(alerts.__file__).with_name("default_rules.test.yaml")
RULES = """
rules:
  - id: long
    when: longest_wait_seconds > 60s
    clear: 45s
"""


def run(folder: Path, text: str) -> int:
    (folder / "alerts.yaml").write_text(RULES)
    file = folder / "tests.yaml"
    file.write_text(f"rules: alerts.yaml\ntests:\n{text}")
    return run_alerts_test(load_settings(None, {}), file)


def test_the_shipped_tests_of_the_shipped_rules_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them, by name."""
    code = run_alerts_test(load_settings(None, {}), SHIPPED)
    out = capsys.readouterr().out
    assert code == 0, out
    names = [line.removeprefix("passed  ") for line in out.splitlines()[:-1]]
    assert out.splitlines()[-1] == f"{len(names)} passed, 0 failed"
    for demand in (
        "a caller who passes a minute on a silent topic is told of within five seconds",
        "a wait that flaps for ten minutes is told once",
        "one abandoned of one contact tells nothing, five of twenty do",
        "nobody is ready while people wait",
    ):
        assert demand in names


def test_what_is_not_as_expected_is_said_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Expected and got, at which instant, and the exit code is 1."""
    code = run(tmp_path, """
  - name: too early
    values: [{at: 10s, queue: sales, set: {longest_wait_seconds: 61s}}]
    expect:
      - {at: 9s, alerts: [{rule: long, queue: sales}]}
      - {at: 10s, alerts: []}
      - {at: 10s, alerts: [{rule: long, queue: sales}]}
    notices:
      - {between: [0s, 1m], rule: long, what: firing, count: 2}
      - {between: [0s, 5s], rule: long}
    actions:
      - {at: 5s, acknowledge: long, queue: sales}
""")  # fmt: skip
    out = capsys.readouterr().out.splitlines()
    assert code == 1
    assert out == [
        f"FAILED  too early ({tmp_path / 'tests.yaml'}:4)",
        "        the action at 5s cannot be done: no such alert is open",
        "        at 9s: expected long in sales/voice firing; got nothing",
        "        at 10s: expected nothing; got long in sales/voice firing",
        "        from 0s to 1m: expected 2 messages about long firing; got 1 (firing at 12s)",
        "        from 0s to 5s: expected at least 1 messages about long; got 0",
        "0 passed, 1 failed",
    ]


def test_values_hold_until_others_are_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """null takes a value away; between the thresholds it goes on; rows do not mix."""
    code = run(tmp_path, """
  - name: steps
    values:
      - {at: 0s, queue: sales, set: {longest_wait_seconds: 61s}}
      - {at: 0s, queue: press, channel: chat, set: {longest_wait_seconds: 50s}}
      - {at: 60s, queue: sales, set: {longest_wait_seconds: 46s}}
      - {at: 3m, queue: sales, set: {longest_wait_seconds: null}}
    expect:
      - {at: 170s, alerts: [{rule: long, queue: sales}]}
      - {at: 241s, alerts: [{rule: long, queue: sales, state: resolved}]}
""")  # fmt: skip
    assert code == 0, capsys.readouterr().out


def test_events_are_folded_by_the_real_core(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a list or of a file; the wait grows with the clock, with no event after it."""
    start_ms = 1_772_442_000_000  # 2026-03-02T09:00:00Z
    (tmp_path / "events.jsonl").write_text(
        '{"v": 1, "event_id": "e1", "source": "t", "type": "contact.queued", "contact_id": "c",'
        f' "leg_id": "l", "channel": "voice", "queue": "sales", "event_time_ms": {start_ms}}}\n'
    )
    expect = """
    expect:
      - {at: 60s, alerts: []}
      - {at: 61s, alerts: [{rule: long, queue: sales}]}
"""
    code = run(tmp_path, f"""
  - name: of a list
    start: 2026-03-02T09:00:00Z
    events:
      - {{at: 0s, type: contact.queued, contact_id: c, leg_id: l, channel: voice, queue: sales}}
{expect}
  - name: of a file
    start: 2026-03-02T09:00:00Z
    events: events.jsonl
{expect}
""")  # fmt: skip
    assert code == 0, capsys.readouterr().out


def test_who_takes_snoozes_or_silences_is_obeyed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An alert that was taken is told no more, a silenced one not before the silence ends."""
    code = run(tmp_path, """
  - name: taken, let go, snoozed
    values: [{at: 0s, queue: sales, set: {longest_wait_seconds: 61s}}]
    actions:
      - {at: 10s, acknowledge: long, queue: sales, by: anna}
      - {at: 20s, release: long, queue: sales, by: anna}
      - {at: 30s, snooze: long, queue: sales, by: anna, for: 5m}
    expect:
      - {at: 10s, alerts: [{rule: long, queue: sales, state: acknowledged}]}
      - {at: 20s, alerts: [{rule: long, queue: sales}]}
    notices:
      - {between: [31s, 320s], count: 0}
  - name: silenced
    values: [{at: 10s, queue: sales, set: {longest_wait_seconds: 61s}}]
    actions: [{at: 0s, silence: lo*, queue: sales, for: 2m}]
    notices:
      - {between: [0s, 119s], count: 0}
      - {between: [2m, 130s], rule: long, what: firing, target: somebody, count: 1}
""")  # fmt: skip
    assert code == 0, capsys.readouterr().out


VALUES = "  - name: x\n    expect: [{at: 1s, alerts: []}]\n    values:"
WRONG = [
    ("  - name: x\n    expect: [{at: 1s, alerts: [{rule: lung}]}]", 4, "there is no rule 'lung'"),
    ("  - name: x\n    values: []", 3, "expects nothing"),
    ("  - name: x\n    expct: []", 4, "is not a setting"),
    (
        f"{VALUES} [{{at: 0s, queue: q, set: {{longest_wait: 5s}}}}]",
        5, "longest_wait",
    ),
    (
        f"{VALUES} [{{at: 0s, queue: q, set: {{contacts_waiting: few}}}}]",
        5, "does not fit contacts_waiting",
    ),
    (
        "  - name: x\n    expect: [{at: 1s, alerts: []}]\n    events: nowhere.jsonl",
        5, "No such file",
    ),
    (
        "  - name: x\n    expect: [{at: 1s, alerts: []}]\n    events:\n      - {at: 1s, type: a.b}",
        6, "none of the event types",
    ),
    (
        "  - name: x\n    expect: [{at: 1s, alerts: []}]\n    actions: [{at: 1s, snooze: long}]",
        5, "for how long",
    ),
    ("  - name: x\n    notices: [{between: [5s, 1s]}]", 4, "two times in order"),
    ("  - name: x\n    start: soon\n    expect: [{at: 1s, alerts: []}]", 4, "point in time"),
    ("  - name: x\n    expect: [{at: 30d, alerts: []}]", 3, "more than 7 days"),
    (
        "  - name: x\n    expect: [{at: 1s, alerts: [{rule: long, queue: q, team: t}]}]",
        4, "two kinds of rows",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "problem"), WRONG, ids=[one[2] for one in WRONG])
def test_a_wrong_file_is_an_error_with_line_and_fix(
    tmp_path: Path, text: str, line: int, problem: str
) -> None:
    """Nothing is run; the message names the place and what to do."""
    with pytest.raises(UserError) as raised:
        run(tmp_path, text)
    assert problem in raised.value.message
    assert f"tests.yaml:{line}" in raised.value.message
    assert raised.value.fix
