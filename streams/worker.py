"""One worker inside a running event loop: Faust app, shards, checkpoints, from start to stop.

Neither Faust's command line nor its web server takes part; signals belong to the caller.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from faust.types import TP

from aggregators.carrying import newest_of, tell_now
from aggregators.events import CUSTOMERS
from aggregators.policy import Rules
from streams import failpoints, topics
from streams.agents import TopicFold, add_agent
from streams.app import VigieApp, add_table, build_app
from streams.app_link import AppLink
from streams.broker_watch import BrokerWatch
from streams.changelog import Rows, read_changelogs
from streams.collector import pace_collector
from streams.dead_letter_sink import DeadLetterSink
from streams.epoch_watch import watch_epochs
from streams.outbox import Outbox
from streams.pace import Pace
from streams.parts import Parts, real_parts
from streams.producer import Brake
from streams.pump import OnDurable, Pump
from streams.quarantine import Quarantine
from streams.recovery import Restorer
from streams.refusal import missing_right
from streams.registry import Owned, Registry
from streams.settings import StreamError, StreamSettings
from streams.sink import Sinks
from streams.stats import PartitionStats, StreamStats
from streams.topic_epoch import read_epochs

log = logging.getLogger(__name__)

_LAST_CHECKPOINT_S = 10.0
_STOP_S = 20.0
_STOP_CUT_OFF_S = 3.0
"""Without a broker there is nobody to take leave of: well inside the half minute that is usual."""
_POLL_S = 0.02
_UNREAD_BYTES, _UNREAD_RECORDS = 2_000_000, 40_000
"""How much the embedded broker may hold of a partition of customers before it drops the oldest."""


class StreamWorker:
    """A running worker, as :func:`start_worker` returns it."""

    def __init__(
        self, settings: StreamSettings, parts: Parts, on_durable: OnDurable | None = None
    ) -> None:
        """Build everything, start nothing."""
        self.settings = settings
        self.registry = Registry(settings.source_topics())
        self._folder = TemporaryDirectory(prefix="vigie-", dir=settings.data_dir)
        self._app: VigieApp = build_app(settings, self.registry, Path(self._folder.name))
        self._tables: dict[str, Any] = {}
        self._link = AppLink(self._app, settings, self._tables)
        self._sink = DeadLetterSink(self._link.send_dead_letter)
        self._outbox = Outbox(
            settings.topic(CUSTOMERS), settings.partitions,
            self._link.producer,
            hold=Brake(self.next_offset, unread_bytes=_UNREAD_BYTES, unread_records=_UNREAD_RECORDS)
            if settings.embedded else None,
        )  # fmt: skip
        self._restorer = Restorer(
            self.registry, parts.new_shard, parts.read_shard, retain=settings.embedded,
            read_epochs=None if settings.embedded else partial(read_epochs, settings),
        )  # fmt: skip
        self._quarantine = Quarantine(self.registry, self._restore_one, self._link.place_back)
        self.turn = asyncio.Lock()
        """Held while a piece of a batch is folded: who holds it sees shards that stand still."""
        self._calm = asyncio.Event()
        self._calm.set()
        self._broker_watch = BrokerWatch(self._link.reaches_broker)
        self._pace: Pace[TP] = Pace()
        for full_name, name in settings.source_topics().items():
            self._add_topic(full_name, name, parts)
        self._app.on_partitions_revoked.connect(_revoked)
        # Faust calls this when assigned partitions have settled; one table for all is enough.
        next(iter(self._tables.values())).on_recover(self._restore)
        self._pump = Pump(
            self.registry,
            Sinks(self._sink, self._outbox),
            self._link.send_row,
            interval_ms=settings.checkpoint_interval_ms,
            is_paused=lambda: self._app.rebalancing or self._failure.done(),
            cursor=self._link.cursor,
            place_back=self._link.place_back,
            on_durable=on_durable,
            calm=self._calm,
        )
        self._pumping: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._comparing: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_stopped = False

    # -- what others look at ----------------------------------------------------------------

    def shards(self) -> list[Any]:
        """Return the owned shards, ordered by topic and partition."""
        return self.registry.shards()

    def next_offset(self, topic: str, partition: int) -> int | None:
        """Return the first offset of a partition that is not folded in, None if not owned."""
        return self.registry.next_offset(TP(topic, partition))

    def ready(self) -> tuple[bool, str]:
        """Return whether the numbers can be trusted, and if not, why."""
        if self._failure.done():
            return False, "stopped" if self._is_stopped else f"failed: {self.failure}"
        if self._link.is_recovering():
            done, of = self._restorer.progress
            told = f", {done} of {of} done" if of else ""
            return False, f"partitions are being assigned and restored{told}"
        if self._asking is not None and self._broker_watch.is_silent():
            return False, f"no Kafka broker answers at {self.settings.bootstrap_servers}"
        for tp in self._assigned():
            owned = self.registry.get(tp)
            if owned is None or owned.is_broken:
                return False, f"{tp.topic}[{tp.partition}] is not restored yet"
            lag = self._lag(tp, owned)
            if not owned.caught_up:
                return False, f"{tp.topic}[{tp.partition}] is catching up, lag {lag}"
        return True, ""

    def is_behind(self) -> bool:
        """Return whether more events wait than a busy moment brings: a backlog is worked off."""
        if not self._link.is_recovering():
            lags = (self._lag(tp, owned) or 0 for tp, owned in self.registry.items())
            return self._pace.is_backlog(sum(lags))
        return True

    @property
    def failure(self) -> BaseException | None:
        """Why the worker stopped by itself, None as long as it has not."""
        return self._failure.exception() if self._failure.done() else None

    @asynccontextmanager
    async def long_turn(self) -> AsyncIterator[None]:
        """Hold the turn for some time while somebody waits: no checkpoint is encoded either."""
        async with self.turn:
            self._calm.clear()
            try:
                yield
            finally:
                self._calm.set()

    async def settle(self, at_ms: int) -> None:
        """Let the shards tell all they know at an instant; wait until customers have it.

        Raises what ended the worker, which has all partitions.
        """
        shards = self.registry.shards()
        newest_ms = newest_of(shards)
        async with self.turn:
            for shard in shards:
                tell_now(shard, newest_ms, at_ms)
                self._outbox.take(shard)
        await self._outbox.settle()
        topic = self.settings.topic(CUSTOMERS)
        while any(
            (self.next_offset(topic, partition) or 0) < end
            for partition, end in self._outbox.sent_to.items()
        ):
            if self.failure is not None:
                raise self.failure
            await asyncio.sleep(_POLL_S)
        async with self.turn:
            for shard in self.registry.shards():
                if shard.topic == CUSTOMERS:
                    shard.advance(newest_ms)

    def told_of_customers(self) -> int:
        """Return how much lies in the topic ``customers``, or waits to be sent there by us."""
        return sum(self._outbox.sent_to.values()) + self._outbox.backlog

    async def wait(self) -> None:
        """Wait until the worker ends. Raises what ended it; returns after :meth:`stop`."""
        await asyncio.shield(self._failure)

    def stats(self) -> StreamStats:
        """Return the worker's numbers now."""
        lag = self.registry.event_lag
        thread = self._app.consumer.thread  # type: ignore[attr-defined]
        commits = list(thread.tp_last_committed_at.values())
        now_ms = time.time_ns() // 1_000_000
        age_ms = int((time.monotonic() - max(commits)) * 1000) if commits else 0
        return StreamStats(
            partitions=tuple(
                PartitionStats(
                    topic=tp.topic,
                    partition=tp.partition,
                    counts=owned.shard.counts,
                    next_offset=owned.shard.next_offset,
                    start_offset=owned.start_offset,
                    durable_offset=owned.durable_offset,
                    lag=self._lag(tp, owned),
                    generation=owned.shard.generation,
                    max_event_ms=owned.shard.max_event_ms,
                    watermark_ms=owned.shard.watermark_ms,
                    checkpoint_at_ms=owned.durable_at_ms,
                    checkpoint_bytes=owned.checkpoint_bytes,
                    replayed=owned.replayed,
                    gap_events=owned.gap_events,
                    fold_failures=owned.fold_failures,
                    stale_batches=owned.stale_batches,
                    seek_backs=owned.seek_backs,
                )
                for tp, owned in self.registry.items()
            ),
            is_recovering=self._link.is_recovering(),
            rebalances=self._app.rebalancing_count,
            last_commit_at_ms=now_ms - age_ms if commits else None,
            dead_letter_backlog=self._sink.backlog,
            event_lag_counts=tuple(lag.counts),
            event_lag_sum_s=lag.sum_s,
        )

    # -- life ---------------------------------------------------------------------------------

    async def start(self) -> None:
        """Join the group and restore the shards.

        Raises:
            StreamError: topics, settings or checkpoints are not as they must be.
        """
        if (armed := failpoints.arm()) is not None:
            log.warning("this worker will die at the failpoint %s: for tests only", armed)
        if not self.settings.embedded:
            try:
                await topics.require(self.settings)
            except StreamError:
                self._folder.cleanup()
                raise
        self._watching = asyncio.create_task(self._watch())
        starting = asyncio.create_task(self._app.start())
        await asyncio.wait({starting, self._failure}, return_when=asyncio.FIRST_COMPLETED)
        if not self._failure.done():
            await starting
        elif not starting.done():
            starting.cancel()
        while self._link.is_recovering() and not self._failure.done():  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)  # partitions were taken away again at once
        if (failed := self.failure) is not None:
            await self.stop()
            raise failed
        self._pumping = asyncio.create_task(self._pump.run())
        if not self.settings.embedded:
            self._comparing = asyncio.create_task(self._compare())
            self._asking = asyncio.create_task(self._broker_watch.run())

    async def stop(self) -> None:
        """Write a last checkpoint, commit, leave the group. Safe to call twice."""
        if self._is_stopped:
            return
        self._is_stopped = True
        for task in (self._watching, self._comparing):
            if task is not None:
                task.cancel()
        stop_s = _STOP_S
        if self._pumping is not None:
            self._pump.close()
            await asyncio.wait({self._pumping}, timeout=_LAST_CHECKPOINT_S)
            if not self._pumping.done():
                log.warning("no last checkpoint: the next start reads again from the one before")
                if self._broker_watch.is_silent():
                    stop_s = _STOP_CUT_OFF_S
            elif (error := self._pumping.exception()) is not None:
                self._fail(error)
        if self._asking is not None:
            self._asking.cancel()
        try:
            await asyncio.wait_for(self._app.stop(), stop_s)
        except TimeoutError:
            log.warning("the worker did not leave its group in time")
        self._folder.cleanup()
        if not self._failure.done():
            self._failure.set_result(None)

    async def _watch(self) -> None:
        crashed = asyncio.create_task(self._app._crashed.wait())
        try:
            while True:
                waited = {crashed} if self._pumping is None else {crashed, self._pumping}
                done, _ = await asyncio.wait(
                    waited, timeout=0.2, return_when=asyncio.FIRST_COMPLETED
                )
                if done:
                    break
                self._pace.note(self.registry.next_offsets(), time.monotonic())
                pace_collector(is_behind=self.is_behind())
                if (refused := missing_right(self._link.refused(), self.settings)) is not None:
                    self._fail(refused)
                    return
            if crashed in done:
                error: BaseException | None = self._app.crash_reason
            else:
                assert self._pumping is not None
                error = self._pumping.exception()
            self._fail(error or StreamError("the stream worker stopped without a reason"))
        finally:
            crashed.cancel()

    async def _compare(self) -> None:
        try:
            await watch_epochs(self.settings, self.registry)
        except StreamError as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._failure.done():
            self._failure.set_exception(missing_right(error, self.settings) or error)
            self._failure.exception()  # somebody may never ask

    # -- parts --------------------------------------------------------------------------------

    def _add_topic(self, full_name: str, name: str, parts: Parts) -> None:
        table = add_table(self._app, self.settings, name)
        self._tables[full_name] = table
        fold = TopicFold(
            full_name, parts.decoder(name), self.registry, self._sink, parts.write_letter,
            self._outbox,
        )  # fmt: skip
        add_agent(self._app, fold, self._link.place_back, self._quarantine.put, self.turn)

    async def _restore(self) -> None:
        # Faust drops what is raised here, so it has to be carried out by hand.
        try:
            await self._restorer.restore_all(
                self._app.consumer,  # type: ignore[arg-type]
                self._read_rows,
                lambda: self._app.consumer_generation_id,
            )
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    async def _restore_one(self, tp: TP) -> None:
        await self._restorer.restore_one(
            tp,
            self._app.consumer,  # type: ignore[arg-type]
            self._read_rows,
            lambda: self._app.consumer_generation_id,
        )

    async def _read_rows(self, tps: Collection[TP]) -> dict[TP, Rows]:
        names = self.registry.source_topics
        logs = {tp: self.settings.changelog(names[tp.topic]) for tp in tps}
        return await read_changelogs(self.settings, logs)

    def _assigned(self) -> list[TP]:
        return [tp for tp in self._app.consumer.assignment() if self.registry.is_source(tp)]

    def _lag(self, tp: TP, owned: Owned) -> int | None:
        end = self._link.end(tp)
        if end is None:
            return None
        lag = max(0, end - owned.shard.next_offset)
        owned.caught_up = owned.caught_up or lag <= self.settings.caught_up_events
        return lag


async def _revoked(*_: Any, **__: Any) -> None:
    failpoints.passing(failpoints.DURING_REVOKE)


async def start_worker(
    settings: StreamSettings,
    rules: Rules,
    *,
    parts: Parts | None = None,
    on_durable: OnDurable | None = None,
) -> StreamWorker:
    """Start a worker in the running loop; return it when its shards are restored.

    ``on_durable`` is told of every checkpoint that the broker has acknowledged.

    Raises:
        StreamError: one line that says what to repair.
    """
    worker = StreamWorker(settings, parts or real_parts(rules), on_durable)
    try:
        await worker.start()
    except asyncio.CancelledError:  # somebody wants us gone before we have begun
        await worker.stop()
        raise
    return worker
