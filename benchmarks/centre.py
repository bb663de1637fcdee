"""The contact centre of the benchmarks: which events there are, and how they get to Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from operator import attrgetter

import msgspec
from msgspec import Struct, structs

from aggregators.events import CUSTOMERS, Envelope, message_key, topic_of
from streams import topics
from streams.producer import EventProducer
from streams.settings import StreamSettings
from streams.simulator.demo import demo_scenario
from streams.simulator.scenario import Scenario
from streams.simulator.simulation import Simulation
from streams.simulator.studies import load_scenario

AGENTS = 500
EVENTS_PER_SIMULATED_S = 25.0
"""With five hundred agents: contacts of about two and a half minutes, as on a telephone."""
START_MS = 1_736_928_000_000
"""2025-01-15 08:00 UTC: a fixed morning, so that every run folds the same bytes."""
FOREVER_MS = 1 << 50
PARTITIONS = 4


class Sent(Struct, frozen=True):
    """What lies in the topics: events by canonical topic, the bytes of all their values, and
    the simulated seconds that they span."""

    events: dict[str, int]
    value_bytes: int
    span_s: float

    @property
    def total(self) -> int:
        """Number of all events."""
        return sum(self.events.values())


def scenario() -> Scenario:
    """Return the centre: four teams in five on voice, one on chat, the same at any hour."""
    return load_scenario(AGENTS, EVENTS_PER_SIMULATED_S)


def day_events(count: int, *, seed: int = 1) -> Iterator[Envelope]:
    """Yield the first ``count`` events of the simulated day, in time order."""
    simulation = Simulation(scenario(), seed=seed, start_ms=START_MS)
    return islice(simulation.events(FOREVER_MS), count)


CENTRES = 12


def demo_events(count: int) -> Iterator[Envelope]:
    """Yield the first ``count`` events of a dozen of the demo's centres at once, in time order.

    They are of every kind; one centre alone would make the worker run through a day in seconds,
    and write the rows of a thousand minutes each second.
    """
    centres = (
        Simulation(demo_scenario(), seed=seed, start_ms=START_MS).events(FOREVER_MS)
        for seed in range(1, CENTRES + 1)
    )
    return islice(merge(*centres, key=attrgetter("event_time_ms")), count)


def stream_settings(bootstrap_servers: str, app_id: str, topic_prefix: str = "") -> StreamSettings:
    """Return the settings of a worker as in production: checkpoints and commits every second."""
    return StreamSettings(
        bootstrap_servers=bootstrap_servers,
        app_id=app_id,
        partitions=PARTITIONS,
        topic_prefix=topic_prefix,
    )


def without_customers(events: Iterable[Envelope]) -> Iterator[Envelope]:
    """Yield the contact and agent events, as if no source told who the customers are.

    They move the first three groups of KPIs only: live queue, service and agents.
    """
    for event in events:
        if topic_of(event) in ("calls", "chats", "tickets", "agents"):
            yield structs.replace(event, customer_key=None)


async def make_topics(settings: StreamSettings) -> None:
    """Create what is missing; the topic of customers anew: another worker filled it before."""
    told = settings.topic(CUSTOMERS)
    async with topics.open_admin(settings) as admin:
        if told in await admin.list_topics():
            await admin.delete_topics([told])
            while told in await admin.list_topics():  # noqa: ASYNC110 - brokers tell nobody
                await asyncio.sleep(0.1)
    await topics.create(settings)


async def fill_topics(settings: StreamSettings, day: Iterable[Envelope]) -> Sent:
    """Create the topics and send the events; return when the broker has them all.

    Raises:
        StreamError: the broker does not answer or refuses.
    """
    await topics.create(settings)
    encode = msgspec.json.Encoder().encode
    events: dict[str, int] = {}
    value_bytes, last_ms = 0, START_MS
    async with EventProducer(settings) as producer:
        for event in day:
            name, value = topic_of(event), encode(event)
            await producer.send_raw(settings.topic(name), message_key(event).encode(), value)
            events[name] = events.get(name, 0) + 1
            value_bytes += len(value)
            last_ms = event.event_time_ms
    return Sent(events, value_bytes, (last_ms - START_MS) / 1_000)
