"""The routes that hand out Prometheus text; who writes that text is passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, runtime_checkable

from aiohttp import web
from aiohttp.typedefs import Handler


class Scraped(Protocol):
    """A page as it goes out."""

    @property
    def content_type(self) -> str:
        """The format."""

    @property
    def body(self) -> bytes:
        """The text, compressed or not."""

    @property
    def is_gzip(self) -> bool:
        """Whether it is compressed."""


@runtime_checkable
class SharedPage(Protocol):
    """A page that is made in steps, and once for all who ask meanwhile."""

    async def scrape(self, accept: str, accept_encoding: str) -> Scraped:
        """Return the page in the format and compression that the headers ask for."""


Exposition: TypeAlias = Callable[[str], tuple[str, bytes]] | SharedPage
"""Takes the Accept header, returns the content type and the body; or is shared."""

METRICS_PATHS = ("/metrics", "/metrics/worker", "/metrics/kpi")


def metrics_routes(expositions: Mapping[str, Exposition]) -> list[web.RouteDef]:
    """Return one route per exposition; raises ValueError for a path outside METRICS_PATHS."""
    for path in expositions:
        if path not in METRICS_PATHS:
            raise ValueError(f"{path} is no metrics address; use one of {', '.join(METRICS_PATHS)}")
    return [web.get(path, _handler(expose)) for path, expose in expositions.items()]


def _handler(expose: Exposition) -> Handler:
    async def metrics(request: web.Request) -> web.StreamResponse:
        accept = request.headers.get("Accept", "")
        if not isinstance(expose, SharedPage):
            content_type, body = expose(accept)
            return web.Response(body=body, headers={"Content-Type": content_type})
        page = await expose.scrape(accept, request.headers.get("Accept-Encoding", ""))
        headers = {"Content-Type": page.content_type, "Vary": "Accept, Accept-Encoding"}
        if page.is_gzip:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=page.body, headers=headers)

    return metrics
