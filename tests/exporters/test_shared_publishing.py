"""What one worker publishes is what another one shows, on a real Redis, whatever happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from aggregators import events as ev
from exporters.shared.store import StoreError
from tests.aggregators.story import abandoned, answered, ended, event, queued
from tests.bench.redis import RedisServer
from tests.docs.pages import blocks
from tests.exporters.shared_workers import PLACES, Worker, figures, plain

CALLS, OTHERS, AGENTS = PLACES
NewWorker = Callable[[], Worker]


@pytest.fixture
async def new_worker(redis_server: RedisServer) -> AsyncIterator[NewWorker]:
    """Makes workers that share the test's Redis."""
    made: list[Worker] = []

    def new() -> Worker:
        made.append(Worker(redis_server.url))
        return made[-1]

    yield new
    for worker in made:
        await worker.close()


@pytest.fixture
async def admin(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """A connection that does to Redis what the test is about."""
    async with Redis.from_url(redis_server.url) as client:
        yield client


def busy(worker: Worker) -> None:
    """Some contacts in two shards, durable: one waits, two were answered, one gave up."""
    worker.own(*PLACES)
    worker.fold(CALLS, queued("a", 100), queued("b", 110), answered("b", 130), ended("b", 200))
    worker.fold(OTHERS, queued("c", 100), abandoned("c", 160), queued("d", 700), answered("d", 705))
    worker.checkpoint()


async def test_a_reader_shows_the_board_of_the_owner(new_worker: NewWorker) -> None:
    """Gauges, windows and counters, after the first publication and after a change."""
    owner, reader = new_worker(), new_worker()
    busy(owner)
    await owner.publisher.round()
    await reader.reader.refresh()
    assert figures(reader.view, 1000) == plain([owner.decoded(place) for place in PLACES], 1000)
    assert reader.view.board().durable["q", "voice"].offered == 3
    owner.fold(CALLS, answered("a", 900))
    owner.checkpoint()
    await owner.publisher.round()
    await reader.reader.refresh()
    assert figures(reader.view, 1000) == plain([owner.decoded(place) for place in PLACES], 1000)
    assert reader.view.board().complete


async def test_only_what_changed_is_read_and_written(new_worker: NewWorker, admin: Redis) -> None:
    """After the first time one row of one shard goes over, and the other contact stays folded."""
    owner, reader = new_worker(), new_worker()
    busy(owner)
    await owner.publisher.round()
    await reader.reader.refresh()
    kept = reader.view.shards()[0].open["a"]
    stem = "vigie:{test}:shard:calls:0"
    assert await admin.zrange(f"{stem}:seqs", 0, -1, withscores=True) == [
        (str(1_717_372_800 // 60 + minute).encode(), 1.0) for minute in (1, 2, 3)
    ]
    owner.fold(CALLS, queued("e", 400), answered("e", 410))
    owner.checkpoint()
    await owner.publisher.round()
    changed: Any = await admin.zrange(f"{stem}:seqs", 0, -1, withscores=True)
    assert [seq for _, seq in changed] == [1.0, 1.0, 1.0, 2.0]
    await reader.reader.refresh()
    assert reader.view.shards()[0].open["a"] is kept
    assert "e" in reader.view.shards()[0].open


async def test_a_restored_shard_is_published_before_it_moves(new_worker: NewWorker) -> None:
    """No event comes after a take-over; the new owner's publication is whole all the same."""
    old, new, reader = new_worker(), new_worker(), new_worker()
    busy(old)
    for place in PLACES:
        new.take_from(old, place, generation=2)
    await new.publisher.round()
    await reader.reader.refresh()
    assert figures(reader.view, 1000) == plain(new.view.shards(), 1000)
    assert reader.view.board().durable["q", "voice"].offered == 3


async def test_rows_that_change_meanwhile_are_not_mixed_in(new_worker: NewWorker) -> None:
    """The shard folds on after its checkpoint: what is published is the checkpoint, or nothing."""
    old, new, reader = new_worker(), new_worker(), new_worker()
    busy(old)
    for place in PLACES:
        new.take_from(old, place, generation=2)
    new.checkpoint()
    durable = [new.decoded(place) for place in PLACES]
    new.fold(CALLS, answered("a", 205))  # into a row that the checkpoint did not carry
    await new.publisher.round()
    await reader.reader.refresh()
    assert reader.reader.replica(CALLS) is None
    assert reader.view.board().complete is False
    assert figures(reader.view, 1000) == plain(durable[1:], 1000)
    new.checkpoint()
    await new.publisher.round()
    await reader.reader.refresh()
    assert figures(reader.view, 1000) == plain([new.decoded(place) for place in PLACES], 1000)


async def test_a_shard_with_dossiers_comes_back_without_their_pages(
    new_worker: NewWorker, admin: Redis
) -> None:
    """Boards need the facts of surveys; the surveys themselves never leave Kafka."""
    owner, reader = new_worker(), new_worker()
    busy(owner)
    owner.fold(
        OTHERS,
        event(
            ev.SurveyAnswered, 710, survey_id="v", survey_kind="nps", score=9.0, contact_id="d",
            queue="q", channel="voice",
        ),
    )  # fmt: skip
    owner.checkpoint()
    await owner.publisher.round()
    await admin.flushall()
    owner.fold(OTHERS, queued("e", 720))
    owner.checkpoint()
    owner.publisher._next_beat_s = 0.0
    await owner.publisher.round()
    await owner.publisher.round()
    await reader.reader.refresh()
    assert figures(reader.view, 1000) == plain([owner.decoded(place) for place in PLACES], 1000)
    assert figures(reader.view, 1000).windows["1h"].queues["q"]["nps"] == 100.0
    (held,) = [shard for shard in reader.view.shards() if shard.topic == OTHERS.topic and
               shard.partition == OTHERS.partition]  # fmt: skip
    assert len(held.dossiers.pages) == 0
    assert len(owner.shards[OTHERS].dossiers.pages) == 1


async def test_what_was_flushed_comes_back_whole(new_worker: NewWorker, admin: Redis) -> None:
    """After FLUSHALL a beat finds out and everything is sent; the reader's counters stay."""
    owner, reader = new_worker(), new_worker()
    busy(owner)
    await owner.publisher.round()
    await reader.reader.refresh()
    await admin.flushall()
    await reader.reader.refresh()
    assert reader.view.board().durable["q", "voice"].offered == 3
    late = new_worker()
    await late.reader.refresh()
    assert late.view.shards() == []
    owner.publisher._next_beat_s = 0.0
    await owner.publisher.round()
    await owner.publisher.round()
    for worker in (reader, late):
        await worker.reader.refresh()
        assert figures(worker.view, 1000) == plain([owner.decoded(p) for p in PLACES], 1000)
    owner.fold(CALLS, answered("a", 900))
    owner.checkpoint()
    await owner.publisher.round()
    await reader.reader.refresh()
    assert reader.view.board().complete
    assert figures(reader.view, 1000) == plain([owner.decoded(place) for place in PLACES], 1000)


async def test_a_zombie_changes_nothing(new_worker: NewWorker, admin: Redis) -> None:
    """The old owner of a shard publishes and beats after the new one: refused by generation."""
    old, new, reader = new_worker(), new_worker(), new_worker()
    busy(old)
    await old.publisher.round()
    kept = old.shards[CALLS]
    new.take_from(old, CALLS, generation=2)
    new.fold(CALLS, answered("a", 900))
    new.checkpoint()
    await new.publisher.round()
    before = await admin.hgetall("vigie:{test}:shard:calls:0")
    old.shards[CALLS] = kept
    old.fold(CALLS, abandoned("a", 901), queued("z", 902), queued("y", 903))
    old.checkpoint(CALLS)
    old.publisher._next_beat_s = 0.0
    await old.publisher.round()
    assert await admin.hgetall("vigie:{test}:shard:calls:0") == before
    await reader.reader.refresh()
    assert "z" not in reader.view.shards()[0].contacts


async def test_a_worker_shows_its_own_shards_live_and_the_others_as_published(
    new_worker: NewWorker,
) -> None:
    """Own gauges need no checkpoint; a shard that went away is shown until its new owner spoke."""
    here, there = new_worker(), new_worker()
    here.own(CALLS)
    there.own(OTHERS, AGENTS)
    there.fold(OTHERS, queued("c", 100))
    for worker in (here, there):
        worker.checkpoint()
        await worker.publisher.round()
    await here.reader.refresh()
    here.fold(CALLS, queued("a", 200), queued("b", 210))
    assert here.view.board().windows["5m"].total["contacts_waiting"] == 3
    here.checkpoint()
    there.take_from(here, CALLS, generation=2)
    assert figures(here.view, 1000).windows["5m"].total["contacts_waiting"] == 3
    await there.publisher.round()
    await here.reader.refresh()
    assert figures(here.view, 1000).windows["5m"].total["contacts_waiting"] == 3
    assert here.view.shards()[0] is here.reader.replica(CALLS)


async def test_own_counters_show_no_more_than_redis_has(new_worker: NewWorker) -> None:
    """Whoever shows them next reads them there."""
    owner = new_worker()
    busy(owner)
    await owner.publisher.round()
    owner.fold(CALLS, queued("f", 900), abandoned("f", 910))
    owner.checkpoint()
    shown = owner.view.board()
    assert shown.durable["q", "voice"].offered == 3
    assert shown.windows["1h"].total["contacts_offered"] == 4
    await owner.publisher.round()
    assert owner.published.sums()["q", "voice"].offered == 4


async def test_counters_wait_until_all_shards_are_certain(new_worker: NewWorker) -> None:
    """A shard that nobody published leaves them out; a new term begins without trust."""
    owner, reader = new_worker(), new_worker()
    owner.own(CALLS, OTHERS)
    owner.fold(CALLS, queued("a", 100), abandoned("a", 130))
    owner.checkpoint()
    await owner.publisher.round()
    await reader.reader.refresh()
    assert (reader.published.sums(), reader.view.board().complete) == ({}, False)
    owner.own(AGENTS)
    owner.checkpoint(AGENTS)
    await owner.publisher.round()
    await reader.reader.refresh()
    assert reader.published.sums()["q", "voice"].offered == 1
    reader.published.begin_term()
    assert reader.published.sums() == {}
    await reader.reader.refresh()
    assert reader.published.sums()["q", "voice"].offered == 1


async def refused(worker: Worker) -> float:
    """Publishes and reads in vain; returns how long the longer of the two took."""
    loop = asyncio.get_running_loop()
    longest_s = 0.0
    for asked in (worker.publisher.round, worker.reader.refresh):
        began_s = loop.time()
        try:
            await asked()
        except StoreError:
            longest_s = max(longest_s, loop.time() - began_s)
    return longest_s


async def test_a_redis_that_is_away_or_slow_holds_nothing_up(
    new_worker: NewWorker, redis_server: RedisServer, admin: Redis
) -> None:
    """Every call ends within its time, is counted, and later all is there."""
    owner, reader = new_worker(), new_worker()
    busy(owner)
    await owner.publisher.round()
    await admin.client_pause(60_000)
    owner.fold(CALLS, answered("a", 900))
    owner.checkpoint()
    assert 0.2 < await refused(owner) < 1.0
    assert owner.store.failures == {"publish": 1, "read": 1}
    assert owner.store.is_up is False
    redis_server.kill()
    assert await refused(owner) < 1.0
    assert owner.store.failures == {"publish": 2, "read": 2}
    owner.fold(CALLS, queued("g", 950))
    owner.checkpoint()
    redis_server.start()
    await owner.publisher.round()
    await reader.reader.refresh()
    assert figures(reader.view, 1000) == plain([owner.decoded(place) for place in PLACES], 1000)


@pytest.mark.parametrize("trouble", ["full", "read-only"])
async def test_a_redis_that_may_not_write_keeps_what_it_has(
    new_worker: NewWorker, admin: Redis, trouble: str
) -> None:
    """Memory full without eviction, or a replica of a master that is away."""
    owner, reader = new_worker(), new_worker()
    busy(owner)
    await owner.publisher.round()
    before = await admin.hgetall("vigie:{test}:shard:calls:0")
    if trouble == "full":
        await admin.config_set("maxmemory", "1mb")
    else:
        await admin.execute_command("REPLICAOF", "127.0.0.1", "1")  # type: ignore[no-untyped-call]
    owner.fold(CALLS, answered("a", 900))
    owner.checkpoint()
    with pytest.raises(StoreError):
        await owner.publisher.round()
    assert await admin.hgetall("vigie:{test}:shard:calls:0") == before
    if trouble == "full":
        await admin.config_set("maxmemory", "0")
    else:
        await admin.execute_command("REPLICAOF", "NO", "ONE")  # type: ignore[no-untyped-call]
    await owner.publisher.round()
    await reader.reader.refresh()
    assert figures(reader.view, 1000) == plain([owner.decoded(place) for place in PLACES], 1000)


async def test_the_user_of_the_page_may_do_all_that_is_needed(
    redis_server: RedisServer, admin: Redis
) -> None:
    """The rights that docs/several-workers.md gives are enough, and end at the own keys."""
    (command,) = (b.text for b in blocks("docs/several-workers.md") if b.note == "redis")
    await admin.execute_command(*command.split())  # type: ignore[no-untyped-call]
    address = redis_server.url.replace("//", "//vigie:password@")
    worker, reader = Worker(address), Worker(address)
    busy(worker)
    await worker.publisher.round()
    await worker.lease.attempt()
    await worker.lease.release()
    await reader.reader.refresh()
    assert figures(reader.view, 1000) == plain([worker.decoded(place) for place in PLACES], 1000)
    assert await worker.store.forget() > 0
    async with Redis.from_url(address) as stranger:
        with pytest.raises(NoPermissionError, match="no permissions to access one of the keys"):
            await stranger.get("other")
        with pytest.raises(NoPermissionError, match="no permissions to run the 'flushall'"):
            await stranger.flushall()
    for one in (worker, reader):
        await one.close()


async def test_two_applications_on_one_redis_do_not_meet(
    redis_server: RedisServer, admin: Redis
) -> None:
    """Keys carry the application, and all of them expire.

    To forget what one has published leaves the other, and the lease.
    """
    one, other = Worker(redis_server.url, app_id="one"), Worker(redis_server.url, app_id="other")
    for worker in (one, other):
        worker.own(CALLS)
        worker.checkpoint()
        await worker.publisher.round()
    await admin.set("vigie:{one}:term", 3)
    assert await one.lease.attempt()
    keys: Any = await admin.keys("*")
    assert keys
    assert {key.split(b":")[1] for key in keys} == {b"{one}", b"{other}"}
    assert all([await admin.ttl(key) > 0 for key in keys])
    await one.store.forget()
    keys = await admin.keys("*")
    assert {key for key in keys if b"{one}" in key} == {b"vigie:{one}:lease", b"vigie:{one}:term"}
    assert any(b"{other}:shard" in key for key in keys)
    for worker in (one, other):
        await worker.close()
