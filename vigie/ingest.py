"""``vigie ingest``: takes webhooks of platforms and puts their events on Kafka."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack

from streams.ingest.acceptance import Acceptance
from streams.ingest.bodies import BodyReader
from streams.ingest.limits import Rate
from streams.ingest.receiver import Inlet, Limits, Receiver
from streams.ingest.serving import serving
from streams.settings import StreamError, StreamSettings
from streams.sources import SourceSettingsError, build_source
from streams.sources.canonical import CanonicalSource
from streams.sources.payloads import PayloadSource
from vigie.errors import UserError
from vigie.file_handles import require_file_handles
from vigie.sections_ingest import IngestSource, scheme_of
from vigie.service import run_async
from vigie.settings import Settings
from vigie.stream_settings import stream_settings

log = logging.getLogger(__name__)


def run_ingest(settings: Settings, *, broker: str | None = None) -> int:
    """Receive until SIGINT or SIGTERM; return 0 after an orderly end.

    ``broker`` replaces the brokers of the settings.

    Raises:
        StreamError, UserError: with the fix; what ends a running receiver as well.
    """
    ingest, streams = settings.ingest, stream_settings(settings, broker=broker)
    inlets = [inlet(settings, streams, name, one) for name, one in ingest.webhooks.items()]
    if not inlets:
        raise UserError(
            "there is nothing to receive", "Name a source in ingest.webhooks; see docs/ingest.md."
        )

    async def work(stop: asyncio.Event) -> int:
        async with AsyncExitStack() as at_end:
            kafka = Acceptance(streams, answer_s=ingest.answer_ms / 1000)
            await at_end.enter_async_context(kafka)
            receiver = Receiver(inlets, kafka, limits(settings))
            port = await at_end.enter_async_context(
                serving(
                    receiver.app(),
                    ingest.host,
                    ingest.port,
                    most_connections=ingest.max_connections,
                    share_port=ingest.share_port,
                )
            )
            log.info("receiving %d sources at http://%s:%d/in/", len(inlets), ingest.host, port)
            await _until(stop, kafka)
            log.info("stopping: the last requests get their answers")
        return 0

    require_file_handles()
    return run_async(work)


def inlet(settings: Settings, streams: StreamSettings, name: str, one: IngestSource) -> Inlet:
    """Return what takes the requests of a source.

    Raises:
        UserError: the source does not come by webhook, or its settings are wrong.
    """
    try:
        source = build_source(
            name,
            settings.sources,
            file=name,
            secret=settings.customer_secret(),
            rules=settings.rules(),
        )
    except SourceSettingsError as error:
        raise UserError(str(error)) from None
    if not isinstance(source, PayloadSource | CanonicalSource):
        raise UserError(
            f"ingest.webhooks.{name}: this format is read from files",
            "Use vigie send, or name a source of a platform.",
        )
    per_s = one.rate or settings.ingest.rate
    burst = max(1, round(per_s * settings.ingest.burst_ms / 1000))
    return Inlet(
        name, scheme_of(one, settings.ingest), Rate(per_s, burst), BodyReader(source, streams)
    )


def limits(settings: Settings) -> Limits:
    """Return the bounds of the receiver."""
    ingest = settings.ingest
    return Limits(
        body_bytes=ingest.max_body_kib * 1024,
        open_bytes=ingest.max_open_mib * 1024 * 1024,
        open_requests=ingest.max_open_requests,
    )


async def _until(stop: asyncio.Event, kafka: Acceptance) -> None:
    """Wait for the end: asked for, or because the Kafka client has given up."""
    assert kafka.broken is not None
    kafka.broken.add_done_callback(lambda _: stop.set())
    await stop.wait()
    if kafka.broken.done():
        raise StreamError(
            f"the Kafka client has given up ({kafka.broken.result()}): look with `vigie doctor`, "
            "then start again"
        )
