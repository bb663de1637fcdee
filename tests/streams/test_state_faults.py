"""States that must not be, on a real Kafka: the worker stops with the command that repairs it."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any
from zlib import crc32

import msgspec
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewPartitions
from aiokafka.admin.records_to_delete import RecordsToDelete
from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient
from faust.types import TP
from msgspec.structs import replace

from aggregators.policy import Rules
from streams import topics
from streams.changelog import read_changelogs
from streams.checkpoint import FORMAT, CheckpointError, key, unpack_head
from streams.parts import real_parts
from streams.settings import StreamError, StreamSettings
from streams.state_repair import export_state, reset
from streams.topic_epoch import read_epochs
from streams.topics import TopicError, open_admin
from streams.worker import start_worker
from tests.bench.kafka import Kafka
from tests.golden.day import golden_rules, golden_story
from tests.golden.make import checkpoint_file
from tests.streams.counting import queued, quick_settings, read, until

PARTS = real_parts(Rules())


def produce(kafka: Kafka, settings: StreamSettings, first: int, end: int) -> None:
    """Append events to partition 0 of the calls."""
    calls = settings.topic("calls")
    events = (queued(number) for number in range(first, end))
    kafka.produce(calls, [(e.contact_id.encode(), msgspec.json.encode(e)) for e in events], 0)


async def run_to(settings: StreamSettings, events: int, rules: Rules | None = None) -> None:
    """Start a worker, wait until it has read so many events, stop it."""
    worker = await start_worker(settings, rules or Rules())
    try:
        await until(lambda: read(worker) >= events)
    finally:
        await worker.stop()
    assert read(worker) == events


async def refused(settings: StreamSettings) -> str:
    """The one line with which a worker does not start."""
    with pytest.raises((CheckpointError, TopicError)) as caught:
        await start_worker(settings, Rules())
    line = str(caught.value)
    assert "\n" not in line
    return line


async def recreate(settings: StreamSettings, topic: str) -> None:
    """Delete a topic and create it anew."""
    async with open_admin(settings) as admin:
        await admin.delete_topics([topic])

        async with asyncio.timeout(30):
            while topic in await admin.list_topics():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    await topics.create(settings)


async def test_the_epoch_of_a_topic_is_what_kafka_calls_it(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """The id that Kafka's own tools show; a topic created anew has another."""
    calls, chats = settings.topic("calls"), settings.topic("chats")
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    asked = admin.describe_topics(TopicCollection([calls, chats]))
    described = {
        name: str(about.result().topic_id).replace("/", "_").replace("+", "-")
        for name, about in asked.items()
    }
    found = await read_epochs(settings, [calls, chats, "nowhere"])
    assert {name: epoch.topic_id for name, epoch in found.items()} == described
    assert {epoch.partitions for epoch in found.values()} == {2}
    await recreate(settings, calls)
    again = await read_epochs(settings, [calls, chats])
    assert again[chats] == found[chats]
    assert again[calls].topic_id != found[calls].topic_id


async def test_a_topic_created_anew_stops_the_start_although_it_grew_past(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Its offsets mean other events; after the reset it is counted from its beginning."""
    produce(kafka, settings, 0, 100)
    await run_to(settings, 100)
    calls = settings.topic("calls")
    await recreate(settings, calls)
    produce(kafka, settings, 1_000, 1_150)
    line = await refused(settings)
    assert f"topic {calls} was deleted and created anew since its last checkpoint" in line
    assert f"`vigie state reset --topic {calls}`" in line
    await reset(settings, PARTS, topics=[calls])
    await run_to(settings, 150)


async def test_a_topic_created_anew_stops_a_worker_that_runs(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """The worker does not take the new events for old ones: it ends with the same line."""
    worker = await start_worker(replace(settings, epoch_interval_ms=100), Rules())
    try:
        produce(kafka, settings, 0, 100)
        await until(lambda: read(worker) == 100)
        await until(lambda: all(p.durable_offset == p.next_offset
                                for p in worker.stats().partitions))  # fmt: skip
        await recreate(settings, settings.topic("calls"))
        produce(kafka, settings, 1_000, 1_150)
        await until(lambda: worker.failure is not None)
        assert "was deleted and created anew" in str(worker.failure)
    finally:
        await worker.stop()


async def test_other_partition_counts_stop_the_start(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Both when the settings do not know and when they do: contacts would be torn apart."""
    produce(kafka, settings, 0, 100)
    await run_to(settings, 100)
    async with open_admin(settings) as admin:
        await admin.create_partitions({settings.topic("calls"): NewPartitions(4)})
    await until(lambda: kafka.topics()[settings.topic("calls")] == 4)
    line = await refused(settings)
    assert "has 4 partitions, the settings say 2" in line
    assert "vigie state reset" in line
    async with open_admin(settings) as admin:
        others = {spec.name: NewPartitions(4) for spec in topics.plan(settings)
                  if spec.name != settings.topic("calls") and not spec.has_own_count}  # fmt: skip
        await admin.create_partitions(others)
    await until(lambda: all(kafka.topics()[name] == 4 for name in others))
    wider = replace(settings, partitions=4)
    line = await refused(wider)
    assert "has 4 partitions, its checkpoints were made when it had 2" in line
    assert "`vigie state reset --topic" in line
    await reset(wider, PARTS)
    await run_to(wider, 100)


async def store(kafka: Kafka, settings: StreamSettings, name: bytes, value: bytes) -> None:
    """Put a value into the changelog of the calls."""
    kafka.produce(settings.changelog("calls"), [(name, value)], 0)


@pytest.mark.parametrize("part", ["head", "record", "row"])
@pytest.mark.parametrize("fault", ["cut", "garbled", "unknown version"])
async def test_a_damaged_checkpoint_stops_the_start_and_a_reset_repairs_it(
    kafka: Kafka, settings: StreamSettings, part: str, fault: str
) -> None:
    """The line names the partition, the fault and the command; the log gives the figures back."""
    produce(kafka, settings, 0, 100)
    await run_to(settings, 100)
    log = {row.key: row.value for row in kafka.read(settings.changelog("calls"))
           if row.key and row.key.startswith(b"1/0/")}  # fmt: skip
    rows = {name: value for name, value in log.items() if value is not None}
    (head,) = (name for name in rows if name and name.endswith(b"/h"))
    assert head is not None
    owner = head.split(b"/")[2].decode()
    told = unpack_head(rows[head])
    name = {
        "head": head,
        "record": key(0, owner, "b", told.body_slot),
        "row": next(n for n in rows if n and f"/{owner}/r".encode() in n),
    }[part]
    assert name is not None
    value = rows[name]
    await store(kafka, settings, name, _spoiled(value, part, fault))
    line = await refused(settings)
    calls = settings.topic("calls")
    assert f"{calls}[0]" in line
    assert f"`vigie state reset --topic {calls} --partition 0`" in line
    assert "`vigie state import FILE`" in line
    await reset(settings, PARTS, topics=["calls"], partitions=[0])
    await run_to(settings, 100)


def _spoiled(value: bytes, part: str, fault: str) -> bytes:
    if fault == "cut":
        return value[: len(value) // 2]
    if fault == "garbled":
        at = len(value) // 2
        return value[:at] + bytes([value[at] ^ 0x10]) + value[at + 1 :]
    if part == "head":
        return b"\x09" + value[1:]
    data = b"\x09" + value[7:]  # of the shard's encoding, in a blob that is whole
    return b"\0\1" + crc32(data).to_bytes(4) + data


@pytest.mark.parametrize("left", [0, 30])
async def test_what_retention_took_unread_is_counted_as_a_gap(
    kafka: Kafka, settings: StreamSettings, left: int
) -> None:
    """The state continues from the beginning of the log, and the worker becomes ready."""
    produce(kafka, settings, 0, 100)
    await run_to(settings, 100)
    produce(kafka, settings, 100, 180)
    calls = TopicPartition(settings.topic("calls"), 0)
    async with open_admin(settings) as admin:
        await admin.delete_records({calls: RecordsToDelete(180 - left)})
    quick = replace(settings, caught_up_events=0)
    worker = await start_worker(quick, Rules())
    try:
        await until(lambda: worker.ready() == (True, ""))
        (at,) = (p for p in worker.stats().partitions if (p.topic, p.partition) == tuple(calls))
        assert (at.next_offset, at.gap_events, at.counts.read) == (180, 80 - left, 100 + left)
        produce(kafka, settings, 180, 200)
        await until(lambda: read(worker) == 120 + left)
        (at,) = (p for p in worker.stats().partitions if (p.topic, p.partition) == tuple(calls))
        assert (at.next_offset, at.gap_events) == (200, 80 - left)
    finally:
        await worker.stop()
    await run_to(settings, 120 + left)


async def test_a_worker_goes_on_from_what_the_first_version_left(kafka: Kafka) -> None:
    """Golden checkpoint of format 1: read, continued, and written again in today's format."""
    settings = quick_settings(kafka.bootstrap_servers, "golden-")
    await topics.create(settings)
    calls, log = settings.topic("calls"), settings.changelog("calls")
    told = golden_story()["calls"]
    reached = 1_000 + len(told)
    kafka.produce(calls, [(b"c", b"{}")] * (reached + 5), 1)
    stored: dict[str, Any] = json.loads(checkpoint_file(1).read_text())
    kafka.produce(log, [(n.encode(), base64.b64decode(v)) for n, v in stored.items()], 1)
    worker = await start_worker(settings, golden_rules())
    try:
        (shard,) = (s for s in worker.shards() if (s.topic, s.partition) == ("calls", 1))
        await until(lambda: shard.counts.read == len(told) + 5)
        assert shard.counts.dead_lettered == 1 + 5
        assert (shard.next_offset, shard.generation) == (reached + 5, 4)
    finally:
        await worker.stop()
    (found,) = (s for s in (await export_state(settings)).shards if s.topic == "calls"
                and s.partition == 1)  # fmt: skip
    assert found.snapshot.epoch == (await read_epochs(settings, [calls]))[calls]
    tp = TP(calls, 1)
    rows = (await read_changelogs(settings, {tp: log}))[tp]
    (head,) = (value for name, value in rows.items() if name.endswith(b"/h"))
    assert unpack_head(head).format == FORMAT == head[0]


async def test_errors_of_repairs_are_errors_a_user_sees(settings: StreamSettings) -> None:
    """Without topics there is nothing to repair, and the line says what to do."""
    elsewhere = replace(settings, topic_prefix="nowhere-")
    with pytest.raises(StreamError, match="topic nowhere-agents is not there: run vigie topics"):
        await reset(elsewhere, PARTS)
