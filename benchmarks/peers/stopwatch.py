"""The stop watch that every Python peer carries; it needs the standard library only.

A peer is a process of its own, called with ``SERVERS APP_ID EVENTS FOLDER TOPIC...``; it counts
the events of the topics per record key and minute of event time, and prints one line of JSON.
No peer starts processes itself, so the CPU time of the process is that of all of it, with the
threads of its libraries.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from typing import NamedTuple

WINDOW_S = 60
GRACE_S = 3_600
"""How late an event may be, where a peer asks for it: as late as vigie takes one into windows."""


class Task(NamedTuple):
    """What a peer is told: ``folder`` is empty and its own; nothing in it is kept."""

    servers: str
    app_id: str
    events: int
    folder: str
    topics: list[str]


def task() -> Task:
    """Return what the command line says, when the process is ready to begin.

    Python's cycle collector gets the settings that vigie and the bare loop have: they are the
    process's and not the library's, and with the default ones it would be timed instead.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    servers, app_id, events, folder, *topics = sys.argv[1:]
    return Task(servers, app_id, int(events), folder, topics)


class StopWatch:
    """Time and CPU from the first record that the peer was handed to the last one it counted."""

    def __init__(self) -> None:
        self.is_running = False
        self._began = self._ended = (0.0, 0.0)

    def begin(self) -> None:
        """Start, at the first call; further ones change nothing."""
        if not self.is_running:
            self.is_running = True
            self._began = time.perf_counter(), time.process_time()

    def end(self) -> None:
        """Note the time; the last call counts."""
        self._ended = time.perf_counter(), time.process_time()

    def tell(self, counts: list[int]) -> None:
        """Print the figures of a run that left these counts, one for each key and window."""
        figures = {
            "wall_s": self._ended[0] - self._began[0],
            "cpu_s": self._ended[1] - self._began[1],
            "events": sum(counts),
            "cells": len(counts),
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        print(json.dumps(figures), flush=True)
