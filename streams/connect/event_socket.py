"""The dialogue with FreeSWITCH's event socket: password, a listing of who is there, events."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import msgspec

from streams.connect.connection import Counts, Item
from streams.connect.link import Link, LoginRefusedError, ProtocolError
from streams.reasons import MAX_MESSAGE_BYTES
from streams.sources.freeswitch import MEMBERS
from streams.sources.live import LiveSource, wall_clock_ms
from streams.sources.source import SourceLine

log = logging.getLogger(__name__)

PORT = 8021
_MOST_HEADERS = 100
_LARGEST_BYTES = 16 * MAX_MESSAGE_BYTES
_write = msgspec.json.Encoder().encode


class Frame(NamedTuple):
    """One message: headers with names in lower case, and a body of ``Content-Length`` bytes."""

    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """Its ``Content-Type``."""
        return self.headers.get("content-type", "").lower()


class EventSocket:
    """Speaks to one FreeSWITCH. ``secret`` gives the password when it is needed."""

    name = "FreeSWITCH"

    def __init__(
        self,
        source: LiveSource,
        secret: Callable[[], str],
        *,
        clock: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self.source = source
        self._secret = secret
        self._clock = clock
        self._early: list[Frame] = []

    async def log_in(self, link: Link) -> None:
        """Answer the question for the password and ask for the events.

        Raises:
            LoginRefusedError, ProtocolError: it did not work.
        """
        self._early.clear()
        asked = await _frame(link)
        if asked.kind == "text/rude-rejection":
            raise LoginRefusedError("its access list does not have us")
        if asked.kind != "auth/request":
            raise ProtocolError("does not ask for a password as an event socket does")
        password = "".join(self._secret().splitlines())
        answer = await self._ask(link, f"auth {password}", "command/reply")
        if not answer.headers.get("reply-text", "").startswith("+OK"):
            raise LoginRefusedError("the password is wrong")
        answer = await self._ask(link, "event json CUSTOM callcenter::info", "command/reply")
        if not answer.headers.get("reply-text", "").startswith("+OK"):
            raise ProtocolError("does not give events as JSON")

    async def items(self, link: Link, counts: Counts) -> AsyncIterator[Item]:
        """Ask who is there, then give what is told; ends only with an error of the link.

        Raises:
            EOFError, ProtocolError: FreeSWITCH says good-bye, or nonsense.
        """
        listing = await self._listing(link)
        if listing is None:
            log.warning("FreeSWITCH does not list its queues: what a gap hid stays hidden")
        number = 0
        # What was told while we asked is older than the answer.
        for body in [*(frame.body for frame in self._early), *filter(None, [listing])]:
            number += 1
            for item in self._read(body, number):
                yield item
        self._early.clear()
        while True:
            frame = await _next_frame(link)
            if frame is None:
                await link.silence("api status\n\n")
                continue
            if frame.kind == "text/disconnect-notice":
                raise EOFError("FreeSWITCH closed the connection")
            if frame.kind == "text/event-json":
                number += 1
                counts.blocks += 1
                for item in self._read(frame.body, number):
                    yield item

    def _read(self, body: bytes, number: int) -> list[Item]:
        text = body.decode(errors="replace").replace("\n", " ")
        return list(self.source.feed(SourceLine(number, text)))

    async def _listing(self, link: Link) -> bytes | None:
        """Return a body with the callers of all queues, None where we may not ask."""
        queues = await self._table(link, "callcenter_config queue list")
        if queues is None:
            return None
        members = []
        for queue in queues:
            name = "".join(queue.get("name", "").split())
            rows = await self._table(link, f"callcenter_config queue list members {name}")
            if rows is None:
                return None
            members += [
                {
                    "CC-Queue": row.get("queue") or name,
                    "CC-Member-UUID": row.get("uuid"),
                    "CC-Member-Session-UUID": row.get("session_uuid"),
                    "CC-Member-CID-Number": row.get("cid_number"),
                    "CC-Member-Joined-Time": row.get("joined_epoch"),
                    "CC-Member-State": row.get("state"),
                }
                for row in rows
                if row.get("uuid")
            ]
        return _write({"CC-Action": MEMBERS, "CC-Members": members})

    async def _table(self, link: Link, command: str) -> list[dict[str, str]] | None:
        answer = await self._ask(link, f"api {command}", "api/response")
        text = answer.body.decode(errors="replace").rstrip()
        return _rows(text) if text.endswith("+OK") else None

    async def _ask(self, link: Link, command: str, kind: str) -> Frame:
        """Send a command and return its answer; events that come between are kept."""
        await link.send(f"{command}\n\n")
        while True:
            frame = await _frame(link)
            if frame.kind == kind:
                return frame
            if frame.kind == "text/disconnect-notice":
                raise EOFError("FreeSWITCH closed the connection")
            if frame.kind == "text/event-json":
                self._early.append(frame)


def _rows(table: str) -> list[dict[str, str]]:
    """Return the rows of a table whose first line has the names, columns parted by ``|``."""
    lines = [line for line in table.splitlines() if "|" in line]
    if not lines:
        return []
    names = lines[0].split("|")
    return [dict(zip(names, line.split("|"), strict=False)) for line in lines[1:]]


async def _frame(link: Link) -> Frame:
    while True:
        frame = await _next_frame(link)
        if frame is not None:
            return frame
        await link.silence("api status\n\n")


async def _next_frame(link: Link) -> Frame | None:
    """Return a frame, None when none begins within half a second."""
    headers: dict[str, str] = {}
    while True:
        text = await link.line()
        if text is None:
            if not headers:
                return None
            await link.silence("api status\n\n")
            continue
        if not text:
            if headers:
                break
            continue
        name, colon, value = text.partition(":")
        if not colon or len(headers) >= _MOST_HEADERS:
            raise ProtocolError("sent a header that is none")
        headers[name.strip().lower()] = value.strip()
    given = headers.get("content-length", "0")
    if not given.isdecimal() or len(given) > 9 or int(given) > _LARGEST_BYTES:
        raise ProtocolError("sent a Content-Length that cannot be")
    while (body := await link.exactly(int(given))) is None:
        await link.silence("api status\n\n")
    return Frame(headers, body)
