"""The section `alerts` of the settings: the plan it becomes, what is said when it is wrong."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from alerts.duty import on_duty
from alerts.plan import (
    AlertmanagerTarget,
    AppriseTarget,
    Duty,
    Ladder,
    Override,
    Person,
    Plan,
    Rotation,
    Step,
    WebhookTarget,
)
from vigie.alert_plan import DEFAULT_RULES, alert_plan, rule_path
from vigie.errors import UserError
from vigie.settings import Settings, load_settings
from vigie.settings_dump import dump

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
CANARY = "whsec_" + base64.b64encode(b"canary-canary-canary-canary!").decode()

FULL = f"""\
defaults: {{zone: Europe/Paris}}
alerts:
  rules: mine.yaml
  public_url: https://board.example.org/
  group_wait: 5s
  group_interval: 2m
  history: 7d
  link_secret: 0123456789abcdef
  hosts: [am-1, 10.0.0.5]
  targets:
    am: {{type: alertmanager, urls: ["http://am-1:9093/", "https://am-2"], resend: 30s,
          watchdog: false}}
    ops: {{type: webhook, url: "https://hooks.example.org/x", secret: "{SECRET}", language: fr}}
    chat: {{type: apprise, url: "slack://a/b/c"}}
  people:
    ada: {{name: Ada L., targets: [chat]}}
    bob: {{targets: [chat, ops]}}
  duties:
    lead:
      rotation: {{people: [ada, bob], start: "2026-11-02T09:00", weeks: 2}}
      overrides: [{{from: "2026-12-24T09:00", to: "2026-12-27T09:00+00:00", person: bob}}]
  ladders:
    default:
      steps: [{{targets: [chat]}}, {{after: 5m, duties: [lead], people: [ada]}}]
      repeat: 10m
      remind: 0
      tell_resolved: false
"""


def load(folder: Path, text: str, **environ: str) -> Settings:
    """Return the settings of a file."""
    file = folder / "s.yaml"
    file.write_text(text)
    return load_settings(file, environ)


def test_without_a_word_rules_hold_and_reach_nobody() -> None:
    """The rules that ship, evaluated, shown, and told to no one."""
    settings = load_settings(None, {})
    assert settings.alerts.enabled
    assert rule_path(settings) == DEFAULT_RULES
    assert alert_plan(settings) == Plan()


def test_the_section_becomes_the_plan(tmp_path: Path) -> None:
    """Ids, milliseconds, secrets in clear for those who use them, local times in the zone."""
    settings = load(tmp_path, FULL)
    assert rule_path(settings) == Path("mine.yaml")
    assert alert_plan(settings) == Plan(
        targets={
            "am": AlertmanagerTarget(
                id="am", urls=("http://am-1:9093", "https://am-2"), resend_ms=30_000,
                watchdog=False,
            ),
            "ops": WebhookTarget(
                id="ops", url="https://hooks.example.org/x", secret=KEY, language="fr"
            ),
            "chat": AppriseTarget(id="chat", url="slack://a/b/c"),
        },
        people={
            "ada": Person("ada", "Ada L.", ("chat",)),
            "bob": Person("bob", "bob", ("chat", "ops")),
        },
        duties={
            "lead": Duty(
                id="lead", zone="Europe/Paris",
                rotation=Rotation(("ada", "bob"), "2026-11-02T09:00", 2),
                overrides=(Override(1_798_099_200_000, 1_798_362_000_000, "bob"),),
            )
        },
        ladders={
            "default": Ladder(
                id="default", repeat_ms=600_000, remind_ms=0, tell_resolved=False,
                steps=(
                    Step(0, targets=("chat",)),
                    Step(300_000, people=("ada",), duties=("lead",)),
                ),
            )
        },
        group_wait_ms=5_000, group_interval_ms=120_000, public_url="https://board.example.org",
        link_secret=b"0123456789abcdef", hosts=("am-1", "10.0.0.5"), kept_ms=7 * 86_400_000,
    )  # fmt: skip


def test_without_ladders_everybody_is_told_at_once(tmp_path: Path) -> None:
    """All targets but the Alertmanagers, which get every alert anyway."""
    text = FULL[: FULL.index("  people:")]
    assert alert_plan(load(tmp_path, text)).ladders == {
        "default": Ladder(id="default", steps=(Step(0, targets=("ops", "chat")),))
    }


def test_secrets_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    """Neither `settings show` nor a repr of the section holds one."""
    for name, text in (
        ("url", "https://canary.example.org"),
        ("secret", CANARY),
        ("key", "k" * 32),
    ):
        (tmp_path / name).write_text(text + "\n")
    settings = load(tmp_path, f"""\
alerts:
  link_secret_file: {tmp_path / "key"}
  targets:
    am: {{type: alertmanager, urls: ["https://am"], token: canary-token}}
    chat: {{type: apprise, url: "slack://canary/a/b"}}
    ops: {{type: webhook, url_file: {tmp_path / "url"}, secret_file: {tmp_path / "secret"}}}
""")  # fmt: skip
    plan = alert_plan(settings)
    assert plan.link_secret == b"k" * 32
    assert plan.targets["ops"] == WebhookTarget(
        id="ops", url="https://canary.example.org", secret=b"canary-canary-canary-canary!"
    )
    for shown in (dump(settings), repr(settings)):
        assert "canary" not in shown
        assert CANARY not in shown
        assert "kkkk" not in shown
    assert "secret: '********'" in dump(settings)


def test_a_target_can_be_set_by_the_environment(tmp_path: Path) -> None:
    """Two underscores part the levels."""
    settings = load(
        tmp_path, "alerts: {targets: {chat: {type: apprise, url_file: /nowhere}}}\n",
        VIGIE_ALERTS__TARGETS__CHAT__URL="slack://a/b/c", VIGIE_ALERTS__ENABLED="false",
    )  # fmt: skip
    assert alert_plan(settings).targets == {"chat": AppriseTarget(id="chat", url="slack://a/b/c")}
    assert not settings.alerts.enabled


CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test
BEGIN:VEVENT
UID:1
DTSTART:20261102T080000Z
DTEND:20261102T170000Z
SUMMARY:Ada L.
END:VEVENT
END:VCALENDAR
"""


def with_calendar(folder: Path, calendar: str) -> str:
    """Return settings with a duty whose calendar is that."""
    (folder / "c.ics").write_text(calendar.replace("\n", "\r\n"))
    return f"""\
alerts:
  targets: {{chat: {{type: apprise, url: "slack://a/b/c"}}}}
  people: {{ada: {{name: Ada L., targets: [chat]}}}}
  duties:
    lead:
      calendar: {folder / "c.ics"}
"""


def test_a_calendar_says_who_is_on_call(tmp_path: Path) -> None:
    """Its text is in the plan, and duties are looked up in it."""
    plan = alert_plan(load(tmp_path, with_calendar(tmp_path, CALENDAR)))
    lead = plan.duties["lead"]
    assert lead.zone == "UTC"
    assert on_duty(lead, plan.people, 1_793_606_399_999) == ()
    assert on_duty(lead, plan.people, 1_793_606_400_000) == ("ada",)


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ("hello\n", "is not an iCalendar file"),
        (CALENDAR.replace("Ada L.", "Eve"), "names nobody of alerts.people"),
    ],
)
def test_a_calendar_that_cannot_serve_is_refused(
    calendar: str, message: str, tmp_path: Path
) -> None:
    """With the line where it is named."""
    with pytest.raises(UserError) as caught:
        load(tmp_path, with_calendar(tmp_path, calendar))
    assert message in str(caught.value)
    assert f"s.yaml:6: alerts.duties.lead.calendar: {tmp_path / 'c.ics'} " in str(caught.value)
