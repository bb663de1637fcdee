"""``/livez`` and ``/readyz``: alive means that the loop turns, ready that the numbers count."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

if TYPE_CHECKING:
    from exporters.live import LiveView

log = logging.getLogger(__name__)


def health_routes(view: LiveView) -> list[web.RouteDef]:
    """Return the two health routes; they need no token and accept any host name."""

    async def livez(request: web.Request) -> web.Response:
        return _answer(200, "alive", "the worker answers")

    async def readyz(request: web.Request) -> web.Response:
        try:
            ready, reason = view.ready()
        except Exception:
            log.exception("the readiness check failed")
            ready, reason = False, "the readiness check failed; the log of the worker says why"
        return _answer(200, "ready", reason) if ready else _answer(503, "not ready", reason)

    return [web.get("/livez", livez), web.get("/readyz", readyz)]


def _answer(status: int, state: str, reason: str) -> web.Response:
    return web.Response(
        status=status,
        body=msgspec.json.encode({"status": state, "reason": reason}),
        content_type="application/json",
    )
