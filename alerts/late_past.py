"""What was told late never pages: a wait that is suddenly there with minutes behind it.

A source that lost its line hands in the past at once: a contact that waits for ten minutes, and
right behind it that it was answered long ago. For a second the board shows a wait of ten minutes,
which is true of what is known, and a rule that fires at once would page for it.

Waits grow with the clock, so one that passes its threshold in time is at most as far beyond it as
time has passed since it was last seen not to be. One that is further has come from the past. Its
breach must last ``LATE_GRACE_MS`` whatever the rule says, for its end is in the same delivery. If
there is no end, somebody does wait, and the alert comes a minute after it was known.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from alerts.alert import Key
from alerts.columns import Column, Table, Tables
from alerts.conditions import is_true
from alerts.row_names import RowNames
from alerts.rules import Compare, Measure, Rule, Where, comparisons

LATE_GRACE_MS = 60_000
"""How long a breach that was told late must last at least before its alert fires."""

TOLERANCE_MS = 60_000
"""How late events may be in the ordinary run of things."""

WAITS = frozenset({
    "longest_wait_seconds",
    "current_wait_mean_seconds",
    "callback_oldest_age_seconds",
    "reply_wait_longest_seconds",
    "ticket_oldest_unanswered_seconds",
})  # fmt: skip
"""KPIs of now that grow with the clock alone."""


def is_wait(compare: Compare) -> bool:
    """Whether a comparison becomes true by waiting."""
    return compare.measure.kpi in WAITS and compare.operator in (">", ">=")


class LatePast:
    """What the waits were at the last look that saw everything, and which breaches are late."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._waits: dict[str, list[Compare]] = {}
        self._watched: set[tuple[str, Measure]] = set()
        for rule in rules:
            waits = [part for part in comparisons(rule.condition) if is_wait(part)]
            self._waits[rule.id] = waits
            self._watched |= {(rule.scope.kind, part.measure) for part in waits}
        self._before: dict[tuple[str, Measure], tuple[RowNames, Column]] = {}
        self._before_ms: int | None = None
        self._late: set[Key] = set()

    def least_for_ms(self, key: Key, table: Table, row: int, now_ms: int) -> int:
        """Return how long a breach must last at least; once late, late to its end."""
        if key not in self._late:
            waits = self._waits[key.rule_id]
            if not any(self._is_late(part, key.where, table, row, now_ms) for part in waits):
                return 0
            self._late.add(key)
        return LATE_GRACE_MS

    def end_look(
        self, going_on: Sequence[Container[Key]], tables: Tables | None, now_ms: int
    ) -> None:
        """Forget the breaches that do not go on. ``tables`` is None if not all was seen."""
        self._late = {key for key in self._late if any(key in part for part in going_on)}
        if tables is None:
            return
        self._before = {}
        for kind, measure in self._watched:
            table = tables.of(kind)
            if table is not None:
                self._before[kind, measure] = (table.names, table.column(measure))
        self._before_ms = now_ms

    def _is_late(self, wait: Compare, where: Where, table: Table, row: int, now_ms: int) -> bool:
        value = table.column(wait.measure).value(row)
        if value is None or not is_true(wait, table, row):
            return False
        passed_ms = 0 if self._before_ms is None else max(0, now_ms - self._before_ms)
        if (value - wait.threshold) * 1000 <= passed_ms + TOLERANCE_MS:
            return False
        return not self._was_beyond(wait, where)

    def _was_beyond(self, wait: Compare, where: Where) -> bool:
        names, column = self._before.get((where.kind, wait.measure), (None, None))
        row = None if names is None else names.number_of.get(where)
        if column is None or row is None:
            return False
        return column.is_beyond(row, wait.operator, wait.threshold)
