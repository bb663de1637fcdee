"""One worker among several: the parts of the shared view, put together around its shards."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from faust.types import TP

from aggregators.policy import Rules
from aggregators.snapshot import Checkpoint
from exporters.prometheus.pipeline import SharedStats
from exporters.shared.durable import DurableTotals
from exporters.shared.lease import Lease
from exporters.shared.publisher import OwnShard, Publisher
from exporters.shared.reader import Reader
from exporters.shared.store import CALLS, Place, Store, StoreError
from exporters.shared.view import Looks, SharedView
from streams.settings import StreamSettings
from streams.worker import StreamWorker
from vigie.errors import UserError
from vigie.finding import Finding
from vigie.settings import Settings
from vigie.turn import turn_of

log = logging.getLogger(__name__)
T = TypeVar("T")


def open_store(settings: Settings) -> Store:
    """Return the connection that the settings describe; it connects when first asked."""
    redis = settings.redis
    assert redis.url is not None
    options: dict[str, Any] = {"username": redis.username}
    if redis.password is not None:
        options["password"] = redis.password.reveal()
    if redis.url.startswith("rediss:"):
        options["ssl_ca_certs"] = redis.ssl_cafile
        options["ssl_certfile"], options["ssl_keyfile"] = redis.ssl_certfile, redis.ssl_keyfile
        options["ssl_min_version"] = ssl.TLSVersion.TLSv1_2
    return Store(redis.url, settings.kafka.app_id, **options)


def redis_finding(settings: Settings) -> Finding:
    """Return whether Redis answers, for ``vigie doctor``."""
    try:
        asyncio.run(_asked(settings, Store.ping))
    except StoreError as error:
        what = "redis.url and its user"
        if settings.redis.url is not None and settings.redis.url.startswith("rediss:"):
            what += ", redis.ssl_cafile or, if it asks for one, redis.ssl_certfile"
        return Finding("redis", str(error), f"Start it, or correct {what}.")
    return Finding("redis", "answers; several workers share one view")


def forget_published(settings: Settings) -> int:
    """Delete what the application has published, after its state was reset or replaced.

    Redis would refuse the lower offsets of a new start for a day. Return the number of keys.

    Raises:
        UserError: Redis does not do it.
    """
    if settings.redis.url is None:
        return 0
    try:
        return asyncio.run(_asked(settings, Store.forget))
    except StoreError as error:
        raise UserError(
            f"what was published could not be deleted: {error}",
            f"Delete the keys vigie:{{{settings.kafka.app_id}}}:shard:* in Redis.",
        ) from error


async def _asked(settings: Settings, ask: Callable[[Store], Awaitable[T]]) -> T:
    store = open_store(settings)
    try:
        return await ask(store)
    finally:
        await store.close()


class WorkerShards:
    """The shards of a worker, as the shared view asks for them; none before it runs."""

    def __init__(self, running: list[StreamWorker]) -> None:
        self._running = running

    def get(self, place: Place) -> OwnShard | None:
        """Return the shard of a place, None if it is not ours."""
        owned = self._running[0].registry.get(TP(*place)) if self._running else None
        return None if owned is None else OwnShard(place, owned.shard, owned.durable_offset)

    def all(self) -> list[OwnShard]:
        """Return all of them."""
        if not self._running:
            return []
        return [
            OwnShard(Place(tp.topic, tp.partition), owned.shard, owned.durable_offset)
            for tp, owned in self._running[0].registry.items()
        ]

    def next_offset(self, place: Place) -> int | None:
        """Return where our shard of a place stands, None if it is not ours."""
        return self._running[0].next_offset(*place) if self._running else None


class Sharing:
    """Publishes what this worker makes durable, reads the others, takes its part in the lease."""

    def __init__(
        self,
        settings: Settings,
        streams: StreamSettings,
        rules: Rules,
        running: list[StreamWorker],
        readiness: Callable[[], tuple[bool, str]],
        clock: Callable[[], int],
    ) -> None:
        """``running`` is empty until the worker runs, then it holds the worker."""
        places = [
            Place(topic, partition)
            for topic in streams.source_topics()
            for partition in range(streams.partitions)
        ]
        shards = WorkerShards(running)
        published = DurableTotals(places)
        looks = Looks()
        self._store = open_store(settings)
        self._lease = Lease(self._store, settings.redis.lease_ms, on_term=self._begin_term)
        self._published = published
        self._tasks: list[asyncio.Task[None]] = []
        self._publisher = Publisher(self._store, shards, published)
        self._reader = Reader(
            self._store, places, rules, published, shards.next_offset,
            lambda: self._lease.is_held() or looks.are_recent(), turn_of(running),
        )  # fmt: skip
        self.view = SharedView(
            places, shards, self._reader, published, self._lease, looks, rules, clock,
            refresh_ms=settings.web.refresh_ms,
            readiness=readiness,
            is_behind=lambda: bool(running) and running[0].is_behind(),
            turn=turn_of(running),
        )  # fmt: skip

    def on_durable(
        self, tp: TP, checkpoint: Checkpoint, generation: int, row_keys: list[int]
    ) -> None:
        """Take note of a durable checkpoint; only queues it."""
        self._publisher.durable(Place(tp.topic, tp.partition), checkpoint, generation, row_keys)

    def start(self) -> None:
        """Publish, read and contend for the lease from now on."""
        self._tasks = [
            asyncio.create_task(_keep_up(part.run), name=f"vigie shared {type(part).__name__}")
            for part in (self._publisher, self._reader, self._lease)
        ]

    async def close(self) -> None:
        """Stop, after what became durable last has gone out."""
        pending = set(self._tasks)
        while pending:
            for task in pending:
                task.cancel()
            # One that just ran into a time-out may take this for it, and go on.
            _, pending = await asyncio.wait(pending, timeout=0.2)
        await self.give_up_lease()
        await self._publisher.close()
        await self._store.close()

    async def give_up_lease(self) -> None:
        """Show no KPI series from now on; another worker may at once."""
        await self._lease.release()

    def stats(self) -> SharedStats:
        """Return what the worker tells of its part."""
        failures = self._store.failures
        return SharedStats(
            is_leader=self.view.shows_kpis(),
            term=self._lease.term,
            redis_up=self._store.is_up,
            redis_failures={call: failures[call] for call in CALLS},
            published_ms=self._publisher.published_ms,
        )

    def _begin_term(self) -> None:
        self._published.begin_term()
        self._reader.hurry()


async def _keep_up(run: Callable[[], Awaitable[None]]) -> None:
    """Run a part until cancelled. What fails in it makes the view old, never the fold stop."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("a part of the shared view failed; it goes on in a second")
            await asyncio.sleep(1)
