"""Makes the plans of reports of checked settings."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET

from alerts.row_names import fits
from exporters.headline import parse_headlines
from exporters.reports.plan import ReportPlan, ReportScope
from exporters.reports.stretch import Takes
from vigie.sections_reports import PREVIEW_NAME, Report
from vigie.settings import Settings

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def report_plans(settings: Settings) -> dict[str, ReportPlan]:
    """Return the reports of the settings by name."""
    return {one.name: _plan(one, settings) for one in settings.reports}


def previewed(settings: Settings) -> dict[str, ReportPlan]:
    """Return what can be looked at: without any report in the settings one about everything."""
    plans = report_plans(settings)
    return plans or {PREVIEW_NAME: _plan(Report(name=PREVIEW_NAME), settings)}


def takes(scope: ReportScope) -> Takes | None:
    """Return what tells whether contacts belong to a report; None: all do."""
    if scope.is_all:
        return None
    found: dict[tuple[str, str, str], bool] = {}

    def is_taken(queue: str, channel: str, team: str) -> bool:
        key = queue, channel, team
        if key not in found:
            found[key] = _is_in(scope, *key)
        return found[key]

    return is_taken


def concerns(scope: ReportScope, team_of: Callable[[str, str], str]) -> Callable[..., bool]:
    """Return what tells whether an alert of a row (kind, name, channel) is of a report.

    Alerts of vigie itself are of every report; those of whole channels and of everything together
    only of reports that leave no queue out.
    """

    def is_concerned(kind: str, name: str, channel: str) -> bool:
        if scope.is_all or kind == "pipeline":
            return True
        if kind == "pair":
            return _is_in(scope, name, channel, team_of(name, channel))
        if kind == "team":
            return not scope.queues and not scope.channels and _any(scope.teams, name)
        if kind == "channel":
            is_whole = not (scope.queues or scope.teams or scope.without)
            return is_whole and _any(scope.channels, name)
        return False

    return is_concerned


def _is_in(scope: ReportScope, queue: str, channel: str, team: str) -> bool:
    return (
        _any(scope.queues, queue)
        and _any(scope.channels, channel)
        and _any(scope.teams, team)
        and not (scope.without and _any(scope.without, queue))
    )


def _any(patterns: tuple[str, ...], name: str) -> bool:
    return not patterns or any(fits(pattern, name) for pattern in patterns)


def _plan(one: Report, settings: Settings) -> ReportPlan:
    reset_at = one.reset_at
    if reset_at is None:
        default = settings.defaults.reset_at
        reset_at = "00:00" if default is UNSET else default
    scope = one.scope
    return ReportPlan(
        name=one.name,
        title=one.title or "",
        language=one.language,
        zone=one.zone or settings.zone,
        reset_minute=_minute(reset_at),
        period=one.period,
        at_minute=_minute(one.at),
        weekday=_WEEKDAYS.index(one.weekday),
        recipients=tuple(one.recipients),
        scope=ReportScope()
        if scope is None
        else ReportScope(
            queues=tuple(scope.queue),
            channels=tuple(scope.channel),
            teams=tuple(scope.team),
            without=tuple(scope.without),
        ),
        lead=parse_headlines(one.lead or settings.headline_kpis),
        interval_minutes=int(one.interval.removesuffix("m")),
        worst=one.worst,
        with_names=one.with_names,
        catch_up_ms=one.catch_up_ms,
    )


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
