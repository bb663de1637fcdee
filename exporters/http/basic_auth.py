"""Passwords kept as bcrypt hashes: checked in threads, and remembered for a while.

A check takes about 70 ms of a core by design. So that a scrape a second does not cost that each
time, a password that was right is remembered for five minutes: as a hash with a key that lives in
this process alone.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import bcrypt

REMEMBERED_S = 300.0
MOST_REMEMBERED = 1_000
MOST_WAITING = 32
LONGEST_PASSWORD_BYTES = 72
"""bcrypt reads no more of a password."""


class BusyError(Exception):
    """Too many passwords wait to be checked."""


class Passwords:
    """Checks passwords against hashes that its caller passes each time."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._key = secrets.token_bytes(32)
        self._good: OrderedDict[bytes, float] = OrderedDict()
        self._checking: dict[bytes, asyncio.Task[bool]] = {}
        # One thread: strangers who guess can take one core at most, never the worker's.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="vigie-passwords")

    def is_remembered(self, user: str, password: str, hashes: Mapping[str, bytes]) -> bool:
        """Return whether this was right a short while ago; costs microseconds."""
        return user in hashes and self._is_good(self._mark(user, password, hashes[user]))

    async def check(self, user: str, password: str, hashes: Mapping[str, bytes]) -> bool:
        """Return whether it is the user's password. An unknown user takes as long as a known one.

        Raises BusyError when too many others wait already.
        """
        known = hashes.get(user)
        mark = self._mark(user, password, known or b"")
        running = self._checking.get(mark)
        if running is None:
            if len(self._checking) >= MOST_WAITING:
                raise BusyError
            running = asyncio.create_task(self._check(mark, password, known, hashes))
            self._checking[mark] = running
            running.add_done_callback(lambda _: self._checking.pop(mark, None))
        # A browser asks for many files at once: they wait for one check, whoever of them leaves.
        return await asyncio.shield(running)

    async def _check(
        self, mark: bytes, password: str, known: bytes | None, hashes: Mapping[str, bytes]
    ) -> bool:
        # Any other hash would do for an unknown user; this one costs the same.
        against = known or next(iter(hashes.values()), None)
        if against is None:
            return False
        loop = asyncio.get_running_loop()
        is_same = await loop.run_in_executor(self._thread, _is_same, password, against)
        if not is_same or known is None:
            return False
        self._good[mark] = self._clock_s() + REMEMBERED_S
        if len(self._good) > MOST_REMEMBERED:
            self._good.popitem(last=False)
        return True

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _is_good(self, mark: bytes) -> bool:
        until_s = self._good.get(mark)
        if until_s is None:
            return False
        if until_s <= self._clock_s():
            del self._good[mark]
            return False
        return True

    def _mark(self, user: str, password: str, known: bytes) -> bytes:
        # With the hash, so that a changed password is forgotten at once.
        parts = (user.encode("utf-8", "surrogatepass"), password.encode("utf-8", "surrogatepass"))
        text = b"".join(len(part).to_bytes(8, "big") + part for part in (*parts, known))
        return hmac.digest(self._key, text, "sha256")


def _is_same(password: str, against: bytes) -> bool:
    given = password.encode("utf-8", "surrogatepass")
    try:
        # A longer one is checked all the same, cut, so that it takes as long as any other.
        is_same = bcrypt.checkpw(given[:LONGEST_PASSWORD_BYTES], against)
    except ValueError:
        return False
    return is_same and len(given) <= LONGEST_PASSWORD_BYTES
