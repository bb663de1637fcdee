"""Who shows the KPI series, what the view says of itself, and how it heals, on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from exporters.prometheus.collector import KpiCollector, ViewShards
from exporters.shared import reader as reading
from exporters.shared.lease import steady_s
from tests.aggregators.story import abandoned, answered, queued
from tests.bench.redis import RedisServer
from tests.exporters.shared_workers import PLACES, Worker, figures

CALLS, OTHERS, AGENTS = PLACES
NewWorker = Callable[[], Worker]


@pytest.fixture
async def new_worker(redis_server: RedisServer) -> AsyncIterator[NewWorker]:
    """Makes workers that share the test's Redis, which remembers a term."""
    made: list[Worker] = []
    async with Redis.from_url(redis_server.url) as admin:
        await admin.set("vigie:{test}:term", 3)

    def new() -> Worker:
        made.append(Worker(redis_server.url))
        return made[-1]

    yield new
    for worker in made:
        await worker.close()


async def published(worker: Worker) -> None:
    """The worker owns everything, and Redis has it."""
    worker.own(*PLACES)
    worker.fold(CALLS, queued("a", 100), queued("b", 110), abandoned("b", 150))
    worker.checkpoint()
    await worker.publisher.round()


async def until(condition: Callable[[], bool], timeout_s: float) -> float:
    """Waits for a condition; returns how long it took."""
    began_s = steady_s()
    while not condition():
        assert steady_s() < began_s + timeout_s, "waited in vain"
        await asyncio.sleep(0.01)
    return steady_s() - began_s


@asynccontextmanager
async def at_work(*workers: Worker) -> AsyncIterator[None]:
    """All that runs by itself in workers runs."""
    tasks = [
        asyncio.create_task(part.run())
        for worker in workers
        for part in (worker.publisher, worker.reader, worker.lease)
    ]
    try:
        yield
    finally:
        pending = set(tasks)
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=0.2)
    assert all(task.cancelled() for task in tasks)


def names(worker: Worker) -> set[str]:
    """The KPI and view series that a scrape of the worker gets."""
    kpis = KpiCollector(worker.view.board, worker.view.shows_kpis, shards=worker.view.coverage)
    return {family.name for family in kpis.collect()}


async def test_a_new_leader_shows_nothing_before_it_has_read(new_worker: NewWorker) -> None:
    """What it read before its term may be less than its predecessor showed."""
    owner, leader = new_worker(), new_worker()
    await published(owner)
    await leader.reader.refresh()
    assert await leader.lease.attempt()
    assert names(leader) == set()
    assert leader.published.sums() == {}
    await leader.reader.refresh()
    assert {"vigie_view_complete", "vigie_contacts_offered", "vigie_contacts_waiting"} <= names(
        leader
    )
    assert names(owner) == set()
    await leader.lease.release()
    assert names(leader) == set()


def test_what_took_too_long_to_collect_is_not_shown() -> None:
    """The process was stopped between the question and the answer: the lease is gone by then."""
    worker = Worker("redis://127.0.0.1:1/0")
    worker.own(*PLACES)
    answers = iter([True, False, True, True])
    kpis = KpiCollector(worker.view.board, lambda: next(answers))
    assert list(kpis.collect()) == []
    assert list(kpis.collect()) != []


async def test_the_view_says_what_is_missing_and_what_is_old(new_worker: NewWorker) -> None:
    """Expected, present and fresh shards; complete only when all are fresh."""
    here, there = new_worker(), new_worker()
    here.own(CALLS)
    assert here.view.coverage() == ViewShards(3, 1, 1)
    there.own(OTHERS, AGENTS)
    there.checkpoint()
    await there.publisher.round()
    await here.reader.refresh()
    assert here.view.coverage() == ViewShards(3, 3, 3)
    heard = here.reader.heard[OTHERS]
    here.reader.heard[OTHERS] = replace(heard, at_s=heard.at_s - 5.0)
    assert here.view.coverage() == ViewShards(3, 3, 2)
    assert here.view.board().complete is False


async def test_a_woken_worker_shows_what_was_published_since(new_worker: NewWorker) -> None:
    """It believes that the shard is its own still, yet another one knows more of it."""
    asleep, owner = new_worker(), new_worker()
    await published(asleep)
    kept = asleep.shards[CALLS]
    owner.take_from(asleep, CALLS, generation=2)
    owner.fold(CALLS, answered("a", 200))
    owner.checkpoint()
    await owner.publisher.round()
    asleep.shards[CALLS] = kept
    await asleep.reader.refresh()
    assert asleep.view.shards()[0].next_offset == 4
    assert figures(asleep.view, 1000).windows["5m"].total["contacts_waiting"] == 0


@pytest.mark.parametrize("trouble", ["killed", "paused", "flushed"])
async def test_the_view_heals_by_itself(
    new_worker: NewWorker, redis_server: RedisServer, trouble: str
) -> None:
    """Folding goes on meanwhile, the loop is never held up, one of two shows whole KPI series."""
    first, second = new_worker(), new_worker()
    first.own(CALLS, OTHERS)
    second.own(AGENTS)
    slowest_s = 0.0

    async def fold() -> None:
        nonlocal slowest_s
        number = 0
        while True:
            number += 1
            first.fold(CALLS, queued(f"c{number}", 100 + number), abandoned(f"c{number}", 900))
            first.checkpoint()
            second.checkpoint()
            began_s = steady_s()
            await asyncio.sleep(0.02)
            slowest_s = max(slowest_s, steady_s() - began_s)

    def leaders() -> list[Worker]:
        return [w for w in (first, second) if w.view.shows_kpis() and w.view.board().complete
                and w.published.sums()]  # fmt: skip

    folding = asyncio.create_task(fold())
    async with at_work(first, second):
        await until(lambda: len(leaders()) == 1, 5)
        before = leaders()[0].published.sums()["q", "voice"].offered
        at_offset = first.shards[CALLS].next_offset
        async with Redis.from_url(redis_server.url) as admin:
            if trouble == "flushed":
                await admin.flushall()
            elif trouble == "paused":
                await admin.client_pause(2_000)
        if trouble == "killed":
            redis_server.kill()
        if trouble != "flushed":
            assert await until(lambda: not leaders(), 2) < 1.0
            await asyncio.sleep(1.0)
            assert first.shards[CALLS].next_offset > at_offset
        if trouble == "killed":
            redis_server.start()
        assert await until(lambda: len(leaders()) == 1, 5) < 3.0
        assert leaders()[0].published.sums()["q", "voice"].offered >= before
        newest = first.published.sums()["q", "voice"].offered + 5
        await until(
            lambda: bool(leaders())
            and leaders()[0].published.sums()["q", "voice"].offered > newest, 3,
        )  # fmt: skip
    folding.cancel()
    assert slowest_s < 0.5
    assert first.store.failures.total() == 0 or trouble != "flushed"


async def test_who_begins_to_look_does_not_wait_for_the_idle_pause(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks: a reading in ten seconds; somebody does: at once."""
    monkeypatch.setattr(reading, "IDLE_S", 10.0)
    worker = Worker(redis_server.url)
    is_wanted = False
    worker.reader._is_wanted = lambda: is_wanted
    running = asyncio.create_task(worker.reader.run())
    await until(lambda: worker.reader.read_at_s > 0, 2)
    read_s = worker.reader.read_at_s
    await asyncio.sleep(1.0)
    assert worker.reader.read_at_s == read_s
    is_wanted = True
    assert await until(lambda: worker.reader.read_at_s > read_s, 2) < 0.5
    running.cancel()
    await worker.close()
