"""A worker with its web side: what the demo, the replay and production have in common."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Literal

import uvloop

from aggregators.kpis.norms import NORMS, reference
from aggregators.policy import Rules
from exporters.headline import parse_headlines
from exporters.http.app import WebOptions, WebServer, build_web_app, serve
from exporters.live import MemoryView
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.exposition import expositions
from exporters.prometheus.pipeline import PipelineCollector, PipelineStats
from streams.allocator import return_large_blocks
from streams.app import calm_collector
from streams.settings import StreamSettings
from streams.worker import StreamWorker, start_worker
from vigie.file_handles import require_file_handles
from vigie.pipeline_stats import BUILD, REASONS, pipeline_stats, room_for_kpis
from vigie.settings import Settings

if TYPE_CHECKING:
    from vigie.alerting import Alerting
    from vigie.sharing import Sharing

Mode = Literal["live", "demo", "replay"]
Clock = Callable[[], int]


def wall_clock_ms() -> int:
    """Return the time of the machine in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


def run_async(work: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    """Run a service until it ends or SIGINT or SIGTERM asks it to; return its exit code.

    ``work`` gets an event that is set when somebody asks for the end.
    """

    async def supervised() -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        return await work(stop)

    calm_collector()
    return_large_blocks()
    return uvloop.run(supervised())


class Service:
    """A running worker and its web server."""

    def __init__(self, worker: StreamWorker, view: MemoryView, web: WebServer | None) -> None:
        self.worker = worker
        self.view = view
        self.web = web


def memory_view(
    settings: Settings, rules: Rules, running: list[StreamWorker], clock: Clock
) -> MemoryView:
    """Return the view of one worker alone: what it owns is all there is."""
    return MemoryView(
        lambda: running[0].shards() if running else [],
        rules,
        clock,
        refresh_ms=settings.web.refresh_ms,
        readiness=lambda: readiness(running),
        is_behind=lambda: bool(running) and running[0].is_behind(),
    )


def readiness(running: list[StreamWorker]) -> tuple[bool, str]:
    """Return whether the worker's numbers can be trusted, and if not, why."""
    return running[0].ready() if running else (False, "starting")


@contextlib.asynccontextmanager
async def service(
    settings: Settings,
    streams: StreamSettings,
    rules: Rules,
    *,
    mode: Mode,
    clock: Clock = wall_clock_ms,
    with_web: bool = True,
) -> AsyncIterator[Service]:
    """Start a worker and serve its numbers; stop both in order at the end.

    The page and the health routes answer while the shards are still restored.

    Raises:
        ServeError, StreamError, UserError: with the fix.
    """
    require_file_handles()
    running: list[StreamWorker] = []
    sharing: Sharing | None = None
    if mode == "live" and settings.redis.url is not None:
        from vigie.sharing import Sharing  # one worker alone needs no Redis client

        sharing = Sharing(settings, streams, rules, running, lambda: readiness(running), clock)
    view = sharing.view if sharing else memory_view(settings, rules, running, clock)
    alerting = _alerting(settings, streams, rules, view, running, mode, sharing, clock)
    async with contextlib.AsyncExitStack() as at_end:
        web: WebServer | None = None
        if with_web:
            web = await _serve(settings, rules, view, running, mode, sharing, alerting)
            at_end.push_async_callback(web.close)
        on_durable = sharing.on_durable if sharing else None
        worker = await start_worker(streams, rules, on_durable=on_durable)
        running.append(worker)
        if sharing is not None:  # its last checkpoints go out after the worker has stopped
            at_end.push_async_callback(sharing.close)
        at_end.push_async_callback(worker.stop)
        if sharing is not None:
            sharing.start()
            at_end.push_async_callback(sharing.give_up_lease)
        if alerting is not None:
            alerting.start()
            at_end.push_async_callback(alerting.close)
        yield Service(worker, view, web)


def _alerting(
    settings: Settings,
    streams: StreamSettings,
    rules: Rules,
    view: MemoryView,
    running: list[StreamWorker],
    mode: Mode,
    sharing: Sharing | None,
    clock: Clock,
) -> Alerting | None:
    """Return the alerts; a replay has none: what it tells is long past."""
    if mode == "replay" or not settings.alerts.enabled:
        return None
    from vigie.alerting import Alerting  # what reaches people takes a moment to load

    leads = sharing.view.shows_kpis if sharing is not None else lambda: True
    return Alerting(settings, streams, rules, view, running, mode=mode, leads=leads, clock=clock)


async def _serve(
    settings: Settings,
    rules: Rules,
    view: MemoryView,
    running: list[StreamWorker],
    mode: Mode,
    sharing: Sharing | None,
    alerting: Alerting | None,
) -> WebServer:
    kpis = KpiCollector(
        view.board,
        lambda: bool(running) and (sharing is None or sharing.view.shows_kpis()),
        shards=sharing.view.coverage if sharing else None,
        max_pairs=settings.limits.max_queues,
        max_series=room_for_kpis(settings),
        kinds=settings.metrics.by,
    )

    def stats() -> PipelineStats:
        if running:
            shared = sharing.stats() if sharing else None
            alerts = alerting.stats() if alerting else None
            return pipeline_stats(running[0], kpis, shared, alerts)
        return PipelineStats(partitions=(), build=BUILD, reasons=REASONS, recovery_in_progress=True)

    app = build_web_app(
        view,
        collector_routes=expositions(kpis, PipelineCollector(stats)),
        options=WebOptions(
            mode=mode,
            min_sample=rules.min_sample,
            token=_token(settings),
            allowed_hosts=tuple(settings.web.allowed_hosts),
            frame_ancestors=settings.web.frame_ancestors,
            refresh_ms=settings.web.refresh_ms,
            headline=parse_headlines(settings.headline_kpis),
            currency=rules.currency,
            references={kpi_id: reference(kpi_id, rules) for kpi_id in NORMS},
        ),
        extra_routes=() if alerting is None else alerting.routes(),
        described=None if alerting is None else alerting.described(),
    )
    return await serve(app, settings.web.host, settings.web.port)


def _token(settings: Settings) -> str | None:
    token = settings.web.token
    return None if token is None else token.reveal()


async def until(stop: asyncio.Event, worker: StreamWorker) -> None:
    """Wait for the end: asked for, or because the worker failed (then its error is raised)."""
    stopping = asyncio.ensure_future(stop.wait())
    failing = asyncio.ensure_future(worker.wait())
    try:
        await asyncio.wait({stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            failing.result()
    finally:
        for task in (stopping, failing):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
