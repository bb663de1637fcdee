"""What is said to a request that is none: aiohttp's own answer names its version and quotes it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiohttp import web

from exporters.http.client_address import client_address
from exporters.http.denials import Denials
from exporters.http.problems import RequestError

log = logging.getLogger(__name__)


class PlainHandler(web.RequestHandler):
    """Speaks HTTP on one connection, and answers what it cannot read without telling more."""

    __slots__ = ("_denials",)

    def __init__(
        self,
        server: web.Server,
        denials: Denials,
        *,
        loop: asyncio.AbstractEventLoop,
        idle_s: float,
    ) -> None:
        no_log: Any = None  # what aiohttp takes for none, though its types do not say so
        super().__init__(server, loop=loop, keepalive_timeout=idle_s, access_log=no_log)
        self._denials = denials

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the answer; the connection ends with it. Raises ConnectionError after a part."""
        if status < 500:
            self._denials.add("malformed", client_address(request.remote, (), ()))
        else:
            log.error("a request could not be answered", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("part of the answer went out already")
        if status < 500:
            problem = RequestError(status, "this is not an HTTP request", "send HTTP/1.1")
        else:
            problem = RequestError(
                status, "vigie could not answer", "the log of the worker says why; try again"
            )
        response = problem.response()
        response.headers["Server"] = "vigie"
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.force_close()
        return response
