"""``vigie replay``: a file through a broker and a worker, on the recorded clock."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import uuid
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from aggregators.board import board
from aggregators.events import CUSTOMERS, Envelope
from aggregators.policy import Rules
from aggregators.shard import Shard
from streams import topics
from streams.embedded import start_broker
from streams.producer import Brake, EventProducer
from streams.settings import StreamSettings
from streams.state_log import log_lengths
from vigie.compute import batch_rules, read_sorted, unanswered, with_whole
from vigie.dead_letter_file import DEFAULT, DeadLetterFile
from vigie.errors import UserError
from vigie.figures import figures, write_figures
from vigie.progress import tracked
from vigie.service import Service, run_async, service
from vigie.settings import Settings
from vigie.source_files import open_source
from vigie.stream_settings import stream_settings

_POLL_S = 0.01
_UNREAD_BYTES = 2_000_000
_UNREAD_RECORDS = 40_000


def run_replay(
    settings: Settings,
    source_name: str,
    path: Path,
    *,
    speed: float | None,
    broker: str | None,
    json_output: bool,
    name: str | None = None,
    at: Sequence[int] = (),
    windows: Sequence[str] = (),
) -> int:
    """Replay a file and print the figures just before each instant, by default of its end.

    ``speed`` is recorded seconds per second, None as fast as it goes; with a speed the wallboard
    shows the recorded day meanwhile. The embedded broker is used unless ``broker`` names a real
    one, where the replay has topics of its own that it deletes at the end. With a ``name`` they
    stay until it got there: ended before, even by SIGKILL, the same replay goes on where it was.

    Raises:
        UserError, StreamError, ServeError: with the fix.
    """
    source = open_source(settings, source_name, path)
    with DeadLetterFile(DEFAULT) as letters:
        events = read_sorted(source, path, letters)
        summary = letters.summary()
    if summary:
        click.echo(f"vigie: {summary}", file=sys.stderr)
    if not events:
        raise UserError(f"{path} has no event that can be used", summary or "Is it the file?")
    if name is not None and (broker is None or len(at) > 1):
        raise UserError(
            "--name needs --broker, and looks at one instant only",
            "The embedded broker keeps nothing, and what is on the broker lies behind "
            "earlier instants.",
        )
    rules = batch_rules(settings.rules())
    instants = sorted(set(at)) or [events[-1].event_time_ms + 1]
    shown = with_whole(windows or rules.windows)

    async def work(stop: asyncio.Event) -> int:
        clock = [events[0].event_time_ms]
        stay = _Stay()
        async with (
            _broker(settings, broker, name, stay) as streams,
            service(
                settings, streams, rules, mode="replay", clock=lambda: clock[0],
                with_web=speed is not None,
            ) as running,
        ):  # fmt: skip
            if running.web is not None:
                click.echo(f"wallboard  {running.web.url}/", file=sys.stderr)
            replay = _Replay(running, rules, shown, clock, stop)
            told = {} if name is None else await log_lengths(streams)
            told = {at: n for at, n in told.items() if at[0] != streams.topic(CUSTOMERS)}
            if told and (count := sum(told.values())):
                click.echo(f"goes on behind {count} events on the broker", file=sys.stderr)
            found = await replay.run(events, instants, streams, speed, told)
            stay.is_over = not stop.is_set()
        write_figures(found, as_json=json_output)
        return 0

    return run_async(work)


class _Stay:
    """Whether a named replay got to its end, so that its topics may go."""

    is_over = False


@contextlib.asynccontextmanager
async def _broker(
    settings: Settings, address: str | None, name: str | None, stay: _Stay
) -> AsyncIterator[StreamSettings]:
    app = f"replay-{name or uuid.uuid4().hex[:8]}"
    base = msgspec.structs.replace(
        stream_settings(settings, broker=address),
        app_id=app,
        topic_prefix=f"{app}-",
        instance_id=name,
    )
    if address is None:
        embedded = msgspec.structs.replace(base, embedded=True)
        started = start_broker(embedded)
        try:
            yield msgspec.structs.replace(embedded, bootstrap_servers=started.address)
        finally:
            started.stop()
        return
    await topics.create(base)
    try:
        yield base
    finally:
        if name is None or stay.is_over:
            await topics.delete(base)


class _Replay:
    """Sends events up to an instant, waits until all is folded, looks, goes on."""

    def __init__(
        self,
        running: Service,
        rules: Rules,
        windows: Sequence[str],
        clock: list[int],
        stop: asyncio.Event,
    ) -> None:
        self._running = running
        self._rules = rules
        self._windows = windows
        self._clock = clock
        self._stop = stop
        self._sent = 0

    async def run(
        self,
        events: Sequence[Envelope],
        instants: Sequence[int],
        streams: StreamSettings,
        speed: float | None,
        told: dict[tuple[str, int], int],
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        pending = deque(instants)
        worker = self._running.worker
        brake = Brake(
            worker.next_offset, unread_bytes=_UNREAD_BYTES, unread_records=_UNREAD_RECORDS
        )
        pace = _Pace(speed, events[0].event_time_ms)
        async with EventProducer(streams, brake=brake, told=told) as producer:
            for event in tracked(events, "replaying", len(events)):
                while pending and event.event_time_ms >= pending[0]:
                    found.append(await self._look(producer, pending.popleft()))
                if not pending or self._stop.is_set():
                    break
                await pace.until(event.event_time_ms, self._clock, self._stop)
                await producer.send(event, append_ms=event.event_time_ms)
                self._sent += 1
            while pending and not self._stop.is_set():
                found.append(await self._look(producer, pending.popleft()))
        return found

    async def _look(self, producer: EventProducer, at_ms: int) -> dict[str, Any]:
        await producer.flush()
        worker = self._running.worker
        while sum(_told(worker.shards())) < self._sent:
            if worker.failure is not None:
                raise worker.failure
            await asyncio.sleep(_POLL_S)
        await worker.settle(at_ms)
        self._clock[0] = at_ms
        shards = worker.shards()
        seen = board(shards, at_ms, self._rules, self._windows)
        return figures(seen) | unanswered(shards, seen, self._rules)


def _told(shards: Iterable[Shard]) -> Iterator[int]:
    """Yield how many events each shard has read of those that the replay sends."""
    return (shard.counts.read for shard in shards if shard.topic != CUSTOMERS)


class _Pace:
    """Keeps the recorded clock, ``speed`` times as fast as ours; None does not wait."""

    def __init__(self, speed: float | None, start_ms: int) -> None:
        self._speed = speed
        self._start_ms = start_ms
        self._began_s: float | None = None

    async def until(self, at_ms: int, clock: list[int], stop: asyncio.Event) -> None:
        """Move the clock to an instant, waiting as long as the recording did."""
        if self._speed is None:
            clock[0] = at_ms
            return
        loop = asyncio.get_running_loop()
        if self._began_s is None:
            self._began_s = loop.time()
        while not stop.is_set():
            reached_ms = self._start_ms + (loop.time() - self._began_s) * 1000 * self._speed
            clock[0] = min(at_ms, int(reached_ms))
            if reached_ms >= at_ms:
                return
            left_s = (at_ms - reached_ms) / 1000 / self._speed
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), min(left_s, 0.25))
