"""``/api/me``: who the server takes the caller for, so that a page need not ask."""

from __future__ import annotations

from aiohttp import web

from exporters.http.api import json_answer
from exporters.http.roles import EVERYBODY, ROLES, principal_of
from exporters.http.schemas import TEXT_OR_NULL, Schema, exact

ME_SCHEMA: Schema = exact({
    "name": {
        **TEXT_OR_NULL,
        "description": "what a change is written down under; null: whoever acts says their name",
    },
    "role": {"enum": list(ROLES)},
})  # fmt: skip


def me_routes() -> list[web.RouteDef]:
    """Return the route."""

    async def me(request: web.Request) -> web.Response:
        principal = principal_of(request) or EVERYBODY
        return json_answer({"name": principal.name, "role": principal.role})

    return [web.get("/api/me", me)]
