"""Starts receivers on a real Kafka, sends them signed requests, looks at what Kafka has."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Self

import msgspec
from aiohttp import ClientResponse, ClientSession, TCPConnector

from streams.ingest.acceptance import Acceptance
from streams.ingest.bodies import BodyReader
from streams.ingest.limits import Rate
from streams.ingest.receiver import Inlet, Limits, Receiver
from streams.ingest.serving import serving
from streams.ingest.signatures import Chatwoot, Scheme
from streams.settings import StreamSettings
from streams.sources import Source, build_source
from tests.bench.kafka import Kafka, Stored

SECRET = "a secret of the test"
JSON = {"Content-Type": "application/json"}


def queued(number: int, **more: Any) -> bytes:
    """The body of one event: contact ``C{number}`` enters a queue."""
    event = {
        "v": 1, "event_id": f"e{number}", "type": "contact.queued", "source": "test",
        "event_time_ms": 1_717_397_259_000, "contact_id": f"C{number}", "leg_id": "L1",
        "channel": "voice", "queue": "billing",
    }  # fmt: skip
    return msgspec.json.encode(event | more)


def signed(body: bytes, at_s: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """The headers of a body, signed now as Chatwoot does."""
    written = str(int(time.time() if at_s is None else at_s))
    made = hmac.new(secret.encode(), written.encode() + b"." + body, hashlib.sha256)
    return JSON | {
        "X-Chatwoot-Signature": f"sha256={made.hexdigest()}", "X-Chatwoot-Timestamp": written
    }  # fmt: skip


class Bench:
    """Receivers of a test; ``url`` is the last one's."""

    def __init__(self, kafka: Kafka, streams: StreamSettings) -> None:
        self.kafka = kafka
        self.streams = streams
        self.url = ""
        self.port = 0
        self.receiver: Receiver
        self.acceptance: Acceptance
        self._stack = AsyncExitStack()
        self._receivers = AsyncExitStack()

    async def __aenter__(self) -> Self:
        connector = TCPConnector(limit=0)
        self.session = await self._stack.enter_async_context(ClientSession(connector=connector))
        await self._stack.enter_async_context(self._receivers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def stop(self) -> None:
        """End the receivers in order, as SIGTERM does."""
        await self._receivers.aclose()

    async def start(
        self,
        *,
        source: Source | None = None,
        scheme: Scheme | None = None,
        rate: Rate | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        port: int = 0,
        answer_s: float = 4.0,
        stuck_s: float = 2.0,
        **serve: Any,
    ) -> Receiver:
        """Start a receiver of the source ``feed``, of canonical events unless told."""
        source = source or build_source("feed", {"feed": {"format": "canonical"}}, file="feed")
        self.acceptance = await self._receivers.enter_async_context(
            Acceptance(self.streams, answer_s=answer_s, stuck_s=stuck_s)
        )
        inlet = Inlet(
            "feed", scheme or Chatwoot([SECRET]), rate or Rate(1e5, 100_000),
            BodyReader(source, self.streams),
        )  # fmt: skip
        self.receiver = Receiver([inlet], self.acceptance, limits or Limits(), clock=clock)
        serve = {"share_port": False, **serve}
        self.port = await self._receivers.enter_async_context(
            serving(self.receiver.app(), "127.0.0.1", port, **serve)
        )
        self.url = f"http://127.0.0.1:{self.port}"
        return self.receiver

    async def post(
        self, body: bytes, headers: dict[str, str] | None = None, path: str = "/in/feed"
    ) -> ClientResponse:
        """Send a body, signed unless headers are given; the answer is read."""
        given = signed(body) if headers is None else headers
        async with self.session.post(self.url + path, data=body, headers=given) as answer:
            await answer.read()
            return answer

    async def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a page."""
        async with self.session.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def stored(self, topic: str = "calls") -> list[Stored]:
        """Return what Kafka has."""
        return await asyncio.to_thread(self.kafka.read, self.streams.topic(topic))

    async def ids(self, topic: str = "calls") -> list[str]:
        """Return the ids of the events that Kafka has, sorted."""
        rows = [msgspec.json.decode(row.value or b"") for row in await self.stored(topic)]
        return sorted(row["event_id"] for row in rows)

    async def letters(self) -> list[dict[str, Any]]:
        """Return the dead letters that Kafka has."""
        rows = await self.stored("dead-letters")
        return [msgspec.json.decode(row.value or b"") for row in rows]

    async def counted(self, series: str) -> float:
        """Return a number of the page of metrics, 0 where there is none."""
        _, page = await self.get("/metrics")
        found = [line for line in page.splitlines() if line.startswith(series + " ")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0
