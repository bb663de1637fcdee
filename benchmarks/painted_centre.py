"""A wallboard with so many queues that change all the time, in a process of its own.

``python -m benchmarks.painted_centre QUEUES EVERY_MS`` prints its address and serves until its
input ends. The boards are real ones of a simulated centre, made before anybody asks and shown one
after the other: what the browser is measured on must not wait for the server's work.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import time
from collections.abc import Sequence

from msgspec import structs

from aggregators.board import Board, Boards
from aggregators.carrying import carry
from aggregators.events import CUSTOMERS, TOPICS, topic_of
from aggregators.policy import Rules
from aggregators.shard import Shard
from exporters.http.app import WebOptions, build_web_app, serve
from exporters.live import MemoryView, default_windows
from streams.collector import calm_collector
from streams.simulator.simulation import Simulation
from streams.simulator.studies import load_scenario
from vigie.settings import load_settings

AGENTS_PER_QUEUE = 40
EVENTS_PER_QUEUE_S = 4.0
BEFORE_MS = 120_000
BOARDS = 8
STEP_MS = 1_000


class Centre:
    """A simulated centre, folded in this process."""

    def __init__(self, queues: int, rules: Rules) -> None:
        self.now_ms = time.time_ns() // 1_000_000 - BEFORE_MS
        scenario = load_scenario(queues * AGENTS_PER_QUEUE, queues * EVENTS_PER_QUEUE_S)
        self._simulation = Simulation(scenario, seed=1, start_ms=self.now_ms)
        self.shards = {topic: Shard(topic, 0, rules) for topic in TOPICS}

    def advance(self, ms: int) -> None:
        """Fold what happens in the next so many ms."""
        self.now_ms += ms
        for event in self._simulation.events(self.now_ms):
            shard = self.shards[topic_of(event)]
            shard.apply(event, event.event_time_ms)
            if shard.outbox:
                carry(shard, self.shards[CUSTOMERS])


def boards_of(centre: Centre, rules: Rules) -> list[Board]:
    """Return some boards, one second after the other."""
    boards, windows = Boards(rules), default_windows(rules)
    centre.advance(BEFORE_MS - BOARDS * STEP_MS)
    made = []
    for _ in range(BOARDS):
        centre.advance(STEP_MS)
        made.append(boards.make(centre.shards.values(), centre.now_ms, windows))
    return made


def view_of(centre: Centre, rules: Rules, every_ms: int) -> MemoryView:
    """Return a view that shows the boards in turn, each as if it were of now."""
    turns = itertools.cycle(boards_of(centre, rules))

    def compute(
        shards: Sequence[Shard], as_of_ms: int, rules: Rules, windows: Sequence[str]
    ) -> Board:
        shown = next(turns)
        return structs.replace(shown, as_of_ms=as_of_ms, data_up_to_ms=as_of_ms - 1)

    return MemoryView(
        lambda: list(centre.shards.values()),
        rules,
        lambda: time.time_ns() // 1_000_000,
        refresh_ms=every_ms,
        compute=compute,
    )


async def run(queues: int, every_ms: int) -> None:
    """Serve until the input ends."""
    rules = load_settings(None, {}).rules()
    view = view_of(Centre(queues, rules), rules, every_ms)
    options = WebOptions(mode="demo", min_sample=rules.min_sample, refresh_ms=every_ms)
    server = await serve(build_web_app(view, options=options), port=0)
    print(server.url, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.close()


def main() -> int:
    """Serve."""
    parser = argparse.ArgumentParser(prog="benchmarks.painted_centre")
    parser.add_argument("queues", type=int)
    parser.add_argument("every_ms", type=int)
    given = parser.parse_args()
    calm_collector()
    asyncio.run(run(given.queues, given.every_ms))
    return 0


if __name__ == "__main__":
    sys.exit(main())
