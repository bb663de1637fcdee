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
) -> int:
    """Send a file; with ``follow`` go on with what is appended, also across log rotation.

    ``topic`` is one canonical topic for all events instead of each its own. Refused lines go to
    the dead-letter file and are counted. Event ids are stable, so sending again changes nothing.

    Raises:
        UserError, StreamError: with the fix.
    """
    if topic is not None and topic not in TOPIC_TYPES:
        raise UserError(f"there is no topic {topic!r}", f"One of {', '.join(TOPIC_TYPES)}.")
    source = open_source(settings, source_name, path)
    streams = stream_settings(settings, broker=broker)

    async def work(stop: asyncio.Event) -> int:
        with DeadLetterFile(DEFAULT) as letters:
            async with EventProducer(streams) as producer:
                if follow:
                    async for item in _followed(source, path, stop):
                        await _send(producer, streams, item, source, letters, topic)
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
    from streams.sources import read_events

    yield from read_events(source, path)


async def _followed(source: Source, path: Path, stop: asyncio.Event) -> AsyncIterator[Any]:
    from streams.sources.tail import follow

    async for line in follow(path, stop):
        for item in source.feed(line):
            yield item
    for item in source.finish():
        yield item


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
