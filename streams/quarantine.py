"""What happens when the fold itself fails on an event: a bug of vigie, and no reason to stop.

The shard may be half changed, so it is thrown away: it goes back to its checkpoint and reads
again, without that event, which becomes a dead letter with the reason ``internal_error``. Many
such failures in a short time are no single event but a broken release: then the worker stops.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType

from faust.types import TP

from streams.agents import FoldError
from streams.registry import Registry
from streams.settings import StreamError

log = logging.getLogger(__name__)

MAX_FAILURES = 16
WITHIN_S = 600.0


class QuarantineError(StreamError):
    """The fold fails too often; the message says what to do."""


class Quarantine:
    """Puts shards back to their checkpoints; counts how often."""

    def __init__(
        self,
        registry: Registry,
        restore: Callable[[TP], Awaitable[None]],
        place_back: Callable[[TP], Awaitable[None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``restore`` puts a shard from its checkpoint into the registry, ``place_back`` the
        consumer at its offset; ``clock`` is a steady one in seconds."""
        self._registry = registry
        self._restore = restore
        self._place_back = place_back
        self._clock = clock
        self._failures: deque[float] = deque(maxlen=MAX_FAILURES)

    async def put(self, tp: TP, error: FoldError) -> None:
        """Leave the event at the error's offset out, from the last checkpoint on.

        Where the error is not exact, nothing is left out yet: the next try goes one by one, and
        fails again on the event itself. Only that is counted.

        Raises:
            QuarantineError: it happens too often.
            CheckpointError: the checkpoint cannot be used.
        """
        where = f"{tp.topic}[{tp.partition}] at offset {error.offset}"
        if error.is_exact:
            log.error("the fold failed on %s: %s", where, describe(error.__cause__))
            self._brake(where)
        else:
            cause = describe(error.__cause__)
            log.warning("the fold failed on %s or before, going one by one: %s", where, cause)
        owned = self._registry.get(tp)
        if owned is None:
            return
        owned.is_broken = True
        if error.is_exact:
            owned.fold_failures += 1
            owned.quarantined.add(error.offset)
        else:
            owned.careful_until = error.offset
        async with owned.lock:
            await self._restore(tp)
        await self._place_back(tp)

    def _brake(self, where: str) -> None:
        now_s = self._clock()
        if len(self._failures) == MAX_FAILURES and now_s - self._failures[0] < WITHIN_S:
            raise QuarantineError(
                f"the fold failed on {MAX_FAILURES + 1} events within {WITHIN_S / 60:.0f} minutes, "
                f"last on {where}: this release is broken; go back to the one before (the "
                "checkpoints stay readable) and report the lines above"
            )
        self._failures.append(now_s)


def describe(error: BaseException | None) -> str:
    """Return type and place of an exception; its text may repeat what an event says."""
    if error is None:
        return "unknown"
    trace: TracebackType | None = error.__traceback__
    frames = traceback.extract_tb(trace)[-3:]
    places = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in reversed(frames)
    )
    return f"{type(error).__name__} in {places}"
