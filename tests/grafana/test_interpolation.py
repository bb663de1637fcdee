"""The stand-in for Grafana's variables does what Grafana does."""

from __future__ import annotations

import pytest

from tests.grafana.interpolation import Shown, interpolated, rate_interval_s


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (".+", 'x{queue=~".+"}'),
        (["sales"], 'x{queue=~"sales"}'),
        (["sales", "a.b"], r'x{queue=~"(sales|a\\.b)"}'),
        (["(e|f)"], r'x{queue=~"\\(e\\|f\\)"}'),
    ],
)
def test_several_values_become_a_regular_expression(chosen: str | list[str], expected: str) -> None:
    """«All» is taken as it is."""
    assert interpolated('x{queue=~"$queue"}', {"queue": chosen}) == expected


def test_intervals_follow_from_the_range_and_the_step() -> None:
    """$__rate_interval is the step and a scrape, at least four scrapes."""
    shown = Shown(range_s=7200, step_s=10, scrape_s=5)
    expr = "rate(x[$__rate_interval]) + rate(x[${__interval}]) + increase(x[$__range])"
    assert interpolated(expr, {}, shown) == "rate(x[20s]) + rate(x[10s]) + increase(x[7200s])"
    assert rate_interval_s(Shown(step_s=60, scrape_s=5)) == 65


def test_a_variable_that_the_board_lacks_is_a_mistake() -> None:
    """It would stand in the query as it is written."""
    with pytest.raises(KeyError, match="nobody"):
        interpolated('x{queue="$nobody"}', {})
