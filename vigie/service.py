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
from exporters.http.connections import ConnectionLimits
from exporters.http.denials import Denials
from exporters.http.openapi import Described
from exporters.live import MemoryView
from exporters.prometheus.collector import KpiCollector
from exporters.prometheus.exposition import expositions
from exporters.prometheus.pipeline import PipelineCollector, PipelineStats
from streams.allocator import return_large_blocks
from streams.collector import calm_collector
from streams.settings import StreamSettings
from streams.worker import StreamWorker, start_worker
from vigie.file_handles import require_file_handles
from vigie.pipeline_stats import BUILD, REASONS, pipeline_stats, room_for_kpis
from vigie.settings import Settings
from vigie.turn import turn_of
from vigie.web_access import WebAccess
from vigie.web_stats import web_stats

if TYPE_CHECKING:
    from vigie.alerting import Alerting
    from vigie.reporting import Reporting
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
        turn=turn_of(running),
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
    leads = sharing.view.shows_kpis if sharing else lambda: True
    alerting: Alerting | None = None
    if mode != "replay" and settings.alerts.enabled:  # what a replay tells is long past
        from vigie.alerting import Alerting  # what reaches people takes a moment to load

        alerting = Alerting(
            settings, streams, rules, view, running, mode=mode, leads=leads, clock=clock
        )
    from vigie.reporting import Reporting

    # A replay sends none, but they can be looked at.
    reporting = Reporting(
        settings, streams, rules, view, running, alerting, mode=mode, leads=leads, clock=clock
    )
    async with contextlib.AsyncExitStack() as at_end:
        web: WebServer | None = None
        if with_web:
            web = await _serve(settings, rules, view, running, mode, sharing, alerting, reporting)
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
        if mode != "replay":
            reporting.start()
            at_end.push_async_callback(reporting.close)
        yield Service(worker, view, web)


async def _serve(
    settings: Settings,
    rules: Rules,
    view: MemoryView,
    running: list[StreamWorker],
    mode: Mode,
    sharing: Sharing | None,
    alerting: Alerting | None,
    reporting: Reporting,
) -> WebServer:
    kpis = KpiCollector(
        view.board,
        lambda: bool(running) and (sharing is None or sharing.view.shows_kpis()),
        shards=sharing.view.coverage if sharing else None,
        max_pairs=settings.limits.max_queues,
        max_series=room_for_kpis(settings),
        kinds=settings.metrics.by,
        fresh=view.fresh,
    )

    def stats() -> PipelineStats:
        if running:
            shared = sharing.stats() if sharing else None
            alerts = alerting.stats() if alerting else None
            web = web_stats(access, denials)
            return pipeline_stats(running[0], kpis, shared, alerts, web, reporting.stats())
        return PipelineStats(partitions=(), build=BUILD, reasons=REASONS, recovery_in_progress=True)

    parts: list[Alerting | Reporting] = [part for part in (alerting, reporting) if part]
    told = [part.described() for part in parts]
    access, denials = WebAccess(settings.web), Denials(time.monotonic)
    app = build_web_app(
        view,
        collector_routes=expositions(kpis, PipelineCollector(stats)),
        options=WebOptions(
            mode=mode,
            min_sample=rules.min_sample,
            allowed_hosts=tuple(settings.web.allowed_hosts),
            connections=ConnectionLimits(most=settings.web.max_connections),
            frame_ancestors=settings.web.frame_ancestors,
            refresh_ms=settings.web.refresh_ms,
            headline=parse_headlines(settings.headline_kpis),
            currency=rules.currency,
            references={kpi_id: reference(kpi_id, rules) for kpi_id in NORMS},
            agent_figures=rules.agent_figures,
            agent_names=settings.agents.names,
        ),
        extra_routes=[route for part in parts for route in part.routes()],
        described=Described(
            paths={path: one for part in told for path, one in part["paths"].items()},
            schemas={name: one for part in told for name, one in part["schemas"].items()},
        ),
        access=access.live,
        denials=denials,
    )
    app.cleanup_ctx.append(access.watched)
    return await serve(app, settings.web.host, settings.web.port, access.tls)


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
