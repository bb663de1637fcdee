"""An application with users and tokens, for the tests of who may do what."""

from __future__ import annotations

import base64
from typing import Any

import bcrypt
from aiohttp import ClientResponse, ClientSession, web

from exporters.http.access import Access, LiveAccess
from exporters.http.app import build_web_app
from exporters.http.credentials import Token
from exporters.http.denials import Denials
from exporters.http.roles import Role, acting_name
from tests.exporters.little_centre import busy_centre

PASSWORD = "correct horse battery"
ROLES: dict[str, Role] = {"anna": "supervisor", "root": "admin", "prom": "scraper"}
TOKENS: dict[Role, str] = {
    "scraper": "token-of-the-scraper-0",
    "viewer": "token-of-the-viewer-00",
    "supervisor": "token-of-the-supervisor",
    "admin": "token-of-the-admin-0000",
}


def hashed(password: str = PASSWORD) -> bytes:
    """Return a bcrypt hash at the least cost: these tests are not about its slowness."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4))


HASH = hashed()


def login(user: str, password: str = PASSWORD) -> dict[str, str]:
    """Return the header of a name and a password."""
    given = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {given}"}


def bearer(token: str) -> dict[str, str]:
    """Return the header of a token."""
    return {"Authorization": f"Bearer {token}"}


def tokens(*roles: Role) -> list[Token]:
    """Return a token of each role, named after it."""
    return [Token(f"the {role}", TOKENS[role], role) for role in roles or tuple(TOKENS)]


def with_users(**others: object) -> LiveAccess:
    """Return the access of four users: vera has no role of her own."""
    users = dict.fromkeys(("anna", "root", "prom", "vera"), HASH)
    return LiveAccess(Access(users=users, roles=ROLES, **others))  # type: ignore[arg-type]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def app_with(access: LiveAccess, denials: Denials | None = None) -> web.Application:
    """Return the application with a route that changes something beside everything else."""

    async def change(request: web.Request) -> web.Response:
        return web.json_response({"by": acting_name(request, request.query.get("by", ""))})

    return build_web_app(
        busy_centre(),
        collector_routes={"/metrics": lambda accept: ("text/plain", b"x 1\n")},
        extra_routes=[web.post("/api/change", change), web.get("/alerts/{id}", change)],
        access=access,
        denials=denials,
    )


async def ask(client: ClientSession, method: str, path: str, **more: Any) -> ClientResponse:
    """Return an answer whose body has been read."""
    answer = await client.request(method, path, **more)
    await answer.read()
    return answer
