"""The centre of the growth benchmark: the same agents and events, in so many queues."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

from msgspec import structs

from aggregators.events import (
    AgentOffered,
    ContactAbandoned,
    ContactAnswered,
    ContactCreated,
    ContactEvent,
    ContactQueued,
)
from aggregators.policy import HOUR_MS, MINUTE_MS
from benchmarks.centre import START_MS
from benchmarks.restart import leg
from streams.simulator.scenario import Scenario
from streams.simulator.studies import load_scenario

AGENTS = 2_000
EVENTS_PER_S = 250.0
BEFORE_MS = HOUR_MS + MINUTE_MS
"""Queues have a contact a minute for so long before: from then on windows of up to an hour lose
as much as they gain."""
RAGGED_MS = 7_919
"""Spreads instants over a minute."""


def queue_name(number: int) -> str:
    """Return the name of a queue, numbers from 0."""
    return f"queue-{number:03d}"


def chat_queues(queues: int) -> int:
    """Return how many of them are for chats, the first ones; the others are for calls."""
    return max(1, round(queues / 5))


def centre(queues: int) -> Scenario:
    """Return a centre whose agents and contacts are shared out over so many queues."""
    made = load_scenario(AGENTS, EVENTS_PER_S)
    per_hour = sum(queue.per_hour for queue in made.queues) / queues
    chats = chat_queues(queues)
    chat, voice = made.queues[0], made.queues[-1]
    teams = made.teams[0], made.teams[-1]
    return structs.replace(
        made,
        queues=tuple(
            structs.replace(chat if n < chats else voice, name=queue_name(n), per_hour=per_hour)
            for n in range(queues)
        ),
        teams=tuple(
            structs.replace(
                teams[n >= chats],
                name=f"team-{n:03d}",
                queues=(queue_name(n),),
                always=AGENTS // queues + (n < AGENTS % queues),
            )
            for n in range(queues)
        ),
    )


def minutes_before(queues: int, until_ms: int) -> Iterator[ContactEvent]:
    """Yield an abandoned contact of every queue and minute of the hour before, in time order."""
    number, chats = 0, chat_queues(queues)
    for minute_ms in range(until_ms - BEFORE_MS, until_ms, MINUTE_MS):
        starts = sorted((minute_ms + n * RAGGED_MS % 40_000, n) for n in range(queues))
        for at_ms, queue in starts:
            number += 1
            more = {"channel": "chat" if queue < chats else "voice"}
            left_ms = at_ms + 5_000 + number % 15_000
            yield leg(ContactQueued, number, at_ms, queue=queue_name(queue), **more)
            yield leg(ContactAbandoned, number, left_ms, stage="queue", **more)


def held(contacts: int, queues: int, until_ms: int) -> Iterator[ContactEvent]:
    """Yield chats that stay open: one in four waits, agents have the others.

    They began in the two minutes before ``until_ms``. Their ids are like those of real systems:
    long, and no compression makes them short.
    """
    queues = chat_queues(queues)
    for number in range(contacts):
        contact = -1 - number
        at_ms = until_ms - 2 * MINUTE_MS + number * MINUTE_MS // contacts
        queue = queue_name(number % queues)
        events = [leg(ContactCreated, contact, at_ms), leg(ContactQueued, contact, at_ms + 500,
                                                           queue=queue)]  # fmt: skip
        if number % 4:
            agent = f"holder-{number % (5 * AGENTS)}"
            events += [
                leg(AgentOffered, contact, at_ms + 9_000, offer_id="1", agent_id=agent),
                leg(ContactAnswered, contact, at_ms + 12_000, agent_id=agent),
            ]
        name = scrambled(f"contact-{number}")
        for event in events:
            yield structs.replace(event, contact_id=name, event_id=scrambled(event.event_id))


def scrambled(name: str) -> str:
    """Return an id of 32 digits that looks like chance."""
    return blake2b(name.encode(), digest_size=16).hexdigest()


__all__ = ["AGENTS", "EVENTS_PER_S", "START_MS", "centre", "held", "minutes_before", "queue_name"]
