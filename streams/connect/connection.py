"""What all live connections share: connecting, and connecting again after growing pauses."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from typing import Protocol, TypeAlias

from msgspec import Struct

from aggregators.events import Envelope
from streams.connect.link import Link, LoginRefusedError, ProtocolError
from streams.sources.live import LiveSource, wall_clock_ms
from streams.sources.source import Refused

log = logging.getLogger(__name__)

Item: TypeAlias = Envelope | Refused
CONNECT_S = 10.0


class Address(Struct, frozen=True):
    """Where the server is. ``tls`` is None for a connection in clear."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


class Pauses(Struct, frozen=True):
    """How long to wait before connecting again: doubling, and never the same for two of us."""

    first_s: float = 1.0
    longest_s: float = 60.0

    def after(self, failures: int) -> float:
        """Return the pause after so many failures in a row, between half of it and all."""
        whole_s = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return whole_s * random.uniform(0.5, 1.0)


class Counts(Struct):
    """What happened so far. ``blocks`` are the messages that were read."""

    connects: int = 0
    losses: int = 0
    login_refusals: int = 0
    failures: int = 0
    blocks: int = 0


class Dialogue(Protocol):
    """How one kind of server is spoken to."""

    name: str
    source: LiveSource

    async def log_in(self, link: Link) -> None:
        """Come in. Raises LoginRefusedError or ProtocolError."""
        ...

    def items(self, link: Link, counts: Counts) -> AsyncIterator[Item]:
        """Give what the server tells, beginning with who is there, until the link breaks."""
        ...


class Connection:
    """Keeps a connection to a server and gives what it tells, until ``stop`` is set."""

    def __init__(
        self,
        dialogue: Dialogue,
        address: Address,
        stop: asyncio.Event,
        *,
        ping_s: float = 15.0,
        pauses: Pauses | None = None,
        clock: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self.counts = Counts()
        self._dialogue = dialogue
        self._address = address
        self._stop = stop
        self._ping_s = ping_s
        self._pauses = pauses or Pauses()
        self._clock = clock
        self._in_a_row = 0
        self._told = ""

    async def items(self) -> AsyncGenerator[Item, None]:
        """Give events and refusals; a lost connection only makes a pause."""
        where = f"{self._dialogue.name} at {self._address.host}:{self._address.port}"
        while not self._stop.is_set():
            began_s = asyncio.get_running_loop().time()
            writer: asyncio.StreamWriter | None = None
            is_in = False
            try:
                reader, writer = await self._connect()
                link = Link(reader, writer, self._stop, ping_s=self._ping_s)
                async with asyncio.timeout(CONNECT_S):
                    await self._dialogue.log_in(link)
                is_in = True
                self.counts.connects += 1
                self._told = ""
                log.info("connected to %s", where)
                async for item in self._dialogue.items(link, self.counts):
                    yield item
            except LoginRefusedError as error:
                self.counts.login_refusals += 1
                self._tell_once(f"{where} refuses the login: {error}")
            except (OSError, EOFError, TimeoutError, ProtocolError) as error:
                if self._stop.is_set():
                    return
                why = _words(error)
                if is_in:
                    self.counts.losses += 1
                    log.warning("lost %s: %s", where, why)
                else:
                    self.counts.failures += 1
                    self._tell_once(f"cannot connect to {where}: {why}")
            finally:
                if writer is not None:
                    writer.close()
                    with suppress(OSError, TimeoutError):
                        async with asyncio.timeout(1.0):
                            await writer.wait_closed()
            self._dialogue.source.lost(self._clock())
            lasted_s = asyncio.get_running_loop().time() - began_s
            await self._pause(is_in, lasted_s)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(CONNECT_S):
            opening = asyncio.ensure_future(
                asyncio.open_connection(
                    self._address.host, self._address.port, ssl=self._address.tls
                )
            )
            stopping = asyncio.ensure_future(self._stop.wait())
            try:
                await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                if not opening.done():
                    opening.cancel()
            if not opening.done():
                raise EOFError("stopped")
            return opening.result()

    def _tell_once(self, what: str) -> None:
        """Log a failure that repeats itself the first time only."""
        if what != self._told:
            self._told = what
            log.error("%s; trying again, after longer and longer pauses", what)

    async def _pause(self, is_in: bool, lasted_s: float) -> None:
        # A connection that breaks at once is a failure as well.
        pause_s = self._pauses.after(max(1, self._in_a_row))
        self._in_a_row = 1 if is_in and lasted_s > pause_s else self._in_a_row + 1
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), self._pauses.after(self._in_a_row))


def _words(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text if text != "TimeoutError" else "no answer in time"
