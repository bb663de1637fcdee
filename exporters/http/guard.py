"""Who may ask: host names, the optional token, and the security headers of every answer."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from exporters.http.problems import RequestError

ANY_HOST = "*"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_OPEN_PATHS = ("/livez", "/readyz")
_TOKEN_PATHS = ("/api", "/metrics")


def host_name(header: str) -> str:
    """Return the host of a Host header in lower case, without port, brackets and final dot."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].rstrip(".").lower()


def is_address(host: str) -> bool:
    """Return whether the host is a literal IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def host_check(allowed_hosts: Iterable[str]) -> Middleware:
    """Refuse foreign host names, so that a web site cannot read vigie by DNS rebinding.

    Literal addresses pass: rebinding needs a name that its attacker controls.
    """
    allowed = {host_name(host) for host in (*LOCAL_HOSTS, *allowed_hosts)}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        header = request.headers.get("Host", "")
        host = host_name(header)
        if (
            not header
            or ANY_HOST in allowed
            or host in allowed
            or is_address(host)
            or request.path in _OPEN_PATHS
        ):
            return await handler(request)
        raise RequestError(
            421,
            "vigie does not answer to this host name",
            "add the name to the allowed hosts in the settings, or use the address",
        )

    return check


def token_check(token: str) -> Middleware:
    """Ask for ``Authorization: Bearer <token>`` on the API and the metrics."""
    expected = token.encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _needs_token(request.path):
            return await handler(request)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        given_bytes = given.strip().encode("utf-8", "surrogateescape")
        if scheme.lower() == "bearer" and hmac.compare_digest(given_bytes, expected):
            return await handler(request)
        raise RequestError(
            401,
            "this address needs the token",
            "send the header Authorization: Bearer <token>",
            {"WWW-Authenticate": 'Bearer realm="vigie"'},
        )

    return check


def _needs_token(path: str) -> bool:
    return any(path == start or path.startswith(start + "/") for start in _TOKEN_PATHS)


def security_headers(
    frame_ancestors: str,
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return a signal receiver that sets the security headers on every answer.

    ``frame_ancestors`` is the source list of the policy directive of that name; raises
    ValueError when it would open another directive.
    """
    if not frame_ancestors.strip() or any(mark in frame_ancestors for mark in ";,\r\n"):
        raise ValueError(
            "frame_ancestors must be a list of sources separated by spaces, "
            "for example 'none' in quotes or https://intranet.example"
        )
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self' data:",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {frame_ancestors}",
        )
    )

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        headers["Content-Security-Policy"] = policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if frame_ancestors == "'none'":
            headers["X-Frame-Options"] = "DENY"
        headers.setdefault("Cache-Control", "no-store")
        # The default names the versions of Python and aiohttp to strangers.
        headers["Server"] = "vigie"

    return add_headers
