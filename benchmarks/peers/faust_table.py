"""The peer that vigie would be without its own transport: a Faust agent and a windowed Table.

As Faust's guide shows it: a Record, an agent, ``table[key] += 1`` in a tumbling Table, on uvloop.
Settings are Faust's own (at least once, commits every 2.8 s, a changelog record for every
increment) with the memory store. The Table follows the time in the event and has no ``expires``:
Faust expires by the wall clock, and would drop every window of a past day.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

import faust
import uvloop

from benchmarks.peers.stopwatch import WINDOW_S, StopWatch, Task, task

PARTITIONS = 4


class Event(faust.Record, serializer="json"):  # type: ignore[misc, call-arg, unused-ignore]
    """The field that is needed; Faust decodes all of them."""

    event_time_ms: int


def event_time_s(event: Any) -> float:
    """Return the time of an event as the windows want it."""
    at_ms: int = event.value.event_time_ms
    return at_ms / 1_000


async def count(given: Task) -> None:
    """Count until all events are in the Table; tell the figures."""
    app = faust.App(
        given.app_id,
        broker=f"kafka://{given.servers}",
        store="memory://",
        datadir=given.folder,
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        autodiscover=False,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    source = app.topic(*given.topics, key_type=str, value_type=Event)
    table: Any = app.Table("counts", default=int, key_type=str, value_type=int)
    counts = table.tumbling(float(WINDOW_S)).relative_to(event_time_s)
    watch, done = StopWatch(), asyncio.Event()

    @app.agent(source)
    async def count_events(stream: Any) -> None:
        left = given.events
        async for event in stream.events():
            watch.begin()
            counts[event.key] += 1
            left -= 1
            if not left:
                watch.end()
                done.set()

    async with app:
        await done.wait()
        watch.tell(list(table.values()))


def main() -> int:
    """Run once."""
    for name in ("faust", "mode", "aiokafka"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uvloop.run(count(task()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
