"""`vigie alerts check`: what is in a rule file, and what reaches nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import blocks
from tests.vigie.test_alert_settings import CALENDAR, with_calendar
from tests.vigie.test_alert_settings_mistakes import ladder, target
from vigie.alert_plan import DEFAULT_RULES
from vigie.cli import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the settings of the page and a rule file."""
    monkeypatch.chdir(tmp_path)
    (page,) = [b.text for b in blocks("docs/alert-rules.md") if b.text.startswith("alerts:")]
    (tmp_path / "s.yaml").write_text(page)
    (tmp_path / "r.yaml").write_text("rules: [{id: a, when: contacts_waiting > 1}]\n")
    return tmp_path


def test_check_says_what_is_in_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line; that of the settings, or the one that ships, when none is named."""
    assert run(["--settings", "s.yaml", "alerts", "check", "r.yaml"]) == 0
    assert capsys.readouterr() == ("r.yaml: valid, 1 rule, 5 targets, 1 ladder, 1 duty\n", "")
    (folder / "t.yaml").write_text("alerts: {rules: r.yaml}\n")
    assert run(["--settings", "t.yaml", "alerts", "check"]) == 0
    assert capsys.readouterr().out == "r.yaml: valid, 1 rule, 0 targets, 0 ladders, 0 duties\n"
    assert run(["alerts", "check"]) == 0
    assert capsys.readouterr().out.startswith(f"{DEFAULT_RULES}: valid, ")


def test_check_refuses_a_wrong_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, also for a ladder that the settings do not have."""
    (folder / "r.yaml").write_text("rules:\n- {id: a, when: contacts_waitin > 1}\n")
    assert run(["alerts", "check", "r.yaml"]) == 2
    assert "r.yaml:2: rules[0].when: there is no KPI" in capsys.readouterr().err
    (folder / "r.yaml").write_text("rules:\n- {id: a, when: contacts_waiting > 1, ladder: b}\n")
    assert run(["--settings", "s.yaml", "alerts", "check", "r.yaml"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("vigie: r.yaml:2: rules[0].ladder: a goes up the ladder 'b'")


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        ("{}", "vigie: alerts reach nobody, they are only shown: add alerts.targets"),
        ("alerts: {enabled: false}", "vigie: alerts.enabled is false: no rule is evaluated."),
        (
            ladder("      steps: [{people: [ada]}]\n"),
            (
                "vigie: rules that reach nobody: a. Add the ladder they name (default, if they "
                "name none) to alerts.ladders of the settings."
            ),
        ),
    ],
)
def test_check_warns_of_what_reaches_nobody(
    settings: str, warning: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error; the file is valid all the same."""
    (folder / "s.yaml").write_text(settings)
    assert run(["--settings", "s.yaml", "alerts", "check", "r.yaml"]) == 0
    assert warning in capsys.readouterr().err


def test_an_alertmanager_reaches_somebody(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own routes tell people, so no ladder is missed."""
    (folder / "s.yaml").write_text(target('type: alertmanager, urls: ["http://am"]'))
    assert run(["--settings", "s.yaml", "alerts", "check", "r.yaml"]) == 0
    assert capsys.readouterr().err == ""


def test_check_warns_of_rules_that_are_left_out_and_of_strangers_in_a_calendar(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both are allowed, and easily a mistake."""
    second = CALENDAR.replace("UID:1", "UID:2").replace("Ada L.", "Eve").splitlines()[3:-1]
    calendar = CALENDAR.replace("END:VCALENDAR", "\n".join([*second, "END:VCALENDAR"]))
    (folder / "s.yaml").write_text(with_calendar(folder, calendar) + "windows: [5m]\n")
    assert run(["--settings", "s.yaml", "alerts", "check"]) == 0
    said = capsys.readouterr().err
    assert "left out, as the settings do not have their window: low-service-level, " in said
    assert "alerts.duties.lead.calendar names nobody of alerts.people: Eve. " in said
