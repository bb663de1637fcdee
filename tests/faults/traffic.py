"""Seeded traffic: lives of contacts as messages in an order of arrival, with chosen unruliness."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import orjson

from tests.faults.poison import bad_messages
from tests.faults.stories import Event, Story

BEHIND_MS = 2_000
"""How far behind the clock the simulated time stays, so that a board of now has all of it."""


class Message(NamedTuple):
    """What is sent: canonical topic, key and value."""

    topic: str
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class Unruliness:
    """Shares of the events, from 0 to 1, and how far arrivals are out of order (ms).

    ``duplicates`` are told again, ``corrections`` again with a higher revision and another time
    or without effect (withdrawn), ``poison`` is mixed in between, ``late`` contacts lived up to
    ``late_by_ms`` ago.
    """

    duplicates: float = 0.0
    corrections: float = 0.0
    poison: float = 0.0
    shuffle_ms: int = 0
    late: float = 0.0
    late_by_ms: int = 0


ORDERLY = Unruliness()
UNRULY = Unruliness(duplicates=0.01, corrections=0.01, poison=0.01, shuffle_ms=30_000)


class Traffic:
    """An endless stream of messages; the same seed and clock give the same stream.

    A contact begins every ``every_ms`` of simulated time on average, from ``start_ms`` on; the
    simulated time never passes ``clock``.
    """

    def __init__(
        self,
        seed: int,
        start_ms: int,
        clock: Callable[[], int],
        *,
        every_ms: int = 40,
        unruliness: Unruliness = ORDERLY,
        name: str = "c",
    ) -> None:
        self._chance = random.Random(seed)
        self._clock = clock
        self._now_ms = start_ms
        self._every_ms = every_ms
        self._wild = unruliness
        self._name = name
        self._numbers = count(1)
        self._order = count()
        self._heap: list[tuple[int, int, Message]] = []

    def take(self, messages: int) -> Iterator[Message]:
        """The next so many messages, in the order in which they are to be sent."""
        for _ in range(messages):
            while not self._heap or self._heap[0][0] > self._now_ms:
                self._begin_contact()
            yield heapq.heappop(self._heap)[2]

    def rest(self) -> Iterator[Message]:
        """What has begun and was not sent yet."""
        while self._heap:
            yield heapq.heappop(self._heap)[2]

    def _begin_contact(self) -> None:
        chance, wild = self._chance, self._wild
        passed_ms = int(chance.expovariate(1 / self._every_ms)) + 1
        self._now_ms = min(self._now_ms + passed_ms, self._clock() - BEHIND_MS)
        contact_id = f"{self._name}{next(self._numbers)}"
        is_late = chance.random() < wild.late
        ago_ms = chance.randint(wild.late_by_ms // 2, wild.late_by_ms) if is_late else 0
        start_ms = self._now_ms - ago_ms
        story = Story(contact_id, start_ms, chance)
        for event in story.write():
            arrives_ms = event["event_time_ms"] + self._now_ms - start_ms
            self._send(story, event, arrives_ms)
            if chance.random() < wild.duplicates:
                self._send(story, event, arrives_ms + chance.randint(0, 60_000))
            if chance.random() < wild.corrections:
                self._send(story, self._corrected(event), arrives_ms + chance.randint(0, 60_000))
        if chance.random() < wild.poison * len(story.events):
            bad = chance.choice(bad_messages(self._now_ms, next(self._numbers)))
            self._push(self._now_ms, Message(*bad))

    def _corrected(self, event: Event) -> Event:
        chance = self._chance
        again: Event = {**event, "revision": 1}
        if event["type"] in ("contact.abandoned", "contact.ended", "contact.flow_out"):
            if chance.random() < 0.3:
                again["retracted"] = True
        elif "wait_ms" in event:
            again["wait_ms"] = event["wait_ms"] + chance.randint(0, 5_000)
        elif event["type"] == "contact.queued":
            again["queue"] = chance.choice(("sales", "billing"))
        return again

    def _send(self, story: Story, event: Event, arrives_ms: int) -> None:
        if self._wild.shuffle_ms:
            arrives_ms += self._chance.randint(0, self._wild.shuffle_ms)
        key = story.contact_id.encode()
        self._push(arrives_ms, Message(story.topic, key, orjson.dumps(event)))

    def _push(self, arrives_ms: int, message: Message) -> None:
        heapq.heappush(self._heap, (arrives_ms, next(self._order), message))
