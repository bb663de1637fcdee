"""Why no broker takes us: the client library says only that it could not connect."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import NamedTuple

from streams.settings import StreamError, StreamSettings

_ANSWER_S = 3.0


class Reason(NamedTuple):
    """What is wrong, and what to do about it."""

    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}: {self.fix}"


async def no_broker(settings: StreamSettings) -> StreamError:
    """Return the error to raise when no broker took us, after a look for the reason."""
    return StreamError(str(await why_no_broker(settings)))


async def why_no_broker(settings: StreamSettings) -> Reason:
    """Knock at each broker as the settings say, step by step; return the first that fails.

    Where every step goes well, what comes after them was refused: the user.
    """
    servers = settings.bootstrap_servers
    reasons = [await _knock(server, settings) for server in servers.split(",")]
    # One that answers wrongly says more than one that is away.
    told = [reason for reason in reasons if reason is not None]
    if told:
        return told[0]
    return Reason(f"no Kafka broker answers at {servers}", "start it, or set the right address")


async def _knock(server: str, settings: StreamSettings) -> Reason | None:
    host, _, port = server.rpartition(":")
    tls = settings.ssl_context
    host = host.strip("[]")
    try:
        await _connect(host, int(port), None)
    except (OSError, TimeoutError):
        return None
    if tls is None:
        if settings.username is None:
            return Reason(
                f"{server} answers, but not as a Kafka broker that takes clients in clear",
                "if it wants TLS or a password, set kafka.security_protocol",
            )
        return _refused(server)
    try:
        await _connect(host, int(port), tls)
    except ssl.SSLCertVerificationError as error:
        return Reason(
            f"the certificate of {server} is not trusted ({error.verify_message.rstrip('.')})",
            "set kafka.ssl_cafile to that of its authority, and use a name that it bears",
        )
    except (OSError, TimeoutError):
        return Reason(
            f"{server} answers, but does not agree on TLS with us",
            "set the port of its TLS listener, or kafka.security_protocol to what it speaks",
        )
    return _refused(server)


def _refused(server: str) -> Reason:
    return Reason(
        f"{server} answers and then refuses us",
        "check kafka.sasl_username and its password (SCRAM-SHA-512), or kafka.ssl_certfile",
    )


async def _connect(host: str, port: int, tls: ssl.SSLContext | None) -> None:
    async with asyncio.timeout(_ANSWER_S):
        _, writer = await asyncio.open_connection(
            host, port, ssl=tls, server_hostname=host if tls is not None else None
        )
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
