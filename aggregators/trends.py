"""Trends: every figure against the same stretch of local time in earlier weeks (kpis.md, 10).

``interval_15m_last`` and ``interval_30m_last`` compare the closed interval, ``today`` the day up
to the last closed quarter of an hour; closed weeks, months, quarters and years stand against the
one before and the one a year ago. Beside it, the last eight closed days. All of them count only
when vigie knew everything of them, so on the first day there is no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias, Union

from msgspec import Struct

from aggregators.agent_clock import Clock, Key
from aggregators.calendar import interval_start, local_day_start
from aggregators.facts import HANDLED
from aggregators.kpis.agents import handling
from aggregators.kpis.catalogue import CATALOGUE, Kpi
from aggregators.kpis.change import Course, Periods, Trend, against, course, trend
from aggregators.kpis.groups import FACETS, GROUPS
from aggregators.kpis.service import service
from aggregators.kpis.service_level import service_levels
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues
from aggregators.kpis.waiting import waiting
from aggregators.live import LiveSums
from aggregators.periods import days_before, period_start
from aggregators.policy import HOUR_MS, Rules
from aggregators.row_plan import TOTAL, RowPlan, SumsId, clock_of
from aggregators.shard import Shard
from aggregators.weeks import WEEKS, earlier_ranges, known_from
from aggregators.window_sums import KeptSums, RowReader, WindowSums
from aggregators.windows import Kind, Window, parse_window

MEASURES: tuple[str, ...] = (
    "interval_15m_last", "interval_30m_last", "today",
    "week_last", "month_last", "quarter_last", "year_last",
)  # fmt: skip
"""The windows that have trends."""

_YEAR = {"week": 52, "month": 12, "quarter": 4, "year": 1}
"""How many periods make a year; 52 weeks keep the weekday."""

KPIS: tuple[str, ...] = (
    "contact_volume", "contacts_offered", "contacts_answered", "contacts_abandoned",
    "contacts_handled", "answer_rate", "abandonment_rate", "asa_seconds", "aht_seconds", "csat",
    "nps", "containment_rate",
)  # fmt: skip
"""What is compared unless other KPIs are asked for."""

_Ranges: TypeAlias = tuple[tuple[Clock, tuple[int, int]], ...]
Changes: TypeAlias = dict[str, Union["Changed", "Changes"]]
"""KPI or label value -> what became of it, one level down per label."""


class Changed(Struct, frozen=True):
    """One figure: against earlier weeks (None: too few), over the last days, and of closed
    periods against earlier ones."""

    trend: Trend | None
    days: Course
    periods: Periods | None = None


class TrendRow(Struct, frozen=True):
    """The row of a board that the changes belong to, such as ("queue", "billing", "")."""

    key: Key
    changes: Changes


class Trends:
    """Trends of the same shards, time after time; meant to be asked once a minute."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._home: Clock = clock_of(rules.policy("", ""))
        self._begin([])

    def _begin(self, shards: list[Shard]) -> None:
        self._shards = shards
        self._plan = RowPlan(self._rules)
        self._reader = RowReader(shards, self._plan)
        self._weeks: dict[tuple[str, int, _Ranges], _Found] = {}  # by window, week
        self._days: dict[int, tuple[int, _Found]] = {}  # start -> (computed at, sums)

    def make(
        self,
        shards: Iterable[Shard],
        as_of_ms: int,
        window: str = "today",
        kpis: Sequence[str] = KPIS,
        *,
        kinds: Sequence[str] | None = None,
        most: int | None = None,
    ) -> list[TrendRow]:
        """Return the rows that have a figure in the window, the total first.

        ``kinds`` are those of the rows wanted, in their order (such as total, channel), ``most``
        how many rows at most.

        Raises:
            ValueError: the window has no trends; the text says which have.
        """
        if window not in MEASURES:
            raise ValueError(f"there are no trends of {window!r}: use one of {', '.join(MEASURES)}")
        parts = list(shards)
        if [id(part) for part in parts] != [id(part) for part in self._shards]:
            self._begin(parts)
        self._plan.update(parts)
        self._reader.next_board()
        parsed = parse_window(window)
        if parsed.kind is Kind.TODAY:
            as_of_ms = interval_start(as_of_ms, self._home[0], 15)
        ranges = {clock: parsed.range(as_of_ms, *clock) for clock in self._plan.clocks}
        known_from_ms = known_from(parts, self._rules)
        found: list[_Found] = []
        others: list[_Found | None] = []
        if parsed.kind is Kind.LAST_PERIOD:
            now = self._kept(parsed, ranges, as_of_ms // HOUR_MS)
            others = self._periods(parsed, ranges, known_from_ms)
        else:
            now = self._read(parsed, ranges)
            found = self._earlier(parsed, ranges, known_from_ms)
        days = self._closed_days(as_of_ms, known_from_ms)
        asked = [CATALOGUE[kpi] for kpi in kpis if kpi in CATALOGUE]
        keys = now.rows()
        if kinds is not None:
            keys = sorted((k for k in keys if k[0] in kinds), key=lambda k: kinds.index(k[0]))
        rows = [
            TrendRow(key, _changes(key, asked, now, found, days, others)) for key in keys[:most]
        ]
        return [row for row in rows if row.changes]

    def _earlier(
        self, window: Window, ranges: Mapping[Clock, tuple[int, int]], known_from_ms: int
    ) -> list[_Found]:
        """Return the known ones of the last eight weeks; each is read once per interval."""
        kept, known = self._weeks, []
        self._weeks = {place: sums for place, sums in kept.items() if place[0] != window.name}
        for number, earlier in enumerate(earlier_ranges(ranges, known_from_ms)):
            place = (window.name, number, tuple(earlier.items()))
            sums = kept.get(place) or self._read(window, earlier)
            self._weeks[place] = sums
            known.append(sums)
        return known

    def _periods(
        self, window: Window, ranges: Mapping[Clock, tuple[int, int]], known_from_ms: int
    ) -> list[_Found | None]:
        """Return the period before and the same one a year ago, None where not wholly known."""
        if window.unit is None:
            return []
        found: list[_Found | None] = []
        for back in (1, _YEAR[window.unit]):
            earlier = {
                clock: (
                    period_start(start, *clock, window.unit, back),
                    period_start(start, *clock, window.unit, back - 1),
                )
                for clock, (start, _) in ranges.items()
            }
            is_known = min(start for start, _ in earlier.values()) > known_from_ms
            found.append(self._kept(window, earlier, 0) if is_known else None)
        return found

    def _kept(
        self, window: Window, ranges: Mapping[Clock, tuple[int, int]], version: int
    ) -> _Found:
        """Sum up a closed window, once per version."""
        place = (window.name, version, tuple(ranges.items()))
        sums = self._weeks.get(place)
        if sums is None:
            old = [at for at in self._weeks if at[0] == window.name]
            for at in old[: max(0, len(old) - 2)]:
                del self._weeks[at]
            sums = self._weeks[place] = self._read(window, ranges)
        return sums

    def _closed_days(self, as_of_ms: int, known_from_ms: int) -> list[_Found | None]:
        """Return the last eight closed days of the home clock, the oldest first."""
        zone, reset_minute = self._home
        today_ms = local_day_start(as_of_ms, zone, reset_minute)
        starts = [days_before(today_ms, zone, n) for n in range(WEEKS, -1, -1)]
        kept, self._days = self._days, {}
        found: list[_Found | None] = []
        for start, end in pairwise(starts):
            if start <= known_from_ms:
                found.append(None)
                continue
            made_ms, sums = kept.get(start, (0, None))
            # A closed day changes by late events only: the last one is read again each hour.
            if sums is None or (end == today_ms and as_of_ms - made_ms >= HOUR_MS):
                whole = Window("day", Kind.WHOLE)
                made_ms, sums = as_of_ms, self._read(whole, {self._home: (start, end)})
            self._days[start] = (made_ms, sums)
            found.append(sums)
        return found

    def _read(self, window: Window, ranges: Mapping[Clock, tuple[int, int]]) -> _Found:
        """Sum up a window once; rows that were packed before stay so."""
        first = min(start for start, _ in ranges.values())
        last = max(end for _, end in ranges.values())
        packed = [
            row
            for shard in self._shards
            for row in shard.slices.rows.values()
            if row.packed is not None and row.merged is None and first <= row.start_ms < last
        ]
        sums = WindowSums(window)
        sums.update(self._reader, ranges, ())
        for row in packed:
            row.merged = None
        return _Found(self._plan.sums_of, sums.sums)


class _Found:
    """The sums of a stretch of time by row, and the figures made of them, each once."""

    __slots__ = ("_figures", "_sums", "_sums_of")

    def __init__(self, sums_of: dict[Key, SumsId], sums: dict[SumsId, KeptSums]) -> None:
        self._sums_of = sums_of
        self._sums = sums
        self._figures: dict[tuple[Key, str], KpiValues] = {}

    def figures(self, key: Key, group: str) -> KpiValues:
        """Return the figures of a group of KPIs in a row."""
        made = self._figures.get((key, group))
        if made is None:
            made = self._figures[key, group] = _figures(self.of(key), group)
        return made

    def of(self, key: Key) -> Sums:
        """Return the sums of a row."""
        kept = self._sums.get(self._sums_of.get(key, ()))
        return kept.sums if kept is not None else _NOTHING

    def rows(self) -> list[Key]:
        """Return the rows with facts, the total first, without agents: those are personal."""
        found = {TOTAL: None} | {
            key: None for rows, kept in self._sums.items() if kept.sums for key in rows
        }
        return [key for key in found if key[0] != "agent"]


_NOTHING = Sums()
_OWN: dict[str, Callable[[Sums], KpiValues]] = {
    "service": service, "waiting": waiting, "agents": handling,
    **{group.name: group.values for group in GROUPS},
}  # fmt: skip
_BEFORE = frozenset(("service", "waiting", "agents"))


def _figures(sums: Sums, group: str) -> KpiValues:
    if group not in _OWN:
        return {}
    made = _OWN[group](sums)
    return (
        made | {"service_level": service_levels(sums, LiveSums())} if group == "service" else made
    )


def _changes(
    key: Key, asked: Sequence[Kpi], now: _Found, weeks: Sequence[_Found],
    days: Sequence[_Found | None], others: Sequence[_Found | None],
) -> Changes:  # fmt: skip
    changes: Changes = {}
    here = now.of(key)
    groups = {kpi.group for kpi in asked if key[0] not in FACETS or kpi.group not in _BEFORE}
    made = {
        group: (
            now.figures(key, group),
            [week.figures(key, group) for week in weeks],
            [None if day is None else day.figures(key, group) for day in days],
            [None if other is None else other.figures(key, group) for other in others],
        )
        for group in groups
    }
    for kpi in asked:
        if kpi.group in made:
            figures, earlier, daily, then = made[kpi.group]
            found = _compare(
                kpi, here, figures.get(kpi.id), [week.get(kpi.id) for week in earlier],
                [None if day is None else day.get(kpi.id) for day in daily],
                [None if other is None else other.get(kpi.id) for other in then],
            )  # fmt: skip
            if found:
                changes[kpi.id] = found
    return changes


def _compare(
    kpi: Kpi, sums: Sums, now: KpiValue, weeks: Sequence[KpiValue], days: Sequence[KpiValue],
    others: Sequence[KpiValue],
) -> Changed | Changes | None:  # fmt: skip
    if isinstance(now, dict):
        found: Changes = {}
        for label, value in now.items():
            inner = _compare(
                kpi, sums, value, [_inside(week, label) for week in weeks],
                [_inside(day, label) for day in days],
                [_inside(other, label) for other in others],
            )  # fmt: skip
            if inner:
                found[label] = inner
        return found
    if now is None:
        return None
    compared = trend(
        now, [week for week in weeks if isinstance(week, (int, float))], unit=kpi.unit,
        way=kpi.direction, sample=_sample(kpi, sums),
    )  # fmt: skip
    points = [day if isinstance(day, (int, float)) else None for day in days]
    then = [against(now, other if isinstance(other, (int, float)) else None) for other in others]
    periods = Periods(now, *then) if then else None
    return Changed(compared, course(points, kpi.direction), periods)


def _inside(value: KpiValue, label: str) -> KpiValue:
    return value.get(label) if isinstance(value, dict) else None


def _sample(kpi: Kpi, sums: Sums) -> int | None:
    """Return how many contacts a ratio is a share of, roughly: those offered or handled."""
    if kpi.group in ("service", "waiting"):
        return sums.offered
    return sums.get(HANDLED) if kpi.group == "agents" else None
