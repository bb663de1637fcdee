"""All rules over all rows, once a second: what breaches, what still does, what nobody can say.

Pure: a look in, findings out. An :class:`Evaluator` remembers only what makes the next look cheap
(:mod:`alerts.columns`) and what tells the past from the present (:mod:`alerts.late_past`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from aggregators.board import Board
from aggregators.kpis.catalogue import CATALOGUE
from aggregators.policy import Rules
from alerts.active_hours import ActiveHours
from alerts.alert import Key
from alerts.columns import Table, Tables
from alerts.conditions import first_true, rows_where
from alerts.late_past import WAITS, LatePast
from alerts.row_names import RowNames
from alerts.rules import PIPELINE, Compare, Rule, comparisons


class Look(Struct, frozen=True, kw_only=True):
    """What is known at an instant.

    ``board`` is None while nothing is known yet. ``health`` are measures of ``HEALTH``; one that
    is missing is unknown. ``is_current`` is False while the numbers lack events that are in the
    topics, ``is_complete`` while a shard is missing or old.
    """

    now_ms: int
    board: Board | None
    health: Mapping[str, float]
    is_current: bool
    is_complete: bool


class Breach(NamedTuple):
    """A condition that is true in a row: value, threshold and sample of its first comparison that
    is, and for how long it must stay so before the alert fires. ``part`` is the number of that
    comparison: several may have the same threshold."""

    value: float | None
    threshold: float | None
    sample: int | None
    for_ms: int
    part: int = 0


class Findings(Struct):
    """``breaching``: true now, where the rule may fire. ``kept``: of the open keys, those still
    true as far as ``clear``. ``unknown``: open keys on which this look cannot decide, so that they
    stay as they are, pending ones too; what it sees of them may be in ``kept`` all the same. An
    open key that is in neither is no longer true.
    """

    breaching: dict[Key, Breach]
    kept: dict[Key, Breach]
    unknown: set[Key]


class Evaluator:
    """Judges one set of rules, look after look. One thread only."""

    def __init__(self, rules: Sequence[Rule], policies: Rules) -> None:
        self._rules = [_Watched(rule) for rule in rules]
        self._policies = policies
        self._names: dict[str, RowNames] = {}
        self._late_past = LatePast(rules)

    def look(self, look: Look, open_keys: Collection[Key]) -> Findings:
        """Judge all rules now. A clock that stands still or steps back does no harm."""
        open_of: dict[str, list[Key]] = {}
        for key in open_keys:
            open_of.setdefault(key.rule_id, []).append(key)
        judge = _Judge(look, self._names, self._policies, self._late_past)
        for watched in self._rules:
            judge.judge(watched, open_of.get(watched.rule.id, ()))
        found = judge.findings
        self._late_past.end_look(
            (found.breaching, found.kept, found.unknown),
            judge.tables if judge.sees_all else None,
            look.now_ms,
        )
        return found


class _Watched:
    """A rule, with what follows from it alone."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.parts = parts = comparisons(rule.condition)
        self.is_of_health = rule.scope.kind == PIPELINE
        self.kpis = frozenset(part.measure.kpi for part in parts)
        self.is_certain_in_part = all(is_lower_bound(part) for part in parts)


class _Judge:
    """Judges rule after rule at one look."""

    def __init__(
        self, look: Look, names: dict[str, RowNames], policies: Rules, late_past: LatePast
    ) -> None:
        # A figure that is no number says no more of the pipeline than one that is missing.
        self.health = {kpi: value for kpi, value in look.health.items() if value == value}
        self.tables = Tables(look.board, self.health, names)
        self.now_ms = look.now_ms
        self.is_current = look.is_current and look.board is not None
        self.sees_all = self.is_current and look.is_complete
        self.findings = Findings({}, {}, set())
        self.late_past = late_past
        self.hours = ActiveHours(policies, look.now_ms)

    def judge(self, watched: _Watched, open_keys: Sequence[Key]) -> None:
        """Add what is found of a rule."""
        rule = watched.rule
        table = self.tables.of(rule.scope.kind)
        rows: set[int] = set()
        if table is not None and self._may_fire(watched):
            rows = rows_where(rule.condition, table, table.names.taken(rule.scope))
        if not (rows or open_keys) or not self.hours.is_active(rule):
            return
        if table is not None and rows:
            self._add_breaches(watched, table, rows)
        if open_keys:
            self._add_open(watched, table, open_keys)

    def _add_breaches(self, watched: _Watched, table: Table, rows: set[int]) -> None:
        rule = watched.rule
        wheres, breaching = table.names.wheres, self.findings.breaching
        for row in rows:
            where = wheres[row]
            if self.hours.is_active_at(rule, where):
                key = Key(rule.id, where)
                breaching[key] = self._breach(watched, table, row, key, is_kept=False)

    def _add_open(self, watched: _Watched, table: Table | None, keys: Sequence[Key]) -> None:
        rule, findings = watched.rule, self.findings
        is_known = self.sees_all
        if watched.is_of_health:
            is_known = watched.kpis <= self.health.keys()
        asked: dict[int, Key] = {}
        for key in keys:
            if key.where.kind != rule.scope.kind or not self.hours.is_active_at(rule, key.where):
                continue
            if key in findings.breaching:
                findings.kept[key] = findings.breaching[key]
                continue
            row = None if table is None else table.names.number_of.get(key.where)
            if table is not None and row is not None:
                if row not in table.names.taken(rule.scope):
                    continue
                asked[row] = key
            if not is_known:
                findings.unknown.add(key)
        if table is None or not asked:
            return
        for row in rows_where(rule.condition, table, asked.keys(), is_open=True):
            key = asked[row]
            findings.kept[key] = self._breach(watched, table, row, key, is_kept=True)

    def _breach(
        self, watched: _Watched, table: Table, row: int, key: Key, *, is_kept: bool
    ) -> Breach:
        part = first_true(watched.parts, table, row, is_open=is_kept)
        least_ms = self.late_past.least_for_ms(key, table, row, self.now_ms)
        for_ms = max(watched.rule.for_ms, least_ms)
        if part is None:  # a condition that is true has a comparison that is
            return Breach(None, None, None, for_ms)
        compare = watched.parts[part]
        column = table.column(compare.measure)
        value = column.value(row)
        shown = None if value is None else float(value)
        return Breach(shown, compare.threshold, column.sample(row), for_ms, part)

    def _may_fire(self, watched: _Watched) -> bool:
        if watched.is_of_health or self.sees_all:
            return True
        return self.is_current and watched.is_certain_in_part


_COUNTS_NOW = {kpi.id for kpi in CATALOGUE.values() if kpi.kind == "N" and kpi.unit == "count"}
_GROWING = _COUNTS_NOW | (WAITS - {"current_wait_mean_seconds"})


def is_lower_bound(compare: Compare) -> bool:
    """Whether a comparison that is true of a part of the view is true of the whole.

    Counts and the longest of waits can only grow by what is not seen; a mean may fall.
    """
    return compare.measure.kpi in _GROWING and compare.operator in (">", ">=")
