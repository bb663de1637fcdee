"""Several comparisons of a rule with one threshold: which of them made the alert is not guessed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.alert_view import AlertView, Facts
from alerts.evaluation import Breach, Findings
from alerts.http_json import with_newest
from alerts.plan import Plan
from alerts.rules import AnyOf, Compare, Measure, Rule, part_of
from alerts.written import compare_of
from tests.alerts.alert_story import Story, key, rule

REPLY = Compare(Measure("tickets_at_risk", ("first_response",)), ">=", 1.0)
SOLUTION = Compare(Measure("tickets_at_risk", ("resolution",)), ">=", 1.0)
AT_RISK = rule("wait", condition=AnyOf((REPLY, SOLUTION)))


def breaching(value: float, part: int) -> Findings:
    """The rule is true by one of its comparisons."""
    return Findings({key(): Breach(value, 1.0, None, 0, part)}, {}, set())


def story() -> Story:
    """Three solutions are at risk for ten seconds, and no reply."""
    return Story(AT_RISK).run(0, 9, breaching(3.0, 1))


def test_a_message_names_the_measure_that_the_value_is_of() -> None:
    """Not the first with this threshold."""
    view = AlertView(story().alert(), AT_RISK, Facts(), Plan(), "en", 10_000)
    (line,) = [one for one in view.lines() if "ickets at risk" in one]
    assert "resolution" in line
    assert "first_response" not in line


def test_what_is_shown_changes_with_the_measure_that_is_true() -> None:
    """Now replies are at risk, and the worst of solutions says nothing of them."""
    told = story()
    told.run(10, 12, breaching(1.0, 0))
    alert = with_newest(told.alert(), told.book)
    assert (alert.value, compare_of(alert, AT_RISK)) == (1.0, REPLY)
    told.second(13)
    assert told.alert().part == 1
    told.second(14, breaching(2.0, 0))
    alert = told.alert()
    assert (alert.part, alert.value, alert.worst) == (0, 2.0, 2.0)


@pytest.mark.parametrize(
    ("rule_now", "wanted"),
    [
        (AT_RISK, SOLUTION),
        (replace(AT_RISK, condition=SOLUTION), SOLUTION),
        (replace(AT_RISK, condition=AnyOf((SOLUTION, replace(REPLY, threshold=2.0)))), SOLUTION),
        (replace(AT_RISK, condition=AnyOf(())), None),
    ],
)
def test_a_rule_that_changed_meanwhile_is_asked_by_the_threshold(
    rule_now: Rule, wanted: Compare | None
) -> None:
    """The number of a comparison means nothing any more when its threshold is another one."""
    assert part_of(rule_now, 1, 1.0) == wanted
