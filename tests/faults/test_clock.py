"""The clock of the worker's machine is wrong, and is set while it runs: no number depends on it."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.bench.clock import WrongClock
from tests.bench.process import wait_until
from tests.faults.conftest import OpenRun
from tests.faults.poison import good_event
from tests.faults.run import Run
from tests.faults.traffic import UNRULY, Message, Traffic
from tests.faults.worker import Worker
from tests.faults.world import now_ms

OFF_S = 600
MINUTE_MS = 60_000
RETENTION_MS = 8 * 86_400_000
NEAR_MS = 5 * MINUTE_MS
"""Inside the retention by the clock of the broker, outside by one that is ten minutes fast."""
OLD = 50


def old_contacts(at_ms: int) -> list[Message]:
    """Calls that entered eight days ago less five minutes, and are late therefore."""
    return [
        Message("calls", f"p{n}".encode(), orjson.dumps(good_event(at_ms - n, n)))
        for n in range(OLD)
    ]


def ahead_s(worker: Worker) -> float:
    """How far a worker believes to be ahead of the clock of the test."""
    return float((worker.board()["as_of_ms"] - now_ms()) / 1000)


def test_a_wrong_clock_and_one_that_steps_back_change_no_number(
    open_run: OpenRun, tmp_path: Path
) -> None:
    """Ten minutes fast, back to ten minutes slow, killed and started there, then right again."""
    clock = WrongClock(tmp_path / "clock")
    fault = "clock of the worker +10 min, stepped back to -10 min, then right"
    with open_run(fault, worker_env=clock.env) as run:
        traffic = run.traffic(UNRULY)
        clock.set(OFF_S)
        worker = run.start()
        run.send(traffic, 3_000)
        run.world.feeder.send(old_contacts(now_ms() - RETENTION_MS + NEAR_MS))
        judge_at(run, worker, traffic, OFF_S)
        run.flow(traffic, 400)
        run.idle(2)
        clock.set(-OFF_S)
        run.note("the clock steps back by twenty minutes")
        run.idle(3)
        run.stop_flow()
        judge_at(run, worker, traffic, -OFF_S)
        run.kill()
        worker = run.start()
        judge_at(run, worker, traffic, -OFF_S)
        clock.set(0)
        judge_at(run, worker, traffic, 0)
        expected = run.world.expect()
        assert expected.count("entered", "sales") > OLD
        assert sum(tally.late for tally in expected.tallies.values()) == OLD


def judge_at(run: Run, worker: Worker, traffic: Traffic, off_s: int) -> None:
    """Some more events, and all is equal; the worker does have that clock."""
    run.send(traffic, 500)
    wait_until(lambda: abs(ahead_s(worker) - off_s) < 30, what=f"the clock to be {off_s} s off")
    run.judge()
