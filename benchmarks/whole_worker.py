"""The measured side: vigie's worker as in production, in a process of its own.

``python -m benchmarks.whole_worker BOOTSTRAP_SERVERS APP_ID EVENTS [--prefix P] [--profile]``
prints one line of JSON. The worker writes its checkpoints every second and the board of all windows
is computed once a second, as when somebody looks at the wallboard.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from typing import Any

import msgspec
from faust.types import TP

from aggregators.counts import Counts
from aggregators.events import CUSTOMERS
from benchmarks.centre import stream_settings
from benchmarks.measures import WorkerRun
from benchmarks.sampling import CollectorClock, Sampler, thread_cpu_s
from exporters.live import MemoryView
from streams.agents import TopicFold
from streams.batch import Batch
from streams.pump import LONGEST_REST_S
from streams.registry import Registry
from vigie.service import Service, run_async, service
from vigie.settings import load_settings

LOOK_S = 1.0


CHECKPOINTS_BEHIND_S = 2 * LONGEST_REST_S
"""Checkpoints rest at most that long where they are dear (decision 0012), and take their time."""
CUSTOMERS_BEHIND_S = 3.0


class LostEventsError(Exception):
    """The state does not hold every event once: such a run says nothing."""


class LateCheckpointsError(Exception):
    """Checkpoints fell behind: such a run was fast at their expense."""


class LateCustomersError(Exception):
    """The second topic fell behind the first ones: such a run was fast at its expense."""


class StopWatch:
    """Times from the first batch handed to the fold to the one that completes the count."""

    def __init__(self, expected: int, sampler: Sampler | None) -> None:
        self.expected = self.left = expected
        self.sampler = sampler
        self.done = asyncio.Event()
        self.started: tuple[float, float] | None = None
        self.ended = (0.0, 0.0)
        self.threads_before: dict[str, float] = {}
        self.threads_after: dict[str, float] = {}

    def begin(self) -> None:
        """Note the first hand-over."""
        if self.started is None:
            self.threads_before = thread_cpu_s()
            if self.sampler is not None:
                self.sampler.start()
            self.started = time.perf_counter(), time.process_time()

    def folded(self, events: int) -> None:
        """Note a folded batch."""
        self.left -= events
        if self.left <= 0 and not self.done.is_set():
            self.ended = time.perf_counter(), time.process_time()
            if self.sampler is not None:
                self.sampler.stop()
            self.threads_after = thread_cpu_s()
            self.done.set()


def watch_folds(watch: StopWatch) -> None:
    """Let every batch that the agents take in this process pass by the stop watch."""
    take: Any = TopicFold.take

    def timed(fold: TopicFold, tp: TP, batch: Batch) -> bool:
        watch.begin()
        admitted: bool = take(fold, tp, batch)
        if not tp.topic.endswith(CUSTOMERS):  # made by the worker itself, of what was sent
            left = watch.left - len(batch.rows)
            if left <= 0:  # batches that came again were no progress
                left = watch.expected - _folded(fold._registry)
            watch.folded(watch.left - left)
        return admitted

    setattr(TopicFold, "take", timed)  # noqa: B010 - in this process only


def _folded(registry: Registry) -> int:
    return sum(
        owned.shard.next_offset
        for tp, owned in registry.items()
        if not tp.topic.endswith(CUSTOMERS)
    )


class Boards:
    """Looks at the board once a second, as the wallboard's feed does."""

    def __init__(self, view: MemoryView) -> None:
        self._view = view
        self.computed = 0
        self.seconds = 0.0

    async def look(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            before = self._view.computations
            self._view.board()
            if self._view.computations > before:
                self.computed += 1
                self.seconds += self._view.last_computation_s


def checked(running: Service, expected: int) -> Counts:
    """Return the counts of all shards together.

    Raises:
        LostEventsError: they are not what was sent.
    """
    total = Counts()
    for shard in running.worker.shards():
        counts = shard.counts
        if shard.topic == CUSTOMERS:
            continue
        total.read += counts.read
        total.applied += counts.applied
        total.duplicate += counts.duplicate
        total.late += counts.late
        total.dead_lettered += counts.dead_lettered
    known = total.applied + total.duplicate + total.late
    if not expected == total.read == known or total.duplicate:
        raise LostEventsError(f"{expected} events were sent, the shards hold {total}")
    return total


async def run_worker(
    servers: str, app_id: str, expected: int, *, profile: bool, prefix: str = ""
) -> WorkerRun:
    """Run a worker until it has folded everything, check that it did, and return the figures.

    Raises:
        LostEventsError: the counts are not what was sent.
        LateCheckpointsError, LateCustomersError: checkpoints or customers did not keep pace.
    """
    settings = load_settings(None, {})
    running: list[Service] = []
    sampler = Sampler() if profile else None
    watch = StopWatch(expected, sampler)
    collector = CollectorClock()
    watch_folds(watch)

    def newest_ms() -> int:
        # The clock of the events: on the wall clock every window of this past day would be empty.
        shards = running[0].worker.shards() if running else []
        return max((shard.max_event_ms for shard in shards), default=0) + 1

    streams = stream_settings(servers, app_id, prefix)
    async with service(
        settings, streams, settings.rules(), mode="live", clock=newest_ms, with_web=False
    ) as it:
        running.append(it)
        boards = Boards(it.view)
        looking = asyncio.create_task(boards.look())
        failing = asyncio.create_task(it.worker.wait())
        finished = asyncio.create_task(watch.done.wait())
        tasks = {looking, failing, finished}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in (looking, failing):
            if task.done():
                task.result()
            task.cancel()
        counts = checked(it, expected)
        owned_of = it.worker.registry.items()
        durable = sum(
            owned.durable_offset or 0 for tp, owned in owned_of if not tp.topic.endswith(CUSTOMERS)
        )
        told = it.worker.told_of_customers()
        folded = sum(
            owned.shard.next_offset for tp, owned in owned_of if tp.topic.endswith(CUSTOMERS)
        )
    assert watch.started is not None
    wall_s = watch.ended[0] - watch.started[0]
    behind_s = (counts.read - durable) / counts.read * wall_s
    if behind_s > CHECKPOINTS_BEHIND_S:
        raise LateCheckpointsError(f"the last {behind_s:.1f} s of events are in no checkpoint")
    unread_s = (told - folded) / told * wall_s if told else 0.0
    if unread_s > CUSTOMERS_BEHIND_S:
        raise LateCustomersError(f"what was told of customers is {unread_s:.1f} s behind")
    return WorkerRun(
        wall_s=wall_s,
        cpu_s=watch.ended[1] - watch.started[1],
        events=counts.read,
        threads_s={
            name: after - watch.threads_before.get(name, 0.0)
            for name, after in watch.threads_after.items()
        },
        parts_s={} if sampler is None else sampler.seconds,
        boards=boards.computed,
        board_s=boards.seconds,
        collector_s=collector.seconds,
        collector_runs=collector.runs,
        durable_events=durable,
        told=told,
        told_folded=folded,
        duplicate=counts.duplicate,
        late=counts.late,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def main() -> int:
    """Measure once."""
    parser = argparse.ArgumentParser(prog="benchmarks.whole_worker")
    parser.add_argument("servers")
    parser.add_argument("app_id")
    parser.add_argument("events", type=int)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()

    async def work(_stop: asyncio.Event) -> int:
        run = await run_worker(
            given.servers, given.app_id, given.events, profile=given.profile, prefix=given.prefix
        )
        print(msgspec.json.encode(run).decode(), flush=True)
        return 0

    return run_async(work)


if __name__ == "__main__":
    sys.exit(main())
