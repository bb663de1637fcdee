"""Reads where and when a rule looks: its rows, and the hours at which it may fire."""

from __future__ import annotations

from aggregators.kpis.groups import FACETS
from aggregators.policy import Rules
from alerts.row_names import fits
from alerts.rules import Active, Scope
from vigie.opening_hours import read_hours
from vigie.sections_alert_rules import RuleHours, RuleScope
from vigie.settings_checks import check_days, check_zone
from vigie.settings_file import Given, Path_
from vigie.settings_reader import SettingError, nearest, read, show_path

KINDS = ("queue", "team", *FACETS, "channel", "total")
_ALWAYS = {"mon-sun": ["00:00-24:00"]}


def read_scope(written: RuleScope, path: Path_, policies: Rules) -> Scope:
    """Return the rows that are meant.

    Raises:
        SettingError: two kinds of rows at once, no name, or no such channel.
    """
    shown = show_path(path)
    given: dict[str, list[str]] = {
        kind: names for kind in KINDS[:-1] if (names := getattr(written, kind)) is not None
    }
    for kind, names in given.items():
        if not names:
            raise SettingError(
                (*path, kind), f"{shown}.{kind} names none", 'Write a name, or "*" for all.'
            )
    channels = given.pop("channel", [])
    for i, channel in enumerate(channels):
        if not any(fits(channel, known) for known in policies.channels):
            raise SettingError(
                (*path, "channel", i), f"{shown}.channel: there is no channel {channel!r}",
                nearest(channel, policies.channels),
            )  # fmt: skip
    kinds = [*given, *(["total"] if written.total else [])]
    if len(kinds) > 1 or (channels and kinds not in ([], ["queue"])):
        one, other = [*kinds, "channel"][:2]
        raise SettingError(
            (*path, other), f"{shown}: {one} and {other} do not go together",
            "A rule looks at one kind of rows; only queue and channel may be combined.",
        )  # fmt: skip
    if written.total and written.without:
        raise SettingError(
            (*path, "without"), f"{shown}.without: the total is one row", "Leave it out."
        )
    without = tuple(written.without)
    if written.total:
        return Scope("total", ("*",))
    if channels and not kinds:
        return Scope("channel", tuple(channels), without)
    kind = kinds[0] if kinds else "queue"
    names = tuple(given.get(kind, ["*"]))
    return Scope("pair" if kind == "queue" else kind, names, without, tuple(channels))


def read_active(given: Given, path: Path_, kind: str, policies: Rules) -> Active:
    """Return when a rule over rows of a kind may fire.

    Raises:
        SettingError: neither ``queue`` nor hours, or hours that contradict each other.
    """
    shown = show_path(path)
    if not isinstance(given.value, dict):
        if given.text != "queue":
            raise SettingError(
                path, f"{shown} must be queue, or a mapping with hours",
                'Write for example {zone: Europe/Paris, hours: {mon-fri: ["08:00-18:00"]}}.',
            )  # fmt: skip
        if kind != "pair":
            raise SettingError(
                path, f"{shown}: queue means the hours of a queue, and the rule is by {kind}",
                "Write hours, or a scope of queues.",
            )  # fmt: skip
        return Active(of_queue=True)
    written: RuleHours = read(RuleHours, given, path)
    if written.zone is not None:
        check_zone((*path, "zone"), written.zone)
    check_days((*path, "holidays"), written.holidays)
    try:
        hours = read_hours(_ALWAYS if written.hours is None else written.hours, written.holidays)
    except ValueError as error:
        raise SettingError(
            (*path, "hours"), f"{shown}.hours: {error}",
            "Name each day once (mon, tue ... or mon-fri), shifts one after the other.",
        ) from None  # fmt: skip
    return Active(hours=hours, zone=written.zone or policies.policy("", "voice").zone)
