"""``vigie run``: embedded broker, simulated contact centre and one worker in one process.

The whole way of an event is the real one; only the broker keeps nothing. The last two hours of
the simulated day are folded first, so that every window has something to show.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

import click
import msgspec

from aggregators.dossiers.themes import folded_keys
from aggregators.policy import HOUR_MS, MINUTE_MS, Rules
from streams.embedded import start_broker
from streams.producer import Brake, EventProducer
from streams.settings import StreamSettings
from streams.simulator.aftermath import THEMES
from streams.simulator.demo import demo_scenario
from streams.simulator.incident import demo_incident
from streams.simulator.scenario import Scenario
from streams.simulator.simulation import Simulation
from vigie.errors import UserError
from vigie.service import Clock, Service, run_async, service, until, wall_clock_ms
from vigie.settings import Settings

HISTORY_MS = 2 * HOUR_MS
WARM_UP_MS = 30 * MINUTE_MS
"""The simulated centre opens empty, so it runs half an hour before the history counts."""

_TICK_S = 0.2
_UNREAD_BYTES = 1_000_000
_UNREAD_RECORDS = 20_000

DEMO_STREAMS = StreamSettings(
    app_id="vigie-demo",
    partitions=1,
    checkpoint_interval_ms=1_000,
    fetch_wait_ms=50,
    embedded=True,
)


def run_demo(
    settings: Settings, *, seed: int, seconds: float | None, check: bool, incident: str | None
) -> int:
    """Run the demo until Ctrl-C, or for some seconds; return 0.

    With ``check`` the numbers must have moved by then, else the exit code is 1. ``incident`` is
    trouble that begins a minute after the start: surge, agents_gone or outage.

    Raises:
        UserError, ServeError, StreamError: with the fix.
    """
    for room in ("streams", "alerts"):  # the demo's own lines stand out
        logging.getLogger(room).setLevel(logging.WARNING)
    scenario = demo_scenario()
    rules = demo_rules(settings.rules(), scenario)
    now_ms = wall_clock_ms()
    speed = settings.demo.speed

    def clock() -> int:
        return now_ms + round((wall_clock_ms() - now_ms) * speed)

    simulation = Simulation(scenario, seed=seed, start_ms=now_ms - HISTORY_MS - WARM_UP_MS)
    if incident is not None:
        try:
            simulation.switch_on(demo_incident(incident, now_ms + MINUTE_MS))
        except ValueError as error:
            raise UserError(str(error)) from None

    async def work(stop: asyncio.Event) -> int:
        broker = start_broker(DEMO_STREAMS)
        streams = msgspec.structs.replace(DEMO_STREAMS, bootstrap_servers=broker.address)
        try:
            async with service(settings, streams, rules, mode="demo", clock=clock) as running:
                feeding = asyncio.create_task(_feed(simulation, streams, running, stop, clock))
                try:
                    return await _watch(running, stop, seconds, feeding, check=check)
                finally:
                    feeding.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await feeding
        finally:
            broker.stop()

    return run_async(work)


def demo_rules(rules: Rules, scenario: Scenario) -> Rules:
    """Return the rules with the simulated queues named, each in the scenario's zone.

    Self-care has its days there too. The themes are the simulated ones unless there are others.
    """
    queues = dict(rules.queues)
    for queue in scenario.queues:
        pair = (queue.name, queue.channel)
        if pair not in queues:
            default = rules.policy(*pair)
            queues[pair] = msgspec.structs.replace(default, zone=scenario.zone)
    selfcare = msgspec.structs.replace(rules.policy("", "selfcare"), zone=scenario.zone)
    return msgspec.structs.replace(
        rules,
        queues=queues,
        channels={**rules.channels, "selfcare": selfcare},
        themes=rules.themes or {theme: folded_keys([theme]) for theme in THEMES},
    )


async def _feed(
    simulation: Simulation,
    streams: StreamSettings,
    running: Service,
    stop: asyncio.Event,
    clock: Clock,
) -> None:
    """Send the history at once, then what happens as it happens."""
    brake = Brake(
        running.worker.next_offset, unread_bytes=_UNREAD_BYTES, unread_records=_UNREAD_RECORDS
    )
    async with EventProducer(streams, linger_ms=50, brake=brake) as producer:
        while not stop.is_set():
            for event in simulation.events(clock()):
                await producer.send(event, append_ms=event.event_time_ms)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _TICK_S)


async def _watch(
    running: Service,
    stop: asyncio.Event,
    seconds: float | None,
    feeding: asyncio.Task[None],
    *,
    check: bool,
) -> int:
    assert running.web is not None
    url = running.web.url
    click.echo(f"wallboard  {url}/\nmetrics    {url}/metrics\nAPI        {url}/api/")
    click.echo("Demo: simulated traffic, everything in memory, nothing is kept. Ctrl-C ends it.")
    before = _entered(running)
    waiting = asyncio.ensure_future(until(stop, running.worker))
    try:
        await asyncio.wait({waiting, feeding}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if feeding.done():
            feeding.result()
        if waiting.done():
            waiting.result()
    finally:
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await waiting
    if check:
        after = _entered(running)
        click.echo(f"contacts entered in the last hour: {before} at first, {after} at the end")
        return 0 if after > before and after > 0 else 1
    return 0


def _entered(running: Service) -> int:
    entered = running.view.board().windows["1h"].total["contacts_entered"]
    assert isinstance(entered, int)
    return entered
