"""A rule as an expression of PromQL.

Every comparison is reduced to the labels of its row, so that an alert has those of vigie itself
and no others. What clears later than it fires looks at ``ALERTS``, where Prometheus keeps what is
pending or firing.
"""

from __future__ import annotations

from aggregators.policy import DAY_MS, MINUTE_MS, Hours, Rules
from alerts.alert_view import alert_name
from alerts.conditions import bound
from alerts.export.measures import Shown, measure_term, row_labels, sample_term
from alerts.export.selectors import NotInPromQLError, number, quoted
from alerts.rules import PIPELINE, AllOf, Compare, Condition, Rule, comparisons

VIEW_IS_COMPLETE = "(max(vigie_view_complete) == 1)"
_WEEK_MIN = 7 * DAY_MS // MINUTE_MS
_MINUTE_OF_WEEK = "(day_of_week() * 24 + hour()) * 60 + minute()"


def rule_expression(rule: Rule, shown: Shown, policies: Rules) -> str:
    """Return the expression of a rule.

    Raises:
        NotInPromQLError: there is none; the text says why.
    """
    by = row_labels(rule.scope.kind)
    on = f"on ({', '.join(by)})"
    text = _condition(rule, rule.condition, shown, on, is_open=False)
    if any(bound(one, is_open=True) != one.threshold for one in comparisons(rule.condition)):
        still = _condition(rule, rule.condition, shown, on, is_open=True)
        name = quoted(alert_name(rule.id))
        text = f"{_inside(text)}\nor {on}\n({_inside(still)} and {on} ALERTS{{alertname={name}}})"
    joins = [] if rule.scope.kind == PIPELINE else [VIEW_IS_COMPLETE]
    if hours := hours_expression(rule, policies):
        joins.append(hours)
    if not joins:
        return text
    return "\n".join((_inside(text), *(f"and on () {join}" for join in joins)))


def hours_expression(rule: Rule, policies: Rules) -> str:
    """Return when a rule may fire, "" for always. Raises NotInPromQLError."""
    active = rule.active
    if active is None:
        return ""
    advice = "leave active out and use active_time_intervals of Alertmanager's routes"
    if active.of_queue and rule.scope.kind == "pair":
        every = (*policies.queues.values(), *policies.channels.values())
        if any(policy.hours is not None for policy in every):
            raise NotInPromQLError(f"PromQL does not know the hours of each queue; {advice}")
        return ""
    if active.hours is None:
        return ""
    if active.zone != "UTC" or active.hours.holidays:
        what = "holidays" if active.zone == "UTC" else f"the clock of {active.zone}"
        raise NotInPromQLError(f"PromQL does not know {what}; {advice}")
    spans = minutes_of_week(active.hours)
    if not spans:
        raise NotInPromQLError("it is never active")
    parts = (f"{_MINUTE_OF_WEEK} >= {start} < {end}" for start, end in spans)
    return f"({' or '.join(parts)})"


def minutes_of_week(hours: Hours) -> list[tuple[int, int]]:
    """Return [start, end) of the shifts in minutes after Sunday 00:00, as PromQL counts days."""
    spans: list[tuple[int, int]] = []
    for day, shifts in enumerate(hours.shifts):
        for start, end in shifts:
            first = (day + 1) % 7 * 1440 + start
            last = first + (end - start if end > start else end + 1440 - start)
            spans.append((first, min(last, _WEEK_MIN)))
            if last > _WEEK_MIN:
                spans.append((0, last - _WEEK_MIN))
    return sorted(spans)


def _condition(rule: Rule, condition: Condition, shown: Shown, on: str, *, is_open: bool) -> str:
    if isinstance(condition, Compare):
        term = measure_term(condition.measure, rule.scope, shown)
        text = f"{term.text} {condition.operator} {number(bound(condition, is_open=is_open))}"
        if condition.min_sample > 0:
            sample = sample_term(condition, rule.scope, shown)
            text += f"\nand {on} {sample.text} >= {condition.min_sample}"
        return text
    word = "and" if isinstance(condition, AllOf) else "or"
    parts = [_condition(rule, part, shown, on, is_open=is_open) for part in condition.conditions]
    return f"\n{word} {on}\n".join(_inside(part) for part in parts) if len(parts) > 1 else parts[0]


def _inside(text: str) -> str:
    """Put brackets around an expression, one of several lines indented."""
    if "\n" not in text:
        return f"({text})"
    return "(\n" + "\n".join(f"  {line}" for line in text.splitlines()) + "\n)"
