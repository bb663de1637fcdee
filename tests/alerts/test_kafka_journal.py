"""The journal on a real broker: one writer at a time, all or nothing, nothing forgotten."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from alerts.journal import JournalError, LeadershipLostError
from tests.alerts.journal_worker import COMPACTED, Entries, Worker
from tests.bench.kafka import Kafka
from tests.bench.process import free_port, wait_until
from tests.streams.counting import until

NewWorker = Callable[..., Any]


@pytest.fixture
async def new_worker(kafka: Kafka, topic_prefix: str) -> AsyncIterator[NewWorker]:
    """Starts workers that read one journal; they end with the test."""
    kafka.create_topics(f"{topic_prefix}alerts", 1, COMPACTED)
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Worker:
            worker = Worker(kafka.bootstrap_servers, f"{topic_prefix}alerts", **options)
            return await stack.enter_async_context(worker.reading())

        yield start


async def test_what_is_committed_is_heard_by_everybody_in_order(new_worker: NewWorker) -> None:
    """Also a deletion, and the leader hears its own records."""
    leader, other = await new_worker(), await new_worker()
    await leader.journal.lead()
    await leader.journal.commit({"alert:1": b"pending", "alert:2": b"pending"})
    await leader.journal.commit({"alert:1": b"firing", "alert:2": None})
    for worker in (leader, other):
        await worker.hears(4)
        assert worker.heard == [
            ("alert:1", b"pending"), ("alert:2", b"pending"),
            ("alert:1", b"firing"), ("alert:2", None),
        ]  # fmt: skip


async def test_an_empty_journal_can_be_led_and_an_empty_commit_writes_nothing(
    kafka: Kafka, new_worker: NewWorker
) -> None:
    """The first start of all."""
    worker = await new_worker()
    assert worker.journal.is_behind
    await worker.journal.lead()
    await worker.reaches_the_end()
    await worker.journal.commit({})
    assert kafka.end_offsets(worker.topic) == {0: 0}
    assert worker.heard == []


async def test_the_second_leader_shuts_the_first_out(kafka: Kafka, new_worker: NewWorker) -> None:
    """What the first committed is heard before lead returns; what it tries later is not written."""
    first, second = await new_worker(), await new_worker()
    await first.journal.lead()
    wanted = {f"alert:{number}": b"%d" % number for number in range(3_000)}
    await first.journal.commit(wanted)
    await second.journal.lead()
    assert second.entries == wanted
    written = kafka.end_offsets(first.topic)
    for _ in range(2):
        with pytest.raises(LeadershipLostError):
            await first.journal.commit({"alert:0": b"of a zombie"})
    assert kafka.end_offsets(first.topic) == written
    await second.journal.commit({"alert:0": b"mine"})
    await until(lambda: first.entries.get("alert:0") == b"mine")

    await first.journal.lead()
    await first.journal.commit({"alert:0": b"mine again"})
    with pytest.raises(LeadershipLostError):
        await second.journal.commit({"alert:0": b"of a zombie"})
    await until(lambda: second.entries["alert:0"] == b"mine again")


async def test_nobody_leads_before_everything_was_read(kafka: Kafka, new_worker: NewWorker) -> None:
    """However long reading takes to begin."""
    first = await new_worker()
    await first.journal.lead()
    await first.journal.commit({"alert:1": b"firing"})
    second = Worker(kafka.bootstrap_servers, first.topic)
    leading = asyncio.create_task(second.journal.lead())
    done, _ = await asyncio.wait([leading], timeout=1.5)
    assert not done
    with pytest.raises(LeadershipLostError):
        await first.journal.commit({"alert:1": b"of a zombie"})
    async with second.reading():
        await leading
        assert second.entries == {"alert:1": b"firing"}


async def test_a_transaction_in_flight_is_undone_by_the_next_leader(new_worker: NewWorker) -> None:
    """Its records lie in the log, but nobody ever hears of them, and its commit fails."""
    first, second = await new_worker(), await new_worker()
    await first.journal.lead()
    await first.journal.commit({"alert:1": b"whole"})
    frozen = await first.send_without_commit("alert:1", b"half")
    await second.journal.lead()
    assert second.heard == [("alert:1", b"whole")]
    with pytest.raises(Exception, match="newer producer"):
        await frozen.commit_transaction()
    await second.journal.commit({"alert:2": b"after"})
    late = await new_worker()
    await until(lambda: late.entries == {"alert:1": b"whole", "alert:2": b"after"})
    assert late.heard == first.heard == second.heard


async def test_a_commit_cut_in_the_middle_is_all_or_nothing(
    new_worker: NewWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of three records is not taken: none is heard, nobody waits for them to be undone,
    and leading anew is needed."""
    worker = await new_worker()
    await worker.journal.lead()
    sent: list[bytes] = []
    send = AIOKafkaProducer.send

    async def fail_at_second(self: Any, topic: str, value: bytes, **rest: Any) -> Any:
        sent.append(value)
        if len(sent) == 2:
            await self.flush()
            raise OSError("the network is gone")
        return await send(self, topic, value, **rest)

    monkeypatch.setattr(AIOKafkaProducer, "send", fail_at_second)
    with pytest.raises(JournalError, match="did not take the records: OSError") as told:
        await worker.journal.commit({"a": b"1", "b": b"2", "c": b"3"})
    assert not isinstance(told.value, LeadershipLostError)
    with pytest.raises(JournalError, match="not led by this worker"):
        await worker.journal.commit({"a": b"1"})
    monkeypatch.undo()
    await worker.journal.hand_in("action:1", b"by another one")
    await until(lambda: worker.heard == [("action:1", b"by another one")], 5)
    await worker.journal.lead()
    await worker.journal.commit({"a": b"1", "b": b"2", "c": b"3"})
    await worker.hears(4)


async def test_a_cancelled_commit_is_all_or_nothing_too(new_worker: NewWorker) -> None:
    """A worker that is told to stop at any moment of a commit; the next leader goes on at once."""
    first, second = await new_worker(), await new_worker()
    for number, wait_s in enumerate((0, 0.002, 0.005, 0.01, 0.02)):
        one, other = f"a{number}", f"b{number}"
        await first.journal.lead()
        committing = asyncio.create_task(first.journal.commit({one: b"1", other: b"2"}))
        await asyncio.sleep(wait_s)
        committing.cancel()
        with suppress(asyncio.CancelledError):
            await committing
        began = time.monotonic()
        await second.journal.lead()
        assert time.monotonic() - began < 5
        assert (one in second.entries) == (other in second.entries)
        await second.journal.commit({"next": b"%d" % number})


async def test_anybody_may_hand_in_a_record(new_worker: NewWorker) -> None:
    """Without leading, and without shutting out who leads."""
    leader, other = await new_worker(), await new_worker()
    await other.journal.hand_in("action:0", b"before anybody leads")
    await leader.journal.lead()
    assert leader.entries == {"action:0": b"before anybody leads"}
    await asyncio.gather(*(other.journal.hand_in(f"action:{n}", b"%d" % n) for n in range(20)))
    await leader.journal.commit({"alert:1": b"acknowledged"})
    await until(lambda: len(leader.entries) == len(other.entries) == 21)


async def test_large_records_are_taken_and_a_too_large_one_is_refused_alone(
    new_worker: NewWorker,
) -> None:
    """A megabyte passes; after a refusal we still lead."""
    worker = await new_worker()
    await worker.journal.lead()
    await worker.journal.commit({f"alert:{n}": bytes([n]) * 1_000_000 for n in range(5)})
    with pytest.raises(JournalError, match="takes no record above"):
        await worker.journal.commit({"alert:0": b"x" * 5_000_000})
    await worker.journal.hand_in("action:1", b"x" * 1_000_000)
    await worker.journal.commit({"alert:0": b"small"})
    await worker.hears(7)
    assert worker.entries["alert:0"] == b"small"


async def test_a_listener_that_fails_misses_one_record_only(
    kafka: Kafka, topic_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    """So does a key that is no text; it is said once, without what was in the record."""
    topic = f"{topic_prefix}alerts"
    kafka.create_topics(topic, 1, COMPACTED)
    worker = Worker(kafka.bootstrap_servers, topic, fails_at=b"bad")
    async with worker.reading():
        await worker.journal.hand_in("a", b"bad")
        kafka.produce(topic, [(b"\xff\xfe", b"foreign")], 0)
        await worker.journal.hand_in("b", b"good")
        await worker.hears(1)
    assert worker.heard == [("b", b"good")]
    assert [r.message for r in caplog.records if r.name.startswith("alerts")] == [
        "a record of the journal was not taken: ValueError"
    ]
    assert "secret word" not in caplog.text


async def test_the_end_is_found_behind_markers_and_aborted_records(new_worker: NewWorker) -> None:
    """The last offsets of the log may have no record: a late reader is at the end all the same."""
    leader = await new_worker()
    await leader.journal.lead()
    await leader.journal.commit({"a": b"1"})
    for ends_with in ("commit", "abort"):
        producer = await leader.send_without_commit("a", ends_with.encode())
        await (producer.commit_transaction() if ends_with == "commit"
               else producer.abort_transaction())  # fmt: skip
        late = await new_worker()
        await late.journal.lead()
        assert late.entries == {"a": b"commit"}
        await late.reaches_the_end()
        await leader.journal.lead()


async def test_a_broker_that_is_away_is_told_in_time_and_forgotten_when_it_is_back(
    kafka: Kafka, new_worker: NewWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything asked meanwhile fails within its time-out; reading goes on where it was."""
    leader, other = await new_worker(timeout_ms=2_000), await new_worker(timeout_ms=2_000)
    await leader.journal.lead()
    await leader.journal.commit({"a": b"before"})
    await until(lambda: other.entries == {"a": b"before"})
    await asyncio.to_thread(kafka.kill)
    try:
        began = time.monotonic()
        with pytest.raises(JournalError, match="no answer in time"):
            await leader.journal.commit({"a": b"meanwhile"})
        with pytest.raises(JournalError):
            await leader.journal.lead()
        with pytest.raises(JournalError):
            await other.journal.hand_in("b", b"meanwhile")
        assert time.monotonic() - began < 8
        await until(lambda: leader.journal.is_behind and other.journal.is_behind)
    finally:
        await asyncio.to_thread(kafka.start)
    await until(lambda: not leader.journal.is_behind and not other.journal.is_behind)
    await leader.journal.lead()
    await leader.journal.commit({"a": b"after"})
    await other.journal.hand_in("b", b"after")
    wanted = {"a": b"after", "b": b"after"}
    await until(lambda: leader.entries == other.entries == wanted)
    assert other.heard.count(("a", b"before")) == 1
    assert len([r for r in caplog.records if r.name.startswith("alerts")]) <= 2


async def test_a_restarted_broker_is_not_even_noticed(kafka: Kafka, new_worker: NewWorker) -> None:
    """A clean stop and start between two commits of the same leader."""
    leader, other = await new_worker(), await new_worker()
    await leader.journal.lead()
    await leader.journal.commit({"a": b"before"})
    await asyncio.to_thread(kafka.restart)
    await leader.journal.commit({"a": b"after"})
    await until(lambda: other.entries == {"a": b"after"})


async def test_a_journal_that_cannot_be_reached_is_an_error_with_its_topic() -> None:
    """No broker at all: lead, hand_in and a commit say so and close ends everything."""
    worker = Worker(f"127.0.0.1:{free_port()}", "alerts", timeout_ms=500)
    async with worker.reading():
        with pytest.raises(JournalError, match="topic 'alerts', cannot be led"):
            await worker.journal.lead()
        with pytest.raises(JournalError, match="topic 'alerts', did not take the record"):
            await worker.journal.hand_in("a", b"1")
        with pytest.raises(JournalError, match="not led by this worker"):
            await worker.journal.commit({"a": b"1"})
        assert worker.journal.is_behind


async def test_a_missing_topic_is_told_once_and_read_when_it_is_there(
    kafka: Kafka, topic_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody makes it while the worker runs."""
    topic = f"{topic_prefix}missing"
    async with Worker(kafka.bootstrap_servers, topic, timeout_ms=1_000).reading() as worker:
        for _ in range(2):
            with pytest.raises(JournalError, match="cannot be led"):
                await worker.journal.lead()
        kafka.create_topics(topic, 1, COMPACTED)
        await worker.reaches_the_end()
        await worker.journal.lead()
        await worker.journal.commit({"a": b"1"})
    assert [r.levelno for r in caplog.records if r.name.startswith("alerts")] == [logging.WARNING]


@contextmanager
def eager_cleaner(kafka: Kafka) -> Iterator[None]:
    """The broker looks for something to compact five times a second instead of every 15 s."""
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers, "log_level": 0})

    def set_backoff(how: AlterConfigOpType) -> None:
        entry = ConfigEntry("log.cleaner.backoff.ms", "200", incremental_operation=how)
        resource = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[entry])
        for future in admin.incremental_alter_configs([resource]).values():
            future.result(10)

    set_backoff(AlterConfigOpType.SET)
    try:
        yield
    finally:
        set_backoff(AlterConfigOpType.DELETE)


@pytest.mark.parametrize("seed", range(3))
async def test_a_compacted_log_gives_the_last_value_of_each_key(
    kafka: Kafka, new_worker: NewWorker, seed: int
) -> None:
    """Whatever was committed, deleted, handed in, aborted and compacted away, in any order."""
    chance = random.Random(seed)
    witness = await new_worker()
    await witness.journal.lead()
    wanted: Entries = {}
    with eager_cleaner(kafka):
        for number in range(60):
            key, value = f"k{chance.randrange(8)}", b"%d" % number
            match chance.choice(["commit", "commit", "delete", "hand in", "abort"]):
                case "commit":
                    await witness.journal.commit({key: value, "every": value})
                    wanted |= {key: value, "every": value}
                case "delete":
                    await witness.journal.commit({key: None})
                    wanted.pop(key, None)
                case "hand in":
                    await witness.journal.hand_in(key, value)
                    wanted[key] = value
                case _:
                    await (await witness.send_without_commit(key, value)).abort_transaction()
            await asyncio.sleep(0.01)  # so that the log has several segments
        written = kafka.end_offsets(witness.topic)[0]

        def is_compacted() -> bool:
            # Only an append closes a segment, which is then compacted.
            kafka.produce(witness.topic, [(b"every", b"last")], 0)
            return len(kafka.read(witness.topic)) < written / 2

        await asyncio.to_thread(wait_until, is_compacted, what="a compacted log", timeout_s=60)
    wanted["every"] = b"last"
    late = await new_worker()
    await late.journal.lead()
    assert late.entries == wanted
    assert len(late.heard) < len(witness.heard)
    await until(lambda: witness.entries == wanted)
