"""How long the loop of a worker stands still, and what it does meanwhile.

A heartbeat notes by how much it comes late. A thread looks on: while the heartbeat is overdue it
notes every few milliseconds what the main thread is at. The heartbeat's own CPU clock tells how
much of a pause was work here; the rest the machine gave to others.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from typing import Literal

from benchmarks.measures import Stall
from benchmarks.sampling import part_of_file

BEAT_S = 0.002
OVERDUE_S = 0.010
LOOK_S = 0.002
MOST_KEPT = 20

COLLECTOR = "garbage collector"


class Heartbeat:
    """Beats on the running loop; keeps the longest pauses. ``asked`` counts open questions."""

    def __init__(self) -> None:
        self.beats = 0
        self.asked = 0
        self.longest: list[Stall] = []
        self._seen: dict[str, int] = {}
        self._beat_s = time.perf_counter()
        self._collects = False
        self._is_over = threading.Event()
        self._main = threading.main_thread().ident

    async def beat(self) -> None:
        """Beat until cancelled."""
        gc.callbacks.append(self._collect)
        looking = threading.Thread(target=self._look_on, daemon=True)
        looking.start()
        try:
            while True:
                self._beat_s, before_s = time.perf_counter(), time.thread_time()
                self._seen = {}
                was_asked = self.asked > 0
                await asyncio.sleep(BEAT_S)
                late_s = time.perf_counter() - self._beat_s - BEAT_S
                self.beats += 1
                if late_s > OVERDUE_S:
                    self._keep(late_s, time.thread_time() - before_s, was_asked or self.asked > 0)
        finally:
            self._is_over.set()
            gc.callbacks.remove(self._collect)

    def forget(self) -> None:
        """Begin anew: what was before does not count."""
        self.beats, self.longest = 0, []

    def _keep(self, late_s: float, cpu_s: float, is_asked: bool) -> None:
        self.longest.append(
            Stall(
                ms=late_s * 1_000,
                cpu_ms=cpu_s * 1_000,
                while_scraped=is_asked,
                parts=dict(sorted(self._seen.items(), key=lambda item: -item[1])),
            )
        )
        kept: list[Stall] = []
        for is_scraped in (True, False):
            found = [stall for stall in self.longest if stall.while_scraped is is_scraped]
            kept += sorted(found, key=lambda stall: -stall.ms)[:MOST_KEPT]
            # On a machine that others use, the longest pauses may be theirs.
            busy = sorted(found, key=lambda stall: -stall.cpu_ms)[:MOST_KEPT]
            kept += [stall for stall in busy if stall not in kept]
        self.longest = kept

    def _look_on(self) -> None:
        while not self._is_over.wait(LOOK_S):
            if time.perf_counter() - self._beat_s < OVERDUE_S:
                continue
            part = COLLECTOR
            if not self._collects:
                part = part_of_file(sys._current_frames().get(self._main or 0))
            self._seen[part] = self._seen.get(part, 0) + 1

    def _collect(self, phase: Literal["start", "stop"], _info: dict[str, int]) -> None:
        self._collects = phase == "start"
