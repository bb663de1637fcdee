"""What a bad network does to a worker, for so long; the broker itself and others are well."""

from __future__ import annotations

import time

from tests.bench.process import wait_until
from tests.bench.proxy import BLACK_HOLE, FAIR, Proxy, Weather
from tests.faults.run import Run
from tests.faults.traffic import UNRULY
from tests.faults.worker import Worker

THIN = "network to the broker: 100 ms late each way, 3000 kbit/s"
CUT = "network to the broker: connections reset for 2 % of what passes"
LEFT_ALONE = "SIGTERM while no broker answers"
HOLE = "network to the broker: black hole {} for {:.0f} s"

SLOW_AND_THIN = Weather(delay_s=0.1, bytes_per_s=3_000_000 / 8)
CUT_SHARE = 0.02
"""Of the chunks that pass; a worker that is quiet passes some thirty a second."""
NOTICED_S = 15.0
ENDED_S = 25.0


def begun(run: Run, proxy: Proxy) -> Worker:
    """A worker that reads through the proxy while events flow."""
    traffic = run.traffic(UNRULY)
    run.send(traffic, 3_000)
    worker = run.start()
    run.flow(traffic, 400)
    run.idle(run.chance.uniform(0.5, 1.5))
    assert proxy.passed_bytes > 100_000, "the worker does not go through the proxy"
    return worker


def judged(run: Run, proxy: Proxy, worker: Worker) -> None:
    """Fair weather again: everything equal, and this worker was never started again."""
    proxy.weather = FAIR
    run.note("fair weather")
    run.idle(1)
    run.stop_flow()
    run.judge()
    assert worker is run.world.workers[1]


def slow_and_thin(run: Run, proxy: Proxy, seconds: float) -> None:
    """Everything late, and little of it at a time."""
    worker = begun(run, proxy)
    proxy.weather = SLOW_AND_THIN
    run.note("100 ms delay each way, 3000 kbit/s")
    before = run.world.durable_reads().total()
    run.idle(seconds)
    assert run.world.durable_reads().total() > before
    judged(run, proxy, worker)


def cuts(run: Run, proxy: Proxy, seconds: float) -> None:
    """Connections are reset in the middle of what they carry."""
    worker = begun(run, proxy)
    proxy.weather = Weather(resets=CUT_SHARE)
    before = proxy.cuts
    run.note(f"connections are reset for {CUT_SHARE:.0%} of what passes")
    run.idle(seconds)
    run.note(f"{proxy.cuts - before} connections were reset")
    assert proxy.cuts - before > 5
    judged(run, proxy, worker)


def silence(run: Run, proxy: Proxy, seconds: float, weather: Weather = BLACK_HOLE) -> None:
    """Nothing passes, in one direction or in both, and no connection ends."""
    worker = begun(run, proxy)
    proxy.weather = weather
    run.note(f"nothing passes: {weather}")
    since_s = time.monotonic()
    wait_until(lambda: worker.status("/readyz") == 503, what="not ready", timeout_s=NOTICED_S)
    while time.monotonic() - since_s < seconds:
        assert worker.status("/livez") == 200
        run.idle(0.5)
    judged(run, proxy, worker)


def left_alone(run: Run, proxy: Proxy) -> None:
    """Asked to end in the silence, a worker ends in good time; the next one reads again."""
    begun(run, proxy)
    proxy.weather = BLACK_HOLE
    run.note("nothing passes")
    run.idle(run.chance.uniform(0, 10))
    assert run.stop() < ENDED_S
    judged(run, proxy, run.begin())
