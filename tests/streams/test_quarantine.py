"""When the fold itself fails: the event is put aside, the state stays exact, the pipe goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from aggregators.counts import Outcome
from aggregators.events import Envelope
from aggregators.policy import Rules
from streams.quarantine import MAX_FAILURES, QuarantineError, describe
from streams.settings import StreamSettings
from streams.worker import StreamWorker, start_worker
from tests.bench.kafka import Kafka
from tests.streams.counting import CountingShard, counting_parts, produce, read, until
from tests.streams.test_worker_kafka import assert_exact, is_durable

PATIENT_MS = 600_000
"""An interval that no test lives to see."""


class FailingShard(CountingShard):
    """Fails on some events, after it has changed half of its state."""

    fails_on: frozenset[str] = frozenset()

    def apply(self, event: Envelope, append_ms: int) -> Outcome:
        if event.event_id in self.fails_on:
            self.minutes[0] = self.minutes.get(0, 0) + 1_000
            self.counts.applied += 1_000
            raise ZeroDivisionError(f"customer 0612345678 of {event.event_id}")
        return super().apply(event, append_ms)


def failing_on(*event_ids: str) -> Any:
    """A worker's parts whose shard fails on these events."""
    return counting_parts(
        shard=type("Failing", (FailingShard,), {"fails_on": frozenset(event_ids)})
    )


def failures(worker: StreamWorker) -> int:
    """How often the fold failed."""
    return sum(p.fold_failures for p in worker.stats().partitions)


@pytest.mark.parametrize("checkpoint_interval_ms", [200, PATIENT_MS])
async def test_an_event_on_which_the_fold_fails_is_left_out_and_all_others_count_once(
    kafka: Kafka,
    settings: StreamSettings,
    caplog: pytest.LogCaptureFixture,
    checkpoint_interval_ms: int,
) -> None:
    """With checkpoints behind it and without any: the shard reads again, without that event."""
    settings = msgspec.structs.replace(settings, checkpoint_interval_ms=checkpoint_interval_ms)
    bad = {"e7", "e8", "e1200"}
    worker = await start_worker(settings, Rules(), parts=failing_on(*bad))
    try:
        await produce(settings, 0, 1_000)
        await until(lambda: read(worker) == 1_000)
        await produce(settings, 1_000, 2_000)
        await until(lambda: read(worker) == 2_000)
        assert failures(worker) == 3
        times: dict[str, int] = {}
        for shard in worker.shards():
            for event_id, count in shard.event_ids.items():
                times[event_id] = times.get(event_id, 0) + count
        assert times == {f"e{n}": 1 for n in range(2_000) if f"e{n}" not in bad}
        reasons = [shard.counts.reasons for shard in worker.shards() if shard.counts.reasons]
        assert sum(found["internal_error"] for found in reasons) == 3
        assert all(s.counts.read == s.counts.applied + s.counts.dead_lettered
                   for s in worker.shards())  # fmt: skip
        await until(lambda: worker.ready() == (True, ""))
    finally:
        await worker.stop()
    assert is_durable(worker)
    letters = {
        letter.key: msgspec.json.decode(letter.value or b"")
        for letter in kafka.read(settings.dead_letter_topic)
    }
    assert {letter["reason"] for letter in letters.values()} == {"internal_error"}
    told = [msgspec.json.decode(letter["body"])["event_id"] for letter in letters.values()]
    assert sorted(told) == sorted(bad)
    assert "ZeroDivisionError in test_quarantine.py" in caplog.text
    assert "0612345678" not in caplog.text


class FailingAtTheEnd(CountingShard):
    """Fails on an event, but in a batch only when that ends, or on the next event of it."""

    fails_on = "e700"
    shows_later = False
    is_batch = False
    is_due = False

    def begin_batch(self) -> None:
        self.is_batch = True

    def apply(self, event: Envelope, append_ms: int) -> Outcome:
        if self.is_due and self.shows_later:
            raise ZeroDivisionError
        if event.event_id == self.fails_on:
            self.is_due = True
            if not self.is_batch:
                raise ZeroDivisionError
        return super().apply(event, append_ms)

    def end_batch(self) -> None:
        self.is_batch = False
        if self.is_due:
            raise ZeroDivisionError


class FailingLater(FailingAtTheEnd):
    """As a dossier that is held until another event moves the time."""

    shows_later = True


@pytest.mark.parametrize("shard", [FailingAtTheEnd, FailingLater])
async def test_a_failure_that_shows_late_in_a_batch_is_found_one_by_one(
    settings: StreamSettings, shard: type[FailingAtTheEnd]
) -> None:
    """Nobody knows which event it was; read again one by one, only that one is left out."""
    worker = await start_worker(settings, Rules(), parts=counting_parts(shard=shard))
    try:
        await produce(settings, 0, 1_000)
        await until(lambda: read(worker) == 1_000)
        assert failures(worker) == 1
        found = [event_id for shard in worker.shards() for event_id in shard.event_ids]
        assert sorted(found) == sorted(f"e{n}" for n in range(1_000) if n != 700)
    finally:
        await worker.stop()


async def test_a_repaired_release_goes_on_behind_the_quarantined_event(
    settings: StreamSettings,
) -> None:
    """The dead letter is a part of the state: nothing is read twice, and nothing comes back."""
    worker = await start_worker(settings, Rules(), parts=failing_on("e7"))
    await produce(settings, 0, 100)
    await until(lambda: read(worker) == 100)
    await worker.stop()
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    try:
        await produce(settings, 100, 200)
        await until(lambda: read(worker) == 200)
        assert failures(worker) == 0
        assert sum(len(shard.event_ids) for shard in worker.shards()) == 199
    finally:
        await worker.stop()


async def test_a_release_that_fails_on_everything_stops_the_worker(
    settings: StreamSettings,
) -> None:
    """A broken fold must not send the whole day to the dead letters."""
    everything = [f"e{n}" for n in range(1_000)]
    worker = await start_worker(settings, Rules(), parts=failing_on(*everything))
    try:
        await produce(settings, 0, 1_000)
        with pytest.raises(QuarantineError, match="go back to the one before"):
            async with asyncio.timeout(60):
                await worker.wait()
        assert not worker.ready()[0]
    finally:
        await worker.stop()
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    try:
        await until(lambda: read(worker) == 1_000)
        lost = sum(shard.counts.dead_lettered for shard in worker.shards())
        assert lost <= MAX_FAILURES
        if not lost:
            assert_exact(worker, 1_000)
    finally:
        await worker.stop()


def test_what_is_logged_of_a_failure_repeats_nothing_of_the_event() -> None:
    """The text of an exception often holds the value that caused it."""
    try:
        int("06-12-34-56-78")
    except ValueError as error:
        told = describe(error)
    assert told.startswith("ValueError in test_quarantine.py:")
    assert "06-12" not in told
