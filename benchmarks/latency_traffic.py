"""The simulated centre at its own time, and the wait for a worker that has caught up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import aiohttp
from msgspec import structs

from aggregators.events import Envelope
from benchmarks.centre import AGENTS, stream_settings
from benchmarks.stage import BenchmarkError
from streams.producer import EventProducer
from streams.settings import StreamSettings
from streams.simulator.scenario import Scenario
from streams.simulator.simulation import Simulation
from streams.simulator.studies import EVENTS_PER_CONTACT, LOAD_OCCUPANCY, load_scenario

BEFORE_MS = 60_000

QUEUES = 12
AGENTS_PER_EVENT_S = 0.25
"""Contacts of 1.8 s from some hundred events per second on. Shorter ones would soon leave a centre
without agents: who misses a contact is away for a time, however short contacts are."""
LEAST_AGENTS = 200
GIVEN_UP = 1.04
"""So many more are asked of the scenario: contacts that are given up tell of less."""
_PER_TEAM = 40


def now_ms() -> int:
    """Return the wall clock."""
    return time.time_ns() // 1_000_000


def streams_of(servers: str, rate_per_s: float) -> StreamSettings:
    """Return the settings of a rate: topics and a consumer group of its own.

    In a group of several rates a worker that was killed would still have its share for a while.
    """
    return stream_settings(servers, f"latency-{rate_per_s:.0f}", f"r{rate_per_s:.0f}.")


def agents_of(rate_per_s: float) -> int:
    """Return how many agents make so many events."""
    return max(LEAST_AGENTS, round(rate_per_s * AGENTS_PER_EVENT_S))


def contact_s(rate_per_s: float) -> float:
    """Return how long a contact keeps an agent, on average."""
    contacts_per_s = GIVEN_UP * rate_per_s / EVENTS_PER_CONTACT
    return LOAD_OCCUPANCY * agents_of(rate_per_s) / contacts_per_s


def centre_of(rate_per_s: float) -> Scenario:
    """Return the load scenario with the same queues at any rate.

    More events come of more agents and more callers in each queue.
    """
    agents, known = agents_of(rate_per_s), QUEUES * _PER_TEAM
    made = load_scenario(known, GIVEN_UP * rate_per_s * known / agents)
    queues = [
        structs.replace(queue, per_hour=queue.per_hour * agents / known) for queue in made.queues
    ]
    teams = [
        structs.replace(team, always=agents // QUEUES + (number < agents % QUEUES))
        for number, team in enumerate(made.teams)
    ]
    return structs.replace(made, queues=tuple(queues), teams=tuple(teams))


class Traffic:
    """The simulated centre: what was before at once, then each event when its time has come."""

    def __init__(
        self,
        producer: EventProducer,
        rate_per_s: float,
        agents: int = AGENTS,
        *,
        before_ms: int = BEFORE_MS,
        scenario: Scenario | None = None,
    ) -> None:
        """``before_ms`` is how long the centre has been open when it begins.

        A ``scenario`` of one's own takes the place of rate and agents.
        """
        self._producer = producer
        scenario = scenario or load_scenario(agents, rate_per_s)
        self.queues = len(scenario.queues)
        self._simulation = Simulation(scenario, seed=1, start_ms=now_ms() - before_ms)
        self.sent = 0

    def due(self) -> Iterator[Envelope]:
        """Return the events whose time has come."""
        return self._simulation.events(now_ms())

    async def catch_up(self) -> None:
        """Send what is due; counts nothing."""
        await self._producer.send_all(self.due())

    async def flow(self) -> None:
        """Send events as they fall due, until cancelled."""
        while True:
            for event in self.due():
                await self._producer.send(event)
                self.sent += 1
            await asyncio.sleep(0.005)


async def until_ready(session: aiohttp.ClientSession, base_url: str) -> None:
    """Wait until the worker has caught up.

    Raises:
        BenchmarkError: it does not.
    """
    for _ in range(600):
        async with session.get(f"{base_url}/readyz") as answer:
            if answer.status == 200:
                return
        await asyncio.sleep(0.05)
    raise BenchmarkError("the worker did not get ready within 30 s")
