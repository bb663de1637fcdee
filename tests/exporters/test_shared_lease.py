"""Laws of the lease on a real Redis: never two holders by their own clocks, and higher terms."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from exporters.shared.lease import Lease, steady_s
from exporters.shared.store import Store, StoreError
from tests.bench.redis import RedisServer

LEASE_MS = 400


class Clock:
    """The steady clock of one process, which a test may set forward."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return steady_s() + self.ahead_s


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncIterator[Store]:
    """A connection for all contenders of a test."""
    made = Store(redis_server.url, "test", call_s=0.3)
    yield made
    await made.close()


@pytest.fixture
async def admin(redis_server: RedisServer) -> AsyncIterator[Redis]:
    """A connection that does to Redis what the test is about."""
    async with Redis.from_url(redis_server.url) as client:
        yield client


async def known_redis(admin: Redis) -> None:
    """A Redis that remembers a term, so that nobody has to wait."""
    await admin.set("vigie:{test}:term", 6)


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> float:
    """Waits for a condition; returns how long it took."""
    began_s = steady_s()
    while not condition():
        assert steady_s() < began_s + timeout_s, "waited in vain"
        await asyncio.sleep(0.005)
    return steady_s() - began_s


async def test_the_first_has_it_and_the_second_does_not(store: Store, admin: Redis) -> None:
    """Until the first gives it up: then at once, with a higher term."""
    await known_redis(admin)
    first, second = Lease(store, LEASE_MS), Lease(store, LEASE_MS)
    assert await first.attempt()
    assert not await second.attempt()
    assert (first.is_held(), second.is_held(), first.term) == (True, False, 7)
    await first.release()
    assert not first.is_held()
    assert await second.attempt()
    assert (second.is_held(), second.term) == (True, 8)
    assert not await first.attempt()
    assert second.is_held()


async def test_a_holder_that_was_stopped_holds_nothing_when_it_goes_on(
    store: Store, admin: Redis
) -> None:
    """It asks its own clock, not Redis: nothing has to run for it to lose the lease."""
    await known_redis(admin)
    clock = Clock()
    stopped, other = Lease(store, LEASE_MS, clock_s=clock), Lease(store, LEASE_MS)
    assert await stopped.attempt()
    clock.ahead_s = LEASE_MS / 1000  # SIGSTOP, then SIGCONT
    assert not stopped.is_held()
    assert not await other.attempt()
    assert await stopped.attempt()
    assert stopped.is_held()
    clock.ahead_s += LEASE_MS / 1000
    await asyncio.sleep(LEASE_MS / 1000)
    assert await other.attempt()
    assert not await stopped.attempt()
    assert (stopped.is_held(), other.is_held(), other.term) == (False, True, 8)


async def test_who_takes_over_waits_for_the_end_of_the_lease(store: Store, admin: Redis) -> None:
    """The holder dies without a word; a second one gets it within a lease and two tries."""
    await known_redis(admin)
    dead, other = Lease(store, LEASE_MS), Lease(store, LEASE_MS)
    assert await dead.attempt()
    running = asyncio.create_task(other.run())
    taken_s = await until(other.is_held)
    running.cancel()
    assert not dead.is_held()
    assert LEASE_MS * 0.9 / 1000 <= taken_s < LEASE_MS * 1.6 / 1000


async def test_a_term_begins_when_the_lease_did_not_hold_in_between(
    store: Store, admin: Redis
) -> None:
    """What was shown before has to be read again; a renewal in time begins nothing."""
    await known_redis(admin)
    begun: list[float] = []
    clock = Clock()
    lease = Lease(store, LEASE_MS, on_term=lambda: begun.append(lease.since_s), clock_s=clock)
    await lease.attempt()
    await lease.attempt()
    assert len(begun) == 1
    clock.ahead_s = LEASE_MS / 1000
    await lease.attempt()
    assert len(begun) == 2
    assert begun[1] > begun[0] + LEASE_MS / 1000
    assert lease.term == 7


async def test_an_empty_redis_belongs_to_the_holder_first(store: Store, admin: Redis) -> None:
    """After FLUSHALL others wait for one lease; the holder puts lease and term back."""
    await known_redis(admin)
    holder, other = Lease(store, LEASE_MS), Lease(store, LEASE_MS)
    await holder.attempt()
    assert not await other.attempt()
    await admin.flushall()
    assert not await other.attempt()
    assert await holder.attempt()
    assert await admin.get("vigie:{test}:term") == b"7"
    await admin.flushall()
    assert not await other.attempt()
    await asyncio.sleep(LEASE_MS / 1000)
    assert not holder.is_held()
    assert await other.attempt()
    assert other.is_held()
    assert other.term > 7
    assert not await holder.attempt()


async def test_no_term_comes_twice_though_nobody_knows_the_last(store: Store, admin: Redis) -> None:
    """The holder took its term, Redis forgot it, and the holder stands still before it says it."""
    await known_redis(admin)
    gone, other, third = (Lease(store, LEASE_MS) for _ in range(3))
    assert await gone.attempt()
    await admin.flushall()
    assert not await other.attempt()
    await asyncio.sleep(LEASE_MS / 1000 * 1.1)
    assert await other.attempt()
    assert gone.term == 7
    assert other.term > 7
    await other.release()
    assert await third.attempt()
    assert third.term == other.term + 1


async def test_a_lease_that_cannot_be_renewed_ends(
    redis_server: RedisServer, store: Store, admin: Redis
) -> None:
    """Redis goes away: the lease holds no longer than its time, and comes back with Redis."""
    await known_redis(admin)
    lease = Lease(store, LEASE_MS)
    running = asyncio.create_task(lease.run())
    await until(lease.is_held)
    redis_server.kill()
    assert await until(lambda: not lease.is_held()) < LEASE_MS / 1000
    with pytest.raises(StoreError):
        await lease.attempt()
    redis_server.start()
    assert await until(lease.is_held) < 2.5 * LEASE_MS / 1000
    running.cancel()


@pytest.mark.parametrize("seed", range(3))
async def test_there_are_never_two_holders(store: Store, admin: Redis, seed: int) -> None:
    """Four contenders that stop and go on as they like, while Redis forgets everything at times."""
    chance = random.Random(seed)
    leases = [Lease(store, LEASE_MS) for _ in range(4)]
    terms: list[tuple[int, int]] = []

    async def contend(number: int) -> None:
        while True:
            await leases[number].attempt()
            await asyncio.sleep(LEASE_MS / 1000 * chance.choice((0.1, 0.2, 0.3, 0.5, 1.5)))

    async def forget() -> None:
        while True:
            await asyncio.sleep(LEASE_MS / 1000 * chance.uniform(2, 5))
            await admin.flushall()

    tasks = [asyncio.create_task(contend(number)) for number in range(4)]
    tasks.append(asyncio.create_task(forget()))
    ends_s = steady_s() + 5
    while steady_s() < ends_s:
        holders = [number for number in range(4) if leases[number].is_held()]
        assert len(holders) <= 1
        for number in holders:
            seen = (leases[number].term, number)
            if not terms or terms[-1] != seen:
                terms.append(seen)
        await asyncio.sleep(0.002)
    for task in tasks:
        task.cancel()
    assert len({number for _, number in terms}) > 1
    assert len(terms) > 4
    assert [term for term, _ in terms] == sorted({term for term, _ in terms})
