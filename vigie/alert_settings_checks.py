"""Checks the section about alerts as a whole: every name in it exists, and times make sense."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from alerts.plan import Person
from vigie.alert_target_checks import check_target, web_address
from vigie.durations import format_duration
from vigie.errors import UserError
from vigie.instants import parse_instant_ms
from vigie.sections_alerts import AlertDuty, AlertLadder, AlertPerson, Alerts, AlertTarget
from vigie.settings_checks import check_secret, check_zone
from vigie.settings_file import Path_
from vigie.settings_reader import SettingError, nearest, show_path

LARGEST_CALENDAR = 1 << 20
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_TIMES_MS = {
    "group_wait": (0, 600_000),
    "group_interval": (1_000, 86_400_000),
    "history": (3_600_000, 400 * 86_400_000),
}
_SHORTEST_REPEAT_MS = 1_000


def check_alerts(alerts: Alerts, zone: str, environ: Mapping[str, str]) -> None:
    """Check what the types cannot; ``zone`` is that of duties that name none.

    Raises:
        SettingError: the first that cannot be used. No secret is in its text.
    """
    _check_whole(alerts)
    for section in ("targets", "people", "duties", "ladders"):
        for name in getattr(alerts, section):
            if _ID.fullmatch(name) is None:
                raise SettingError(
                    ("alerts", section, name), f"alerts.{section}: {name!r} is no id",
                    "Write small letters, digits, - and _, at most 64.",
                )  # fmt: skip
    for name, target in alerts.targets.items():
        check_target(("alerts", "targets", name), target, environ)
    for name, person in alerts.people.items():
        _check_person(("alerts", "people", name), person, alerts.targets)
    for name, duty in alerts.duties.items():
        _check_duty(("alerts", "duties", name), duty, duty.zone or zone, alerts.people)
    for name, ladder in alerts.ladders.items():
        _check_ladder(("alerts", "ladders", name), ladder, alerts)


def read_calendar(path: str) -> str:
    """Read an iCalendar file.

    Raises:
        ValueError: it cannot be read, is larger than 1 MiB or not UTF-8.
    """
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST_CALENDAR + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    if len(raw) > LARGEST_CALENDAR:
        raise ValueError(f"{path} is larger than 1 MiB")
    return text


def _check_whole(alerts: Alerts) -> None:
    if alerts.public_url:
        parts = web_address(alerts.public_url)
        if parts is None or parts.query or parts.fragment:
            raise SettingError(
                ("alerts", "public_url"), "alerts.public_url is not a plain http(s) address",
                "Write for example https://board.example.org.",
            )  # fmt: skip
    for name, (least, most) in _TIMES_MS.items():
        if not least <= getattr(alerts, f"{name}_ms") <= most:
            raise SettingError(
                ("alerts", name),
                f"alerts.{name} is not between {format_duration(least)} and "
                f"{format_duration(most)}",
                "Correct it or remove it to take the default.",
            )
    check_secret(("alerts", "link_secret"), alerts.link_secret)
    for i, host in enumerate(alerts.hosts):
        if _HOST.fullmatch(host) is None:
            raise SettingError(
                ("alerts", "hosts", i), f"alerts.hosts[{i}]: {host!r} is not a host",
                "Write a name or an address, without scheme and port, such as am-1 or 10.0.0.5.",
            )  # fmt: skip


def _check_person(path: Path_, person: AlertPerson, targets: Mapping[str, AlertTarget]) -> None:
    if not person.targets:
        raise SettingError(
            path, f"{show_path(path)} can be reached at no target", "Name one in targets."
        )
    _check_targets((*path, "targets"), person.targets, targets)


def _check_targets(
    path: Path_, names: Iterable[str], targets: Mapping[str, AlertTarget]
) -> None:  # fmt: skip
    _check_known(path, names, targets, "target")
    for i, name in enumerate(names):
        if targets[name].type == "alertmanager":
            raise SettingError(
                (*path, i), f"{show_path((*path, i))}: {name} is an alertmanager",
                "Leave it out: it gets every alert anyway, and tells people by its own routes.",
            )  # fmt: skip


def _check_duty(
    path: Path_, duty: AlertDuty, zone: str, people: Mapping[str, AlertPerson]
) -> None:  # fmt: skip
    shown = show_path(path)
    if duty.zone is not None:
        check_zone((*path, "zone"), duty.zone)
    if duty.rotation is None and duty.calendar is None and not duty.overrides:
        raise SettingError(
            path, f"{shown} has nobody on call", "Give it a rotation, a calendar or overrides."
        )
    if duty.rotation is not None:
        step = (*path, "rotation", "people")
        if not duty.rotation.people:
            raise SettingError(step, f"{show_path(step)} is empty", "Name at least one person.")
        _check_known(step, duty.rotation.people, people, "person")
        _instant_ms((*path, "rotation", "start"), duty.rotation.start, zone)
    if duty.calendar is not None:
        _check_calendar((*path, "calendar"), duty.calendar, people)
    spans = []
    for i, override in enumerate(duty.overrides):
        step = (*path, "overrides", i)
        start_ms = _instant_ms((*step, "from"), override.start, zone)
        end_ms = _instant_ms((*step, "to"), override.end, zone)
        if end_ms <= start_ms:
            raise SettingError(
                (*step, "to"), f"{show_path(step)} ends before it begins", "Write from before to."
            )
        _check_name((*step, "person"), override.person, people, "person")
        spans.append((start_ms, end_ms, i))
    for (_, end_ms, one), (start_ms, _, other) in pairwise(sorted(spans)):
        if start_ms < end_ms:
            step = (*path, "overrides", max(one, other))
            raise SettingError(
                step, f"{show_path(step)} overlaps overrides[{min(one, other)}]",
                "Let one end where the other begins.",
            )  # fmt: skip


def _check_calendar(path: Path_, file: str, people: Mapping[str, AlertPerson]) -> None:
    from alerts.duty import calendar_problem  # only who has a calendar pays for it

    persons = {name: Person(name, one.name or name, ()) for name, one in people.items()}
    try:
        if why := calendar_problem(read_calendar(file), persons):
            raise ValueError(f"{file} {why}")
    except ValueError as error:
        raise SettingError(
            path, f"{show_path(path)}: {error}",
            "Name a readable .ics file whose entries are titled with people.",
        ) from None  # fmt: skip


def _instant_ms(path: Path_, written: str, zone: str) -> int:
    try:
        if "T" not in written:
            raise UserError(f"{written!r} is not a date and a time")
        datetime.fromisoformat(written)
        return parse_instant_ms(written, zone)
    except (UserError, ValueError) as error:
        why = error.message if isinstance(error, UserError) else f"{written!r} is no date and time"
        raise SettingError(
            path, f"{show_path(path)}: {why}", "Write for example 2026-11-02T09:00."
        ) from None


def _check_ladder(path: Path_, ladder: AlertLadder, alerts: Alerts) -> None:
    shown = show_path(path)
    if not ladder.steps:
        raise SettingError(path, f"{shown} has no steps", "Add steps: with whom to tell.")
    for i, step in enumerate(ladder.steps):
        place = (*path, "steps", i)
        if not (step.targets or step.people or step.duties):
            raise SettingError(
                place, f"{show_path(place)} tells nobody", "Name targets, people or duties."
            )
        _check_targets((*place, "targets"), step.targets, alerts.targets)
        _check_known((*place, "people"), step.people, alerts.people, "person")
        _check_known((*place, "duties"), step.duties, alerts.duties, "duty")
        if i and step.after_ms <= ladder.steps[i - 1].after_ms:
            raise SettingError(
                (*place, "after"), f"{show_path(place)}.after is not later than the step before",
                "Write the steps in the order of time.",
            )  # fmt: skip
    for name, value_ms in (("repeat", ladder.repeat_ms), ("remind", ladder.remind_ms)):
        if 0 < value_ms < _SHORTEST_REPEAT_MS:
            raise SettingError(
                (*path, name), f"{shown}.{name} is below 1s", 'Write for example "30m", or 0.'
            )


def _check_known(path: Path_, names: Iterable[str], known: Collection[str], what: str) -> None:
    for i, name in enumerate(names):
        _check_name((*path, i), name, known, what)


def _check_name(path: Path_, name: str, known: Collection[str], what: str) -> None:
    if name not in known:
        fix = nearest(name, known) if known else f"No {what} is declared; add one."
        raise SettingError(path, f"{show_path(path)}: there is no {what} {name!r}", fix)
