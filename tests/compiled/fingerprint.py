"""What the core makes of a simulated day, as one hash a quarter of an hour.

``python -P -m tests.compiled.fingerprint`` prints whether the core is compiled, then the hashes: of
the checkpoint of every shard and of the board of all windows, with disorder, repetitions and
corrections among the events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import msgspec

from aggregators.board import Boards
from aggregators.events import TOPICS, topic_of
from aggregators.policy import HOUR_MS, QUARTER_MS, Rules
from aggregators.shard import Shard
from exporters.http.board_json import board_json
from streams.simulator import Simulation, demo_scenario
from vigie.compiled import is_compiled
from vigie.demo import demo_rules

START_MS = 1_732_500_000_000
HOURS = 3
SEED = 11


def main() -> None:
    """Print everything."""
    scenario, chance = demo_scenario(), Random(SEED)
    rules = demo_rules(Rules(agent_figures=True), scenario)
    simulation = Simulation(scenario, seed=SEED, start_ms=START_MS)
    told: list[tuple[int, Any]] = []
    for event in simulation.events(START_MS + HOURS * HOUR_MS):
        told.append((event.event_time_ms + chance.choice((0, 0, 0, 400, 90_000)), event))
        draw = chance.random()
        if draw < 0.02:
            told.append((event.event_time_ms + 60_000, event))
        elif draw < 0.04:
            again = msgspec.structs.replace(event, revision=1, retracted=draw < 0.03)
            told.append((event.event_time_ms + 120_000, again))
    told.sort(key=lambda pair: pair[0])
    shards = {topic: Shard(topic, 0, rules) for topic in TOPICS}
    boards = Boards(rules)
    windows = ("1m", "30m", "today", "interval_30m", "interval_30m_last")
    print("compiled" if is_compiled() else "interpreted")
    next_ms = START_MS + QUARTER_MS
    for at_ms, event in told:
        while at_ms >= next_ms:
            print(_hash(shards, boards, next_ms, windows))
            next_ms += QUARTER_MS
        shards[topic_of(event)].apply(event, at_ms)
    print(_hash(shards, boards, next_ms, windows))


def _hash(shards: Mapping[str, Shard], boards: Boards, at_ms: int, windows: Sequence[str]) -> str:
    found = hashlib.sha256()
    for shard in shards.values():
        checkpoint = shard.encode()
        found.update(checkpoint.record)
        for key in sorted(checkpoint.rows):
            found.update(checkpoint.rows[key])
        shard.confirm(checkpoint)
    board = boards.make(shards.values(), at_ms, windows)
    shown = board_json(board, mode="live", min_sample=1)
    found.update(msgspec.json.encode(shown, order="deterministic"))
    return found.hexdigest()


if __name__ == "__main__":
    main()
