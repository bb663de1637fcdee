"""The sections of the settings file about e-mailed reports and the mail server that takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from msgspec import Meta, field

from aggregators.policy import HOUR_MS
from exporters.headline import HeadlineError, parse_headline, parse_headlines
from vigie.secret import Secret
from vigie.sections import Clock, Duration, Section, Zone
from vigie.sections_alert_rules import Names
from vigie.settings_checks import check_zone, may_be_in_clear
from vigie.settings_file import Path_
from vigie.settings_reader import SettingError, nearest, show_path

if TYPE_CHECKING:
    from vigie.settings import Settings

Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PREVIEW_NAME = "centre"
"""A report about everything that can be looked at without any in the settings."""

MOST_RECIPIENTS = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")


class Mail(Section, frozen=True, kw_only=True):
    """The mail server (SMTP) that takes reports."""

    host: Annotated[
        str | None, Meta(description="Such as `smtp.example.org`; without it nothing is mailed.")
    ] = None
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None,
        Meta(description="Without it 587, 465 for `tls`, 25 for `none`."),
    ] = None
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(
            description="`starttls` turns to TLS before anything is said, `tls` begins with it, "
            "`none` sends in clear and is refused for another machine unless the environment has "
            "`VIGIE_ALLOW_PLAINTEXT=1`."
        ),
    ] = "starttls"
    cafile: Annotated[
        str | None,
        Meta(description="Certificates (PEM) to trust; without it those of the system."),
    ] = None
    username: Annotated[str | None, Meta(description="User name, if the server asks for one.")] = (
        None
    )
    password: Annotated[Secret | None, Meta(description="Password; prefer `password_file`.")] = None
    password_file: Annotated[str | None, Meta(description="File that holds the password.")] = None
    sender: Annotated[
        str | None, Meta(description="Address that reports come from: vigie@example.org.")
    ] = field(default=None, name="from")
    timeout_ms: Annotated[
        Duration, Meta(description="How long each answer of the server may take; `1s` to `2m`.")
    ] = 20_000


class ReportScope(Section, frozen=True, kw_only=True):
    """What a report is about, as in alert rules: names, or patterns with `*` and `?`."""

    queue: Annotated[Names, Meta(description="Queues.")] = field(default_factory=list)
    channel: Annotated[Names, Meta(description="Channels.")] = field(default_factory=list)
    team: Annotated[Names, Meta(description="Teams.")] = field(default_factory=list)
    without: Annotated[Names, Meta(description="Queues to leave out.")] = field(
        default_factory=list
    )


class Report(Section, frozen=True, kw_only=True):
    """One report, as docs/reports.md shows it."""

    name: Annotated[str, Meta(description="Id: small letters, digits, `-` and `_`.")]
    title: Annotated[
        Annotated[str, Meta(min_length=1, max_length=80)] | None,
        Meta(description="Heading and subject; without it `Day report` or `Week report`."),
    ] = None
    language: Annotated[Literal["en", "fr"], Meta(description="Its language.")] = "en"
    zone: Annotated[
        Zone | None,
        Meta(description="IANA zone of its times and days; without it `defaults.zone`."),
    ] = None
    period: Annotated[
        Literal["daily", "weekly"],
        Meta(description="About the business day or the week (from Monday) that ended last."),
    ] = "daily"
    at: Annotated[Clock, Meta(description="Local time at which it is sent.")] = "06:30"
    weekday: Annotated[Weekday, Meta(description="Day on which a weekly one is sent.")] = "mon"
    reset_at: Annotated[
        Clock | None,
        Meta(description="Local time at which its days begin; without it `defaults.reset_at`."),
    ] = None
    recipients: Annotated[
        list[str], Meta(description="Mail addresses; each gets a mail of its own.")
    ] = field(default_factory=list)
    scope: Annotated[
        ReportScope | None,
        Meta(description="What it is about: contacts that match all of it; without it everything."),
    ] = None
    lead: Annotated[
        list[str],
        Meta(description="KPIs that it begins with; without them `headline_kpis`."),
    ] = field(default_factory=list)
    interval: Annotated[Literal["15m", "30m"], Meta(description="Length of its intervals.")] = "30m"
    worst: Annotated[
        int, Meta(ge=1, le=20, description="How many of the hardest intervals are listed.")
    ] = 5
    with_names: Annotated[
        bool,
        Meta(description="Whether the names of those who took an alert are told."),
    ] = True
    catch_up_ms: Annotated[
        Duration,
        Meta(
            description="How late it is still sent after nobody could, and how long sending is "
            "tried; `10m` to `3d`."
        ),
    ] = 12 * HOUR_MS


Reports: TypeAlias = Annotated[
    list[Report],
    Meta(description="Reports by mail, sent by the worker that shows the KPI series."),
]


def check_reports(settings: Settings, environ: Mapping[str, str]) -> None:
    """Check reports and the mail server.

    Raises:
        SettingError: the first that cannot be used. No secret is in its text.
    """
    _check_mail(settings.mail, environ)
    seen: set[str] = set()
    for i, report in enumerate(settings.reports):
        path: Path_ = ("reports", i)
        shown = show_path(path)
        if _NAME.fullmatch(report.name) is None:
            raise SettingError(
                (*path, "name"), f"{shown}.name: {report.name!r} is no id",
                "Write small letters, digits, - and _, at most 64.",
            )  # fmt: skip
        if report.name in seen:
            raise SettingError(
                (*path, "name"), f"{shown}.name: there are two reports {report.name!r}",
                "Give each its own name.",
            )  # fmt: skip
        seen.add(report.name)
        _check_report(path, report, settings)


def _check_report(path: Path_, report: Report, settings: Settings) -> None:
    shown = show_path(path)
    if report.zone is not None:
        check_zone((*path, "zone"), report.zone)
    for j, address in enumerate(report.recipients):
        if _ADDRESS.fullmatch(address) is None:
            raise SettingError(
                (*path, "recipients", j), f"{shown}.recipients[{j}] is not a mail address",
                "Write for example desk@example.org, without a name around it.",
            )  # fmt: skip
    if len({one.lower() for one in report.recipients}) < len(report.recipients):
        raise SettingError(
            (*path, "recipients"), f"{shown}.recipients names somebody twice", "Keep them once."
        )
    if len(report.recipients) > MOST_RECIPIENTS:
        raise SettingError(
            (*path, "recipients"), f"{shown}.recipients has more than {MOST_RECIPIENTS}",
            "Send it to a mailing list.",
        )  # fmt: skip
    if report.recipients and (settings.mail.host is None or settings.mail.sender is None):
        lacking = "host" if settings.mail.host is None else "from"
        raise SettingError(
            (*path, "recipients"), f"{shown} has recipients but mail has no {lacking}",
            f"Add mail.{lacking}: to the settings.",
        )  # fmt: skip
    for j, one in enumerate(report.lead):
        try:
            parse_headline(one)
        except HeadlineError as error:
            raise SettingError(
                (*path, "lead", j), f"{shown}.lead[{j}]: {error.problem}", error.fix
            ) from None
    try:
        parse_headlines(report.lead)
    except HeadlineError as error:
        raise SettingError((*path, "lead"), f"{shown}.lead: {error.problem}", error.fix) from None
    from alerts.row_names import fits  # the settings of a worker without reports need it not

    known = list(settings.rules().channels)
    for j, pattern in enumerate(report.scope.channel if report.scope else ()):
        if not any(fits(pattern, channel) for channel in known):
            raise SettingError(
                (*path, "scope", "channel", j),
                f"{shown}.scope.channel: there is no channel {pattern!r}",
                nearest(pattern, known),
            )
    if not 600_000 <= report.catch_up_ms <= 72 * HOUR_MS:
        raise SettingError(
            (*path, "catch_up"), f"{shown}.catch_up is not between 10m and 3d",
            'Write for example "12h".',
        )  # fmt: skip


def _check_mail(mail: Mail, environ: Mapping[str, str]) -> None:
    if mail.host is not None and _HOST.fullmatch(mail.host) is None:
        raise SettingError(
            ("mail", "host"), f"mail.host: {mail.host!r} is not the name of a host",
            "Write for example smtp.example.org; the port goes into mail.port.",
        )  # fmt: skip
    if mail.sender is not None and _ADDRESS.fullmatch(mail.sender) is None:
        raise SettingError(
            ("mail", "from"), "mail.from is not a mail address",
            "Write for example vigie@example.org, without a name around it.",
        )  # fmt: skip
    if (mail.username is None) != (mail.password is None):
        lacking = "username" if mail.username is None else "password_file"
        raise SettingError(
            ("mail",), "mail.username and mail.password belong together", f"Add mail.{lacking}:."
        )
    if mail.security == "none" and mail.host and not may_be_in_clear(mail.host, environ):
        what = "figures and a password" if mail.password is not None else "figures and names"
        raise SettingError(
            ("mail", "security"), f"mail.security none sends {what} in clear",
            "Use starttls or tls, or set VIGIE_ALLOW_PLAINTEXT=1 if the network is trusted.",
        )  # fmt: skip
    if not 1_000 <= mail.timeout_ms <= 120_000:
        raise SettingError(
            ("mail", "timeout"), "mail.timeout is not between 1s and 2m", 'Write for example "20s".'
        )
