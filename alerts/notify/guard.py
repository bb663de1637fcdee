"""The only way out for HTTP: to hosts of the settings, at addresses that were looked at.

A name is looked up once, and the connection goes to an address that was checked, so an answer
that changes in between (DNS rebinding) reaches nothing inside. Private addresses and plain http
only for hosts that the settings name. No redirects, no proxies of the environment, no cookies,
bounded time and bounded answers.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from alerts.notify import Undelivered
from alerts.notify.addresses import Address, is_allowed

CONNECT_S = 5.0
TOTAL_S = 10.0
MOST_READ_BYTES = 64 * 1024
LONGEST_RETRY_AFTER_S = 60.0
_LOOKUPS_AT_ONCE = 4


class ForbiddenError(Exception):
    """The URL or its address may not be called; the text says which rule, not the URL."""


class Answer(NamedTuple):
    """What came back: the status, and for how long not to ask again (seconds)."""

    status: int
    retry_after_s: float | None


class Guard:
    """Knows the hosts that the settings name; names and literal addresses, without ports."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = {_host(host) for host in hosts}

    def is_named(self, host: str) -> bool:
        """Tell whether the settings name the host."""
        return _host(host) in self._hosts

    def check_url(self, url: str) -> URL:
        """Return the parsed URL. Raises ForbiddenError for one that may not be called."""
        try:
            parsed = URL(url)
            host = parsed.raw_host
        except ValueError:
            raise ForbiddenError("not a URL") from None
        if parsed.scheme not in ("http", "https") or not host:
            raise ForbiddenError("only https URLs with a host are called")
        if parsed.scheme == "http" and not self.is_named(host):
            raise ForbiddenError("http without TLS only for hosts that the settings name")
        literal = _literal(host)
        if literal is not None:
            self.check_address(host, literal)
        elif ":" in host or host.replace(".", "").isdigit():
            # 2130706433 and 127.1 are addresses to the system, and are never looked up.
            raise ForbiddenError("addresses are written out in full, as in 192.0.2.1")
        return parsed

    def check_address(self, host: str, address: Address) -> None:
        """Raises ForbiddenError for an address that may not be called for this host."""
        if not is_allowed(address, is_named=self.is_named(host)):
            raise ForbiddenError("the address is not public, and the settings do not name its host")

    def check_host(self, host: str) -> None:
        """Look a host up and check all its addresses; blocks. Raises ForbiddenError, OSError."""
        _looked_up(self, host, 0, socket.AF_UNSPEC)


class CheckedResolver(AbstractResolver):
    """Looks names up and gives addresses only if every one of them may be called."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # Not the loop's own threads: a name server that hangs must not hold up anything else.
        self._threads = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="vigie-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See aiohttp. Raises OSError, ForbiddenError."""
        loop = asyncio.get_running_loop()
        addresses = await loop.run_in_executor(
            self._threads, _looked_up, self._guard, host, port, family
        )
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, address in addresses
        ]  # fmt: skip

    async def close(self) -> None:
        """Start no look-up any more; one that hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedSession:
    """Posts to URLs of the settings, and to nothing else. Close it at the end."""

    def __init__(
        self,
        hosts: Collection[str],
        *,
        connect_s: float = CONNECT_S,
        total_s: float = TOTAL_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """``hosts`` may be called at private addresses; ``tls``: trust other authorities than
        those of the system."""
        self.guard = Guard(hosts)
        self._total_s = total_s
        self._connect_s = connect_s
        self._tls = tls
        self._resolver = CheckedResolver(self.guard)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once. The answer's status counts even when its body never ends.

        Raises:
            Undelivered: there was no answer, or the URL may not be called.
        """
        until_s = asyncio.get_running_loop().time() + self._total_s
        try:
            parsed = self.guard.check_url(url)
            async with asyncio.timeout_at(until_s):
                response = await self._open().post(
                    parsed, data=body, headers=headers, allow_redirects=False
                )
        except ForbiddenError:
            raise Undelivered("forbidden", is_final=True) from None
        except TimeoutError:
            raise Undelivered("timeout", is_final=False) from None
        except aiohttp.InvalidURL:
            raise Undelivered("invalid", is_final=True) from None
        except (aiohttp.ClientError, OSError):
            raise Undelivered("refused", is_final=False) from None
        async with response:
            if not await _is_read(response, until_s):
                response.close()  # the rest is not wanted, nor is this connection
            return Answer(response.status, _retry_after_s(response.headers.get("Retry-After")))

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=self._resolver,
                use_dns_cache=False,
                ssl=self._tls or True,
                force_close=True,  # messages are rare: each looks its host up anew
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(
                    total=self._total_s, connect=self._connect_s, sock_connect=self._connect_s
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                headers={"User-Agent": "vigie"},
            )
        return self._session

    async def close(self) -> None:
        """Let go of all connections."""
        if self._session is not None:
            await self._session.close()
        await self._resolver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _is_read(response: aiohttp.ClientResponse, until_s: float) -> bool:
    """Read and forget an answer's body; False if it is too long or too slow."""
    left = MOST_READ_BYTES
    try:
        async with asyncio.timeout_at(until_s):
            async for part in response.content.iter_any():
                left -= len(part)
                if left < 0:
                    return False
    except (TimeoutError, aiohttp.ClientError, OSError):
        return False
    return True


def _looked_up(
    guard: Guard, host: str, port: int, family: int
) -> list[tuple[socket.AddressFamily, str]]:
    found: dict[str, socket.AddressFamily] = {}
    for kind, _, _, _, where in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM):
        address = str(where[0])
        guard.check_address(host, ip_address(address))
        found[address] = kind
    return [(kind, address) for address, kind in found.items()]


def _host(host: str) -> str:
    name = host.strip().strip("[]").rstrip(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _retry_after_s(header: str | None) -> float | None:
    """Return the seconds of the header, at most a minute; dates are not understood."""
    if header is None or not header.strip().isascii() or not header.strip().isdigit():
        return None
    return min(float(header.strip()[:9]), LONGEST_RETRY_AFTER_S)
