"""A morning to look back at: two good hours and a bad one, over real shards."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from aggregators.policy import MINUTE_MS, QueuePolicy, Rules
from aggregators.shard import Shard
from exporters.live import MemoryView
from tests.aggregators.story import T0, abandoned, answered, ended, queued, s

ZONE = "Europe/Paris"
OPEN_S = 8 * 3600
"""08:00 UTC, that is 10:00 in Paris; a Monday."""
NOW_S = OPEN_S + 3 * 3600

RULES = Rules(
    queues={
        ("sales", "voice"): QueuePolicy(zone=ZONE, threshold_ms=20_000, team="North"),
        ("care", "voice"): QueuePolicy(zone=ZONE, threshold_ms=60_000, team="South"),
    },
    channels={"voice": QueuePolicy(zone=ZONE)},
    windows=("5m", "30m", "1h", "today"),
)


def events() -> list[Any]:
    """A call a minute: answered after 5 s for two hours, then abandoned after 60 s; 4 wait."""
    told: list[Any] = []
    for n in range(180):
        at_s = OPEN_S + 60 * n
        told.append(queued(f"c{n}", at_s, queue="sales"))
        if n < 120:
            told += [answered(f"c{n}", at_s + 5, agent=f"A{n % 5}"), ended(f"c{n}", at_s + 50)]
        else:
            told.append(abandoned(f"c{n}", at_s + 59))
        if n % 2:
            told += [
                queued(f"k{n}", at_s + 1, queue="care"),
                answered(f"k{n}", at_s + 11, agent="A9"),
            ]
    told += [queued(f"w{n}", NOW_S - 30 + n, queue="sales") for n in range(4)]
    return sorted(told, key=lambda event: event.event_time_ms)


class Morning:
    """The shards after that morning, and a live view of them with a clock that a test moves."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.calls = Shard("calls", 0, rules)
        self.now_ms = s(NOW_S)
        self.turns = 0
        for event in events():
            self.calls.apply(event, event.event_time_ms)
        self.view = MemoryView(
            lambda: [self.calls], rules, lambda: self.now_ms, refresh_ms=100, turn=self._turn
        )

    def _turn(self) -> AbstractAsyncContextManager[None]:
        self.turns += 1
        return nullcontext()


def clock_ms(text: str) -> int:
    """Return the instant of a time in UTC of that day."""
    hours, minutes = text.split(":")
    return T0 + (int(hours) * 60 + int(minutes)) * MINUTE_MS
