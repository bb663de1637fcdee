"""The marked events: which they are, when they are sent, and the alert rules that they fulfil.

A marked event is a contact that enters a queue of its partition and stays there. What one
partition holds is folded in order, so that a count of ``n`` contacts in such a queue says that its
first ``n`` marked events are shown, and which they were.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka.partitioner import murmur2
from msgspec import structs

from aggregators.events import ContactQueued, message_key
from benchmarks.centre import PARTITIONS
from benchmarks.latency_measures import Series
from benchmarks.latency_traffic import now_ms
from streams.producer import EventProducer

MARK, ALARM = "mark", "alarm"
MARKS_PER_S = 10
BURST_EVERY_S = 6.0
BURST_S = 1.0


def marked(kind: str, number: int, at_ms: int) -> ContactQueued:
    """Return the contact of a kind with this number, entering the queue of its partition."""
    contact = f"{kind}-{number}"
    event = ContactQueued(
        v=1,
        event_id=contact,
        source="benchmark",
        event_time_ms=at_ms,
        contact_id=contact,
        leg_id="1",
        channel="voice",
        queue=f"{kind}-0",
    )
    partition = (murmur2(message_key(event).encode()) & 0x7FFFFFFF) % PARTITIONS
    return structs.replace(event, queue=f"{kind}-{partition}")


class Marks:
    """Sends the marked events of a kind and knows when each was handed to the producer."""

    def __init__(self, kind: str, producer: EventProducer) -> None:
        self.kind = kind
        self.sent_s: list[float] = []
        self.queues: dict[str, list[int]] = {
            f"{kind}-{partition}": [] for partition in range(PARTITIONS)
        }
        self._producer = producer

    async def send(self, after_s: Iterable[float]) -> None:
        """Send one so many seconds from now each."""
        begun_s = time.monotonic()
        for moment_s in after_s:
            await asyncio.sleep(max(0.0, begun_s + moment_s - time.monotonic()))
            event = marked(self.kind, len(self.sent_s), now_ms())
            self.queues[event.queue].append(len(self.sent_s))
            self.sent_s.append(time.monotonic())
            await self._producer.send(event)

    def series(self, arrived_s: Mapping[int, float]) -> Series:
        """Return the latencies by the arrivals of the numbers; the first one was a rehearsal."""
        numbers = range(1, len(self.sent_s))
        return Series(
            sent=len(numbers),
            latencies_ms=[
                (arrived_s[number] - self.sent_s[number]) * 1_000
                for number in numbers
                if number in arrived_s
            ],
        )


class Shown:
    """When somebody who looks at the queues first saw each marked event, by number."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._counts = dict.fromkeys(marks.queues, 0)
        self.at_s: dict[int, float] = {}

    def see(self, queue: str, waiting: int, at_s: float) -> None:
        """Note that so many contacts were seen in a queue, at an instant of the steady clock."""
        numbers = self._marks.queues.get(queue, [])[self._counts.get(queue, 0) : waiting]
        for number in numbers:
            self.at_s[number] = at_s
            self._counts[queue] += 1

    @property
    def is_whole(self) -> bool:
        """Whether all that were sent have been seen."""
        return len(self.at_s) == len(self._marks.sent_s)


def moments(count: int, seconds: float, chance: random.Random) -> list[float]:
    """Return instants that are spread evenly, each at random within its share of the time.

    Even steps would meet boards, looks and polls at a few phases only.
    """
    step_s = seconds / count
    return [(number + chance.random()) * step_s for number in range(count)]


def bursts(burst: int, seconds: float, chance: random.Random) -> list[float]:
    """Return the instants of alarms: some within a second, then none for five, again and again.

    When a message has arrived the worker looks at its rules at once, not a second later: a steady
    stream of alerts would make each other quicker than an alert is that comes alone.
    """
    starts_s = range(max(1, int(seconds / BURST_EVERY_S)))
    return [
        start * BURST_EVERY_S + moment_s
        for start in starts_s
        for moment_s in moments(burst, min(BURST_S, seconds), chance)
    ]


def alarm_rules(count: int) -> list[dict[str, Any]]:
    """Return a rule per alarm: the queue that it enters holds as many as with it."""
    rules: list[dict[str, Any]] = []
    held: dict[str, int] = {}
    for number in range(count):
        queue = marked(ALARM, number, 0).queue
        held[queue] = held.get(queue, 0) + 1
        rules.append(
            {
                "id": f"{ALARM}-{number}",
                "when": f"contacts_waiting >= {held[queue]}",
                "scope": {"queue": queue},
            }
        )
    return rules


def arrivals(messages: Sequence[tuple[float, Any]]) -> dict[int, float]:
    """Return when each alarm was first told of, by number, from bodies of webhooks."""
    found: dict[int, float] = {}
    for at_s, body in messages:
        for alert in body["data"]["alerts"] if body["data"]["what"] == "firing" else ():
            kind, _, number = alert["rule"].rpartition("-")
            if kind == ALARM:
                found.setdefault(int(number), at_s)
    return found
