"""What the latency benchmark writes down, as it writes it to JSON."""

from __future__ import annotations

import math
from typing import NamedTuple

from msgspec import Struct

from benchmarks.measures import Machine, quantile

REACHED = 0.9
"""A run with less than this share of the rate that was asked for did not reach it."""
BEHIND_S = 1.0
"""A worker that lacks more than so many seconds of events at the end has fallen behind."""


COMPILED = "compiled"
"""What the log of a worker with the compiled core calls it."""


class Series(Struct, frozen=True, kw_only=True):
    """One way of the marked events: how many were sent, and the ms of those that arrived."""

    sent: int
    latencies_ms: list[float]

    @property
    def missing(self) -> int:
        """Events that had not arrived when nobody waited any longer."""
        return self.sent - len(self.latencies_ms)

    def quantile_ms(self, q: float) -> float:
        """Return the smallest latency that at least the share ``q`` of all sent events kept.

        Infinite where too few arrived.
        """
        return quantile([*self.latencies_ms, *[math.inf] * self.missing], q)


class RateRow(Struct, frozen=True, kw_only=True):
    """One run at one rate, of a centre that was open for ``before_s`` when it began.

    ``core`` is the worker's, ``Python`` or ``compiled``.
    ``worker_cpu`` and ``sender_cpu`` are seconds of CPU per second. ``boards`` were made, as far as
    the page told, ``sent_boards`` came to the wallboard. ``lag_events`` is the largest number of
    events that the worker was seen to lack, ``left_events`` the last.
    """

    core: str
    wanted_per_s: float
    reached_per_s: float
    seconds: float
    before_s: float
    agents: int
    queues: int
    contact_s: float
    page_ms: float
    page_bytes: int
    board_bytes: int
    boards: int
    sent_boards: int
    worker_cpu: float
    sender_cpu: float
    lag_events: int
    left_events: int
    metrics: Series
    wallboard: Series
    alert: Series

    @property
    def is_reached(self) -> bool:
        """Whether so many events per second were acknowledged as were asked for, nearly."""
        return self.reached_per_s >= REACHED * self.wanted_per_s

    @property
    def is_behind(self) -> bool:
        """Whether the worker fell behind."""
        return self.left_events > BEHIND_S * self.reached_per_s

    @property
    def missing(self) -> int:
        """Marked events that did not arrive, of all ways."""
        return self.metrics.missing + self.wallboard.missing + self.alert.missing


class Way(NamedTuple):
    """One way of an event: its name, the field of its series, the aim for 99 % of them."""

    name: str
    field: str
    aim_ms: float

    def series(self, row: RateRow) -> Series:
        """Return its series at a rate."""
        found: Series = getattr(row, self.field)
        return found


WAYS = (
    Way("event to metrics", "metrics", 1_000.0),
    Way("event to wallboard", "wallboard", 1_000.0),
    Way("condition to alert", "alert", 5_000.0),
)


class Latencies(Struct, frozen=True, kw_only=True):
    """The latency benchmark, a row per core and rate."""

    machine: Machine
    taken_at: str
    load_per_core: float
    poll_ms: int
    group_wait_ms: int
    burst: int
    burst_every_s: float
    rows: list[RateRow]
