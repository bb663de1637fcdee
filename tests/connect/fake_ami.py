"""A false Asterisk: speaks the manager protocol, with a user, a password and a listing."""

from __future__ import annotations

import asyncio
import hashlib

from tests.connect.fake_server import FakeServer

USER, SECRET, CHALLENGE = "vigie", "a password for tests only", "840415273"


def block(name: str, at_s: float | None = None, **headers: str) -> str:
    """One event as it is sent."""
    stamp = {} if at_s is None else {"Timestamp": f"{at_s:.6f}"}
    given = {"Event": name, **stamp, **headers}
    return "".join(f"{key}: {value}\r\n" for key, value in given.items()) + "\r\n"


class FakeAmi(FakeServer):
    """``entries`` are the callers of the listing, ``channels`` the calls that are there.

    ``actions`` are the names of all actions that came.
    """

    def __init__(self, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.entries: list[str] = []
        self.channels: list[str] = []
        self.actions: list[str] = []
        self.secret = SECRET

    async def speak(self, reader: asyncio.StreamReader) -> None:
        """Answer actions, each in its way."""
        if self.before is None:
            await self.say("Asterisk Call Manager/5.0.2\r\n")
        while action := await _action(reader):
            name = action["action"]
            self.actions.append(name)
            if not self.silent:
                await self._answer(name, action)

    async def _answer(self, name: str, action: dict[str, str]) -> None:
        head = {"Response": "Success", "ActionID": action["actionid"]}
        if name == "Challenge":
            await self._respond(head | {"Challenge": CHALLENGE})
        elif name == "Login":
            key = hashlib.md5((CHALLENGE + self.secret).encode()).hexdigest()
            proven = action.get("key") == key or action.get("secret") == self.secret
            if action["username"] == USER and proven:
                await self._respond(head | {"Message": "Authentication accepted"})
                await self.say(block("FullyBooted", Status="Fully Booted"))
                self.inside += 1
            else:
                refusal = {"Response": "Error", "Message": "Authentication failed"}
                await self._respond(head | refusal)
                await self.hang_up()
        elif name == "CoreShowChannels":
            await self._respond(head | {"EventList": "start", "Message": "Channels will follow"})
            await self.say("".join(self.channels) + block("CoreShowChannelsComplete"))
        elif name == "QueueStatus":
            message = "Queue status will follow"
            await self._respond(head | {"EventList": "start", "Message": message})
            await self.say("".join(self.entries) + block("QueueStatusComplete"))
        elif name == "Ping":
            await self._respond(head | {"Ping": "Pong"})

    async def _respond(self, headers: dict[str, str]) -> None:
        await self.say("".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n")


async def _action(reader: asyncio.StreamReader) -> dict[str, str]:
    found: dict[str, str] = {}
    while (line := (await reader.readline()).decode()) not in ("\r\n", ""):
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    return found
