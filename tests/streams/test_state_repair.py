"""Repairs of the stored state on a real Kafka: export, reset, import, and what they refuse."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from faust.types import TP

from aggregators.policy import Rules
from streams.parts import real_parts
from streams.settings import StreamError, StreamSettings
from streams.state_group import StateError, committed
from streams.state_repair import export_state, import_state, reset
from streams.topics import open_admin
from streams.worker import StreamWorker, start_worker
from tests.bench.kafka import Kafka
from tests.streams.counting import produce, read, until

PARTS = real_parts(Rules())


def figures(worker: StreamWorker) -> dict[Any, Any]:
    """Everything that the shards hold, as their checkpoints would."""
    return {
        (shard.topic, shard.partition): (
            shard.next_offset,
            msgspec.to_builtins(shard.counts),
            sorted(shard.open),
            {minute: row.cells for minute, row in shard.slices.rows.items()},
        )
        for shard in worker.shards()
    }


async def run_to(settings: StreamSettings, events: int) -> dict[Any, Any]:
    """Start a worker, wait until it has read so many events, stop it; return what it holds."""
    worker = await start_worker(settings, Rules())
    try:
        await until(lambda: read(worker) >= events)
    finally:
        await worker.stop()
    assert read(worker) == events
    return figures(worker)


async def offsets(settings: StreamSettings) -> dict[TP, int]:
    """The committed offsets above zero."""
    async with open_admin(settings) as admin:
        found = await committed(admin, settings.app_id)
    return {tp: at for tp, at in found.items() if at}


async def test_export_reset_import_and_go_on(settings: StreamSettings) -> None:
    """The worker goes on with the very same figures as if nobody had touched anything."""
    await produce(settings, 0, 400)
    before = await run_to(settings, 400)
    were = await offsets(settings)
    stored = await export_state(settings)

    done = await reset(settings, PARTS)
    assert len(done) == 8
    assert all(one.starts == {0: None, 1: None} for one in done)
    assert sum(one.deleted for one in done) > 0
    assert await offsets(settings) == {}
    assert (await export_state(settings)).shards == []

    await import_state(settings, PARTS, stored)
    assert await offsets(settings) == were
    worker = await start_worker(settings, Rules())
    try:
        assert figures(worker) == before
        assert sum(p.replayed for p in worker.stats().partitions) == 0
        await produce(settings, 400, 500)
        await until(lambda: read(worker) == 500)
    finally:
        await worker.stop()
    went_on = figures(worker)
    await reset(settings, PARTS)
    assert await run_to(settings, 500) == went_on


async def test_after_a_reset_the_log_is_counted_from_its_beginning(
    settings: StreamSettings,
) -> None:
    """The same figures as before, under a higher generation, and only where it was asked for."""
    await produce(settings, 0, 300)
    before = await run_to(settings, 300)
    kept = {s.partition: s.snapshot.generation for s in (await export_state(settings)).shards
            if s.topic == "calls"}  # fmt: skip
    (done,) = await reset(settings, PARTS, topics=["calls"], partitions=[1])
    assert (done.topic, done.starts) == ("calls", {1: None})
    worker = await start_worker(settings, Rules())
    try:
        starts = {p.partition: p.start_offset for p in worker.stats().partitions
                  if p.topic == settings.topic("calls")}  # fmt: skip
        assert starts[1] == 0 < starts[0]
        await until(lambda: read(worker) == 300)
        assert figures(worker) == before
        shards = {s.partition: s for s in worker.shards() if s.topic == "calls"}
        assert shards[1].generation > kept[1]
    finally:
        await worker.stop()


async def test_a_reset_to_the_end_or_to_the_committed_offset_skips_what_was(
    settings: StreamSettings,
) -> None:
    """Only what comes afterwards is counted."""
    await produce(settings, 0, 200)
    await run_to(settings, 200)
    await produce(settings, 200, 250)
    (done,) = await reset(settings, PARTS, topics=[settings.topic("calls")], to="committed")
    assert sum(at or 0 for at in done.starts.values()) == 200
    await run_to(settings, 50)
    await produce(settings, 250, 300)
    (done,) = await reset(settings, PARTS, topics=["calls"], to="latest")
    assert sum(at or 0 for at in done.starts.values()) == 300
    await produce(settings, 300, 310)
    await run_to(settings, 10)


async def test_no_repair_while_a_worker_runs(settings: StreamSettings) -> None:
    """All refuse with one line; an export may be asked for all the same."""
    worker = await start_worker(settings, Rules())
    try:
        await produce(settings, 0, 100)
        await until(lambda: read(worker) == 100)
        await until(lambda: all(p.durable_offset == p.next_offset
                                for p in worker.stats().partitions))  # fmt: skip
        stored = await export_state(settings, live=True)
        assert sum(s.snapshot.next_offset for s in stored.shards) == 100
        for refused in (
            export_state(settings), reset(settings, PARTS), import_state(settings, PARTS, stored),
        ):  # fmt: skip
            with pytest.raises(StateError, match=r"1 worker is in the group .*: stop them first"):
                await refused
        assert read(worker) == 100
    finally:
        await worker.stop()


async def test_an_import_loses_no_checkpoint_unasked(settings: StreamSettings) -> None:
    """With ``replace`` the export takes its place, and what it has not is gone."""
    await produce(settings, 0, 100)
    first = await run_to(settings, 100)
    stored = await export_state(settings)
    await produce(settings, 100, 200)
    await run_to(settings, 200)
    with pytest.raises(StateError, match=r"has a checkpoint already.*say --replace"):
        await import_state(settings, PARTS, stored)
    await import_state(settings, PARTS, stored, replace=True)
    worker = await start_worker(settings, Rules())
    try:
        assert sum(p.start_offset for p in worker.stats().partitions) == sum(
            offset for offset, *_ in first.values()
        )
        await until(lambda: read(worker) == 200)
    finally:
        await worker.stop()


async def test_an_import_that_does_not_fit_changes_nothing(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Another log, another partition count, a damaged record: one line each."""
    await produce(settings, 0, 100)
    before = await run_to(settings, 100)
    stored = await export_state(settings)
    calls = next(s for s in stored.shards if s.snapshot.next_offset)
    far = calls._replace(snapshot=calls.snapshot._replace(next_offset=5_000))
    cut = calls._replace(snapshot=calls.snapshot._replace(body=calls.snapshot.body[:-9]))
    other = {name: epoch._replace(partitions=4) for name, epoch in stored.epochs.items()}
    anew = {name: epoch._replace(topic_id="AAAA") for name, epoch in stored.epochs.items()}
    for wrong, line in (
        (stored._replace(shards=[far]), "contradicts itself|ends at offset"),
        (stored._replace(shards=[cut]), "cannot be read: checkpoint is damaged"),
        (stored._replace(epochs=other), "has 2 partitions .* the export was made with 4"),
        (stored._replace(epochs=anew), r"was created anew since the export \(id AAAA then"),
    ):
        with pytest.raises(StreamError, match=line) as caught:
            await import_state(settings, PARTS, wrong, replace=True)
        assert "\n" not in str(caught.value)
    with pytest.raises(StateError, match="no source topic 'cals': name one of calls, chats"):
        await reset(settings, PARTS, topics=["cals"])
    with pytest.raises(StateError, match="no partition 2: the topics have 2"):
        await reset(settings, PARTS, partitions=[2])
    assert await run_to(settings, 100) == before


async def test_a_reset_that_was_cut_short_stops_the_start_and_can_be_run_again(
    kafka: Kafka, settings: StreamSettings
) -> None:
    """Heads deleted, offsets not yet: a worker refuses; the same command ends the work."""
    await produce(settings, 0, 100)
    before = await run_to(settings, 100)
    log = settings.changelog("calls")
    heads = {row.key for row in kafka.read(log) if row.key and row.key.endswith(b"/h")}
    for head in heads:
        kafka.produce(log, [(head, None)], int(head.split(b"/")[1]))
    with pytest.raises(StreamError, match=r"holds no checkpoint; .*`vigie state reset --topic"):
        await start_worker(settings, Rules())
    await reset(settings, PARTS, topics=["calls"])
    assert await run_to(settings, 100) == before
