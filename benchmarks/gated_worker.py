"""One worker of a team, held at a gate until all of them have their partitions.

``python -m benchmarks.gated_worker BOOTSTRAP_SERVERS APP_ID [--prefix P] [--redis URL]`` speaks in
lines of JSON. It says which partitions it has whenever they change, and folds nothing; ``go N``
lets it fold N events; then it says that it is done and works on until ``end``, so that nobody has
to take its partitions over; its last line is a :class:`Share`.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import sys
import time
from typing import Any

import msgspec
from msgspec import Struct

from aggregators.events import CUSTOMERS
from benchmarks.centre import stream_settings
from benchmarks.whole_worker import Boards, LostEventsError, StopWatch, checked, watch_folds
from streams.worker import StreamWorker
from vigie.service import Service, run_async, service
from vigie.settings import load_settings

LOOK_S = 0.02


class Share(Struct, frozen=True, kw_only=True):
    """What one worker did: from its first batch to its last (``began_s``, ``ended_s`` of the
    machine's steady clock), and its CPU seconds until nobody folded any more.

    ``offsets`` is the number of events folded by partition (``calls[0]``), customers left out,
    who are in ``told`` (records that wait to be written) and ``told_folded``.
    """

    began_s: float
    ended_s: float
    cpu_s: float
    events: int
    offsets: dict[str, int]
    duplicate: int
    late: int
    durable_events: int
    told: int
    told_folded: int
    boards: int
    board_s: float
    peak_mib: int


def hold_turns() -> None:
    """Let every worker of this process begin with its turn taken: none of its agents may fold."""
    begin: Any = StreamWorker.start

    async def held(worker: StreamWorker) -> None:
        await worker.turn.acquire()
        await begin(worker)

    setattr(StreamWorker, "start", held)  # noqa: B010 - in this process only


def owned_places(running: Service) -> list[str]:
    """Return the partitions of a worker, none while they are being dealt out."""
    if running.worker.stats().is_recovering:
        return []
    return [f"{tp.topic}[{tp.partition}]" for tp, _ in running.worker.registry.items()]


def say(what: Any) -> None:
    """Tell the one who started us."""
    print(msgspec.json.encode(what).decode(), flush=True)


async def told_to_go(running: Service) -> int:
    """Say which partitions are ours until we are told how many events they hold."""
    asked = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    said: list[str] = []
    while not asked.done():
        owned = owned_places(running)
        if owned != said:
            say(owned)
            said = owned
        await asyncio.wait({asked}, timeout=LOOK_S)
    word, number = asked.result().split()
    assert word == "go"
    return int(number)


async def run_worker(servers: str, app_id: str, prefix: str, redis_url: str | None) -> Share:
    """Wait at the gate, fold, check that everything was folded once, return the figures.

    Raises:
        LostEventsError: the counts are not what was sent, or it did not wait.
    """
    settings = load_settings(None, {"VIGIE_REDIS__URL": redis_url} if redis_url else {})
    watch = StopWatch(0, None)
    watch_folds(watch)
    hold_turns()
    running: list[Service] = []

    def newest_ms() -> int:
        # The clock of the events: on the wall clock every window of this past day would be empty.
        shards = running[0].worker.shards() if running else []
        return max((shard.max_event_ms for shard in shards), default=0) + 1

    streams = stream_settings(servers, app_id, prefix)
    async with service(
        settings, streams, settings.rules(), mode="live", clock=newest_ms, with_web=False
    ) as it:
        running.append(it)
        events = await told_to_go(it)
        if any(shard.counts.read for shard in it.worker.shards()):
            raise LostEventsError("something was folded before the gate was opened")
        watch.expected = watch.left = events
        it.worker.turn.release()
        boards = Boards(it.view)
        looking = asyncio.create_task(boards.look())
        failing = asyncio.create_task(it.worker.wait())
        finished = asyncio.create_task(watch.done.wait())
        await asyncio.wait({looking, failing, finished}, return_when=asyncio.FIRST_COMPLETED)
        for task in (looking, failing):
            if task.done():
                task.result()
        counts = checked(it, watch.expected)
        items = it.worker.registry.items()
        sent = [(tp, owned) for tp, owned in items if not tp.topic.endswith(CUSTOMERS)]
        durable = sum(owned.durable_offset or 0 for _, owned in sent)
        told_folded = sum(owned.shard.next_offset for tp, owned in items if (tp, owned) not in sent)
        told = it.worker._outbox.backlog
        say("done")
        await asyncio.to_thread(sys.stdin.readline)
        cpu_s = time.process_time()
        for task in (looking, failing):
            task.cancel()
    assert watch.started is not None
    return Share(
        began_s=watch.started[0],
        ended_s=watch.ended[0],
        cpu_s=cpu_s - watch.started[1],
        events=counts.read,
        offsets={f"{tp.topic}[{tp.partition}]": owned.shard.next_offset for tp, owned in sent},
        duplicate=counts.duplicate,
        late=counts.late,
        durable_events=durable,
        told=told,
        told_folded=told_folded,
        boards=boards.computed,
        board_s=boards.seconds,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def main() -> int:
    """Take part once."""
    parser = argparse.ArgumentParser(prog="benchmarks.gated_worker")
    parser.add_argument("servers")
    parser.add_argument("app_id")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--redis")
    given = parser.parse_args()

    async def work(_stop: asyncio.Event) -> int:
        say(await run_worker(given.servers, given.app_id, given.prefix, given.redis))
        return 0

    return run_async(work)


if __name__ == "__main__":
    sys.exit(main())
