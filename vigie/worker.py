"""``vigie worker``: reads a real Kafka, folds, serves the numbers."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from vigie.compiled import is_compiled
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

    started = asyncio.Event()

    async def serve(stop: asyncio.Event) -> int:
        async with service(settings, streams, rules, mode="live") as running:
            started.set()
            assert running.web is not None
            core = "compiled" if is_compiled() else "Python"
            log.info("worker runs (core: %s), wallboard at %s/", core, running.web.url)
            await until(stop, running.worker)
            log.info("stopping: last checkpoint, then leaving the group")
        return 0

    async def work(stop: asyncio.Event) -> int:
        serving, stopping = asyncio.create_task(serve(stop)), asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if serving.done() or started.is_set():
            return await serving
        log.info("stopping while the start is under way")
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        return 0

    return run_async(work)
