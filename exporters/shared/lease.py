"""The lease: one worker at a time shows the KPI series.

The holder trusts it only until its own clock says otherwise: until the time at which it *sent* its
last successful renewal, plus the lease, less a tenth. So a process that was stopped for a while
holds nothing when it goes on. Every new holder has a higher term.

A Redis that lost its memory does not know of a lease that may still hold. Who holds it puts it
back; anybody else waits for one lease before taking it, with a term counted on from Redis' clock:
the number of the last one may be known only to a worker that is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable

from exporters.shared.store import Store, StoreError

log = logging.getLogger(__name__)

TRIES_PER_LEASE = 4
TRUSTED_SHARE = 0.9
"""Clocks of two machines may run differently by a tenth before two believe to hold the lease."""


_A_LITTLE_S = 0.01


def steady_s() -> float:
    """Return a clock that only goes forward, also while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """This worker's part in the lease."""

    def __init__(
        self,
        store: Store,
        lease_ms: int,
        *,
        on_term: Callable[[], None] = lambda: None,
        clock_s: Callable[[], float] = steady_s,
    ) -> None:
        """``on_term`` is called when a term of ours begins."""
        self._store = store
        self._lease_ms = lease_ms
        self._on_term = on_term
        self._clock_s = clock_s
        self._holder = secrets.token_hex(8)
        self._until_s = float("-inf")
        self._empty_since_s: float | None = None
        self._is_given_up = False
        self._known_term = 0
        self.term = 0
        self.since_s = float("inf")

    def is_held(self) -> bool:
        """Tell whether the lease is ours at this moment; ask before everything that needs it."""
        return self._clock_s() < self._until_s

    async def run(self) -> None:
        """Keep the lease, or try to get it, until cancelled."""
        lease_s = self._lease_ms / 1000
        while True:
            with contextlib.suppress(StoreError):
                await self.attempt()
            pause_s = lease_s / TRIES_PER_LEASE
            if self._empty_since_s is not None:
                left_s = self._empty_since_s + lease_s - self._clock_s()
                pause_s = min(pause_s, max(0.0, left_s) + _A_LITTLE_S)
            await asyncio.sleep(pause_s)

    async def attempt(self) -> bool:
        """Try once; return whether the lease is ours. Raises StoreError."""
        sent_s = self._clock_s()
        lease_s = self._lease_ms / 1000
        empty_since_s = self._empty_since_s
        is_valid = sent_s < self._until_s
        state, term = await self._store.hold(
            self._holder, self._lease_ms, self._known_term, is_valid=is_valid,
            is_patient=empty_since_s is not None and sent_s > empty_since_s + lease_s,
            call_s=lease_s / TRIES_PER_LEASE,
        )  # fmt: skip
        if self._is_given_up:
            return False
        self._known_term = max(self._known_term, term)
        self._empty_since_s = (empty_since_s or sent_s) if state < 0 else None
        if state != 1:
            if is_valid:
                log.warning("the lease went to another worker: no KPI series from here")
            self._until_s = float("-inf")
            return False
        # What was sent while the lease held cannot have let a term of another's in between.
        if term != self.term or not is_valid:
            self.since_s = self._clock_s()
            log.info("holds the lease, term %d", term)
            self._on_term()
        self.term = term
        self._until_s = sent_s + lease_s * TRUSTED_SHARE
        return self.is_held()

    async def release(self) -> None:
        """Give it up for good: nothing is shown from now on, and another may take it at once."""
        self._is_given_up = True
        was_held = self.is_held()
        self._until_s = float("-inf")
        if was_held:
            with contextlib.suppress(StoreError):
                await self._store.release(self._holder)
