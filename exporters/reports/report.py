"""What a report says: plain facts of a closed stretch of time, before anybody words them.

Instants are epoch ms; ratios 0 to 1; times of KPIs seconds. None is "no value", never 0.
"""

from __future__ import annotations

from msgspec import Struct

from aggregators.kpis.change import Trend
from exporters.reports.plan import Language, PeriodName, ReportScope


class Figure(Struct, frozen=True, kw_only=True):
    """One KPI by its labels. ``row`` is where it is of one row instead of all, (kind, name).

    ``sample`` is how many answers or contacts a ratio is a share of, ``is_small`` that they are
    fewer than the least sample of the settings, ``last_week`` what it was in the same stretch a
    week before.
    """

    kpi: str
    labels: tuple[str, ...] = ()
    row: tuple[str, str] | None = None
    value: float | None = None
    sample: int | None = None
    is_small: bool = False
    is_provisional: bool = False
    target: float | None = None
    trend: Trend | None = None
    last_week: float | None = None


class RowFigures(Struct, frozen=True, kw_only=True):
    """A queue on a channel, or (``queue`` empty) a whole channel, or (both) all together."""

    queue: str = ""
    channel: str = ""
    offered: int | None = None
    answered: int | None = None
    abandoned: int | None = None
    service_level: float | None = None
    target: float | None = None
    is_small: bool = False
    asa_s: float | None = None
    longest_s: float | None = None
    aht_s: float | None = None


class IntervalFigures(Struct, frozen=True, kw_only=True):
    """An interval (of a queue, or of all): ``missed`` are those that were not answered in time,
    ``alerts`` the names of what stood then."""

    start_ms: int
    end_ms: int
    queue: str = ""
    channel: str = ""
    offered: int | None = None
    answered: int | None = None
    abandoned: int | None = None
    missed: int = 0
    service_level: float | None = None
    target: float | None = None
    is_small: bool = False
    longest_s: float | None = None
    alerts: tuple[str, ...] = ()


class Expression(Struct, frozen=True, kw_only=True):
    """A search without an answer; ``change`` against the stretch before, None where not known."""

    text: str
    count: int
    change: int | None = None


class Expressions(Struct, frozen=True, kw_only=True):
    """Searches without an answer; each expression was searched ``error`` times more at most."""

    searches: int
    error: int
    listed: tuple[Expression, ...]


class AlertNote(Struct, frozen=True, kw_only=True):
    """One thing that somebody did about an alert, and why."""

    at_ms: int
    what: str
    by: str = ""
    why: str = ""


class AlertLine(Struct, frozen=True, kw_only=True):
    """One alert: what fired where, for how long, who took it and when. ``ended_ms`` None: not over
    when the report was made."""

    name: str
    where: str
    kind: str
    queue: str
    channel: str
    severity: str
    fired_ms: int
    ended_ms: int | None = None
    taken_ms: int | None = None
    taken_by: str = ""
    worst: str = ""
    notes: tuple[AlertNote, ...] = ()


class Alerts(Struct, frozen=True, kw_only=True):
    """The alerts of the stretch. Means as in docs/alerts.md; ``left_out`` are not listed."""

    fired: int = 0
    mtta_ms: int | None = None
    mttr_ms: int | None = None
    lines: tuple[AlertLine, ...] = ()
    left_out: int = 0


class Quality(Struct, frozen=True, kw_only=True):
    """What may be wrong with the numbers. ``known_from_ms``: only from then on everything is
    known; ``late`` and ``refused`` events came in since ``counted_from_ms`` (the report before),
    None where nobody counted."""

    is_complete: bool = True
    known_from_ms: int | None = None
    late: int | None = None
    refused: int | None = None
    counted_from_ms: int | None = None


class Report(Struct, frozen=True, kw_only=True):
    """The whole report; ``is_late``: it could not be made when it was due, ``is_open``: the
    stretch still ran."""

    name: str
    title: str
    language: Language
    zone: str
    period: PeriodName
    start_ms: int
    end_ms: int
    due_ms: int
    made_ms: int
    is_late: bool
    is_open: bool
    currency: str
    scope: ReportScope
    variant: str
    interval_minutes: int
    lead: tuple[Figure, ...]
    total: RowFigures
    queues: tuple[RowFigures, ...]
    channels: tuple[RowFigures, ...]
    groups: dict[str, tuple[Figure, ...]]
    worst: tuple[IntervalFigures, ...]
    course: tuple[IntervalFigures, ...]
    expressions: Expressions | None
    alerts: Alerts | None
    quality: Quality
