"""Unit tests of the burn rules: each just below its service level and just above."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alerts.export.burn_rate import LEAST_CONTACTS, BurnRule, burn_annotations
from alerts.export.selectors import selector
from alerts.export.unit_tests import Example

EVERY_S = 30


def burn_examples(rule: BurnRule, row: dict[str, str]) -> Iterator[Example]:
    """Yield the tests of a rule in a row that its promise holds for."""
    limit = 1 - rule.burn * (1 - rule.promise.target)
    bad, good = limit - 0.01, limit + 0.01
    contacts = LEAST_CONTACTS + 10
    stage = _Stage(rule, row)
    yield stage.example("just beyond", stage.series(bad, bad, contacts), bad)
    yield stage.example("just within", stage.series(good, good, contacts), None)
    yield stage.example("the short window is well again", stage.series(bad, good, contacts), None)
    if not rule.is_of_counters:
        yield stage.example("the long window is well", stage.series(good, bad, contacts), None)
    yield stage.example("few contacts", stage.series(bad, bad, LEAST_CONTACTS - 1), None)
    yield stage.example("view incomplete", stage.series(bad, bad, contacts, is_complete=0), None)
    other = min(rule.promise.target + 0.05, 0.99)
    yield stage.example("another target", stage.series(bad, bad, contacts, target=other), None)
    if not rule.is_of_counters:
        gap = stage.series(bad, bad, contacts, values="{0}x9 stale {0}x20")
        yield stage.example("in the gap of a hand-over", gap, bad, 10 * EVERY_S)
        yield stage.example("after the gap of a hand-over", gap, bad, 11 * EVERY_S)


class _Stage:
    """What the tests of one rule share."""

    def __init__(self, rule: BurnRule, row: dict[str, str]) -> None:
        self._rule, self._row = rule, row
        self._samples = rule.row.long_ms // 1000 // EVERY_S + 20

    def series(
        self,
        long: float,
        short: float,
        contacts: float,
        *,
        is_complete: int = 1,
        target: float | None = None,
        values: str = "",
    ) -> list[tuple[str, str]]:
        """Return the series for service levels in the two windows."""
        rule = self._rule
        flat = values or f"{{0}}x{self._samples}"
        variant = {"variant": rule.promise.variant}
        target = rule.promise.target if target is None else target
        found = [
            self._flat("vigie_service_level_ratio", {"window": rule.short, **variant}, short, flat),
            self._flat("vigie_service_level_target_ratio", {}, target, flat),
            ("vigie_view_complete", flat.format(is_complete)),
        ]
        if rule.is_of_counters:
            step = contacts * EVERY_S * 1000 / rule.row.long_ms
            for outcome, share in (("offered", 1), ("answered", 1), ("answered_in_target", long)):
                name = selector(f"vigie_contacts_{outcome}_total", self._row)
                found.append((name, f"0+{step * share!r}x{self._samples}"))
            return found
        labels = {"window": rule.long, "outcome": "offered"}
        return [
            *found,
            self._flat("vigie_service_level_ratio", {"window": rule.long, **variant}, long, flat),
            self._flat("vigie_window_contacts", labels, contacts, flat),
        ]

    def _flat(
        self, metric: str, labels: dict[str, str], value: float, flat: str
    ) -> tuple[str, str]:
        return selector(metric, {**self._row, **labels}), flat.format(repr(value))

    def example(
        self, name: str, series: list[tuple[str, str]], bad: float | None, at_s: int = 0
    ) -> Example:
        rule = self._rule
        at_s = at_s or (rule.row.long_ms // 1000 if rule.is_of_counters else 0) + 5 * EVERY_S
        expected: dict[str, Any] | None = None
        if bad is not None:
            burn = (1 - bad) / (1 - rule.promise.target)
            expected = {
                "exp_labels": {**rule.alerting.labels, **self._row},
                "exp_annotations": burn_annotations(
                    rule.promise, rule.row, rule.burn,
                    f"{self._row['queue']} ({self._row['channel']})", f"{burn:.2f}",
                ),
            }  # fmt: skip
        title = f"{rule.alerting.name}, target {rule.promise.target:g}: {name}"
        return Example(title, series, rule.alerting.name, at_s, expected)
