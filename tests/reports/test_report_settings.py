"""The sections `reports` and `mail` of the settings, right and wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregators.policy import HOUR_MS
from exporters.headline import Headline
from exporters.reports.plan import ReportPlan, ReportScope
from tests.vigie.test_alert_settings import load
from vigie.errors import UserError
from vigie.report_plan import concerns, previewed, report_plans, takes

MAIL = "mail: {host: smtp.example.org, from: vigie@example.org}\n"


def report(text: str, mail: str = MAIL) -> str:
    """Settings with one report, on line 3 if the mail server has one line."""
    return f"{mail}reports:\n  - {{{text}}}\n"


def test_a_report_takes_what_it_leaves_out_from_the_defaults(tmp_path: Path) -> None:
    """Zone, beginning of days and leading KPIs are those of the settings."""
    settings = load(
        tmp_path,
        f"{MAIL}defaults: {{zone: Europe/Paris, reset_at: '04:00'}}\n"
        "headline_kpis: [nps, csat, answer_rate]\n"
        "reports:\n  - {name: day, recipients: [desk@example.org]}\n",
    )
    (plan,) = report_plans(settings).values()
    assert plan == ReportPlan(
        name="day", zone="Europe/Paris", reset_minute=240, recipients=("desk@example.org",),
        lead=(Headline("nps"), Headline("csat"), Headline("answer_rate")),
    )  # fmt: skip


def test_everything_can_be_said(tmp_path: Path) -> None:
    """A weekly report in French about some queues of a team."""
    settings = load(
        tmp_path,
        report(
            "name: week, title: Semaine, language: fr, zone: Europe/Paris, period: weekly, "
            "at: '08:00', weekday: tue, reset_at: '06:00', lead: [nps, csat, answer_rate], "
            "scope: {queue: ['sales*', vip], team: Sellers, without: old}, interval: 15m, "
            "worst: 3, with_names: false, catch_up: 6h"
        ),
    )
    (plan,) = report_plans(settings).values()
    assert plan == ReportPlan(
        name="week", title="Semaine", language="fr", zone="Europe/Paris", period="weekly",
        at_minute=480, weekday=1, reset_minute=360, interval_minutes=15, worst=3,
        with_names=False, catch_up_ms=6 * HOUR_MS,
        lead=(Headline("nps"), Headline("csat"), Headline("answer_rate")),
        scope=ReportScope(queues=("sales*", "vip"), teams=("Sellers",), without=("old",)),
    )  # fmt: skip


def test_without_reports_there_is_one_to_look_at(tmp_path: Path) -> None:
    """First steps need no settings; nobody is mailed."""
    settings = load(tmp_path, "{}\n")
    assert report_plans(settings) == {}
    (plan,) = previewed(settings).values()
    assert (plan.name, plan.recipients, plan.scope.is_all) == ("centre", (), True)


WRONG: list[tuple[str, str]] = [
    (
        report("name: Day One"),
        (
            "s.yaml:3: reports[0].name: 'Day One' is no id. "
            "Write small letters, digits, - and _, at most 64."
        ),
    ),
    (
        f"{MAIL}reports:\n  - {{name: day}}\n  - {{name: day}}\n",
        "s.yaml:4: reports[1].name: there are two reports 'day'. Give each its own name.",
    ),
    (
        report("name: day, recipients: ['Desk <desk@example.org>']"),
        (
            "s.yaml:3: reports[0].recipients[0] is not a mail address. "
            "Write for example desk@example.org, without a name around it."
        ),
    ),
    (
        report("name: day, recipients: [a@example.org, A@example.org]"),
        "s.yaml:3: reports[0].recipients names somebody twice. Keep them once.",
    ),
    (
        report("name: day, recipients: [a@example.org]", "mail: {host: smtp.example.org}\n"),
        "s.yaml:3: reports[0] has recipients but mail has no from. Add mail.from: to the settings.",
    ),
    (
        report("name: day, zone: Europe/Pari"),
        "s.yaml:3: reports[0].zone: 'Europe/Pari' is not a time zone. Did you mean Europe/Paris?",
    ),
    (
        report("name: day, at: '6h30'"),
        (
            "s.yaml:3: reports[0].at must be a time of day such as \"06:30\", not '6h30'. "
            "Correct it or remove it to take the default."
        ),
    ),
    (
        report("name: day, lead: [npss, csat, ces]"),
        "s.yaml:3: reports[0].lead[0]: there is no KPI 'npss'. Did you mean nps or nps_share?",
    ),
    (
        report("name: day, lead: [nps]"),
        "s.yaml:3: reports[0].lead: 1 KPIs are chosen. Choose 3 to 5, or none for the usual tiles.",
    ),
    (
        report("name: day, scope: {channel: voise}"),
        "s.yaml:3: reports[0].scope.channel: there is no channel 'voise'. Did you mean voice?",
    ),
    (
        report("name: day, catch_up: 1m"),
        's.yaml:3: reports[0].catch_up is not between 10m and 3d. Write for example "12h".',
    ),
    (
        report("name: day, weekday: monday, period: weekly"),
        (
            "s.yaml:3: reports[0].weekday must be one of mon, tue, wed, thu, fri, sat, sun, "
            "not 'monday'. Did you mean mon?"
        ),
    ),
    (
        "mail: {host: smtp.example.org, security: none}\n",
        (
            "s.yaml:1: mail.security none sends figures and names in clear. "
            "Use starttls or tls, or set VIGIE_ALLOW_PLAINTEXT=1 if the network is trusted."
        ),
    ),
    (
        "mail: {host: 'smtp.example.org:587'}\n",
        (
            "s.yaml:1: mail.host: 'smtp.example.org:587' is not the name of a host. "
            "Write for example smtp.example.org; the port goes into mail.port."
        ),
    ),
    (
        "mail: {username: vigie}\n",
        "s.yaml:1: mail.username and mail.password belong together. Add mail.password_file:.",
    ),
    (
        "mail: {from: vigie}\n",
        (
            "s.yaml:1: mail.from is not a mail address. "
            "Write for example vigie@example.org, without a name around it."
        ),
    ),
    (
        "mail: {timeout: 10m}\n",
        's.yaml:1: mail.timeout is not between 1s and 2m. Write for example "20s".',
    ),
]


@pytest.mark.parametrize(
    ("text", "line"), WRONG, ids=[line.split(": ")[1][:40] for _, line in WRONG]
)
def test_what_is_wrong_is_one_line_with_place_and_fix(tmp_path: Path, text: str, line: str) -> None:
    """It stops the start, and says what to write."""
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    assert str(caught.value).replace(f"{tmp_path}/", "") == line


def test_a_password_may_go_in_clear_to_this_machine(tmp_path: Path) -> None:
    """A mail server beside vigie needs no TLS."""
    load(tmp_path, "mail: {host: 127.0.0.1, security: none, username: a, password: b}\n")


class TestScope:
    SELLERS = ReportScope(queues=("sales*",), teams=("Sellers",), without=("sales-old",))

    def test_contacts_have_to_match_all(self) -> None:
        """Queue, channel and team; what is left out is out."""
        is_taken = takes(self.SELLERS)
        assert is_taken is not None
        assert is_taken("sales", "voice", "Sellers")
        assert is_taken("sales-fr", "chat", "Sellers")
        assert not is_taken("sales", "voice", "Desk")
        assert not is_taken("billing", "voice", "Sellers")
        assert not is_taken("sales-old", "voice", "Sellers")

    def test_no_scope_takes_all(self) -> None:
        """Nothing is asked then."""
        assert takes(ReportScope()) is None

    def test_alerts_follow_their_row(self) -> None:
        """Those of its queues and of vigie itself; of all others only in a report of everything."""
        mine = concerns(self.SELLERS, lambda _queue, _channel: "Sellers")
        assert mine("pair", "sales", "voice")
        assert not mine("pair", "billing", "voice")
        assert not mine("total", "", "")
        assert not mine("channel", "voice", "")
        assert mine("pipeline", "", "")
        assert concerns(ReportScope(), lambda _queue, _channel: "")("total", "", "")
        by_team = concerns(ReportScope(teams=("Sell*",)), lambda _queue, _channel: "")
        assert by_team("team", "Sellers", "")
        assert not by_team("team", "Desk", "")
        by_channel = concerns(ReportScope(channels=("voice",)), lambda _queue, _channel: "")
        assert by_channel("channel", "voice", "")
        assert not by_channel("channel", "chat", "")
