"""Unit tests for ``promtool test rules``: each rule just beyond its limits and just not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from alerts.export.alerting_rule import AlertingRule, rule_annotations
from alerts.export.cases import Plot, plot
from alerts.export.measures import Shown, row_labels
from alerts.export.promql import minutes_of_week
from alerts.export.rules_yaml import dumped
from alerts.export.selectors import counterexample, duration, example
from alerts.export.terms import INTERVAL_S, Phase, Term
from alerts.rules import PIPELINE, Rule

_VIEW = Term(text="vigie_view_complete", metric="vigie_view_complete")
_MARGIN_S = 60


class Example(Struct, frozen=True):
    """One test: series over time, and whether an alert fires at an instant (seconds)."""

    name: str
    series: Sequence[tuple[str, str]]
    alert: str
    at_s: int
    expected: Mapping[str, Any] | None = None


def unit_test_file(rule_file: str, examples: Iterable[Example], every_s: int = INTERVAL_S) -> str:
    """Return a test file for the rule file beside it."""
    tests = [
        {
            "name": one.name,
            "interval": f"{every_s}s",
            "input_series": [{"series": name, "values": values} for name, values in one.series],
            "alert_rule_test": [
                {
                    "eval_time": duration(one.at_s * 1000),
                    "alertname": one.alert,
                    "exp_alerts": [one.expected] if one.expected else [],
                }
            ],
        }
        for one in examples
    ]
    head = {"rule_files": [rule_file], "evaluation_interval": f"{every_s}s"}
    return "\n".join([*dumped(head), *dumped({"tests": tests})]) + "\n"


def rule_examples(rule: Rule, made: AlertingRule, shown: Shown) -> Iterator[Example]:
    """Yield the tests of an exported rule; none when no values make it fire."""
    row = example_row(rule)
    found = plot(rule, shown)
    if row is None or found is None:
        return
    stage = _Stage(rule, made, row, found)
    fires_s, keep_s = stage.fires_s, _up(made.keep_ms)
    long = stage.samples(fires_s + _MARGIN_S)
    firing = found.firing
    if not (found.needs_time or stage.begins_late):
        yield stage.example("not before its time", [(firing, long)], fires_s - INTERVAL_S, None)
    yield stage.example("just beyond its limits", [(firing, long)], fires_s, firing)
    # promtool evaluates from 1970 on, which takes it a while for a rule with hours.
    for why, values in found.quiet[: 1 if stage.begins_late else None]:
        yield stage.example(why, [(values, long)], fires_s + _MARGIN_S // 2, None)
    if stage.begins_late:
        return
    if rule.scope.kind != PIPELINE:
        yield stage.example(
            "while the view is incomplete", [(firing, long)], fires_s + 30, None, is_complete=False
        )
        outside = _outside(rule, row)
        if outside is not None:
            yield stage.example("in a row outside", [(firing, long)], fires_s + 30, None, outside)
    first = stage.samples(fires_s + 2 * INTERVAL_S)
    if rule.scope.kind != PIPELINE:
        gap = [(firing, first), (None, 1), (firing, long)]
        for name, at in (("in the gap", first), ("after the gap", first + 2)):
            yield stage.example(f"{name} of a hand-over", gap, at * INTERVAL_S, firing)
    if found.kept is not None:
        kept = [(firing, first), (found.kept, stage.samples(keep_s + _MARGIN_S))]
        yield stage.example(
            "between its limits it stays", kept, first * INTERVAL_S + keep_s + 30, found.kept
        )
    if found.over is not None and not found.needs_time:
        over = [(firing, first), (found.over, stage.samples(keep_s + _MARGIN_S))]
        # The last evaluation that saw it true is one interval before.
        last = (first - 1) * INTERVAL_S + keep_s
        yield stage.example("not over before its time", over, last, firing)
        yield stage.example("over", over, last + 2 * INTERVAL_S, None)


def example_row(rule: Rule) -> dict[str, str] | None:
    """Return the labels of a row that the rule looks at, None if none was found."""
    name = example(rule.scope.names, rule.scope.without)
    if rule.scope.kind == "pair":
        channel = example(rule.scope.channels or ("voice",), ())
        return {"queue": name, "channel": channel} if name and channel else None
    labels = row_labels(rule.scope.kind)
    if not labels:
        return {}
    return {labels[0]: name} if name else None


def _outside(rule: Rule, row: Mapping[str, str]) -> dict[str, str] | None:
    if not row:
        return None
    name = counterexample(rule.scope.names, rule.scope.without)
    if name is not None:
        return {**row, next(iter(row)): name}
    channel = counterexample(rule.scope.channels or ("*",), ())
    return None if channel is None else {**row, "channel": channel}


class _Stage:
    """What the tests of one rule share."""

    def __init__(self, rule: Rule, made: AlertingRule, row: Mapping[str, str], found: Plot) -> None:
        self._rule, self._made, self._row, self._plot = rule, made, row, found
        self._lead_s = _first_active_s(rule)
        # A rate is only right once its window is full.
        self.fires_s = self._lead_s + _up(made.for_ms) + (_MARGIN_S + 15 if found.needs_time else 0)

    @property
    def begins_late(self) -> bool:
        """Whether the rule may not fire when the tests begin."""
        return self._lead_s > 0

    def samples(self, seconds: int) -> int:
        return seconds // INTERVAL_S + 1

    def example(
        self,
        name: str,
        phases: Sequence[tuple[tuple[float, ...] | None, int]],
        at_s: int,
        expected: tuple[float, ...] | None,
        row: Mapping[str, str] | None = None,
        *,
        is_complete: bool = True,
    ) -> Example:
        lead = self._lead_s // INTERVAL_S
        series: list[tuple[str, str]] = []
        for at, term in enumerate(self._plot.terms):
            own: list[Phase] = [
                (None if values is None else values[at], count) for values, count in phases
            ]
            if lead:
                own = [(None, lead), (own[0][0], own[0][1] - lead), *own[1:]]
            series.append((term.series(self._row if row is None else row), term.samples(own)))
        if self._rule.scope.kind != PIPELINE:
            flag: list[Phase] = [
                (None if values is None else float(is_complete), count) for values, count in phases
            ]
            series.append((_VIEW.series({}), _VIEW.samples(flag)))
        return Example(
            f"{self._rule.id}: {name}", series, self._made.name, at_s,
            None if expected is None else self._alert(expected),
        )  # fmt: skip

    def _alert(self, values: tuple[float, ...]) -> dict[str, Any]:
        value = f"{self._plot.value(values):.2f}"
        return {
            "exp_labels": {**self._made.labels, **self._row},
            "exp_annotations": rule_annotations(self._rule, self._row, value),
        }


def _first_active_s(rule: Rule) -> int:
    """Return the first second of 1970 in which a rule may fire: tests begin there."""
    if rule.active is None or rule.active.hours is None:
        return 0
    thursday = 4 * 1440
    minutes = [
        max(start - thursday, 0) if end > thursday else start - thursday + 7 * 1440
        for start, end in minutes_of_week(rule.active.hours)
    ]
    return min(minutes) * 60


def _up(ms: int) -> int:
    """Return a duration in seconds, rounded up to whole evaluations."""
    step = INTERVAL_S * 1000
    return -(-ms // step) * INTERVAL_S
