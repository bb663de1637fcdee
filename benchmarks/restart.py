"""The two children of the recovery benchmark: one leaves a large state, one comes back to it.

``python -m benchmarks.restart build|start SERVERS APP CONTACTS QUEUES DAYS`` prints one line of
JSON.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import Iterator

import msgspec
from aiokafka import AIOKafkaProducer
from msgspec import Struct

from aggregators.board import board
from aggregators.events import (
    AgentOffered,
    ContactAbandoned,
    ContactAnswered,
    ContactCreated,
    ContactEvent,
    ContactQueued,
)
from aggregators.policy import DAY_MS, MINUTE_MS, Rules
from aggregators.shard import Shard
from benchmarks.centre import PARTITIONS, START_MS, stream_settings
from benchmarks.measures import Built, Restart
from exporters.live import default_windows
from streams.checkpoint import CheckpointWriter
from streams.settings import StreamSettings
from streams.worker import start_worker
from vigie.service import run_async

AGENTS = 5_000
"""Each has some fifteen conversations in hand: so many open contacts are chats and messages."""
RAGGED_MS = 7_919
"""Spreads instants over a minute."""


def leg(kind: type[ContactEvent], contact: int, at_ms: int, **more: object) -> ContactEvent:
    """Return an event of the only leg of a contact."""
    event: ContactEvent = kind(
        v=1,
        event_id=f"{kind.__name__}-{contact}",
        source="benchmark",
        event_time_ms=at_ms,
        contact_id=f"contact-{contact}",
        **{"leg_id": "1", "channel": "chat", **more},  # type: ignore[arg-type]
    )
    return event


def history(queues: int, days: int, partition: int) -> Iterator[ContactEvent]:
    """Yield one abandoned contact of every queue and minute, in time order."""
    number = partition
    for minute in range(days * DAY_MS // MINUTE_MS):
        starts = []
        for queue in range(partition, queues, PARTITIONS):
            number += PARTITIONS
            at_ms = START_MS + minute * MINUTE_MS + queue * RAGGED_MS % 40_000
            starts.append((at_ms, number, f"queue-{queue}"))
        for at_ms, contact, name in sorted(starts):
            yield leg(ContactQueued, contact, at_ms, queue=name)
            yield leg(ContactAbandoned, contact, at_ms + 5_000 + contact % 15_000, stage="queue")


def crowd(contacts: int, queues: int, end_ms: int, partition: int) -> Iterator[ContactEvent]:
    """Yield the contacts that are open at the end: a quarter waits, agents have the others."""
    for number in range(partition, contacts, PARTITIONS):
        contact = -1 - number
        at_ms = end_ms - 2 * MINUTE_MS + number % MINUTE_MS
        queue = f"queue-{number % queues}"
        yield leg(ContactCreated, contact, at_ms)
        yield leg(ContactQueued, contact, at_ms + 500, queue=queue)
        if number % 16 >= PARTITIONS:
            agent = f"agent-{number % AGENTS}"
            yield leg(AgentOffered, contact, at_ms + 9_000, offer_id="1", agent_id=agent)
            yield leg(ContactAnswered, contact, at_ms + 12_000, agent_id=agent)


async def build(settings: StreamSettings, contacts: int, queues: int, days: int) -> Built:
    """Fold the state and write its checkpoints as a worker does."""
    producer = AIOKafkaProducer(
        **settings.client_options(), acks="all", linger_ms=5, max_request_size=4 * 1024 * 1024
    )
    await producer.start()
    sizes: list[int] = []
    rows = 0
    for partition in range(PARTITIONS):
        shard = Shard("chats", partition, Rules())
        for event in history(queues, days, partition):
            shard.apply(event, event.event_time_ms)
        for event in crowd(contacts, queues, START_MS + days * DAY_MS, partition):
            shard.apply(event, event.event_time_ms)
        shard.generation = 1
        checkpoint = shard.encode()
        writer = CheckpointWriter("chats", partition, "1-benchmark")
        entries = writer.begin(checkpoint.record, checkpoint.rows, shard.row_keys())
        entries.append(writer.head(shard.next_offset, shard.generation))
        rows += len(checkpoint.rows)
        changelog = settings.changelog("chats")
        for entry in entries:
            sizes.append(len(entry.value))
            await producer.send(changelog, entry.value, entry.key, partition)
        await producer.flush()
    await producer.stop()
    return Built(records=len(sizes), bytes=sum(sizes), largest_record=max(sizes), rows=rows)


async def start(settings: StreamSettings, contacts: int) -> Restart:
    """Start a worker and see what it costs to be back.

    Raises:
        RuntimeError: not every contact is there again.
    """
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    worker = await start_worker(settings, Rules())
    restored_s, restored_cpu_s = time.perf_counter(), time.process_time()
    found = sum(len(shard.open) for shard in worker.shards())
    if found != contacts:
        raise RuntimeError(f"{contacts} contacts were open, {found} are restored")
    rules = Rules()
    as_of_ms = max(shard.max_event_ms for shard in worker.shards()) + 1
    board(worker.shards(), as_of_ms, rules, default_windows(rules))
    looked_s = time.perf_counter()
    for _tp, owned in worker.registry.items():  # noqa: PERF102 - it is no dict
        owned.durable_offset = None  # nothing has moved; write all the same
    await worker._pump.write_all()
    written_s = time.perf_counter()
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    await worker.stop()
    return Restart(
        restore_s=restored_s - begun_s,
        cpu_s=restored_cpu_s - begun_cpu_s,
        board_s=looked_s - restored_s,
        checkpoint_s=written_s - looked_s,
        open_contacts=found,
        peak_mib=peak_mib,
    )


def main() -> int:
    """Do one of the two."""
    what, servers, app, contacts, queues, days = sys.argv[1:]
    settings = stream_settings(servers, app)

    async def work(_stop: asyncio.Event) -> int:
        if what == "build":
            done: Struct = await build(settings, int(contacts), int(queues), int(days))
        else:
            done = await start(settings, int(contacts))
        print(msgspec.json.encode(done).decode(), flush=True)
        return 0

    return run_async(work)


if __name__ == "__main__":
    sys.exit(main())
