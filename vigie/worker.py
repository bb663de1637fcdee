"""``vigie worker``: reads a real Kafka, folds, serves the numbers."""

from __future__ import annotations

import asyncio
import logging

from vigie.service import run_async, service, until
from vigie.settings import Settings
from vigie.stream_settings import stream_settings

log = logging.getLogger(__name__)


def run_worker(settings: Settings) -> int:
    """Run until SIGINT or SIGTERM; return 0 after an orderly end.

    Raises:
        StreamError, ServeError, UserError: with the fix; what stops a running worker as well.
    """
    streams = stream_settings(settings)
    rules = settings.rules()

    async def work(stop: asyncio.Event) -> int:
        async with service(settings, streams, rules, mode="live") as running:
            assert running.web is not None
            log.info("worker runs, wallboard at %s/", running.web.url)
            await until(stop, running.worker)
            log.info("stopping: last checkpoint, then leaving the group")
        return 0

    return run_async(work)
