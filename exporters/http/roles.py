"""Who may do what: four roles, each with all that those before it may do."""

from __future__ import annotations

from typing import Literal, TypeAlias

from aiohttp import web
from msgspec import Struct

from exporters.http.problems import RequestError

Role: TypeAlias = Literal["scraper", "viewer", "supervisor", "admin"]
ROLES: tuple[Role, ...] = ("scraper", "viewer", "supervisor", "admin")
"""From the least to the most: reads metrics; reads everything; acts on alerts; everything."""

OPEN_PATHS = ("/livez", "/readyz")
SCRAPED_PATHS = ("/metrics", "/metrics/worker", "/metrics/kpi", "/api/me")
_READING = ("GET", "HEAD", "OPTIONS")


class Principal(Struct, frozen=True):
    """Who asks. ``name`` is None for a token that has none, and where nobody has to say.

    ``proof`` tells whether the credential is still the one that was checked.
    """

    name: str | None
    role: Role
    proof: bytes = b""


EVERYBODY = Principal(None, "admin")
"""Who asks where no credentials are configured."""

_PRINCIPAL: web.RequestKey[Principal] = web.RequestKey("principal", Principal)


def may(role: Role, needed: Role) -> bool:
    """Return whether a role includes another."""
    return ROLES.index(role) >= ROLES.index(needed)


def needed_role(method: str, path: str) -> Role:
    """Return what a request takes before anybody looks at what it asks for."""
    if method not in _READING:
        return "supervisor"
    return "scraper" if path in SCRAPED_PATHS else "viewer"


def set_principal(request: web.Request, principal: Principal) -> None:
    """Remember who asks."""
    request[_PRINCIPAL] = principal


def principal_of(request: web.Request) -> Principal | None:
    """Return who asks; None where nobody showed a credential and the address needs none."""
    return request.get(_PRINCIPAL)


def require_role(request: web.Request, needed: Role, what: str) -> None:
    """Refuse whoever may not do ``what``. Raises RequestError with status 403."""
    principal = principal_of(request) or EVERYBODY
    if not may(principal.role, needed):
        raise forbidden(principal, needed, what)


def forbidden(principal: Principal, needed: Role, what: str) -> RequestError:
    """Return the refusal of somebody who is known and may not."""
    who = principal.name or "this token"
    return RequestError(
        403,
        f"{who} has the role {principal.role}, and {what} takes the role {needed}",
        f"ask whoever runs vigie for the role {needed} (web.users or web.tokens in its settings)",
    )


def acting_name(request: web.Request, given: str) -> str:
    """Return under which name a change is written down.

    A credential with a name acts under that name alone; else it is the name that was given.
    Raises RequestError with status 403 when somebody acts under another's name.
    """
    principal = principal_of(request)
    if principal is None or principal.name is None:
        return given
    if given.strip() not in ("", principal.name):
        raise RequestError(
            403,
            f"{principal.name} cannot act under another name",
            "leave by out: what you do is written down under the name you logged in with",
        )
    return principal.name
