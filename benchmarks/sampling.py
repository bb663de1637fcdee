"""Where the time of a running worker goes: CPU per thread, exactly, and by part, by samples.

A timer of the process's CPU time interrupts the main thread every few milliseconds. Each sample
weighs what the main thread's own CPU clock has moved since the one before, so that the shares
add up to that clock and the other threads' work is booked to nobody here.
"""

from __future__ import annotations

import gc
import signal
import threading
import time
from types import FrameType
from typing import Literal

INTERVAL_S = 0.002

DECODE = "decode and check"
CONTACTS = "fold: contacts"
AGENTS = "fold: agents"
SWEEP = "fold: sweep of what the watermark passed"
LOOP = "fold: admission, offsets, lag"
CHECKPOINT = "checkpoints: encode, compress, hand over"
BOARD = "board of all windows, once a second"
REST = "Faust, event loop, producer"

_FILES = (
    ("exporters/live.py", BOARD),
    ("streams/pump.py", CHECKPOINT),
    ("streams/decode.py", DECODE),
    ("aggregators/presence.py", AGENTS),
    ("aggregators/shard.py", CONTACTS),
    ("streams/agents.py", LOOP),
)
_RANK = {name: rank for rank, (_, name) in enumerate(_FILES)} | {SWEEP: 3, REST: 99}


def part_of(frame: FrameType | None) -> str:
    """Return the part of the worker that a stack belongs to; the most particular one wins."""
    found = REST
    while frame is not None:
        name = frame.f_code.co_filename
        for ending, owner in _FILES:
            if name.endswith(ending):
                part = SWEEP if frame.f_code.co_name == "sweep" else owner
                if _RANK[part] < _RANK[found]:
                    found = part
                break
        frame = frame.f_back
    return found


ROOMS = ("aggregators/", "streams/", "exporters/", "vigie/", "alerts/")


def part_of_file(frame: FrameType | None) -> str:
    """Return the innermost file of vigie on a stack, with its function."""
    while frame is not None:
        name = frame.f_code.co_filename
        at = max(name.rfind(f"/{room}") for room in ROOMS)
        if at >= 0 and "/site-packages/" not in name:
            return f"{name[at + 1 :]}: {frame.f_code.co_name}"
        frame = frame.f_back
    return "event loop and libraries"


class Sampler:
    """Samples the main thread between :meth:`start` and :meth:`stop`, which it must call."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.samples = 0
        self._last_s = 0.0

    def start(self) -> None:
        """Begin to take samples."""
        self._last_s = time.thread_time()
        signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)

    def stop(self) -> None:
        """Take no more samples."""
        signal.setitimer(signal.ITIMER_PROF, 0.0)

    def _take(self, _signal: int, frame: FrameType | None) -> None:
        now_s = time.thread_time()
        part = part_of(frame)
        self.seconds[part] = self.seconds.get(part, 0.0) + now_s - self._last_s
        self.samples += 1
        self._last_s = now_s


class CollectorClock:
    """CPU seconds that the garbage collector takes, in whatever thread it happens to run."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.runs = 0
        self._started_s = 0.0
        gc.callbacks.append(self._see)

    def _see(self, phase: Literal["start", "stop"], _info: dict[str, int]) -> None:
        if phase == "start":
            self._started_s = time.thread_time()
        else:
            self.seconds += time.thread_time() - self._started_s
            self.runs += 1


def thread_cpu_s() -> dict[str, float]:
    """Return the CPU seconds of the Python threads that live now, by name."""
    clocks: dict[str, float] = {}
    for thread in threading.enumerate():
        if thread.ident is not None:
            clock = time.pthread_getcpuclockid(thread.ident)
            clocks[thread.name] = time.clock_gettime(clock)
    return clocks
