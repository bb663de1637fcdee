"""One alerting rule of Prometheus, made from a rule of vigie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from aggregators.kpis.catalogue import CATALOGUE
from aggregators.policy import Rules
from alerts.alert_view import alert_name
from alerts.export.measures import Shown, row_labels
from alerts.export.promql import rule_expression
from alerts.export.selectors import number
from alerts.rules import PIPELINE, Compare, Rule, comparisons
from alerts.wording import unit_of

LEAST_FOR_MS = 15_000
"""Three scrapes: while one worker takes over from another, values may come and go for one."""

LEAST_KEEP_MS = 30_000

ORIGIN = "origin"
"""Label that tells an alert of Prometheus from one that vigie posts itself: without it a copy from
one of them would end what the other still sends. Its value says whether vigie tells it too."""
TWIN, ONLY_HERE = "twin", "prometheus"

_OPERATORS = {">": "above", ">=": "from", "<": "below", "<=": "up to"}


class AlertingRule(Struct, frozen=True, kw_only=True):
    """What stands in a rule file. ``remarks`` are comments above it."""

    name: str
    expression: str
    for_ms: int
    keep_ms: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    remarks: tuple[str, ...] = ()


Words = Callable[[str], str]


def alerting_rule(rule: Rule, shown: Shown, policies: Rules) -> AlertingRule:
    """Return the rule for Prometheus. Raises NotInPromQLError."""
    for_ms = max(rule.for_ms, LEAST_FOR_MS)
    remarks = () if for_ms == rule.for_ms else ("for: three scrapes, vigie itself needs none",)
    return AlertingRule(
        name=alert_name(rule.id),
        expression=rule_expression(rule, shown, policies),
        for_ms=for_ms,
        keep_ms=max(rule.clear_for_ms, LEAST_KEEP_MS),
        labels={"severity": rule.severity, ORIGIN: TWIN},
        annotations=rule_annotations(
            rule,
            label_templates(row_labels(rule.scope.kind)),
            '{{ $value | printf "%.2f" }}',
            literal,
        ),
        remarks=remarks,
    )


def label_templates(names: Iterable[str]) -> dict[str, str]:
    """Return, for labels, what Prometheus replaces by their values in annotations."""
    return {name: f"{{{{ $labels.{name} }}}}" for name in names}


def rule_annotations(
    rule: Rule, row: Mapping[str, str], value: str, words: Words = str
) -> dict[str, str]:
    """Return the annotations for the labels and the value of a row.

    ``words`` is applied to what the rule's author wrote.
    """
    where = _where(row)
    found = {
        "summary": f"{words(rule.english)}{where}",
        "summary_fr": f"{words(rule.french)}{where}",
        "description": " ".join(
            part for part in (f"{_limit(rule)}: {value}.", words(rule.about_english)) if part
        ),
        "description_fr": words(rule.about_french),
        "runbook_url": words(rule.runbook),
        "dashboard_url": words(rule.board),
    }
    return {name: text for name, text in found.items() if text}


def literal(text: str) -> str:
    """Return text that Prometheus shows as it is."""
    return text.replace("{{", '{{ "{{" }}')


def _where(row: Mapping[str, str]) -> str:
    if not row:
        return ""
    if "channel" in row and "queue" in row:
        return f": {row['queue']} ({row['channel']})"
    return f": {', '.join(row.values())}"


def _limit(rule: Rule) -> str:
    if not isinstance(rule.condition, Compare):
        first = comparisons(rule.condition)[0]
        return f"{_name(rule, first)} (among others)"
    compare = rule.condition
    measure = compare.measure
    window = f" in {measure.window}" if measure.window else ""
    unit = " s" if unit_of(measure) == "seconds" else ""
    limit = f"{_OPERATORS[compare.operator]} {number(compare.threshold)}{unit}"
    return f"{_name(rule, compare)}{window} is {limit}"


def _name(rule: Rule, compare: Compare) -> str:
    kpi = CATALOGUE.get(compare.measure.kpi)
    if rule.scope.kind == PIPELINE or kpi is None:
        return compare.measure.kpi.replace("_", " ").capitalize()
    return f"{kpi.english[:1].upper()}{kpi.english[1:]}"
