"""The connection to Redis: every call is bounded in time, and a failure is one kind of error."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from exporters.shared import scripts

log = logging.getLogger(__name__)
T = TypeVar("T")

CALL_S = 1.0
"""How long a call may take; one that carries much may take longer."""
BYTES_PER_S = 5_000_000
LONG_READ_BYTES = 20_000_000
KEPT_MS = 24 * 3_600_000
TERM_KEPT_MS = 30 * KEPT_MS
BATCH = 50

CALLS = ("publish", "read", "lease")
"""What Redis is asked for; failures are counted by these words."""


class StoreError(Exception):
    """Redis did not do what it was asked: away, slow, full or read-only."""


class Place(NamedTuple):
    """A shard by its full topic name and partition."""

    topic: str
    partition: int


class Publication(Struct, frozen=True, kw_only=True):
    """A durable checkpoint on its way to the others.

    ``seq`` numbers the publications of an owner, ``acked`` is that of the last one that was
    acknowledged; ``rows`` are all rows if ``is_whole``, else those that changed since that one.
    """

    owner: str
    generation: int
    offset: int
    seq: int
    acked: int
    is_whole: bool
    record: bytes
    gone: Sequence[int]
    rows: Mapping[int, bytes]


class Found(NamedTuple):
    """What Redis holds of a shard; ``record`` and ``rows`` are there if they changed."""

    owner: bytes
    generation: int
    offset: int
    seq: int
    age_ms: int
    record: bytes | None = None
    rows: Mapping[int, bytes] = {}


class Asked(NamedTuple):
    """A shard to be read: what was read last, and whether more than the head is wanted."""

    place: Place
    owner: bytes
    seq: int
    is_whole: bool


class Store:
    """What the workers of one application share in Redis.

    Keys begin with ``vigie:{app_id}:``. Methods raise StoreError; ``failures`` counts them by what
    was asked, ``is_up`` says whether it did the last call of each kind.
    """

    def __init__(self, url: str, app_id: str, *, call_s: float = CALL_S, **options: Any) -> None:
        """Connect when first asked. ``options`` are those of redis: username, password, ssl_…"""
        self._prefix = f"vigie:{{{app_id}}}:"
        self._call_s = call_s
        self._client = Redis.from_url(
            url,
            socket_timeout=30 * call_s,
            socket_connect_timeout=call_s,
            retry=Retry(NoBackoff(), 0),
            **options,
        )
        self._hashes: dict[str, str] = {}
        self.failures: Counter[str] = Counter()
        self._failing: set[str] = set()
        self._was_told: bool | None = None

    @property
    def is_up(self) -> bool:
        """Tell whether Redis did what it was asked last, of each kind; not before the first call.

        One that is full or read-only still answers readers: it is not up.
        """
        return self._was_told is not None and not self._failing

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ping(self) -> None:
        """Ask whether it is there."""
        await self._bounded("publish", cast("Awaitable[Any]", self._client.ping()))

    async def publish(self, place: Place, publication: Publication) -> str:
        """Write a checkpoint; return ``written``, or why not (see :mod:`scripts`)."""
        pairs = [part for row in publication.rows.items() for part in row]
        size = len(publication.record) + sum(map(len, publication.rows.values()))
        answer = await self._run(
            "publish", scripts.PUBLISH, self._keys(place), publication.owner,
            publication.generation, publication.offset, publication.seq, publication.acked,
            int(publication.is_whole), KEPT_MS, publication.record, len(publication.gone),
            *publication.gone, *pairs, size=size,
        )  # fmt: skip
        return bytes(answer).decode()

    async def beat(self, beats: Sequence[tuple[Place, str, int, int]]) -> list[str]:
        """Say that (place, owner, generation, seq) are still the newest; return the answers."""
        calls = [
            (self._keys(place), (owner, generation, seq, KEPT_MS))
            for place, owner, generation, seq in beats
        ]
        return [
            bytes(answer).decode() for answer in await self._each("publish", scripts.BEAT, calls)
        ]

    async def read(self, asked: Sequence[Asked]) -> list[Found | None]:
        """Return of each shard what Redis has, None where it knows nothing."""
        calls = [(self._keys(one.place), (one.owner, one.seq, int(one.is_whole))) for one in asked]
        size = LONG_READ_BYTES if any(one.is_whole for one in asked) else 0
        return [_found(answer) for answer in await self._each("read", scripts.READ, calls, size)]

    async def hold(
        self,
        holder: str,
        lease_ms: int,
        known: int,
        *,
        is_valid: bool,
        is_patient: bool,
        call_s: float | None = None,
    ) -> tuple[int, int]:
        """Take or keep the lease; return 1, 0 or -1 (see :mod:`scripts`) and the term."""
        state, term = await self._run(
            "lease", scripts.HOLD, [f"{self._prefix}lease", f"{self._prefix}term"],
            holder, lease_ms, TERM_KEPT_MS, known, int(is_valid), int(is_patient), call_s=call_s,
        )  # fmt: skip
        return int(state), int(term)

    async def release(self, holder: str) -> None:
        """Give the lease back, if it is the asker's."""
        await self._run("lease", scripts.RELEASE, [f"{self._prefix}lease"], holder)

    async def forget(self) -> int:
        """Delete what the application has published, after its state was reset."""

        async def delete() -> int:
            names = [name async for name in self._client.scan_iter(f"{self._prefix}shard:*")]
            return int(await self._client.delete(*names)) if names else 0

        return await self._bounded("publish", delete())

    def _keys(self, place: Place) -> list[str]:
        stem = f"{self._prefix}shard:{place.topic}:{place.partition}"
        return [stem, f"{stem}:rows", f"{stem}:seqs"]

    async def _run(
        self,
        what: str,
        script: str,
        keys: Sequence[str],
        *arguments: Any,
        size: int = 0,
        call_s: float | None = None,
    ) -> Any:
        async def run() -> Any:
            given = (len(keys), *keys, *arguments)
            try:
                return await self._client.evalsha(self._hash(script), *given)
            except NoScriptError:
                return await self._client.eval(script, *given)

        return await self._bounded(what, run(), size, call_s)

    async def _each(
        self,
        what: str,
        script: str,
        calls: Sequence[tuple[Sequence[str], Sequence[Any]]],
        size: int = 0,
    ) -> list[Any]:
        """Run a script once per call, many of them in one round trip; each is atomic by itself."""

        async def run(some: Sequence[tuple[Sequence[str], Sequence[Any]]]) -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for keys, arguments in some:
                pipe.evalsha(self._hash(script), len(keys), *keys, *arguments)
            try:
                return await pipe.execute()
            except NoScriptError:
                await self._client.script_load(script)
                return await run(some)

        answers: list[Any] = []
        for start in range(0, len(calls), BATCH):
            answers += await self._bounded(what, run(calls[start : start + BATCH]), size)
        return answers

    def _hash(self, script: str) -> str:
        found = self._hashes.get(script)
        if found is None:
            found = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
            self._hashes[script] = found
        return found

    async def _bounded(
        self, what: str, doing: Awaitable[T], size: int = 0, call_s: float | None = None
    ) -> T:
        try:
            async with asyncio.timeout((call_s or self._call_s) + size / BYTES_PER_S):
                answer = await doing
        except (RedisError, OSError, TimeoutError) as error:
            self.failures[what] += 1
            self._failing.add(what)
            self._tell(_reason(error))
            raise StoreError(f"Redis: {str(error) or type(error).__name__}") from error
        self._failing.discard(what)
        self._tell("")
        return answer

    def _tell(self, why: str) -> None:
        is_up = not self._failing
        if is_up != self._was_told:
            self._was_told = is_up
            if is_up:
                log.info("Redis answers")
            else:
                log.warning("Redis does not do its part (%s); folding goes on, asking again", why)


_FORBIDDEN = re.compile(r"NOPERM|no permissions|can.{0,2}t run this command")


def _reason(error: BaseException) -> str:
    """Name what went wrong, without the text, which may hold data: but for what rules forbid."""
    if _FORBIDDEN.search(str(error)):
        return "our user may not do all of it: docs/security.md lists what it needs"
    return type(error).__name__


def _found(answer: Sequence[Any]) -> Found | None:
    if not answer:
        return None
    head = Found(*answer[:5])
    if len(answer) == 5:
        return head
    record, names, rows = answer[5:]
    return head._replace(record=record, rows=dict(zip(map(int, names), rows, strict=True)))
