"""``vigie connect``: keeps a connection to a telephone system and puts its events on Kafka."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import aclosing

import click

from streams.connect.connection import Connection, Pauses
from streams.producer import EventProducer
from streams.sources.source import Refused
from vigie.connect_settings import live_settings
from vigie.dead_letter_file import DEFAULT, DeadLetterFile
from vigie.service import run_async
from vigie.settings import Settings
from vigie.stream_settings import stream_settings

log = logging.getLogger(__name__)


def run_connect(
    settings: Settings, name: str, *, broker: str | None = None, pauses: Pauses | None = None
) -> int:
    """Connect until SIGINT or SIGTERM; return 0 after an orderly end.

    A connection that is lost, or a login that is refused, is tried again after ``pauses``. What
    the system told so far is sent before the end. ``broker`` replaces the brokers of the settings.

    Raises:
        UserError, StreamError: with the fix; a Kafka that refuses the events ends it as well.
    """
    live = live_settings(settings, name)
    streams = stream_settings(settings, broker=broker)

    async def work(stop: asyncio.Event) -> int:
        connection = Connection(
            live.dialogue, live.address, stop, ping_s=live.ping_s, pauses=pauses
        )
        if live.sends_password:
            log.warning("the password crosses the network in clear; set tls for source %s", name)
        with DeadLetterFile(DEFAULT) as letters:
            async with EventProducer(streams) as producer:
                async with aclosing(connection.items()) as items:
                    async for item in items:
                        if isinstance(item, Refused):
                            reason = str(item.reason)
                            letters.write(reason, item.detail, name, item.position, item.body)
                        else:
                            await producer.send(item)
                await producer.flush()
                click.echo(f"{producer.sent} events sent to {streams.bootstrap_servers}")
            counts, ghosts = connection.counts, live.dialogue.source.ghosts
            log.info(
                "stopped: connected %d times, lost %d times, %d ends assumed after a gap",
                counts.connects, counts.losses, ghosts,
            )  # fmt: skip
            if summary := letters.summary():
                click.echo(f"vigie: {summary}", file=sys.stderr)
        return 0

    return run_async(work)
