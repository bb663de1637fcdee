"""Which host names vigie answers to, and the security headers of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from exporters.http.access import LiveAccess
from exporters.http.denials import Denials
from exporters.http.problems import RequestError
from exporters.http.roles import OPEN_PATHS

ANY_HOST = "*"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
HSTS = "max-age=31536000"
"""For a year browsers come back by TLS alone; subdomains are not ours to decide about."""
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
        "microphone", "midi", "payment", "publickey-credentials-get", "usb",
    )
)  # fmt: skip
"""What no page of vigie needs; full screen is not in the list."""


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


def host_check(allowed_hosts: Iterable[str], denials: Denials) -> Middleware:
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
            or request.path in OPEN_PATHS
        ):
            return await handler(request)
        denials.add("host", request.remote or "unknown", request.method, request.path)
        raise RequestError(
            421,
            "vigie does not answer to this host name",
            "add the name to the allowed hosts in the settings, or use the address",
        )

    return check


def security_headers(
    frame_ancestors: str, access: LiveAccess
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return a signal receiver that sets the security headers on every answer.

    ``frame_ancestors`` is the source list of the policy directive of that name; raises
    ValueError when it would open another directive. The headers of ``access`` come on top: a
    content security policy of theirs holds beside ours, so that it can only be stricter.
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
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = PERMISSIONS
        if frame_ancestors == "'none'":
            headers["X-Frame-Options"] = "DENY"
        headers.setdefault("Cache-Control", "no-store")
        # The default names the versions of Python and aiohttp to strangers.
        headers["Server"] = "vigie"
        if access.now.has_tls:
            headers["Strict-Transport-Security"] = HSTS
        for name, value in access.now.headers.items():
            if name == "Content-Security-Policy":
                headers.add(name, value)
            else:
                headers[name] = value

    return add_headers
