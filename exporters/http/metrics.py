"""The routes that hand out Prometheus text; who writes that text is passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

Exposition: TypeAlias = Callable[[str], tuple[str, bytes]]
"""Takes the Accept header, returns the content type and the body."""

METRICS_PATHS = ("/metrics", "/metrics/worker", "/metrics/kpi")


def metrics_routes(expositions: Mapping[str, Exposition]) -> list[web.RouteDef]:
    """Return one route per exposition; raises ValueError for a path outside METRICS_PATHS."""
    for path in expositions:
        if path not in METRICS_PATHS:
            raise ValueError(f"{path} is no metrics address; use one of {', '.join(METRICS_PATHS)}")
    return [web.get(path, _handler(expose)) for path, expose in expositions.items()]


def _handler(expose: Exposition) -> Handler:
    async def metrics(request: web.Request) -> web.StreamResponse:
        content_type, body = expose(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    return metrics
