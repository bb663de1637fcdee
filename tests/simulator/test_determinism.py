"""The simulation is a function of scenario, seed, start and incidents."""

from __future__ import annotations

from itertools import islice

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregators.events import CUSTOMERS, TOPIC_TYPES, Envelope, EventUnion, message_key, topic_of
from aggregators.policy import Rules
from streams.decode import EventDecoder
from streams.simulator import Incident, Simulation, demo_scenario

START_MS = 1_732_500_000_000
HOUR_MS = 3_600_000


def told(simulation: Simulation, until_ms: int) -> list[bytes]:
    """Return the events up to an instant as JSON lines."""
    return [msgspec.json.encode(event) for event in simulation.events(until_ms)]


def demo(seed: int = 1) -> Simulation:
    return Simulation(demo_scenario(), seed=seed, start_ms=START_MS)


@pytest.fixture(scope="module")
def day() -> list[Envelope]:
    """A whole day of the demo centre."""
    return list(demo().events(START_MS + 24 * HOUR_MS))


def test_the_same_seed_tells_the_same_bytes() -> None:
    """Two simulations of one seed and start are equal byte for byte, incidents included."""
    first, second = demo(), demo()
    for simulation in (first, second):
        simulation.switch_on(Incident(kind="surge", at_ms=START_MS + HOUR_MS, duration_ms=HOUR_MS))
    until_ms = START_MS + 3 * HOUR_MS
    lines = told(first, until_ms)
    assert len(lines) > 3_000
    assert lines == told(second, until_ms)


def test_another_seed_tells_another_day() -> None:
    """Different seeds differ in what happens, not only in ids."""
    one, two = (list(demo(seed).events(START_MS + HOUR_MS)) for seed in (1, 2))
    assert [e.event_time_ms for e in one] != [e.event_time_ms for e in two]


def test_time_never_goes_back(day: list[Envelope]) -> None:
    """Events come in time order, from the start to before the end."""
    times = [event.event_time_ms for event in day]
    assert times == sorted(times)
    assert times[0] == START_MS
    assert times[-1] < START_MS + 24 * HOUR_MS


def test_ids_are_unique(day: list[Envelope]) -> None:
    """No two facts share an event id."""
    assert len({event.event_id for event in day}) == len(day)


@settings(max_examples=15, deadline=None)
@given(stops=st.lists(st.integers(0, 2 * HOUR_MS), max_size=6))
def test_resuming_at_any_instants_is_one_go(stops: list[int]) -> None:
    """Asked in pieces, the simulation tells what it tells in one go."""
    whole = told(demo(), START_MS + 2 * HOUR_MS)
    simulation = demo()
    pieces: list[bytes] = []
    for stop in [*sorted(stops), 2 * HOUR_MS]:
        pieces += told(simulation, START_MS + stop)
    assert pieces == whole


def test_stopping_in_the_middle_loses_nothing() -> None:
    """A consumer that takes some events and comes back finds the next one."""
    whole = told(demo(), START_MS + HOUR_MS)
    simulation = demo()
    taken = [
        msgspec.json.encode(event) for event in islice(simulation.events(START_MS + HOUR_MS), 777)
    ]
    assert taken + told(simulation, START_MS + HOUR_MS) == whole


def test_every_event_decodes_to_itself(day: list[Envelope]) -> None:
    """All events keep the schema's types and bounds, and encoding loses nothing."""
    decoder = msgspec.json.Decoder(EventUnion, strict=True)
    for event in day:
        assert decoder.decode(msgspec.json.encode(event)) == event


def test_every_event_is_let_into_its_topic(day: list[Envelope]) -> None:
    """The workers' own decoder accepts every event on its topic under its key."""
    decoders = {topic: EventDecoder(topic, Rules()) for topic in TOPIC_TYPES}
    for event in day:
        topic = topic_of(event)
        assert isinstance(event, TOPIC_TYPES[topic])
        decoded = decoders[topic].decode(
            msgspec.json.encode(event), message_key(event).encode(), event.event_time_ms
        )
        assert decoded == event


def test_all_topics_have_events(day: list[Envelope]) -> None:
    """The demo centre has something to say on each topic but vigie's own."""
    assert {topic_of(event) for event in day} == set(TOPIC_TYPES) - {CUSTOMERS}
