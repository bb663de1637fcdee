"""Errors as the outside sees them: what is wrong, what to do, never a traceback."""

from __future__ import annotations

import logging
from http import HTTPStatus

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

log = logging.getLogger(__name__)

_FIXES = {
    404: "GET /api/ lists every address",
    413: "send a body of at most 1 KiB, and none with GET",
}


_LONGEST_SHOWN = 64


def quoted(text: str) -> str:
    """Return a stranger's text for an error: short and quoted."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


class RequestError(Exception):
    """An answer that is not the one asked for; raised by handlers, sent as JSON."""

    def __init__(
        self, status: int, error: str, fix: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.fix = fix
        self.headers = headers or {}

    def response(self) -> web.Response:
        """Return the JSON answer ``{"error": ..., "fix": ...}``."""
        return web.Response(
            status=self.status,
            body=msgspec.json.encode({"error": self.error, "fix": self.fix}),
            content_type="application/json",
            headers=self.headers,
        )


@web.middleware
async def problems_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a JSON answer and log what was not foreseen."""
    try:
        return await handler(request)
    except RequestError as problem:
        return problem.response()
    except web.HTTPException as refused:
        if refused.status < 400:
            raise
        error = HTTPStatus(refused.status).phrase.lower()
        fix = _FIXES.get(refused.status, "GET /api/openapi.json describes the API")
        if isinstance(refused, web.HTTPMethodNotAllowed):
            fix = f"use {' or '.join(sorted(refused.allowed_methods - {'HEAD'}))} here"
        headers = {"Allow": refused.headers["Allow"]} if "Allow" in refused.headers else {}
        return RequestError(refused.status, error, fix, headers).response()
    except Exception:
        # The route's pattern, not the address: an address may hold what a stranger typed.
        resource = request.match_info.route.resource
        log.exception("no answer for %s", resource.canonical if resource else "an unknown route")
        return RequestError(
            500, "vigie could not answer", "the log of the worker says why; try again"
        ).response()
