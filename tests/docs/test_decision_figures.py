"""The figures of the decision records, measured again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from aggregators import facts as f
from aggregators.contact_events import ContactAnswered, ContactQueued
from aggregators.envelope import Envelope
from aggregators.events import TOPICS, topic_of
from aggregators.policy import HOUR_MS, Rules
from aggregators.shard import Shard
from streams.simulator.demo import demo_scenario
from streams.simulator.simulation import Simulation
from streams.sources import build_source, read_events

START_MS = 1_717_398_000_000  # 2024-06-03T07:00:00Z


def test_eight_hours_of_the_demo_centre_are_small() -> None:
    """Decision 0002: about 4,200 legs, as many entries, about 0.8 MB of rows."""
    rules = Rules()
    shards = {topic: Shard(topic, 0, rules) for topic in TOPICS}
    for event in Simulation(demo_scenario(), seed=1, start_ms=START_MS).events(
        START_MS + 8 * HOUR_MS
    ):
        shards[topic_of(event)].apply(event, event.event_time_ms)
    cells = [
        cell
        for shard in shards.values()
        for row in shard.slices.rows.values()
        for cell in row.cells.values()
    ]
    left = [n for cell in cells for key, n in cell.items() if 0 < key >> f.VALUE_BITS < f.MEASURE]
    rows_bytes = sum(
        len(row)
        for name in ("calls", "chats", "tickets", "agents")
        for row in shards[name].encode().rows.values()
    )
    print(f"{sum(left)} legs left, {len(left)} entries, {rows_bytes / 1e6:.2f} MB of rows")
    assert 4_000 < sum(left) < 4_400
    assert sum(left) * 0.99 < len(left) <= sum(left)
    assert 700_000 < rows_bytes < 950_000


def test_a_real_log_tells_nearly_what_its_stamps_say(shared_data: Path) -> None:
    """Decision 0003: 106 waits agree with the stamps, 4 of 91 talks are a second less."""
    path = shared_data / "asterisk_queue_log_pbx2018" / "queue_log"
    entered: dict[tuple[str, str], int] = {}
    answered: dict[tuple[str, str], int] = {}
    waits: Counter[int] = Counter()
    talks: Counter[int] = Counter()
    for event in read_events(build_source("asterisk-queue-log", {}, file=path.name), path):
        assert isinstance(event, Envelope)
        leg = getattr(event, "contact_id", ""), getattr(event, "leg_id", "") or ""
        at_ms = event.event_time_ms
        wait_ms, talk_ms = getattr(event, "wait_ms", None), getattr(event, "talk_ms", None)
        if isinstance(event, ContactQueued):
            entered[leg] = at_ms
        elif wait_ms is not None and leg in entered:
            waits[wait_ms - (at_ms - entered[leg])] += 1
        if isinstance(event, ContactAnswered):
            answered[leg] = at_ms
        elif talk_ms is not None and leg in answered:
            talks[talk_ms - (at_ms - answered[leg])] += 1
    assert waits == {0: 106}
    assert talks == {0: 87, -1_000: 4}
