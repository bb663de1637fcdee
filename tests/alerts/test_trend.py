"""Where the number behind an alert is going."""

from __future__ import annotations

import pytest

from alerts.trend import Trends
from tests.alerts.evaluation_boards import NOW_MS, key

SALES, CARE = key("wait", "sales"), key("wait", "care")


def seen(*values: tuple[float, float]) -> Trends:
    """Trends of `sales` after these seconds and numbers."""
    trends = Trends()
    for at_s, value in values:
        trends.see(NOW_MS + round(at_s * 1000), {SALES: value})
    return trends


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([(0, 100), (15, 106)], "rising"),
        ([(0, 100), (15, 94)], "falling"),
        ([(0, 100), (15, 105.2)], "steady"),
        ([(0, 100), (15, 95)], "steady"),
        ([(0, 0), (15, 0)], "steady"),
        ([(0, 0), (15, 1)], "rising"),
        ([(0, -10), (15, -20)], "falling"),
        ([(0, 100), (14.999, 200)], None),
        ([(0, 100)], None),
        ([], None),
    ],
)
def test_a_number_rises_or_falls_by_more_than_a_twentieth(
    values: list[tuple[float, float]], trend: str | None
) -> None:
    """With a quarter of a minute behind it; less says nothing."""
    assert seen(*values).trend(SALES) == trend


def test_only_the_last_minute_counts() -> None:
    """What it was before is past, also when nobody looked for a while."""
    assert seen((0, 10), (1, 200), (61, 200)).trend(SALES) == "steady"
    assert seen((0, 10), (60, 200)).trend(SALES) == "rising"
    assert seen((0, 10), (200, 200)).trend(SALES) is None


def test_what_is_no_longer_looked_at_is_forgotten() -> None:
    """A condition that is true again begins anew."""
    trends = seen((0, 10), (20, 90))
    trends.see(NOW_MS + 21_000, {CARE: 5})
    trends.see(NOW_MS + 22_000, {SALES: 10})
    assert trends.trend(SALES) is None


def test_a_clock_that_is_set_back_begins_anew() -> None:
    """The trend is known again after a quarter of a minute, not when the clock is where it was."""
    assert seen((3600, 10), (3620, 90), (0, 90), (15, 90)).trend(SALES) == "steady"
