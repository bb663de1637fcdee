"""Alert rules: what is measured, where, from when on it matters, and to whom.

Frozen values; the front door reads them from a rule file and has checked every name in them.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from aggregators.policy import MINUTE_MS, Hours

Severity: TypeAlias = Literal["warning", "critical"]
Operator: TypeAlias = Literal[">", ">=", "<", "<="]
RowKind: TypeAlias = str
"""``pair`` (queue and channel), ``channel``, ``team``, a facet such as ``motive`` or ``survey``,
``total``, and ``pipeline`` for vigie's own health, which has one row."""

PIPELINE = "pipeline"

HEALTH: dict[str, str] = {
    "data_age_seconds": "seconds since the newest event of all",
    "lag_events": "events that are in the topics and not yet in the numbers",
    "lag_seconds": "for how long the numbers have not had everything that is in the topics",
    "view_incomplete": "1 while a part of the view is missing or old, else 0",
    "past_seconds": "how old the contact events are that are just coming in, when they are told"
    " in order but late (a replay, a source that catches up)",
    "dead_lettered_per_minute": "events refused in the last minute",
    "gap_events": "events that were gone before they were read, since the worker started",
    "rules_not_loaded": "1 while the rule file on disk is wrong and the rules before it hold",
    "target_failing": "targets of messages that fail for good",
    "journal_unwritten_seconds": "for how long transitions of alerts could not be written down",
}
"""Measures of vigie itself, for rules: id -> meaning. Written ``pipeline.data_age_seconds``."""


class Measure(Struct, frozen=True):
    """One number of a row: a KPI, a value for each of its labels, and a window.

    ``window`` is empty for a KPI of now and for a measure of ``HEALTH``.
    """

    kpi: str
    labels: tuple[str, ...] = ()
    window: str = ""


class Compare(Struct, frozen=True, tag="compare"):
    """A measure beyond a threshold, both in the KPI's own unit (seconds, a ratio of 1, a count).

    Once it is, it stays so until the measure is back over ``clear`` (None: the threshold itself).
    With a sample below ``min_sample`` (contacts behind the figure) it is not; 0 asks for none.
    """

    measure: Measure
    operator: Operator
    threshold: float
    clear: float | None = None
    min_sample: int = 0


class AllOf(Struct, frozen=True, tag="all"):
    """All of these at once, in the same row."""

    conditions: tuple[Condition, ...]


class AnyOf(Struct, frozen=True, tag="any"):
    """At least one of these."""

    conditions: tuple[Condition, ...]


Condition: TypeAlias = Compare | AllOf | AnyOf


class Scope(Struct, frozen=True):
    """The rows that a rule looks at, by patterns with ``*`` and ``?`` over their names.

    ``names`` are queues for ``pair`` (with ``channels`` as a filter, empty: all), else names of
    the kind. ``total`` and ``pipeline`` have one row without a name.
    """

    kind: RowKind = "pair"
    names: tuple[str, ...] = ("*",)
    without: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class Active(Struct, frozen=True):
    """When a rule may fire: within ``hours`` of ``zone``; ``of_queue`` takes those of the queue."""

    hours: Hours | None = None
    zone: str = "UTC"
    of_queue: bool = False


class Rule(Struct, frozen=True, kw_only=True):
    """One rule. An alert fires when the condition was true for ``for_ms`` without a break, and is
    over when it was not for ``clear_for_ms``. True again within ``reopen_within_ms``, it is the
    same alert. ``english`` and ``french`` are its name, ``about_…`` a sentence on what to do.
    Alerts of one ``group`` are told together; by default a group is a rule.
    """

    id: str
    english: str
    french: str
    condition: Condition
    scope: Scope = Scope()
    severity: Severity = "warning"
    for_ms: int = 0
    clear_for_ms: int = MINUTE_MS
    reopen_within_ms: int = 10 * MINUTE_MS
    active: Active | None = None
    ladder: str = "default"
    group: str = ""
    about_english: str = ""
    about_french: str = ""
    runbook: str = ""
    board: str = ""


class Where(Struct, frozen=True, order=True):
    """One row: ``channel`` only with the kind ``pair``."""

    kind: RowKind
    name: str = ""
    channel: str = ""

    def labels(self) -> dict[str, str]:
        """Return it as labels: ``{"queue": "sales", "channel": "voice"}``, none for the total."""
        if self.kind == "pair":
            return {"queue": self.name, "channel": self.channel}
        return {} if self.kind in ("total", PIPELINE) else {self.kind: self.name}


def comparisons(condition: Condition) -> tuple[Compare, ...]:
    """Return all comparisons of a condition, in the order in which they are written."""
    if isinstance(condition, Compare):
        return (condition,)
    return tuple(found for part in condition.conditions for found in comparisons(part))


def part_of(rule: Rule, part: int, threshold: float | None) -> Compare | None:
    """Return the comparison that a value is of: the one of this number, unless the rule changed
    meanwhile; else one with its threshold, else the first."""
    found = comparisons(rule.condition)
    if part < len(found) and found[part].threshold == threshold:
        return found[part]
    return next((one for one in found if one.threshold == threshold), found[0] if found else None)
