"""The web side of the receiver: ``POST /in/{source}``, answered 200 when Kafka has the events.

A sender learns only what it can act upon: 401 never says what was wrong, and a body that is merely
not understood is a dead letter and a 200, because sending it again would change nothing.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web
from msgspec import Struct

from streams.ingest.acceptance import Acceptance
from streams.ingest.bodies import BodyReader
from streams.ingest.lanes import UnavailableError
from streams.ingest.limits import Rate, Room
from streams.ingest.metrics import CONTENT_TYPE, IngestMetrics
from streams.ingest.signatures import Asked, Scheme

log = logging.getLogger(__name__)

TYPES = frozenset({"", "application/json", "application/x-www-form-urlencoded", "text/json",
                   "text/plain"})  # fmt: skip
"""What a body may be; ``application/...+json`` too."""
_TOLD_S = 60.0


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds: bytes of a body and of all bodies under way, requests under way, seconds for a body
    to come."""

    body_bytes: int = 256 * 1024
    open_bytes: int = 64 * 1024 * 1024
    open_requests: int = 2_000
    body_s: float = 10.0


class Inlet:
    """One source: how its requests are recognised, how often they may come, what they become."""

    __slots__ = ("name", "rate", "reader", "scheme")

    def __init__(self, name: str, scheme: Scheme, rate: Rate, reader: BodyReader) -> None:
        self.name = name
        self.scheme = scheme
        self.rate = rate
        self.reader = reader


class _Answer(Exception):  # noqa: N818 - an answer, which only sometimes is an error
    """Ends a request early."""

    def __init__(self, status: int, outcome: str, wait_s: float = 0.0) -> None:
        super().__init__(outcome)
        self.status = status
        self.outcome = outcome
        self.wait_s = wait_s


class Receiver:
    """Takes the requests of all sources. Holds nothing that another receiver would need."""

    def __init__(
        self,
        inlets: Sequence[Inlet],
        acceptance: Acceptance,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` tells the time in seconds since 1970, for timestamps of signatures."""
        self._inlets: Mapping[str, Inlet] = {inlet.name: inlet for inlet in inlets}
        self._acceptance = acceptance
        self._limits = limits
        self._clock = clock
        self._told: dict[tuple[str, str], float] = {}
        self.room = Room(limits.open_requests, limits.open_bytes)
        self.metrics = IngestMetrics(tuple(self._inlets), self.room, lambda: acceptance.is_away)

    def app(self) -> web.Application:
        """Return the web application."""
        app = web.Application(client_max_size=self._limits.body_bytes)
        app.add_routes(
            [
                web.post("/in/{source}", self._post),
                web.post("/in/{source}/{token}", self._post),
                web.get("/in/{source}", self._handshake),
                web.get("/in/{source}/{token}", self._handshake),
                web.get("/metrics", self._metrics),
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
            ]
        )
        app.on_response_prepare.append(_plain_server)
        return app

    async def _post(self, request: web.Request) -> web.Response:
        inlet = self._inlets.get(request.match_info["source"])
        if inlet is None:
            self.metrics.unknown()
            return web.Response(status=404)
        try:
            await self._take(inlet, request, time.perf_counter())
        except _Answer as answer:
            self.metrics.ended(inlet.name, answer.outcome)
            headers = {"Retry-After": str(math.ceil(answer.wait_s))} if answer.wait_s else None
            return web.Response(status=answer.status, headers=headers)
        self.metrics.ended(inlet.name, "accepted")
        return web.Response()

    async def _take(self, inlet: Inlet, request: web.Request, begun_s: float) -> None:
        """Do all that a request asks for. Raises _Answer when it ends otherwise than with 200."""
        if not _is_readable(request):
            raise _Answer(415, "unsupported")
        given = request.content_length
        size = self._limits.body_bytes if given is None else given
        if size > self._limits.body_bytes:
            raise _Answer(413, "too_large")
        if not self.room.enter(size):
            raise _Answer(503, "overloaded", 1.0)
        try:
            body = await self._body(request)
            self._check(inlet, request, body)
            read = inlet.reader.read(body, round(self._clock() * 1000))
            try:
                await self._acceptance.accept(read.records)
            except UnavailableError:
                raise _Answer(503, "unavailable", 5.0) from None
        finally:
            self.room.leave(size)
        spent_s = time.perf_counter() - begun_s
        self.metrics.accepted(inlet.name, read.events, read.reasons, spent_s)
        if read.ignored:
            self.metrics.ignored(inlet.name, read.ignored)

    async def _body(self, request: web.Request) -> bytes:
        try:
            async with asyncio.timeout(self._limits.body_s):
                return await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise _Answer(413, "too_large") from None
        except TimeoutError:
            raise _Answer(408, "slow") from None

    def _check(self, inlet: Inlet, request: web.Request, body: bytes) -> None:
        asked = Asked(
            headers=request.headers,
            body=body,
            query=request.rel_url.raw_query_string,
            path_token=request.match_info.get("token", ""),
        )
        why = inlet.scheme.refusal(asked, self._clock())
        if why is not None:
            self.metrics.refused(inlet.name, why)
            self._tell(inlet.name, why)
            raise _Answer(401, "unauthorised")
        # After the signature: nobody but the platform uses up what the platform may send.
        wait_s = inlet.rate.wait_s(time.monotonic())
        if wait_s:
            raise _Answer(429, "rate_limited", wait_s)

    def _tell(self, source: str, why: str) -> None:
        """Log a refused signature, at most once a minute for each source and reason."""
        now_s = time.monotonic()
        if now_s - self._told.get((source, why), float("-inf")) >= _TOLD_S:
            self._told[source, why] = now_s
            log.warning(
                "source %s: a request was refused (%s); the metrics count them", source, why
            )

    async def _handshake(self, request: web.Request) -> web.Response:
        """Answer platforms that look whether an address is there (GET and HEAD)."""
        if request.match_info["source"] not in self._inlets:
            self.metrics.unknown()
            return web.Response(status=404)
        return web.Response()

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(body=self.metrics.page(), headers={"Content-Type": CONTENT_TYPE})

    async def _livez(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _readyz(self, request: web.Request) -> web.Response:
        if self._acceptance.is_away:
            return web.json_response({"status": "not ready", "reason": "Kafka"}, status=503)
        if self.room.is_full:
            return web.json_response({"status": "not ready", "reason": "overload"}, status=503)
        return web.json_response({"status": "ready"})


def _is_readable(request: web.Request) -> bool:
    """Whether the body is of a kind that sources read, and not packed."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    packed = request.headers.get("Content-Encoding", "identity").lower()
    return packed == "identity" and (kind in TYPES or kind.endswith("+json"))


async def _plain_server(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "vigie"  # the default names versions to strangers
