"""``vigie send``: produces a file's events to Kafka, each to its topic."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from aggregators.events import TOPIC_TYPES, Envelope, message_key
from streams.producer import EventProducer
from streams.settings import StreamSettings
from streams.sources.tail import Tail, TailPosition
from vigie.dead_letter_file import DEFAULT, DeadLetterFile
from vigie.errors import UserError
from vigie.progress import tracked
from vigie.service import run_async
from vigie.settings import Settings
from vigie.source_files import open_source
from vigie.stream_settings import stream_settings

if TYPE_CHECKING:
    from streams.sources.source import Source


def run_send(
    settings: Settings,
    source_name: str,
    path: Path,
    *,
    follow: bool,
    broker: str | None,
    topic: str | None,
    position: Path | None = None,
) -> int:
    """Send a file; with ``follow`` go on with what is appended, also across log rotation.

    ``position`` is a file that remembers how far a followed log was sent, so that a restart goes
    on there.

    ``topic`` is one canonical topic for all events instead of each its own. Refused lines go to
    the dead-letter file and are counted. Event ids are stable, so sending again changes nothing.

    Raises:
        UserError, StreamError: with the fix.
    """
    if topic is not None and topic not in TOPIC_TYPES:
        raise UserError(f"there is no topic {topic!r}", f"One of {', '.join(TOPIC_TYPES)}.")
    if position is not None and not follow:
        raise UserError("--position goes with --follow", "Add --follow or leave it out.")
    source = open_source(settings, source_name, path)
    streams = stream_settings(settings, broker=broker)

    async def work(stop: asyncio.Event) -> int:
        with DeadLetterFile(DEFAULT) as letters:
            async with EventProducer(streams) as producer:
                if follow:
                    place = _Place(position)
                    tail = Tail(path, position=place.read())
                    async for item in _followed(source, tail, stop):
                        await _send(producer, streams, item, source, letters, topic)
                        await place.keep(tail, producer)
                    await place.keep(tail, producer, now=True)
                else:
                    for item in tracked(_whole(source, path), f"sending {path.name}"):
                        await _send(producer, streams, item, source, letters, topic)
                        if stop.is_set():
                            break
                await producer.flush()
                click.echo(f"{producer.sent} events sent to {streams.bootstrap_servers}")
            if summary := letters.summary():
                click.echo(f"vigie: {summary}", file=sys.stderr)
        return 0

    return run_async(work)


def _whole(source: Source, path: Path) -> Iterator[Any]:
    from vigie.source_files import source_events

    yield from source_events(source, path)


async def _followed(source: Source, tail: Tail, stop: asyncio.Event) -> AsyncIterator[Any]:
    async def end_with() -> None:
        await stop.wait()
        tail.stop()

    ending = asyncio.create_task(end_with())
    try:
        async for line in tail.lines():
            for item in source.feed(line):
                yield item
    finally:
        ending.cancel()
    for item in source.finish():
        yield item


class _Place:
    """Remembers in a file how far a log was sent; without a file, nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._saved_s = 0.0

    def read(self) -> TailPosition | None:
        """Return where to go on, None for the beginning."""
        if self._path is None or not self._path.exists():
            return None
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=TailPosition)
        except msgspec.MsgspecError:
            raise UserError(
                f"{self._path} holds no position of a log", "Delete it to send the log again."
            ) from None

    async def keep(self, tail: Tail, producer: EventProducer, *, now: bool = False) -> None:
        """Write the position, at most once a second, after all before it is acknowledged."""
        elapsed_s = asyncio.get_running_loop().time() - self._saved_s
        if self._path is None or tail.position is None or (elapsed_s < 1.0 and not now):
            return
        position = tail.position
        await producer.flush()
        scratch = self._path.with_name(self._path.name + ".new")
        scratch.write_bytes(msgspec.json.encode(position))
        scratch.replace(self._path)
        self._saved_s = asyncio.get_running_loop().time()


async def _send(
    producer: EventProducer,
    streams: StreamSettings,
    item: Any,
    source: Source,
    letters: DeadLetterFile,
    topic: str | None,
) -> None:
    if not isinstance(item, Envelope):
        letters.write(str(item.reason), item.detail, source.name, item.position, item.body)
    elif topic is None:
        await producer.send(item)
    else:
        value = msgspec.json.encode(item)
        await producer.send_raw(streams.topic(topic), message_key(item).encode(), value)
