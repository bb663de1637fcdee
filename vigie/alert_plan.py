"""Makes the plan of alerts (targets, people, duties, ladders) of checked settings."""

from __future__ import annotations

from pathlib import Path

import alerts
from aggregators.policy import MINUTE_MS
from alerts.plan import (
    DEFAULT_LADDER,
    AlertmanagerTarget,
    AppriseTarget,
    Duty,
    Ladder,
    Override,
    Person,
    Plan,
    Rotation,
    Step,
    Target,
    WebhookTarget,
)
from vigie.alert_settings_checks import read_calendar
from vigie.alert_target_checks import webhook_key
from vigie.errors import UserError
from vigie.instants import parse_instant_ms
from vigie.secret import Secret
from vigie.sections_alerts import AlertDuty, AlertLadder, Alerts, AlertTarget
from vigie.settings import Settings

DEFAULT_RULES = Path(alerts.__file__).with_name("default_rules.yaml")
"""The rule file that comes with vigie."""


def alert_plan(settings: Settings) -> Plan:
    """Return whom alerts reach, as checked settings say.

    Raises:
        UserError: a calendar cannot be read any more.
    """
    section = settings.alerts
    targets = {name: _target(name, target) for name, target in section.targets.items()}
    return Plan(
        targets=targets,
        people={
            name: Person(name, person.name or name, tuple(person.targets))
            for name, person in section.people.items()
        },
        duties={
            name: _duty(name, duty, duty.zone or settings.zone)
            for name, duty in section.duties.items()
        },
        ladders=_ladders(section, targets),
        group_wait_ms=section.group_wait_ms,
        group_interval_ms=section.group_interval_ms,
        public_url=section.public_url.rstrip("/"),
        link_secret=_revealed(section.link_secret).encode(),
        hosts=tuple(section.hosts),
        kept_ms=section.history_ms,
    )


def rule_path(settings: Settings) -> Path:
    """Return the rule file of the settings, by default the one that comes with vigie."""
    return DEFAULT_RULES if settings.alerts.rules is None else Path(settings.alerts.rules)


def _target(name: str, target: AlertTarget) -> Target:
    if target.type == "alertmanager":
        return AlertmanagerTarget(
            id=name,
            urls=tuple(url.rstrip("/") for url in target.urls),
            language=target.language,
            resend_ms=MINUTE_MS if target.resend_ms is None else target.resend_ms,
            token=None if target.token is None else target.token.reveal(),
            watchdog=target.watchdog is not False,
        )
    url = _revealed(target.url)
    if target.type == "apprise":
        return AppriseTarget(id=name, url=url, language=target.language)
    key = webhook_key(_revealed(target.secret))
    return WebhookTarget(id=name, url=url, secret=key, language=target.language)


def _duty(name: str, duty: AlertDuty, zone: str) -> Duty:
    calendar = None
    if duty.calendar is not None:
        try:
            calendar = read_calendar(duty.calendar)
        except ValueError as error:
            raise UserError(
                f"alerts.duties.{name}.calendar: {error}", "Name a readable .ics file."
            ) from None
    rotation = duty.rotation
    return Duty(
        id=name,
        zone=zone,
        rotation=None
        if rotation is None
        else Rotation(tuple(rotation.people), rotation.start, rotation.weeks),
        overrides=tuple(
            Override(parse_instant_ms(one.start, zone), parse_instant_ms(one.end, zone), one.person)
            for one in duty.overrides
        ),
        calendar=calendar,
    )


def _ladders(section: Alerts, targets: dict[str, Target]) -> dict[str, Ladder]:
    told = tuple(name for name, one in targets.items() if not isinstance(one, AlertmanagerTarget))
    if not section.ladders and told:
        all_at_once = Ladder(id=DEFAULT_LADDER, steps=(Step(0, targets=told),))
        return {DEFAULT_LADDER: all_at_once}
    return {name: _ladder(name, ladder) for name, ladder in section.ladders.items()}


def _ladder(name: str, ladder: AlertLadder) -> Ladder:
    return Ladder(
        id=name,
        steps=tuple(
            Step(step.after_ms, tuple(step.targets), tuple(step.people), tuple(step.duties))
            for step in ladder.steps
        ),
        repeat_ms=ladder.repeat_ms,
        remind_ms=ladder.remind_ms,
        tell_resolved=ladder.tell_resolved,
    )


def _revealed(secret: Secret | None) -> str:
    return "" if secret is None else secret.reveal()
