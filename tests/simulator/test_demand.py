"""Arrivals follow the curve and waver more than Poisson's."""

from __future__ import annotations

from random import Random
from statistics import mean, variance
from zoneinfo import ZoneInfo

import pytest

from streams.simulator.demand import QUARTER_MS, Demand
from streams.simulator.scenario import FLAT_CURVE
from streams.simulator.timeline import Timeline

HOUR_MS = 3_600_000


def counts(overdispersion: float, quarters: int, per_hour: float = 400.0) -> list[int]:
    """Return the arrivals of consecutive quarters of an hour."""
    timeline = Timeline(0)
    told = [0] * quarters

    def arrive() -> None:
        told[timeline.now_ms // QUARTER_MS] += 1

    Demand(
        timeline, Random(3), arrive, per_hour=per_hour, curve=FLAT_CURVE,
        overdispersion=overdispersion, zone=ZoneInfo("UTC"),
    )  # fmt: skip
    while timeline.step(quarters * QUARTER_MS):
        pass
    return told


def test_without_overdispersion_counts_are_poisson() -> None:
    """The variance of counts equals their mean of 100."""
    told = counts(0.0, 2_000)
    assert mean(told) == pytest.approx(100.0, rel=0.01)
    assert variance(told) / mean(told) == pytest.approx(1.0, abs=0.12)


def test_gamma_mixed_counts_have_the_variance_of_theory() -> None:
    """The variance is mean + overdispersion x mean squared: 100 + 0.05 x 10,000 = 600."""
    told = counts(0.05, 2_000)
    assert mean(told) == pytest.approx(100.0, rel=0.03)
    assert variance(told) == pytest.approx(600.0, rel=0.12)


@pytest.mark.parametrize(
    ("utc_hour", "expected"), [(7.5, 0.0), (8.0, 0.5), (8.5, 1.0), (9.0, 0.5), (9.5, 0.0)]
)
def test_the_curve_is_read_in_local_time_between_the_middles(
    utc_hour: float, expected: float
) -> None:
    """A curve that is 1 only at 9 o'clock in Paris is at its height at 08:30 UTC in winter."""
    curve = tuple(1.0 if hour == 9 else 0.0 for hour in range(24))
    demand = Demand(
        Timeline(0), Random(1), lambda: None, per_hour=1.0, curve=curve, overdispersion=0.0,
        zone=ZoneInfo("Europe/Paris"),
    )  # fmt: skip
    assert demand.curve_at(int(utc_hour * HOUR_MS)) == pytest.approx(expected)
