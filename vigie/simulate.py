"""``vigie simulate``: the demo's simulated centre on a real Kafka, in real time.

The first start tells the last two hours at once, so that every window has something to show. A
later one goes on with the run that it finds in the topics: the simulation is made again from its
start, which takes a second per day, and what is missing is sent. Contacts that were open stay
whole, and events that come twice have the same ids, so they count once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from aggregators.policy import DAY_MS, MINUTE_MS
from streams.producer import EventProducer
from streams.simulator.demo import demo_scenario
from streams.simulator.simulation import Simulation
from vigie.demo import WARM_UP_MS
from vigie.durations import format_duration
from vigie.service import run_async, wall_clock_ms
from vigie.settings import Settings
from vigie.simulated_run import SimulatedRun, find_run
from vigie.stream_settings import stream_settings

log = logging.getLogger(__name__)

GIVEN_UP_MS = DAY_MS
"""A run that stood still for longer is left alone, and another one begins."""
STEP_MS = 5 * MINUTE_MS
"""The past is told in steps; one is acknowledged before the next begins."""
OVERLAP_MS = 2 * STEP_MS
"""What is sent again of a run that was cut short: partitions may have got unequally far."""

_TICK_S = 0.2


def run_simulate(settings: Settings, *, seed: int, history_ms: int) -> int:
    """Send simulated traffic until SIGINT or SIGTERM; return 0.

    ``history_ms`` is what a new run tells of the past.

    Raises:
        UserError, StreamError: with the fix.
    """
    streams = stream_settings(settings)

    async def work(stop: asyncio.Event) -> int:
        found = await find_run(streams)
        simulation, from_ms = begin(found, seed=seed, history_ms=history_ms, now_ms=wall_clock_ms())
        async with EventProducer(streams, linger_ms=50) as producer:
            told_ms, is_live = simulation.now_ms, False
            while not stop.is_set():
                told_ms = min(wall_clock_ms(), told_ms + STEP_MS)
                for event in simulation.events(told_ms):
                    if event.event_time_ms >= from_ms:
                        await producer.send(event)
                if told_ms < wall_clock_ms() - STEP_MS // 2:  # still in the past
                    await producer.flush()
                    await asyncio.sleep(0)  # a signal may want to be heard
                    continue
                if not is_live:
                    is_live = True
                    await producer.flush()
                    log.info("told what is past, %d events; live from now on", producer.sent)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _TICK_S)
            await producer.flush()
            log.info("%d events sent to %s", producer.sent, streams.bootstrap_servers)
        return 0

    return run_async(work)


def begin(
    found: SimulatedRun | None, *, seed: int, history_ms: int, now_ms: int
) -> tuple[Simulation, int]:
    """Return the simulation, and the event time in ms from which on its events are to be sent.

    Another seed than that of the run that was found begins a new one.
    """
    if found is not None and found.seed == seed and now_ms - found.newest_ms < GIVEN_UP_MS:
        log.info(
            "goes on with the run in the topics, %s behind",
            format_duration(max(0, now_ms - found.newest_ms) // 1_000 * 1_000),
        )
        simulation = Simulation(demo_scenario(), seed=seed, start_ms=found.start_ms)
        return simulation, found.newest_ms - OVERLAP_MS
    start_ms = now_ms - history_ms - WARM_UP_MS
    log.info("a new run, with %s of history", format_duration(history_ms))
    return Simulation(demo_scenario(), seed=seed, start_ms=start_ms), start_ms
