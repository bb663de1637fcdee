"""The web application of a worker: put together here, served by :func:`serve`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from aiohttp import web
from msgspec import Struct, field

from aggregators.kpis.norms import NORMS
from exporters.headline import Headline
from exporters.http.access import Access, LiveAccess
from exporters.http.agents import agents_routes
from exporters.http.api import Api, References, load_catalogue
from exporters.http.connections import ConnectionLimits, Connections
from exporters.http.credentials import Token
from exporters.http.customers import customers_routes
from exporters.http.denials import Denials
from exporters.http.expressions import expressions_routes
from exporters.http.feed import BoardFeed
from exporters.http.freshness import board_first
from exporters.http.gate import Gate
from exporters.http.guard import host_check, security_headers
from exporters.http.health import health_routes
from exporters.http.me import me_routes
from exporters.http.metrics import Exposition, metrics_routes
from exporters.http.openapi import Described, describe_api
from exporters.http.page import page_build, page_routes
from exporters.http.problems import problems_as_json
from exporters.http.queue_page import queue_page_routes
from exporters.http.staffing import staffing_routes
from exporters.http.stream import Hello, StreamTiming, stream_handler
from exporters.http.tls import Tls
from exporters.http.trends import trends_routes

if TYPE_CHECKING:
    from aggregators.kpis.catalogue import Kpi
    from exporters.live import LiveView

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
MAX_BODY_BYTES = 1_024
_CONNECTIONS: web.AppKey[Connections] = web.AppKey("connections", Connections)


class WebOptions(Struct, frozen=True, kw_only=True):
    """What can be set about the web side. Durations in milliseconds.

    ``mode`` is shown on the page. ``token`` guards the API and the metrics when it is set.
    ``allowed_hosts`` are the host names that vigie answers to besides localhost and literal
    addresses; ``*`` allows all. ``frame_ancestors`` says who may embed the page. The page calls
    the data stopped when no message came for ``stale_after_ms`` or the newest event is older
    than ``data_stale_after_ms``. ``max_stream_clients`` follow the board at once.
    ``connections`` bounds connections as such. ``headline`` are the KPIs that the wallboard leads
    with, ``currency`` the code of that of all amounts, ``references`` the norms that KPIs are held
    against. ``agent_figures`` lists single agents, ``agent_names`` by their ids; both are personal
    data.
    """

    mode: Literal["live", "demo", "replay"] = "live"
    min_sample: int = 20
    token: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    frame_ancestors: str = "'none'"
    refresh_ms: int = 1_000
    stale_after_ms: int = 5_000
    data_stale_after_ms: int = 60_000
    max_stream_clients: int = 200
    connections: ConnectionLimits = ConnectionLimits()
    headline: tuple[Headline, ...] = ()
    currency: str = ""
    references: References = field(default_factory=lambda: dict(NORMS))
    agent_figures: bool = False
    agent_names: bool = False
    stream: StreamTiming = StreamTiming()


class ServeError(Exception):
    """The web side could not start; the message says what to do."""


class WebServer:
    """A running web side."""

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        *,
        scheme: str = "http",
        listener: asyncio.Server | None = None,
    ) -> None:
        self._runner = runner
        self._listener = listener
        self._scheme = scheme
        self.host = host
        self.port = port

    @property
    def url(self) -> str:
        """The address to open, without a slash at the end."""
        try:
            address = ip_address(self.host)
        except ValueError:
            return f"{self._scheme}://{self.host}:{self.port}"
        # "All interfaces" is no address to open; the loopback one is.
        loopback = "::1" if address.version == 6 else "127.0.0.1"
        host = loopback if address.is_unspecified else str(address)
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    async def close(self) -> None:
        """Stop listening and let every client go."""
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()


def build_web_app(
    view: LiveView,
    *,
    collector_routes: Mapping[str, Exposition] | None = None,
    options: WebOptions | None = None,
    catalogue: Mapping[str, Kpi] | None = None,
    extra_routes: Sequence[web.RouteDef] = (),
    described: Described | None = None,
    access: LiveAccess | None = None,
    denials: Denials | None = None,
) -> web.Application:
    """Return the application over a view.

    ``collector_routes`` maps ``/metrics``, ``/metrics/worker`` and ``/metrics/kpi`` to what
    writes them. ``catalogue`` is the core's when none is given. ``extra_routes`` are served as
    well, under the same checks; ``described`` describes them. ``access`` says who may ask;
    without it whoever has the token of the options, or everybody. Raises ValueError for options
    that cannot be kept.
    """
    options = options or WebOptions()
    expositions = collector_routes or {}
    metrics = metrics_routes(expositions)
    access = access or LiveAccess(_access_of(options))
    denials = denials or Denials(time.monotonic)
    feed = BoardFeed(
        view,
        mode=options.mode,
        min_sample=options.min_sample,
        refresh_ms=options.refresh_ms,
        max_clients=options.max_stream_clients,
        headline=options.headline,
        currency=options.currency,
    )
    api = Api(
        view,
        feed,
        load_catalogue() if catalogue is None else catalogue,
        min_sample=options.min_sample,
        description=describe_api(list(expositions), described),
        references=options.references,
    )

    build = page_build()

    def hello() -> Hello:
        return Hello(
            mode=options.mode,
            refresh_ms=options.refresh_ms,
            stale_after_ms=options.stale_after_ms,
            data_stale_after_ms=options.data_stale_after_ms,
            windows=list(feed.board().windows),
            build=build,
        )

    connections = Connections(options.connections, denials)
    gate = Gate(access, denials)
    app = web.Application(
        middlewares=[
            problems_as_json,
            connections.watch,
            host_check(options.allowed_hosts, denials),
            gate.check,
            board_first(feed),
        ],
        client_max_size=MAX_BODY_BYTES,
    )
    app[_CONNECTIONS] = connections
    app.on_response_prepare.append(security_headers(options.frame_ancestors, access))
    app.add_routes(api.routes())
    app.add_routes(expressions_routes(view, feed))
    app.add_routes(customers_routes(view, feed))
    app.add_routes(trends_routes(view, feed))
    app.add_routes(staffing_routes(view, feed, options.min_sample))
    app.add_routes(queue_page_routes(view, feed, options.min_sample))
    app.add_routes(
        agents_routes(view, feed, figures=options.agent_figures, names=options.agent_names)
    )
    app.router.add_get("/api/stream", stream_handler(feed, options.stream, hello, api.selection))
    app.add_routes(metrics)
    app.add_routes(extra_routes)
    app.add_routes(health_routes(view))
    app.add_routes(me_routes())
    app.add_routes(page_routes())

    async def run_feed(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(feed.run(), name="vigie board feed")
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def close_feed(_: web.Application) -> None:
        gate.passwords.close()
        await feed.close()

    app.cleanup_ctx.append(run_feed)
    app.on_shutdown.append(close_feed)
    return app


def _access_of(options: WebOptions) -> Access:
    return Access(tokens=[] if options.token is None else [Token(None, options.token, "admin")])


async def serve(
    app: web.Application,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    tls: Tls | None = None,
) -> WebServer:
    """Start to serve what :func:`build_web_app` returned; port 0 takes a free one.

    Raises ServeError when the address is not free.
    """
    connections = app[_CONNECTIONS]
    if tls is not None:
        connections.allowed_sans = tls.allowed_sans
    limits = connections.limits
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=2.0,
    )
    await runner.setup()
    try:
        listener = await asyncio.get_running_loop().create_server(
            lambda: connections.protocol(runner.server),
            host,
            port,
            ssl=None if tls is None else tls.context,
            ssl_handshake_timeout=None if tls is None else limits.head_s,
        )
    except OSError as refused:
        await runner.cleanup()
        raise ServeError(
            f"cannot listen on {host}:{port} ({refused.strerror or refused}); "
            "choose another port or address in the settings, or stop what uses this one"
        ) from refused
    taken = listener.sockets[0].getsockname()[1]
    scheme = "http" if tls is None else "https"
    return WebServer(runner, host, taken, scheme=scheme, listener=listener)
