"""A contact centre that does not exist: a seeded queueing simulation that tells canonical events.

The simulation knows no wall clock. ``Simulation(demo_scenario(), seed=1, start_ms=t)`` gives its
events in time order by ``events(until_ms)``, as far and as fast as they are asked for, and the
same seed and start give the same bytes. ``switch_on`` brings trouble at an instant.
"""

from streams.simulator.demo import demo_scenario
from streams.simulator.incident import Incident, demo_incident
from streams.simulator.scenario import (
    Duration,
    QueueSpec,
    Scenario,
    ScenarioError,
    Shift,
    TeamSpec,
)
from streams.simulator.simulation import Simulation
from streams.simulator.studies import load_scenario, stationary_scenario

__all__ = [
    "Duration",
    "Incident",
    "QueueSpec",
    "Scenario",
    "ScenarioError",
    "Shift",
    "Simulation",
    "TeamSpec",
    "demo_incident",
    "demo_scenario",
    "load_scenario",
    "stationary_scenario",
]
