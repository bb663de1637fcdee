"""What shards tell of customers: on a real Kafka nothing is lost, and nothing counts twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka.partitioner import murmur2 as known_murmur2
from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from aggregators.policy import Rules
from streams.embedded import start_broker
from streams.failpoints import SNAPSHOT_ACKED_BEFORE_COMMIT, SNAPSHOT_SENT_NOT_ACKED, VARIABLE
from streams.partitioner import murmur2, partition_of
from streams.producer import EventProducer
from streams.settings import StreamSettings
from streams.worker import StreamWorker, start_worker
from tests.aggregators.customer_story import RULES, Centre
from tests.bench.kafka import Kafka
from tests.streams.counting import until
from tests.streams.customers_day import CUSTOMER_KPIS, END_MS, day
from tests.streams.customers_process import said

ROOT = Path(__file__).resolve().parents[2]
EVENTS = day()


@cache
def expected() -> dict[str, Any]:
    """The figures that the same events give in memory, as JSON tells them."""
    total = Centre().take(EVENTS).board(END_MS).windows["whole"].total
    figures: dict[str, Any] = json.loads(json.dumps({kpi: total[kpi] for kpi in CUSTOMER_KPIS}))
    return figures


def now(worker: StreamWorker) -> Any:
    """What a worker of this process says."""
    return json.loads(said(worker, END_MS))


async def produce(settings: StreamSettings, events: list[Any]) -> None:
    """Send events in parts, so that several checkpoints lie in between."""
    async with EventProducer(settings) as producer:
        for start in range(0, len(events), 500):
            await producer.send_all(events[start : start + 500])
            await producer.flush()
            await asyncio.sleep(0.1)


class WorkerProcess:
    """A worker in a process of its own, and the last thing it said."""

    def __init__(self, settings: StreamSettings) -> None:
        self._values = msgspec.structs.asdict(settings)
        self.said: dict[str, Any] = {}

    async def start(self, failpoint: str | None = None) -> None:
        """Start it; with a failpoint it dies there."""
        given = {VARIABLE: failpoint} if failpoint else {}
        self.said = {}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.streams.customers_process",
            json.dumps([self._values, END_MS]),
            stdout=asyncio.subprocess.PIPE, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": ".", **given},
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())

    async def ended(self) -> int:
        """Wait for its end; return its exit code."""
        async with asyncio.timeout(60):
            code = await self._process.wait()
        await self._reading
        return code

    async def end(self, how: signal.Signals) -> int:
        """End it; return its exit code."""
        self._process.send_signal(how)
        return await self.ended()

    def kill(self) -> None:
        """Leave nothing behind, however the test ended."""
        if self._process.returncode is None:
            self._process.kill()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.said = json.loads(line)


@asynccontextmanager
async def running(process: WorkerProcess) -> AsyncIterator[WorkerProcess]:
    """End the process with the block."""
    try:
        yield process
    finally:
        process.kill()


@given(st.binary(max_size=70), st.integers(1, 64))
def test_keys_go_where_every_other_producer_sends_them(key: bytes, partitions: int) -> None:
    """The same number as the client library computes, for any length."""
    assert murmur2(key) == known_murmur2(key) & 0xFFFFFFFF
    assert partition_of(key, partitions) == (known_murmur2(key) & 0x7FFFFFFF) % partitions


async def test_streaming_gives_the_figures_of_the_batch(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Two partitions, two workers one after the other; records are keyed by the customer."""
    worker = await start_worker(settings, RULES)
    try:
        await produce(settings, EVENTS[:2_000])
        await until(lambda: now(worker)["read"] == 2_000)
    finally:
        await worker.stop()
    worker = await start_worker(settings, RULES)
    try:
        await produce(settings, EVENTS[2_000:])
        await until(lambda: now(worker)["figures"] == expected())
        assert now(worker)["refused"] == 0
    finally:
        await worker.stop()
    records = kafka.read(settings.topic(ev.CUSTOMERS))
    for record in records:
        told = msgspec.json.decode(record.value or b"", type=ev.CustomerContact)
        assert record.key == told.customer_key.encode()
    assert len(records) >= 1_500


@pytest.mark.parametrize(
    "failpoint",
    [
        f"{SNAPSHOT_SENT_NOT_ACKED}:3",
        f"{SNAPSHOT_SENT_NOT_ACKED}:8",
        f"{SNAPSHOT_ACKED_BEFORE_COMMIT}:6",
    ],
)
async def test_a_kill_between_the_telling_and_the_checkpoint_doubles_nothing(
    settings: StreamSettings, failpoint: str
) -> None:
    """What was told is there, its cause is in no checkpoint: told again, and counted once."""
    async with running(WorkerProcess(settings)) as process:
        await process.start(failpoint)
        producing = asyncio.create_task(produce(settings, EVENTS))
        assert await process.ended() == -signal.SIGKILL
        await producing
        await process.start()
        await until(lambda: process.said.get("read", 0) == len(EVENTS))
        await until(lambda: process.said["figures"] == expected())
        assert process.said["refused"] == 0
        assert await process.end(signal.SIGTERM) == 0


async def test_several_workers_tell_each_other_of_customers(settings: StreamSettings) -> None:
    """A second worker takes half of the partitions, also of customers, and gives them back."""
    first = await start_worker(settings, RULES)
    try:
        await produce(settings, EVENTS[:1_500])
        second = await start_worker(settings, RULES)
        try:
            await until(lambda: len(first.shards()) == len(second.shards()) == len(ev.TOPICS))
            await produce(settings, EVENTS[1_500:3_000])
            await until(lambda: now(first)["read"] + now(second)["read"] >= 3_000)
        finally:
            await second.stop()
        await produce(settings, EVENTS[3_000:])
        await until(lambda: now(first)["figures"] == expected())
    finally:
        await first.stop()


async def test_the_embedded_broker_carries_customers_too() -> None:
    """Demo and replay: asked to settle, the worker knows all that its shards know."""
    settings = StreamSettings(embedded=True, partitions=2, checkpoint_interval_ms=100)
    with start_broker(settings) as broker:
        settings = msgspec.structs.replace(settings, bootstrap_servers=broker.address)
        worker = await start_worker(settings, RULES)
        try:
            short = EVENTS[:1_000]
            async with EventProducer(settings) as producer:
                for event in short:
                    await producer.send(event, append_ms=event.event_time_ms)
            await until(lambda: now(worker)["read"] == len(short))
            await worker.settle(END_MS)
            total = Centre().take(short).board(END_MS).windows["whole"].total
            told = json.loads(json.dumps({kpi: total[kpi] for kpi in CUSTOMER_KPIS}))
            assert now(worker)["figures"] == told
        finally:
            await worker.stop()


def test_the_rules_of_the_tests_differ_from_the_defaults_in_lateness_alone() -> None:
    """So what holds here holds there."""
    assert msgspec.structs.replace(Rules(), lateness_ms=0) == RULES
