"""The simulated queue is a real queue: on a stationary setting it agrees with Erlang A."""

from __future__ import annotations

from math import sqrt
from statistics import mean, stdev

import pytest

from aggregators.erlang import erlang_a, erlang_c
from aggregators.events import ContactAbandoned, ContactAnswered, ContactQueued
from streams.simulator import Simulation, stationary_scenario

HOUR_MS = 3_600_000
BATCHES = 30
STUDENT_99 = 2.756
"""Two-sided 99 % quantile of Student's t with 29 degrees of freedom."""


def batches(simulation: Simulation, batch_ms: int) -> tuple[list[float], list[float], list[float]]:
    """Return mean wait in seconds, abandoned and delayed share of each batch after a warm-up."""
    waits, abandons, delays = [], [], []
    list(simulation.events(HOUR_MS))
    for number in range(1, BATCHES + 1):
        queued = abandoned = delayed = wait_ms = 0
        for event in simulation.events(HOUR_MS + number * batch_ms):
            if isinstance(event, ContactQueued):
                queued += 1
            elif isinstance(event, ContactAnswered):
                wait_ms += event.wait_ms or 0
                delayed += (event.wait_ms or 0) > 0
            elif isinstance(event, ContactAbandoned):
                wait_ms += event.wait_ms or 0
                abandoned += 1
                delayed += 1
        waits.append(wait_ms / queued / 1000.0)
        abandons.append(abandoned / queued)
        delays.append(delayed / queued)
    return waits, abandons, delays


def agrees(sample: list[float], expected: float, precision: float) -> bool:
    """Whether the batch-means interval holds the value and is narrower than the precision."""
    half = STUDENT_99 * stdev(sample) / sqrt(len(sample))
    assert half < precision * expected, "the run is too short to say anything"
    return abs(mean(sample) - expected) <= half


@pytest.mark.parametrize(
    ("agents", "rate_per_s", "service_s", "patience_s", "batch_ms"),
    [(50, 0.8, 60.0, 120.0, 3 * HOUR_MS), (8, 0.05, 200.0, 150.0, 36 * HOUR_MS)],
    ids=["fifty agents nearly full", "eight agents overloaded"],
)
def test_waits_and_abandonment_agree_with_erlang_a(
    agents: int, rate_per_s: float, service_s: float, patience_s: float, batch_ms: int
) -> None:
    """Mean wait, abandoned and delayed share lie in their 99 % batch-means intervals."""
    scenario = stationary_scenario(rate_per_s, service_s, patience_s, agents)
    waits, abandons, delays = batches(Simulation(scenario, seed=5, start_ms=0), batch_ms)
    theory = erlang_a(agents, rate_per_s, service_s, patience_s)
    assert agrees(waits, theory.mean_wait_s, 0.15)
    assert agrees(abandons, theory.abandon_probability, 0.15)
    assert agrees(delays, theory.wait_probability, 0.15)


def test_patient_callers_agree_with_erlang_c() -> None:
    """Without abandonment mean wait and delayed share are Erlang C's."""
    scenario = stationary_scenario(0.1, 80.0, None, 10)
    waits, abandons, delays = batches(Simulation(scenario, seed=3, start_ms=0), 30 * HOUR_MS)
    theory = erlang_c(10, 0.1, 80.0)
    assert set(abandons) == {0.0}
    assert agrees(waits, theory.mean_wait_s, 0.15)
    assert agrees(delays, theory.wait_probability, 0.15)
