"""An hour without a worker: how soon one that comes back has worked it off, on a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aggregators.events import Envelope
from benchmarks.centre import START_MS, fill_topics
from benchmarks.growth.cluster import centre_of, stream_settings
from benchmarks.growth.figures import CaughtUp
from benchmarks.growth.outage_worker import Worked
from benchmarks.stage import BenchmarkError, ask_child
from streams import topics
from streams.simulator.simulation import Simulation
from tests.bench.kafka import Kafka

PARTITIONS = 4
BEFORE_MS = 900_000
"""The worker has folded so much before it goes away: the centre is full of contacts by then."""


def measure(
    broker: Kafka, agents: int, outage_ms: int, *, is_compiled: bool, before_ms: int = BEFORE_MS
) -> CaughtUp:
    """Let a worker fold what was before, send what comes in the outage, start a worker again.

    Raises:
        BenchmarkError: not every event was folded exactly once.
    """
    core = "compiled" if is_compiled else "Python"
    app = f"outage-{core.lower()}-{agents}"
    settings = stream_settings(broker.bootstrap_servers, app, PARTITIONS)
    scenario = centre_of(agents)
    simulation = Simulation(scenario, seed=1, start_ms=START_MS)

    def sent_until(end_ms: int) -> int:
        coming: Iterator[Envelope] = simulation.events(end_ms)
        return asyncio.run(fill_topics(settings, coming)).total

    def work_off(events: int) -> Worked:
        asking = [settings.bootstrap_servers, app, str(PARTITIONS), str(events)]
        module = "benchmarks.growth.outage_worker"
        return ask_child(module, asking, Worked, is_compiled=is_compiled)

    before = sent_until(START_MS + before_ms)
    work_off(before)
    missed = sent_until(START_MS + before_ms + outage_ms)
    back = work_off(missed)
    if back.read != before + missed:
        raise BenchmarkError(f"{before + missed:,} events were sent, {back.read:,} were folded")
    asyncio.run(topics.delete(settings))
    return CaughtUp(
        core=core,
        agents=agents,
        queues=len(scenario.queues),
        outage_s=outage_ms / 1_000,
        events=missed,
        open_contacts=back.open_contacts,
        restored_s=round(back.restored_s, 2),
        caught_up_s=round(back.caught_up_s, 2),
        told_s=round(back.told_s, 2),
        cpu_s=round(back.cpu_s, 2),
        boards=back.boards,
        peak_mib=back.peak_mib,
    )
