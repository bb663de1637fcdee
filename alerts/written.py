"""A rule's condition and measure in words, with its unit: for lists, the API and pages."""

from __future__ import annotations

from typing import Any

from aggregators.kpis.catalogue import CATALOGUE
from alerts.alert import Alert
from alerts.rules import HEALTH, PIPELINE, AllOf, Compare, Condition, Measure, Rule, part_of
from alerts.wording import measure_text, unit_of


def measure_json(measure: Measure) -> dict[str, Any]:
    """Return what is measured for JSON, with its names."""
    bare = Measure(measure.kpi)
    return {
        "kpi": measure.kpi,
        "labels": list(measure.labels),
        "window": measure.window,
        "unit": unit_of(measure),
        "english": measure_text(bare, "en"),
        "french": measure_text(bare, "fr"),
    }


def measure_path(measure: Measure) -> str:
    """Return a measure as rule files write it: ``service_level.genesys[15m]``."""
    path = ".".join((measure.kpi, *measure.labels))
    if measure.kpi in HEALTH and measure.kpi not in CATALOGUE:
        path = f"{PIPELINE}.{path}"
    return f"{path}[{measure.window}]" if measure.window else path


def condition_text(condition: Condition) -> str:
    """Return a condition in one line, in the units of the KPIs."""
    if isinstance(condition, Compare):
        asks = [f"{measure_path(condition.measure)} {condition.operator} {condition.threshold:g}"]
        if condition.clear is not None:
            asks.append(f"until {condition.clear:g}")
        if condition.min_sample:
            asks.append(f"with n >= {condition.min_sample}")
        return " ".join(asks)
    word = " and " if isinstance(condition, AllOf) else " or "
    parts = [
        condition_text(part) if isinstance(part, Compare) else f"({condition_text(part)})"
        for part in condition.conditions
    ]
    return word.join(parts)


def compare_of(alert: Alert, rule: Rule | None) -> Compare | None:
    """Return the comparison that the value of an alert belongs to, None without its rule."""
    if rule is None:
        return None
    return part_of(rule, alert.part, alert.threshold)
