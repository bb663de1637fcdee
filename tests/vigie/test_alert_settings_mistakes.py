"""The section `alerts` of the settings when it is wrong: one line with place and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vigie.test_alert_settings import SECRET, load
from vigie.errors import UserError

CHAT = 'alerts:\n  targets:\n    chat: {type: apprise, url: "slack://a/b/c"}\n'
ADA = CHAT + "  people:\n    ada: {targets: [chat]}\n"
MAKE_KEY = 'Make one with: echo "whsec_$(openssl rand -base64 32)".'


def target(text: str) -> str:
    """Return settings with a target on line 3."""
    return f"alerts:\n  targets:\n    x: {{{text}}}\n"


def duty(text: str) -> str:
    """Return settings with a duty from line 7 on."""
    return ADA + "  duties:\n    lead:\n" + text


def override(*spans: str) -> str:
    """Return settings with overrides from line 9 on."""
    lines = "".join(f"        - {{{span}, person: ada}}\n" for span in spans)
    return duty(f"      overrides:\n{lines}")


def ladder(text: str) -> str:
    """Return settings with a ladder from line 7 on."""
    return ADA + "  ladders:\n    floor:\n" + text


WRONG: list[tuple[str, str]] = [
    (
        "alerts:\n  enable: true\n",
        "s.yaml:2: alerts.enable is not a setting. Did you mean enabled?",
    ),
    (
        "alerts:\n  public_url: board.example.org\n",
        (
            "s.yaml:2: alerts.public_url is not a plain http(s) address. "
            "Write for example https://board.example.org."
        ),
    ),
    (
        "alerts:\n  group_interval: 0\n",
        (
            "s.yaml:2: alerts.group_interval is not between 1s and 1d. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        "alerts:\n  link_secret: short\n",
        (
            "s.yaml:2: alerts.link_secret is shorter than 16 characters. "
            "Make one with: openssl rand -hex 32."
        ),
    ),
    (
        "alerts:\n  link_secret_file: /nowhere\n",
        (
            "s.yaml:2: alerts.link_secret_file: /nowhere cannot be read (No such file or "
            "directory). "
            "Name a readable file that holds the secret."
        ),
    ),
    (
        'alerts:\n  hosts: ["http://am-1:9093"]\n',
        (
            "s.yaml:2: alerts.hosts[0]: 'http://am-1:9093' is not a host. "
            "Write a name or an address, without scheme and port, such as am-1 or 10.0.0.5."
        ),
    ),
    (
        "alerts:\n  targets:\n    Chat: {type: apprise}\n",
        "s.yaml:3: alerts.targets: 'Chat' is no id. Write small letters, digits, - and _, at mo",
    ),
    (
        target("type: slack"),
        (
            "s.yaml:3: alerts.targets.x.type must be one of alertmanager, webhook, "
            "apprise, not 'slack'. "
        ),
    ),
    (target("url: a"), "s.yaml:3: alerts.targets.x has no type. Add type: with one of"),
    (
        target("type: apprise"),
        (
            "s.yaml:3: alerts.targets.x has no url. "
            "Add url_file: (or url:) with an Apprise URL, such as mailto:// or slack://."
        ),
    ),
    (
        target("type: apprise, url: canary"),
        "s.yaml:3: alerts.targets.x.url is not an Apprise URL. ",
    ),
    (
        target('type: apprise, url: "a://b", token: canary'),
        (
            "s.yaml:3: alerts.targets.x.token does not belong to type apprise. "
            "It takes url and language."
        ),
    ),
    (
        target('type: webhook, url: "https://canary"'),
        (
            "s.yaml:3: alerts.targets.x has no secret. "
            f"Add secret_file: with a file that holds it. {MAKE_KEY}"
        ),
    ),
    (
        target(f'type: webhook, url: "ftp://canary", secret: "{SECRET}"'),
        (
            "s.yaml:3: alerts.targets.x.url is not an http(s) address without user and password. "
            "Write for example https://hooks.example.org/vigie."
        ),
    ),
    (
        target(f'type: webhook, url: "https://u:canary@a", secret: "{SECRET}"'),
        "s.yaml:3: alerts.targets.x.url is not an http(s) address without user and password. ",
    ),
    (
        target('type: webhook, url: "https://a", secret: canary'),
        f"s.yaml:3: alerts.targets.x.secret does not begin with whsec_. {MAKE_KEY}",
    ),
    (
        target('type: webhook, url: "https://a", secret: whsec_canary*'),
        f"s.yaml:3: alerts.targets.x.secret is not base64 after whsec_. {MAKE_KEY}",
    ),
    (
        target('type: webhook, url: "https://a", secret: whsec_Y2FuYXJ5'),
        f"s.yaml:3: alerts.targets.x.secret holds 6 bytes, not 24 to 64. {MAKE_KEY}",
    ),
    (
        target("type: webhook, url_file: /nowhere"),
        "s.yaml:3: alerts.targets.x.url_file: /nowhere cannot be read (No such file or dire",
    ),
    (
        target("type: alertmanager"),
        (
            "s.yaml:3: alerts.targets.x has no urls. "
            "Add urls: with each Alertmanager, not a load balancer."
        ),
    ),
    (
        target('type: alertmanager, urls: ["am:9093"]'),
        (
            "s.yaml:3: alerts.targets.x.urls[0] is not a plain http(s) address. "
            "Write for example http://am-1:9093; a password goes into token_file."
        ),
    ),
    (
        target('type: alertmanager, urls: ["http://am"], token: canary'),
        (
            "s.yaml:3: alerts.targets.x.urls[0] sends the token in clear. "
            "Use https://, or set VIGIE_ALLOW_PLAINTEXT=1 if the network is trusted."
        ),
    ),
    (
        target('type: alertmanager, urls: ["http://am"], resend: 2h'),
        "s.yaml:3: alerts.targets.x.resend is not between 1s and 1h. ",
    ),
    (
        CHAT + "  people:\n    ada: {targets: []}\n",
        "s.yaml:5: alerts.people.ada can be reached at no target. Name one in targets.",
    ),
    (
        CHAT + "  people:\n    ada: {targets: [chart]}\n",
        "s.yaml:5: alerts.people.ada.targets[0]: there is no target 'chart'. Did you mean chat?",
    ),
    (
        (
            'alerts:\n  targets: {am: {type: alertmanager, urls: ["http://am"]}}\n'
            "  people:\n    ada: {targets: [am]}\n"
        ),
        "s.yaml:4: alerts.people.ada.targets[0]: am is an alertmanager. Leave it out: ",
    ),
    (
        duty("      zone: UTC\n"),
        (
            "s.yaml:8: alerts.duties.lead has nobody on call. "
            "Give it a rotation, a calendar or overrides."
        ),
    ),
    (
        duty("      zone: Europe/Pari\n      calendar: x\n"),
        (
            "s.yaml:8: alerts.duties.lead.zone: 'Europe/Pari' is not a time zone. "
            "Did you mean Europe/Paris?"
        ),
    ),
    (
        duty("      calendar: /nowhere.ics\n"),
        (
            "s.yaml:8: alerts.duties.lead.calendar: /nowhere.ics "
            "cannot be read (No such file or directory). Name a readable .ics file"
        ),
    ),
    (
        duty('      rotation: {people: [eve], start: "2026-11-02T09:00"}\n'),
        "s.yaml:8: alerts.duties.lead.rotation.people[0]: there is no person 'eve'. Known here: ad",
    ),
    (
        duty('      rotation: {people: [], start: "2026-11-02T09:00"}\n'),
        "s.yaml:8: alerts.duties.lead.rotation.people is empty. Name at least one person.",
    ),
    (
        duty('      rotation: {people: [ada], start: "2026-11-02"}\n'),
        (
            "s.yaml:8: alerts.duties.lead.rotation.start must be a local date and time such as "
            "\"2026-11-02T09:00\", not '2026-11-02'. "
        ),
    ),
    (
        duty('      rotation: {people: [ada], start: "2026-13-02T09:00"}\n'),
        (
            "s.yaml:8: alerts.duties.lead.rotation.start: '2026-13-02T09:00' is no date and time. "
            "Write for example 2026-11-02T09:00."
        ),
    ),
    (
        duty(
            '      zone: Europe/Paris\n      rotation: {people: [ada], start: "2026-03-29T02:30"}\n'
        ),
        (
            "s.yaml:9: alerts.duties.lead.rotation.start: the local time 2026-03-29T02:30 does not "
            "exist in Europe/Paris. "
        ),
    ),
    (
        override("from: tomorrow, to: 2026-11-02T09:00"),
        "s.yaml:9: alerts.duties.lead.overrides[0].from: 'tomorrow' is not a date and a time. ",
    ),
    (
        override("from: 2026-11-03T09:00, to: 2026-11-02T09:00"),
        "s.yaml:9: alerts.duties.lead.overrides[0] ends before it begins. Write from before to.",
    ),
    (
        override(
            "from: 2026-11-03T09:00, to: 2026-11-05T09:00",
            "from: 2026-11-01T09:00, to: 2026-11-03T09:01",
        ),
        (
            "s.yaml:10: alerts.duties.lead.overrides[1] overlaps overrides[0]. "
            "Let one end where the other begins."
        ),
    ),
    (
        override("from: 2026-11-03T09:00, to: 2026-11-05T09:00").replace(
            "person: ada", "person: adb"
        ),
        (
            "s.yaml:9: alerts.duties.lead.overrides[0].person: there is no person 'adb'. "
            "Did you mean ada?"
        ),
    ),
    (
        ladder("      steps: []\n"),
        "s.yaml:8: alerts.ladders.floor has no steps. Add steps: with whom to tell.",
    ),
    (
        ladder("      steps:\n        - after: 5m\n"),
        "s.yaml:9: alerts.ladders.floor.steps[0] tells nobody. Name targets, people or duties.",
    ),
    (
        ladder("      steps:\n        - {people: [ada]}\n        - {duties: [lead], after: 1m}\n"),
        (
            "s.yaml:10: alerts.ladders.floor.steps[1].duties[0]: there is no duty 'lead'. "
            "No duty is declared; add one."
        ),
    ),
    (
        ladder(
            "      steps:\n        - {people: [ada], after: 5m}\n"
            "        - {targets: [chat], after: 5m}\n"
        ),
        (
            "s.yaml:10: alerts.ladders.floor.steps[1].after is not later than the step before. "
            "Write the steps in the order of time."
        ),
    ),
    (
        ladder("      steps: [{people: [ada]}]\n      repeat: 10ms\n"),
        's.yaml:9: alerts.ladders.floor.repeat is below 1s. Write for example "30m", or 0.',
    ),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_mistake_is_one_line_with_place_and_fix(text: str, message: str, tmp_path: Path) -> None:
    """File, line, the setting, what is wrong, what to do; never a secret."""
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    line = str(caught.value).removeprefix(f"{tmp_path}/")
    assert line.startswith(message)
    assert "\n" not in line
    assert "canary" not in line


def test_a_token_in_clear_is_allowed_on_this_machine_or_when_asked_for(tmp_path: Path) -> None:
    """As for Kafka and Redis."""
    text = target('type: alertmanager, urls: ["http://127.0.0.1:9093"], token: t')
    assert load(tmp_path, text).alerts.targets["x"].token is not None
    load(tmp_path, text.replace("127.0.0.1", "am"), VIGIE_ALLOW_PLAINTEXT="1")


def test_overrides_may_touch(tmp_path: Path) -> None:
    """One ends in the instant in which the other begins."""
    text = override(
        "from: 2026-11-01T09:00, to: 2026-11-03T09:00",
        "from: 2026-11-03T09:00, to: 2026-11-05T09:00",
    )
    assert len(load(tmp_path, text).alerts.duties["lead"].overrides) == 2
