"""A worker on a real Kafka: exact counts, restarts, kills, dead letters, committed offsets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from aggregators.policy import Rules
from streams import topics
from streams.checkpoint import CheckpointError
from streams.settings import StreamSettings
from streams.worker import StreamWorker, start_worker
from tests.bench.kafka import Kafka
from tests.streams.counting import CountingShard, counting_parts, produce, read, until


def is_durable(worker: StreamWorker) -> bool:
    """Whether everything that was read is in a checkpoint."""
    return all(p.durable_offset == p.next_offset for p in worker.stats().partitions)


def assert_exact(worker: StreamWorker, events: int) -> None:
    """Every event once, none missing."""
    times: dict[str, int] = {}
    for shard in worker.shards():
        for event_id, count in shard.event_ids.items():
            times[event_id] = times.get(event_id, 0) + count
    assert times == {f"e{number}": 1 for number in range(events)}


async def committed(settings: StreamSettings, topic: str) -> dict[int, int]:
    """The group's committed offsets of a topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(settings.app_id)
    finally:
        await admin.close()
    return {tp.partition: at.offset for tp, at in offsets.items() if tp.topic == topic}


async def test_every_event_is_counted_once_and_the_rest_is_a_dead_letter(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Bad messages reach the real topic with their reasons while the pipe goes on."""
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    try:
        calls = settings.topic("calls")
        await produce(settings, 0, 2_000)
        kafka.produce(calls, [(b"c1", b"{broken"), (b"c1", None), (b"c1", b'{"v":1}')], 1)
        await produce(settings, 2_000, 4_000)
        await until(lambda: read(worker) == 4_003)
        assert_exact(worker, 4_000)
        await until(
            lambda: all(p.durable_offset == p.next_offset for p in worker.stats().partitions)
        )
        letters = {
            letter.key: msgspec.json.decode(letter.value or b"")
            for letter in kafka.read(settings.dead_letter_topic)
        }
        assert len(letters) == 3
        for key, letter in letters.items():
            assert key == f"{calls}/1/{letter['offset']}".encode()
        assert sorted(letter["reason"] for letter in letters.values())[-2:] == [
            "not_json", "not_json",
        ]  # fmt: skip
        reasons = [shard.counts.reasons for shard in worker.shards() if shard.counts.reasons]
        assert sum(sum(counts.values()) for counts in reasons) == 3
        await until(lambda: worker.ready() == (True, ""))
    finally:
        await worker.stop()
    durable = {p.partition: p.next_offset for p in worker.stats().partitions if p.topic == calls}
    assert await committed(settings, calls) == durable


def listening_ports() -> set[int]:
    """TCP ports on which this process waits for connections."""
    own = {str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()}
    ports = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
            ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def names_in(folder: Path) -> list[str]:
    """What a folder holds."""
    return [entry.name for entry in folder.iterdir()]


async def test_a_worker_opens_no_port_and_leaves_no_folder(
    settings: StreamSettings, tmp_path: Path
) -> None:
    """Faust's own web server is off, and what Faust writes to disk goes with the worker."""
    before = listening_ports()
    settings = msgspec.structs.replace(settings, data_dir=str(tmp_path))
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    assert listening_ports() == before
    assert names_in(tmp_path)
    await worker.stop()
    assert not names_in(tmp_path)


async def test_a_restart_goes_on_from_the_checkpoint(settings: StreamSettings) -> None:
    """After a clean stop nothing is lost, nothing doubled, and nothing read again."""
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    await produce(settings, 0, 3_000)
    await until(lambda: read(worker) == 3_000)
    await worker.stop()

    await produce(settings, 3_000, 5_000)
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    try:
        assert sum(p.start_offset for p in worker.stats().partitions) == 3_000
        await until(lambda: read(worker) == 5_000)
        assert_exact(worker, 5_000)
        assert sum(p.replayed for p in worker.stats().partitions) == 0
        assert all(p.generation >= 2 for p in worker.stats().partitions)
    finally:
        await worker.stop()


ROOT = Path(__file__).resolve().parents[2]


class WorkerProcess:
    """A worker in a process of its own, and the last thing it said."""

    def __init__(self, settings: StreamSettings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.said: dict[str, Any] = {}

    async def start(self) -> None:
        """Start it; it says something when its shards are restored."""
        self.said = {}
        values = msgspec.structs.asdict(self._settings)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.streams.worker_process", json.dumps(values),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": "."},
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def end(self, how: signal.Signals) -> int:
        """End it; return its exit code."""
        assert self._process is not None
        assert self._reading is not None
        self._process.send_signal(how)
        async with asyncio.timeout(20):
            code = await self._process.wait()
        await self._reading
        return code

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.said = json.loads(line)


async def test_after_a_kill_everything_is_counted_once(settings: StreamSettings) -> None:
    """SIGKILL in the middle of the stream: the next start goes on from the last checkpoint."""
    process = WorkerProcess(settings)
    await process.start()
    await until(lambda: "read" in process.said)
    producing = asyncio.create_task(produce(settings, 0, 60_000))
    await until(lambda: process.said["durable"] > 5_000)
    assert await process.end(signal.SIGKILL) == -signal.SIGKILL
    await producing

    await process.start()
    await until(lambda: process.said.get("read") == 60_000)
    assert process.said["restored"] >= 5_000
    assert process.said["events"] == 60_000
    assert process.said["doubled"] == 0
    assert await process.end(signal.SIGTERM) == 0


async def test_two_workers_share_and_hand_over(settings: StreamSettings) -> None:
    """A second worker takes half of the partitions; when one goes, the other has them all."""
    first = await start_worker(settings, Rules(), parts=counting_parts())
    try:
        await produce(settings, 0, 2_000)
        await until(lambda: read(first) == 2_000)
        second = await start_worker(settings, Rules(), parts=counting_parts())
        try:
            await until(lambda: len(first.shards()) == len(second.shards()) == 8)
            await produce(settings, 2_000, 4_000)
            await until(lambda: read(first) + read(second) == 4_000)
        finally:
            await second.stop()
        await produce(settings, 4_000, 5_000)
        await until(lambda: len(first.shards()) == 16 and read(first) == 5_000)
        assert_exact(first, 5_000)
    finally:
        await first.stop()


async def test_a_lost_changelog_stops_the_start(kafka: Kafka, settings: StreamSettings) -> None:
    """Committed offsets without a checkpoint: a sentence, not a wrong number."""
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    await produce(settings, 0, 100)
    await until(lambda: read(worker) == 100)
    await worker.stop()
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap_servers)
    await admin.start()
    await admin.delete_topics([settings.changelog("calls")])
    await admin.close()
    await until(lambda: settings.changelog("calls") not in kafka.topics())
    await topics.create(settings)
    with pytest.raises(CheckpointError, match=r"read up to offset \d+ before, but its changelog"):
        await start_worker(settings, Rules(), parts=counting_parts())


async def test_a_checkpoint_of_another_version_stops_the_start(settings: StreamSettings) -> None:
    """The shard's own reader refuses: the worker says so and does not start from zero."""
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    await produce(settings, 0, 100)
    await until(lambda: read(worker) == 100)
    await worker.stop()

    class Newer(CountingShard):
        @classmethod
        def decode(cls, record: bytes, rows: Any) -> Newer:
            raise ValueError("version 9 is unknown")

    with pytest.raises(CheckpointError, match="cannot be read: version 9 is unknown"):
        await start_worker(settings, Rules(), parts=counting_parts(shard=Newer))


async def test_the_real_shard_goes_through_a_restart(settings: StreamSettings) -> None:
    """With vigie's own fold, decoder and dead letters: the same counts before and after."""
    worker = await start_worker(settings, Rules())
    await produce(settings, 0, 1_000)
    await until(lambda: read(worker) == 1_000)
    before = {(s.topic, s.partition): msgspec.to_builtins(s.counts) for s in worker.shards()}
    await worker.stop()
    worker = await start_worker(settings, Rules())
    try:
        after = {(s.topic, s.partition): msgspec.to_builtins(s.counts) for s in worker.shards()}
        assert after == before
        await produce(settings, 1_000, 1_100)
        await until(lambda: read(worker) == 1_100)
    finally:
        await worker.stop()
