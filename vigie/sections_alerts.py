"""The section of the settings file about alerts: the rules, whom they reach, and when."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from aggregators.policy import DAY_MS, MINUTE_MS
from vigie.secret import Secret
from vigie.sections import Duration, Section, Zone


class AlertTarget(Section, frozen=True, kw_only=True):
    """One way to tell of alerts. What belongs to another type is refused."""

    type: Annotated[
        Literal["alertmanager", "webhook", "apprise"],
        Meta(
            description="`alertmanager` gets every alert by itself; `webhook` gets signed JSON; "
            "`apprise` is mail, chat, SMS, a pager: whatever an Apprise URL names."
        ),
    ]
    urls: Annotated[
        list[str],
        Meta(description="Of an `alertmanager`: each instance, such as `http://am-1:9093`."),
    ] = field(default_factory=list)
    url: Annotated[
        Secret | None,
        Meta(
            description="Of a `webhook` its address, of an `apprise` target its Apprise URL; "
            "prefer `url_file`, as such addresses hold keys."
        ),
    ] = None
    url_file: Annotated[str | None, Meta(description="File that holds the URL.")] = None
    secret: Annotated[
        Secret | None,
        Meta(
            description="Of a `webhook`: `whsec_` and the base64 of 24 to 64 bytes, with which "
            "the receiver checks who wrote (Standard Webhooks); prefer `secret_file`."
        ),
    ] = None
    secret_file: Annotated[str | None, Meta(description="File that holds the secret.")] = None
    token: Annotated[
        Secret | None,
        Meta(description="Of an `alertmanager`: bearer token; prefer `token_file`."),
    ] = None
    token_file: Annotated[str | None, Meta(description="File that holds the bearer token.")] = None
    language: Annotated[Literal["en", "fr"], Meta(description="Language of its messages.")] = "en"
    resend_ms: Annotated[
        Duration | None,
        Meta(
            description="Of an `alertmanager`: how often it is told again of what is firing; "
            "`1m` without it."
        ),
    ] = None
    watchdog: Annotated[
        bool | None,
        Meta(
            description="Of an `alertmanager`: whether it gets `VigieWatchdog`, which always "
            "fires, for a dead man's switch; `true` without it."
        ),
    ] = None


class AlertPerson(Section, frozen=True, kw_only=True):
    """Somebody who can be on duty."""

    name: Annotated[
        Annotated[str, Meta(min_length=1, max_length=100)] | None,
        Meta(description="Name in messages and calendars; without it the entry's own."),
    ] = None
    targets: Annotated[list[str], Meta(description="Targets; all of them are tried at once.")]


class DutyRotation(Section, frozen=True, kw_only=True):
    """People who take turns."""

    people: Annotated[list[str], Meta(description="Who, in the order of their turns.")]
    start: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$",
            description="Local date and time at which the first turn begins; the others begin at "
            "the same time of day.",
            extra={"phrase": 'a local date and time such as "2026-11-02T09:00"'},
        ),
    ]
    weeks: Annotated[int, Meta(ge=1, le=52, description="Weeks of each turn.")] = 1


class DutyOverride(Section, frozen=True, kw_only=True):
    """Somebody else for a while."""

    start: Annotated[
        str,
        Meta(description="From when: local time of the duty's zone, or ISO 8601 with an offset."),
    ] = field(name="from")
    end: Annotated[str, Meta(description="Until when, excluded.")] = field(name="to")
    person: Annotated[str, Meta(description="Who.")]


class AlertDuty(Section, frozen=True, kw_only=True):
    """Who is on call: an override, else the calendar, else the rotation."""

    zone: Annotated[
        Zone | None,
        Meta(description="IANA time zone of its local times; without it `defaults.zone`."),
    ] = None
    rotation: Annotated[DutyRotation | None, Meta(description="People in turn.")] = None
    overrides: Annotated[
        list[DutyOverride], Meta(description="Exceptions; they may not overlap.")
    ] = field(default_factory=list)
    calendar: Annotated[
        str | None,
        Meta(
            description="An iCalendar file (.ics) whose entries are titled with the id or the "
            "name of a person."
        ),
    ] = None


class LadderStep(Section, frozen=True, kw_only=True):
    """Whom to tell, from a moment on, while nobody has taken the alert."""

    after_ms: Annotated[
        Duration, Meta(description="How long after the alert fired; each step later than the last.")
    ] = 0
    targets: Annotated[list[str], Meta(description="Targets to tell.")] = field(
        default_factory=list
    )
    people: Annotated[list[str], Meta(description="People to tell, each on all their targets.")] = (
        field(default_factory=list)
    )
    duties: Annotated[list[str], Meta(description="Duties: whoever is on call then.")] = field(
        default_factory=list
    )


class AlertLadder(Section, frozen=True, kw_only=True):
    """Whom an alert reaches, step by step."""

    steps: Annotated[list[LadderStep], Meta(description="In the order of time.")]
    repeat_ms: Annotated[
        Duration,
        Meta(
            description="How often the last step is repeated until somebody takes the alert; "
            "`0` for not."
        ),
    ] = 30 * MINUTE_MS
    remind_ms: Annotated[
        Duration,
        Meta(
            description="After how long those who were told are reminded of an alert that was "
            "taken and is still there; `0` for not."
        ),
    ] = 60 * MINUTE_MS
    tell_resolved: Annotated[
        bool, Meta(description="Whether those who were told are told of its end too.")
    ] = True


class Alerts(Section, frozen=True, kw_only=True):
    """The rules, and whom their alerts reach."""

    enabled: Annotated[bool, Meta(description="Whether rules are evaluated at all.")] = True
    rules: Annotated[
        str | None,
        Meta(
            description="The rule file ([alert-rules.md](alert-rules.md)); without it the one "
            "that comes with vigie."
        ),
    ] = None
    public_url: Annotated[
        str,
        Meta(
            description="Where people open the wallboard, such as `https://board.example.org`; "
            "without it messages have no links."
        ),
    ] = ""
    group_wait_ms: Annotated[
        Duration,
        Meta(description="How long a first message waits for other alerts of its group."),
    ] = 2_000
    group_interval_ms: Annotated[
        Duration, Meta(description="Least time between two messages about one group.")
    ] = MINUTE_MS
    history_ms: Annotated[
        Duration, Meta(description="How long alerts that are over stay in the history.")
    ] = 30 * DAY_MS
    link_secret: Annotated[
        Secret | None,
        Meta(
            description="Signs the links in messages by which an alert is acknowledged without a "
            "login, at least 16 characters, the same for all workers; without it messages have "
            "none. Prefer `link_secret_file`."
        ),
    ] = None
    link_secret_file: Annotated[str | None, Meta(description="File that holds the secret.")] = None
    hosts: Annotated[
        list[str],
        Meta(
            description="Hosts that targets may be at although their addresses are private or of "
            "this machine, such as `am-1` or `10.0.0.5`."
        ),
    ] = field(default_factory=list)
    targets: Annotated[
        dict[str, AlertTarget], Meta(description="Ways to tell of alerts, each with an id.")
    ] = field(default_factory=dict)
    people: Annotated[
        dict[str, AlertPerson], Meta(description="Who can be told, each with an id.")
    ] = field(default_factory=dict)
    duties: Annotated[
        dict[str, AlertDuty], Meta(description="Who is on call, each with an id.")
    ] = field(default_factory=dict)
    ladders: Annotated[
        dict[str, AlertLadder],
        Meta(
            description="Whom alerts reach and when, each with an id; rules that name none have "
            "`default`. Without any ladder, `default` tells all targets at once."
        ),
    ] = field(default_factory=dict)
