"""The gate that every request passes: how often, who, and whether they may."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from exporters.http.access import Access, LiveAccess
from exporters.http.basic_auth import BusyError, Passwords
from exporters.http.client_address import client_address
from exporters.http.credentials import Basic, Bearer, read_authorization
from exporters.http.denials import Denial, Denials
from exporters.http.problems import RequestError
from exporters.http.rate_limit import Buckets, Failures
from exporters.http.roles import (
    EVERYBODY,
    OPEN_PATHS,
    Principal,
    forbidden,
    may,
    needed_role,
    set_principal,
)

_SIGNED = "/alerts/"
_FILES = "/static/"
_STREAM = "/api/stream"
_STATUS: dict[Denial, int] = {"rate": 429, "failures": 429, "busy": 503}


class Gate:
    """Lets requests in or refuses them, and says why to who asks, to the log and as a number."""

    def __init__(
        self,
        access: LiveAccess,
        denials: Denials,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._denials = denials
        self._clock_s = clock_s
        self._buckets = Buckets()
        self._failures = Failures()
        self.passwords = Passwords(clock_s)
        self._streams: dict[int, tuple[web.Request, Principal]] = {}
        access.on_change.append(self._end_streams)

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request in, with the name and the role of who asks. Raises RequestError."""
        if request.path in OPEN_PATHS:
            return await handler(request)
        access = self._access.now
        address = client_address(
            request.remote, request.headers.getall("X-Forwarded-For", ()), access.trusted_proxies
        )
        shown = read_authorization(request.headers.get("Authorization", ""))
        principal = self._known(shown, access)
        client = address if principal is None else f"{principal.name}@{principal.proof.hex()}"
        self._take(client, address, request, principal)
        if principal is None and isinstance(shown, Basic) and access.users:
            principal = await self._log_in(shown, address, request)
        needs = not access.is_open and _needs_credentials(request.path, access)
        if principal is None and needs:
            raise self._unknown(request, address, shown is not None)
        principal = EVERYBODY if access.is_open else principal
        if principal is not None:
            needed = needed_role(request.method, request.path)
            if needs and not may(principal.role, needed):
                self._denials.add("role", address, request.method, request.path, principal.name)
                raise forbidden(principal, needed, f"{request.method} on this address")
            set_principal(request, principal)
        if request.path != _STREAM or principal is None:
            return await handler(request)
        self._streams[id(request)] = request, principal
        try:
            return await handler(request)
        finally:
            del self._streams[id(request)]

    def _known(self, shown: Bearer | Basic | None, access: Access) -> Principal | None:
        """Return who asks, where that costs nothing to tell."""
        if isinstance(shown, Bearer):
            return self._access.holder(shown.digest)
        if isinstance(shown, Basic) and self.passwords.is_remembered(
            shown.user, shown.password, access.users
        ):
            return access.user(shown.user)
        return None

    async def _log_in(self, shown: Basic, address: str, request: web.Request) -> Principal | None:
        access = self._access.now
        wait_s = self._failures.wait_s(address, self._clock_s())
        if wait_s > 0:
            raise self._refused(
                "failures", request, address, "too many wrong passwords from this address", wait_s
            )
        try:
            is_right = await self.passwords.check(shown.user, shown.password, access.users)
        except BusyError:
            raise self._refused(
                "busy", request, address, "too many passwords wait to be checked", 2.0
            ) from None
        if not is_right:
            self._failures.add(address, self._clock_s())
            return None
        self._failures.forget(address)
        return access.user(shown.user)

    def _take(
        self, client: str, address: str, request: web.Request, principal: Principal | None
    ) -> None:
        limit = self._access.now.rate_limit
        wait_s = self._buckets.take(client, limit, self._clock_s())
        if wait_s > 0:
            who = None if principal is None else principal.name
            raise self._refused("rate", request, address, "too many requests", wait_s, who)

    def _unknown(self, request: web.Request, address: str, has_tried: bool) -> RequestError:
        reason: Denial = "wrong_credentials" if has_tried else "no_credentials"
        self._denials.add(reason, address, request.method, request.path)
        access = self._access.now
        ways, fixes = [], []
        if access.users:
            # First, as a browser asks for a password only when it is the first that it knows.
            ways.append('Basic realm="vigie", charset="UTF-8"')
            fixes.append("log in with a name and a password")
        if access.tokens:
            ways.append('Bearer realm="vigie"')
            fixes.append("send the header Authorization: Bearer <token>")
        what = "a password or a token" if len(ways) == 2 else "a password"
        what = "the token" if not access.users else what
        error = f"this address needs {what}" if not has_tried else "the credentials are wrong"
        return RequestError(401, error, ", or ".join(fixes), {"WWW-Authenticate": ", ".join(ways)})

    def _refused(
        self,
        reason: Denial,
        request: web.Request,
        address: str,
        error: str,
        wait_s: float,
        who: str | None = None,
    ) -> RequestError:
        self._denials.add(reason, address, request.method, request.path, who)
        seconds = max(1, math.ceil(wait_s))
        fix = f"wait {seconds} s, as the header Retry-After says"
        return RequestError(_STATUS[reason], error, fix, {"Retry-After": str(seconds)})

    def _end_streams(self) -> None:
        """Let those go who would not be let in any more; an open stream is never asked again."""
        for request, principal in list(self._streams.values()):
            if not self._access.still(principal) and request.transport is not None:
                request.transport.close()


def _needs_credentials(path: str, access: Access) -> bool:
    """Return whether an address is behind the gate.

    With passwords the page is too, so that a browser asks for them by itself; a token is asked for
    by the page, which holds no numbers. The signature of a link to an alert stands for credentials,
    and that page needs the files, which are the same for everybody.
    """
    if path.startswith((_SIGNED, _FILES)):
        return False
    if access.users:
        return True
    return any(path == start or path.startswith(start + "/") for start in ("/api", "/metrics"))
