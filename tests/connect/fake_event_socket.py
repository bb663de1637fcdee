"""A false FreeSWITCH: speaks the event socket, with a password and members in its queues."""

from __future__ import annotations

import asyncio

from tests.connect.fake_server import FakeServer

SECRET = "a password for tests only"
COLUMNS = "queue|system|uuid|session_uuid|cid_number|cid_name|system_epoch|joined_epoch|state"


class FakeEventSocket(FakeServer):
    """``members`` are rows of the one queue, in the order of :data:`COLUMNS`.

    ``commands`` are all that came, ``lists`` is whether the queues may be listed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.members: list[str] = []
        self.commands: list[str] = []
        self.lists = True
        self.welcome = True

    async def speak(self, reader: asyncio.StreamReader) -> None:
        """Ask for the password, then answer commands."""
        if not self.welcome:
            await self.say("Content-Type: text/rude-rejection\nContent-Length: 24\n\n")
            await self.say("Access Denied, go away.\n")
            return
        if self.before is None:
            await self.say("Content-Type: auth/request\n\n")
        while raw := await reader.readuntil(b"\n\n"):
            command = raw.decode().strip()
            self.commands.append(command)
            if not self.silent:
                await self._answer(command)

    async def event(self, body: str) -> None:
        """Tell an event, its length in bytes and not in characters."""
        size = len(body.encode())
        await self.say(f"Content-Length: {size}\nContent-Type: text/event-json\n\n{body}")

    async def _answer(self, command: str) -> None:
        if command.startswith("auth "):
            if command == f"auth {SECRET}":
                await self._reply("+OK accepted")
            else:
                await self._reply("-ERR invalid")
                await self.hang_up()
        elif command == "event json CUSTOM callcenter::info":
            await self._reply("+OK event listener enabled json")
            self.inside += 1
        elif command == "api callcenter_config queue list":
            table = "name|strategy\nsupport@default|longest-idle-agent\n+OK\n"
            await self._result(table if self.lists else "-ERR not allowed\n")
        elif command == "api callcenter_config queue list members support@default":
            await self._result("\n".join([COLUMNS, *self.members, "+OK\n"]))
        else:
            await self._result("UP 0 years\n")

    async def _reply(self, text: str) -> None:
        await self.say(f"Content-Type: command/reply\nReply-Text: {text}\n\n")

    async def _result(self, text: str) -> None:
        size = len(text.encode())
        await self.say(f"Content-Type: api/response\nContent-Length: {size}\n\n{text}")
