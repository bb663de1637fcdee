"""Which run of the simulated centre the topics of a broker hold, and how far it got."""

from __future__ import annotations

import re

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from msgspec import Struct

from aggregators.events import CUSTOMERS
from streams.connecting import told_once
from streams.settings import StreamError, StreamSettings
from streams.simulator.record import SOURCE
from streams.topics import open_admin

_EVENT_ID = re.compile(r"s([0-9a-f]+)-([0-9a-f]+)-e[0-9a-f]+")
_ASK_MS = 1_000
_ASKED_TIMES = 10


class SimulatedRun(Struct, frozen=True):
    """Seed and start say which events a run tells; ``newest_ms`` is the time of its newest one."""

    seed: int
    start_ms: int
    newest_ms: int


class _Told(Struct):
    """What is needed of a record."""

    event_id: str
    event_time_ms: int
    source: str


async def find_run(streams: StreamSettings) -> SimulatedRun | None:
    """Return the run whose event is the newest among the last records of all partitions.

    None when no partition ends with an event of the simulator.

    Raises:
        StreamError: the broker cannot be reached.
    """
    wanted = {full for full, name in streams.source_topics().items() if name != CUSTOMERS}
    async with open_admin(streams) as admin:
        places = [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in await admin.describe_topics()
            if topic["topic"] in wanted
            for partition in topic["partitions"]
        ]
    if not places:
        return None
    try:
        runs = [run for record in await _last(streams, places) if (run := read_run(record))]
    except (KafkaError, OSError) as error:
        raise StreamError(f"Kafka does not tell what is in the topics: {error}") from error
    return max(runs, key=lambda run: run.newest_ms, default=None)


def read_run(record: bytes) -> SimulatedRun | None:
    """Return the run that a record belongs to, None if the simulator did not write it."""
    try:
        told = msgspec.json.decode(record, type=_Told)
    except msgspec.MsgspecError:
        return None
    found = _EVENT_ID.fullmatch(told.event_id)
    if found is None or told.source != SOURCE:
        return None
    return SimulatedRun(int(found[1], 16), int(found[2], 16), told.event_time_ms)


async def _last(streams: StreamSettings, places: list[TopicPartition]) -> list[bytes]:
    """Return the last record of each partition that has one."""
    consumer = AIOKafkaConsumer(**streams.client_options(), group_id=None, enable_auto_commit=False)
    with told_once():
        await consumer.start()
    try:
        first = await consumer.beginning_offsets(places)
        ends = await consumer.end_offsets(places)
        waiting = {place for place in places if ends[place] > first[place]}
        if not waiting:
            return []
        consumer.assign(list(waiting))
        for place in waiting:
            consumer.seek(place, ends[place] - 1)
        found: list[bytes] = []
        for _ in range(_ASKED_TIMES):
            for place, records in (await consumer.getmany(timeout_ms=_ASK_MS)).items():
                waiting.discard(place)
                found += [record.value for record in records if record.value is not None]
            if not waiting:
                break
        return found
    finally:
        await consumer.stop()
