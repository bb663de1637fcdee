"""How many contacts an alert is about."""

from __future__ import annotations

from typing import Any

import pytest

from aggregators.kpis.catalogue import CATALOGUE
from alerts.concerned import CONCERNED, contacts_concerned
from alerts.rules import AllOf, Condition, Measure
from tests.alerts.evaluation_boards import SERVICE, WAIT, compare, rule

ROWS: dict[str, dict[str, Any]] = {
    "5m": {"contacts_abandoned": 1, "contacts_flow_out": {"timeout": 1}},
    "30m": {"contacts_abandoned": 9, "contacts_flow_out": {"timeout": 4, "overflow": 2}},
}
NOW: dict[str, Any] = {"contacts_waiting": 7, "contacts_at_risk": {"30": 3, "60": 5}}


def count(condition: Condition) -> int | None:
    """How many contacts a rule is about in the row above."""

    def row_in(window: str) -> dict[str, Any] | None:
        return NOW if window == "" else ROWS.get(window)

    return contacts_concerned(rule("r", condition), row_in)


def above(kpi: str, *labels: str, window: str = "") -> Condition:
    return compare(Measure(kpi, labels, window), ">", 0.0)


@pytest.mark.parametrize("kpi", sorted(CONCERNED))
def test_both_kpis_exist_and_the_second_is_a_count(kpi: str) -> None:
    """A name with a typing mistake would only be a number that is missing."""
    assert kpi in CATALOGUE
    counted = CATALOGUE[CONCERNED[kpi]]
    assert counted.unit == "count"
    assert counted.kind == "N" or CATALOGUE[kpi].kind == "R"


@pytest.mark.parametrize(
    ("condition", "contacts"),
    [
        (compare(WAIT, ">", 60.0), 7),
        (compare(SERVICE, "<", 0.8), 7),
        (above("contacts_waiting"), 7),
        (above("abandonment_rate", "of_offered", window="30m"), 9),
        (above("abandonment_rate", "of_offered", window="5m"), 1),
        (above("flow_out_rate", window="30m"), 6),
        (above("contacts_at_risk", "30"), 3),
        (above("contacts_at_risk"), 8),
        (above("contacts_at_risk", "90"), None),
        (above("abandonment_rate", "of_offered", window="1h"), None),
        (above("callbacks_in_queue"), None),
        (above("agents_paused"), None),
    ],
)
def test_the_count_is_of_the_same_row_and_window(condition: Condition, contacts: int) -> None:
    """What is now is so in every window; what is not known is not guessed."""
    assert count(condition) == contacts


def test_the_first_comparison_that_is_about_contacts_counts() -> None:
    """Agents on a break are no contacts."""
    both = AllOf((above("agents_paused"), compare(WAIT, ">", 60.0), above("contacts_at_risk")))
    assert count(both) == 7
