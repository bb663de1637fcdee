"""Makes a report from the shards, in steps of some milliseconds.

The shards belong to the thread that folds, so all steps run there; between two of them it may fold.
A closed stretch changes by late events only, and the last step of each figure has them all.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from aggregators.agent_clock import Key
from aggregators.board import Rows
from aggregators.dossiers.expression_list import expression_list
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.kpis.change import trend
from aggregators.kpis.service_level import service_level_parts
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues
from aggregators.periods import days_before
from aggregators.policy import DAY_MS, HOUR_MS, Rules
from aggregators.row_plan import TOTAL
from aggregators.shard import Shard
from aggregators.weeks import WEEKS, known_from
from exporters.headline import Headline
from exporters.reports.choice import DEFAULT_LEAD, GROUPS, SAMPLE_OF, paths
from exporters.reports.plan import ReportPlan
from exporters.reports.report import (
    AlertLine,
    Alerts,
    Expression,
    Expressions,
    Figure,
    IntervalFigures,
    Quality,
    Report,
    RowFigures,
)
from exporters.reports.schedule import Occasion, days, intervals
from exporters.reports.stretch import Selection, Takes, figures

MOST_EXPRESSIONS = 8
LATE_AFTER_MS = HOUR_MS
_WEEK_PARTS_MINUTES = 60


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the shards do not know: the alerts, and how the numbers came about."""

    alerts: Alerts | None = None
    is_complete: bool = True
    late: int | None = None
    refused: int | None = None
    counted_from_ms: int | None = None


def steps(
    plan: ReportPlan,
    occasion: Occasion,
    shards: Sequence[Shard],
    rules: Rules,
    *,
    made_ms: int,
    takes: Takes | None = None,
    surroundings: Surroundings | None = None,
) -> Generator[None, None, Report]:
    """Make a report; ``takes`` says what it is about, None: everything."""
    around = surroundings or Surroundings()
    selection = Selection(shards, rules, takes)
    start_ms, end_ms = occasion.start_ms, occasion.end_ms
    parts = intervals(start_ms, end_ms, plan.zone, plan.interval_minutes)
    rows = yield from selection.rows(parts, max(made_ms, end_ms))
    known_ms = _known_from(shards, rules)
    weeks: list[Callable[[Key], Sums]] = []
    for week in _earlier(plan, occasion, known_ms):
        find = yield from selection.grown(week)
        weeks.append(find)
    judge = _Judge(selection, rules)
    by_interval: list[IntervalFigures] = []
    by_queue: list[IntervalFigures] = []
    lines = around.alerts.lines if around.alerts is not None else ()
    for begin_ms, until_ms in parts:
        find = selection.sums(begin_ms, until_ms)
        by_interval.append(judge.interval(begin_ms, until_ms, TOTAL, find(TOTAL), ()))
        for pair in rows.pairs:
            key = ("pair", *pair)
            one = judge.interval(begin_ms, until_ms, key, find(key), lines)
            if one.missed:
                by_queue.append(one)
        yield
    course = by_interval
    if plan.period == "weekly":
        course = []
        for begin_ms, until_ms in days(start_ms, end_ms, plan.zone, plan.reset_minute):
            find = selection.sums(begin_ms, until_ms)
            course.append(judge.interval(begin_ms, until_ms, TOTAL, find(TOTAL), ()))
            yield
    by_queue.sort(key=lambda one: (-one.missed, -(one.longest_s or 0), one.start_ms, one.queue))
    variant = judge.settings(TOTAL)[0]
    lead = plan.lead or paths((f"service_level.{variant}", *DEFAULT_LEAD))
    find_figure = _Figures(rows, weeks, judge, rules)
    return Report(
        name=plan.name,
        title=plan.title,
        language=plan.language,
        zone=plan.zone,
        period=plan.period,
        start_ms=start_ms,
        end_ms=end_ms,
        due_ms=occasion.due_ms,
        made_ms=made_ms,
        is_late=made_ms - occasion.due_ms > LATE_AFTER_MS,
        is_open=occasion.due_ms == end_ms == made_ms // 60_000 * 60_000,
        currency=rules.currency,
        scope=plan.scope,
        variant=variant,
        interval_minutes=plan.interval_minutes,
        lead=tuple(find_figure(one) for one in lead),
        total=judge.row(rows.total, TOTAL),
        queues=tuple(
            judge.row(values, ("pair", *pair))
            for pair, values in sorted(rows.pairs.items())
            if _has_contacts(values)
        ),
        channels=tuple(
            judge.row(values, ("channel", channel, ""))
            for channel, values in sorted(rows.channels.items())
            if _has_contacts(values)
        ),
        groups={
            name: tuple(one for one in map(find_figure, paths(written)) if one.value is not None)
            for name, written in GROUPS.items()
        },
        worst=tuple(by_queue[: plan.worst]),
        course=tuple(course),
        expressions=_expressions(shards, rules, occasion),
        alerts=around.alerts,
        quality=Quality(
            is_complete=around.is_complete,
            known_from_ms=known_ms if known_ms > start_ms else None,
            late=around.late,
            refused=around.refused,
            counted_from_ms=around.counted_from_ms,
        ),
    )


def finished(making: Generator[None, None, Report]) -> Report:
    """Go all steps at once."""
    while True:
        try:
            next(making)
        except StopIteration as end:
            report: Report = end.value
            return report


def is_known(shards: Sequence[Shard], rules: Rules, occasion: Occasion) -> bool:
    """Tell whether anything is known of a stretch: before its end vigie has seen a contact."""
    return _known_from(shards, rules) < occasion.end_ms


def _known_from(shards: Sequence[Shard], rules: Rules) -> int:
    """Return when the oldest that is kept happened, also of a batch: a file begins somewhere."""
    return known_from(shards, replace(rules, retention_ms=rules.retention_ms or DAY_MS))


def _earlier(plan: ReportPlan, occasion: Occasion, known_ms: int) -> list[list[tuple[int, int]]]:
    """Return the same local times in each of the last weeks that are wholly known, in parts."""
    found = []
    for number in range(1, WEEKS + 1):
        start_ms, end_ms = (
            days_before(ms, plan.zone, 7 * number) for ms in (occasion.start_ms, occasion.end_ms)
        )
        if start_ms <= known_ms:
            break
        found.append(intervals(start_ms, end_ms, plan.zone, _WEEK_PARTS_MINUTES))
    return found


class _Judge:
    """Makes rows and intervals, each judged by its own settings."""

    def __init__(self, selection: Selection, rules: Rules) -> None:
        self._settings = selection.settings
        self._default = rules.policy("", "voice").headline_variant
        self.min_sample = rules.min_sample

    def settings(self, key: Key) -> tuple[str, float | None]:
        """Return the variant and, where the queues agree on one, the target."""
        found = self._settings.get(key)
        return (self._default, None) if found is None else found

    def row(self, values: KpiValues, key: Key) -> RowFigures:
        variant, target = self.settings(key)
        kind, name, channel = key
        offered = _whole(values, "contacts_offered")
        return RowFigures(
            queue=name if kind == "pair" else "",
            channel={"pair": channel, "channel": name}.get(kind, ""),
            offered=offered,
            answered=_whole(values, "contacts_answered"),
            abandoned=_whole(values, "contacts_abandoned"),
            service_level=_number(values, "service_level", variant),
            target=target,
            is_small=offered is not None and offered < self.min_sample,
            asa_s=_number(values, "asa_seconds", "queue"),
            longest_s=_number(values, "wait_max_seconds"),
            aht_s=_number(values, "aht_seconds"),
        )

    def interval(
        self, start_ms: int, end_ms: int, key: Key, sums: Sums, alerts: Sequence[AlertLine]
    ) -> IntervalFigures:
        variant, target = self.settings(key)
        values = figures(sums)
        row = self.row(values, key)
        inside, whole = service_level_parts(sums)[variant]
        return IntervalFigures(
            start_ms=start_ms,
            end_ms=end_ms,
            queue=row.queue,
            channel=row.channel,
            offered=row.offered,
            answered=row.answered,
            abandoned=row.abandoned,
            missed=max(0, round(whole - inside)),
            service_level=row.service_level,
            target=target,
            is_small=row.is_small,
            longest_s=row.longest_s,
            alerts=tuple(
                dict.fromkeys(
                    line.name
                    for line in alerts
                    if line.fired_ms < end_ms
                    and (line.ended_ms is None or line.ended_ms > start_ms)
                    and (line.queue, line.channel) == (row.queue, row.channel)
                )
            ),
        )


class _Figures:
    """Finds figures of the whole stretch, each against the weeks before."""

    def __init__(
        self, rows: Rows, weeks: Sequence[Callable[[Key], Sums]], judge: _Judge, rules: Rules
    ) -> None:
        self._rows = rows
        self._weeks = weeks
        self._judge = judge
        self._rules = rules
        self._of_weeks: dict[Key, list[KpiValues]] = {}

    def __call__(self, chosen: Headline) -> Figure:
        key: Key = (chosen.row_kind, chosen.row_name, "") if chosen.row_kind else TOTAL
        values = self._row(key)
        labels = chosen.labels
        value = _number(values, chosen.kpi, *labels)
        provisional = (*labels[:-1], "provisional")
        is_provisional = value is None and labels[-1:] == ("final",)
        if is_provisional:
            value = _number(values, chosen.kpi, *provisional)
            is_provisional = value is not None
            labels = provisional if is_provisional else labels
        sample = _sample(values, chosen)
        weeks = [_number(week, chosen.kpi, *labels) for week in self._week_values(key)]
        kpi = CATALOGUE[chosen.kpi]
        known = [week for week in weeks if week is not None]
        is_share = kpi.unit == "ratio" and sample is not None
        compared = None
        if value is not None and not is_provisional:
            compared = trend(
                value, known, unit=kpi.unit, way=kpi.direction, sample=sample if is_share else None
            )
        return Figure(
            kpi=chosen.kpi,
            labels=labels,
            row=(chosen.row_kind, chosen.row_name) if chosen.row_kind else None,
            value=value,
            sample=sample,
            is_small=sample is not None and sample < self._judge.min_sample,
            is_provisional=is_provisional,
            target=self._target(chosen, key),
            trend=compared,
            last_week=weeks[0] if weeks else None,
        )

    def _row(self, key: Key) -> KpiValues:
        kind, name, _ = key
        rows = self._rows
        if key == TOTAL:
            return rows.total
        lists = {"queue": rows.queues, "channel": rows.channels, "team": rows.teams}
        return (lists.get(kind) or rows.facets.get(kind) or {}).get(name, {})

    def _week_values(self, key: Key) -> list[KpiValues]:
        found = self._of_weeks.get(key)
        if found is None:
            found = self._of_weeks[key] = [figures(week(key)) for week in self._weeks]
        return found

    def _target(self, chosen: Headline, key: Key) -> float | None:
        variant, target = self._judge.settings(key)
        if chosen.kpi == "service_level" and chosen.labels == (variant,):
            return target
        return None


def _expressions(shards: Sequence[Shard], rules: Rules, occasion: Occasion) -> Expressions | None:
    """Return the searches without an answer; by the days of self-care's own zone."""
    if occasion.due_ms == occasion.end_ms:
        window = "today"
    else:
        window = f"{max(1, round((occasion.end_ms - occasion.start_ms) / DAY_MS))}d"
    found = expression_list(shards, occasion.end_ms, rules, window)
    if not found.searches:
        return None
    return Expressions(
        searches=found.searches,
        error=found.error,
        listed=tuple(
            Expression(text=one.expression, count=one.count, change=one.change)
            for one in found.expressions[:MOST_EXPRESSIONS]
        ),
    )


def _has_contacts(values: KpiValues) -> bool:
    return any(
        _number(values, kpi)
        for kpi in ("contact_volume", "contacts_entered", "contacts_offered", "tickets_opened")
    )


def _number(values: KpiValues, kpi: str, *labels: str) -> float | None:
    value: KpiValue = values.get(kpi)
    for label in labels:
        value = value.get(label) if isinstance(value, dict) else None
    return None if isinstance(value, dict) else value


def _whole(values: KpiValues, kpi: str) -> int | None:
    value = _number(values, kpi)
    return None if value is None else round(value)


def _sample(values: KpiValues, chosen: Headline) -> int | None:
    path = SAMPLE_OF.get(".".join((chosen.kpi, *chosen.labels)))
    if path is None:
        return None
    of, *labels = path.split(".")
    value = _number(values, of, *labels)
    return None if value is None else round(value)
