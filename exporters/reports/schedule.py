"""When a report is due, and which stretch of time it is about. Pure: now is passed in.

Due times are readings of the local clock. One that a clock change skips stands for the first
instant after the gap, one that comes twice for its first time, so there is one a day.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from aggregators.calendar import interval_start, local_day_start, local_instant, next_day_start
from aggregators.periods import local_date, period_start
from exporters.reports.plan import ReportPlan

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MOST_DAYS = 15


class Occasion(Struct, frozen=True):
    """One report of a plan: due at ``due_ms``, about [start, end) in epoch ms."""

    report: str
    period: str
    start_ms: int
    end_ms: int
    due_ms: int

    @property
    def key(self) -> str:
        """What names it for ever, whatever its due time becomes."""
        return f"report:{self.period}:{self.report}:{self.start_ms}"


def latest(plan: ReportPlan, now_ms: int) -> Occasion:
    """Return the occasion that fell due last, at ``now_ms`` at the latest."""
    today = local_date(now_ms, plan.zone).toordinal() - _EPOCH_ORDINAL
    for day in range(today, today - _MOST_DAYS, -1):
        if plan.period == "weekly" and _weekday(day) != plan.weekday:
            continue
        due_ms = local_instant(plan.zone, day, plan.at_minute)
        if due_ms <= now_ms:
            return occasion(plan, due_ms)
    raise AssertionError("every fortnight has each weekday")


def following(plan: ReportPlan, now_ms: int) -> int:
    """Return the first due time after ``now_ms``."""
    today = local_date(now_ms, plan.zone).toordinal() - _EPOCH_ORDINAL
    for day in range(today, today + _MOST_DAYS):
        if plan.period == "weekly" and _weekday(day) != plan.weekday:
            continue
        due_ms = local_instant(plan.zone, day, plan.at_minute)
        if due_ms > now_ms:
            return due_ms
    raise AssertionError("every fortnight has each weekday")


def occasion(plan: ReportPlan, due_ms: int) -> Occasion:
    """Return what is due at an instant: the business day or week that had ended by then."""
    zone, reset = plan.zone, plan.reset_minute
    if plan.period == "weekly":
        end_ms = period_start(due_ms, zone, reset, "week")
        start_ms = period_start(due_ms, zone, reset, "week", back=1)
    else:
        end_ms = local_day_start(due_ms, zone, reset)
        start_ms = local_day_start(end_ms - 1, zone, reset)
    return Occasion(plan.name, plan.period, start_ms, end_ms, due_ms)


def so_far(plan: ReportPlan, now_ms: int) -> Occasion:
    """Return the day or week that still runs, up to the last full minute."""
    now_ms = now_ms // 60_000 * 60_000
    if plan.period == "weekly":
        start_ms = period_start(now_ms - 1, plan.zone, plan.reset_minute, "week")
    else:
        start_ms = local_day_start(now_ms - 1, plan.zone, plan.reset_minute)
    return Occasion(plan.name, plan.period, start_ms, now_ms, now_ms)


def intervals(start_ms: int, end_ms: int, zone: str, minutes: int) -> list[tuple[int, int]]:
    """Return the intervals of the local clock that tile [start, end)."""
    found = []
    at_ms = start_ms
    while at_ms < end_ms:
        next_ms = interval_start(at_ms + minutes * 60_000, zone, minutes)
        if next_ms <= at_ms:  # the clock was moved inside
            next_ms = at_ms + minutes * 60_000
        found.append((at_ms, min(next_ms, end_ms)))
        at_ms = next_ms
    return found


def days(start_ms: int, end_ms: int, zone: str, reset_minute: int) -> list[tuple[int, int]]:
    """Return the business days that tile [start, end)."""
    found = []
    at_ms = start_ms
    while at_ms < end_ms:
        next_ms = next_day_start(at_ms, zone, reset_minute)
        found.append((at_ms, min(next_ms, end_ms)))
        at_ms = next_ms
    return found


def _weekday(day: int) -> int:
    return date.fromordinal(day + _EPOCH_ORDINAL).weekday()
