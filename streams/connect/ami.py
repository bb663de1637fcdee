"""The dialogue with Asterisk's manager interface: login, a listing of who is there, events."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Literal, TypeAlias

from streams.connect.connection import Counts, Item
from streams.connect.link import Link, LoginRefusedError, ProtocolError
from streams.reasons import Reason
from streams.sources.asterisk_ami_blocks import GREETING, Block
from streams.sources.live import LiveSource, wall_clock_ms
from streams.sources.source import Refused, SourceLine

PORT = 5038
Login: TypeAlias = Literal["challenge", "plain"]
_CLASSES = "agent,call"
_MOST_GARBAGE = 20


class Ami:
    """Speaks to one Asterisk. ``secret`` gives the password when it is needed."""

    name = "Asterisk"

    def __init__(
        self,
        source: LiveSource,
        user: str,
        secret: Callable[[], str],
        *,
        login: Login = "challenge",
        clock: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self.source = source
        self._user = user
        self._secret = secret
        self._login = login
        self._clock = clock

    async def log_in(self, link: Link) -> None:
        """Wait for the greeting and log in; with ``challenge`` the password is never sent.

        Raises:
            LoginRefusedError, ProtocolError: it did not work.
        """
        greeting = await _line(link)
        if not greeting.startswith(GREETING):
            raise ProtocolError("does not greet as Asterisk's manager interface does")
        if self._login == "challenge":
            answer = await self._ask(link, {"Action": "Challenge", "AuthType": "MD5"})
            challenge = answer.get("challenge", "")
            key = hashlib.md5(
                (challenge + self._secret()).encode(), usedforsecurity=False
            ).hexdigest()
            proof = {"AuthType": "MD5", "Key": key}
        else:
            proof = {"Secret": self._secret()}
        await self._ask(
            link, {"Action": "Login", "Username": self._user, **proof, "Events": _CLASSES}
        )

    async def items(self, link: Link, counts: Counts) -> AsyncIterator[Item]:
        """Ask who is there, then give what is told; ends only with an error of the link.

        Raises:
            ProtocolError: one block after the other is none.
        """
        await link.send(_action({"Action": "CoreShowChannels", "ActionID": "vigie-channels"}))
        await link.send(_action({"Action": "QueueStatus", "ActionID": "vigie-queues"}))
        number = garbage = lines = 0
        while True:
            text = await link.line()
            if text is None:
                await link.silence(_action({"Action": "Ping", "ActionID": "vigie-ping"}))
            else:
                number += 1
                found = list(self.source.feed(SourceLine(number, text)))
                for item in found:
                    yield item
                if text:
                    lines += 1
                elif lines:
                    lines = 0
                    counts.blocks += 1
                    garbage = garbage + 1 if any(map(_is_garbage, found)) else 0
                if garbage >= _MOST_GARBAGE:
                    raise ProtocolError(f"sent {garbage} blocks in a row that are none")
            for item in self.source.due(self._clock()):
                yield item

    async def _ask(self, link: Link, action: Mapping[str, str]) -> dict[str, str]:
        """Send an action of the login and return its answer, names in lower case."""
        action_id = f"vigie-{action['Action'].lower()}"
        await link.send(_action({**action, "ActionID": action_id}))
        while True:
            answer = await _block(link)
            if "response" not in answer or answer.get("actionid", action_id) != action_id:
                continue  # an event that came first
            if answer["response"].lower() == "success":
                return answer
            raise LoginRefusedError(answer.get("message", "")[:200] or "no reason given")


def _is_garbage(item: Item) -> bool:
    return isinstance(item, Refused) and item.reason == Reason.MALFORMED_SOURCE


async def _block(link: Link) -> dict[str, str]:
    block = Block(1)
    while text := await _line(link):
        block.add(text)
    return {name.lower(): value for name, value in block.headers.items()}


async def _line(link: Link) -> str:
    while True:
        text = await link.line()
        if text is not None:
            return text


def _action(headers: Mapping[str, str]) -> str:
    # A line end in a setting must not become an action of its own.
    lines = (f"{name}: {''.join(value.splitlines())}\r\n" for name, value in headers.items())
    return "".join(lines) + "\r\n"
