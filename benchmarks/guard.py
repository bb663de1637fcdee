"""A guard against slow changes: what the core costs, as multiples of decoding the same events.

``python -m benchmarks.guard [--json FILE] [--check]``

Seconds say nothing on machines that others use. So everything is measured in one process, round by
round beside a yardstick (msgspec decodes the same messages into the same types), the best round of
each counts, and a part is told as so many times the yardstick. ``--check`` compares with the kept
figures and fails for a part that costs over ``TOLERANCE`` times as much as it did.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Union

import msgspec
from msgspec import Struct

from aggregators.board import Boards
from aggregators.events import TOPIC_TYPES, Envelope, message_key, topic_of
from aggregators.policy import Rules
from aggregators.shard import Shard
from benchmarks import machine
from benchmarks.centre import day_events, demo_events
from benchmarks.measures import Machine
from benchmarks.stage import ROOT, BenchmarkError, finish, keep
from benchmarks.tables import table
from exporters.live import default_windows
from streams.collector import calm_collector
from streams.decode import EventDecoder
from streams.reasons import Rejection

KEPT = ROOT / "benchmarks" / "results" / "guard.json"
EVENTS = 12_000
ROUNDS = 7
TOLERANCE = 1.35
"""Best rounds of an unchanged tree differ by less than a tenth, other Pythons by a fifth."""
FAR_MS = 1 << 60


class Guarded(Struct, frozen=True, kw_only=True):
    """The guard's figures: ``ratios`` by part, in multiples of the yardstick."""

    machine: Machine
    taken_at: str
    events: int
    rounds: int
    yardstick_us: float
    ratios: dict[str, float]


class Sample:
    """Messages of one kind of traffic, and what they decode to."""

    def __init__(self, events: Iterable[Envelope]) -> None:
        encode = msgspec.json.Encoder().encode
        self.topics: list[str] = []
        self.messages: list[bytes] = []
        self.keys: list[bytes] = []
        self.events: list[Envelope] = []
        for event in events:
            self.topics.append(topic_of(event))
            self.messages.append(encode(event))
            self.keys.append(message_key(event).encode())
            self.events.append(event)
        kinds = sorted(set(self.topics))
        self._read = {
            name: msgspec.json.Decoder(Union[TOPIC_TYPES[name]]).decode  # noqa: UP007
            for name in kinds
        }
        self._check = {name: EventDecoder(name, Rules()).decode for name in kinds}

    def read(self) -> None:
        """Decode all messages, and nothing else: the yardstick."""
        read = self._read
        for name, message in zip(self.topics, self.messages, strict=True):
            read[name](message)

    def check(self) -> None:
        """Decode and check all messages as the worker does.

        Raises:
            BenchmarkError: one of them was refused.
        """
        check = self._check
        for name, message, key in zip(self.topics, self.messages, self.keys, strict=True):
            if type(found := check[name](message, key, FAR_MS)) is Rejection:
                raise BenchmarkError(f"a message of {name} was refused: {found.detail}")

    def fold(self) -> dict[str, Shard]:
        """Fold all events into new shards."""
        shards = {name: Shard(name, 0, Rules()) for name in self._read}
        for shard in shards.values():
            shard.begin_batch()
        for name, event in zip(self.topics, self.events, strict=True):
            shards[name].apply(event, event.event_time_ms)
        for shard in shards.values():
            shard.end_batch()
        return shards


def board(shards: dict[str, Shard]) -> None:
    """Make the board of all windows of the settings as they come."""
    newest_ms = max(shard.max_event_ms for shard in shards.values())
    Boards(Rules()).make(list(shards.values()), newest_ms + 1, default_windows(Rules()))


def checkpoint(shards: dict[str, Shard]) -> None:
    """Encode everything that the shards hold."""
    for shard in shards.values():
        shard.encode()


def measure(events: int, rounds: int) -> Guarded:
    """Measure every part, round by round."""
    calm_collector()
    calls, centre = Sample(day_events(events)), Sample(demo_events(events))
    best: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        began_s = time.process_time()
        work()
        best[name] = min(best.get(name, FAR_MS), time.process_time() - began_s)

    for _ in range(rounds):
        for name, sample in (("calls and chats", calls), ("all groups", centre)):
            timed(f"yardstick, {name}", sample.read)
            timed(f"check, {name}", sample.check)
            gc.disable()  # when it looks depends on what was before
            timed(f"fold, {name}", sample.fold)
            gc.enable()
            shards = sample.fold()
            timed(f"board, {name}", lambda shards=shards: board(shards))  # type: ignore[misc]
            timed(f"checkpoint, {name}", lambda shards=shards: checkpoint(shards))  # type: ignore[misc]
    ratios = {
        name: round(spent_s / best[f"yardstick, {name.partition(', ')[2]}"], 2)
        for name, spent_s in best.items()
        if not name.startswith("yardstick")
    }
    return Guarded(
        machine=machine.describe(),
        taken_at=machine.today(),
        events=events,
        rounds=rounds,
        yardstick_us=round(best["yardstick, calls and chats"] / events * 1e6, 3),
        ratios=ratios,
    )


def slower(found: Guarded, kept: Guarded) -> list[str]:
    """Return a line for each part that costs more than it may."""
    lines = []
    for name, ratio in kept.ratios.items():
        now = found.ratios.get(name)
        if now is None:
            lines.append(f"{name} was not measured, {ratio:.2f} times the yardstick are kept")
        elif now > ratio * TOLERANCE:
            lines.append(f"{name} costs {now:.2f} times the yardstick, {ratio:.2f} are kept")
    return lines


def main() -> int:
    """Measure, print, and compare if asked."""
    parser = argparse.ArgumentParser(prog="benchmarks.guard", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--check", action="store_true", help="fail for what costs more than kept")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    figures = measure(given.events, given.rounds)
    rows = [(name, f"{ratio:.2f}") for name, ratio in figures.ratios.items()]
    print(table(("part, traffic", "times the yardstick"), rows))
    keep(figures, given.json)
    if given.check:
        kept = msgspec.json.decode(KEPT.read_bytes(), type=Guarded)
        if complaints := slower(figures, kept):
            raise BenchmarkError("; ".join(complaints))
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
