"""The broker stops, dies, or is away for a while; workers heal without being started again."""

from __future__ import annotations

import time

import pytest

from tests.bench.process import wait_until
from tests.faults.conftest import OpenRun
from tests.faults.traffic import UNRULY

AWAY_S = 60.0
RISE_S = 15.0
MEMORY_MB = 400
GROWTH_MB = 40
"""So much more memory than before may be used while nothing comes in."""


@pytest.mark.parametrize("is_hard", [False, True], ids=["clean", "hard"])
def test_a_restart_of_the_broker_changes_no_number(open_run: OpenRun, is_hard: bool) -> None:
    """Events flow before, meanwhile and after; the worker is never touched."""
    with open_run(f"broker restart, {'hard' if is_hard else 'clean'}") as run:
        traffic = run.traffic(UNRULY)
        run.send(traffic, 3_000)
        worker = run.start()
        run.flow(traffic, 600)
        run.idle(run.chance.uniform(0.5, 2))
        run.bounce_broker(is_hard=is_hard)
        run.idle(1)
        run.stop_flow()
        run.judge()
        assert worker is run.world.workers[1]


def test_while_the_broker_is_away_the_worker_says_so_and_lives_on(open_run: OpenRun) -> None:
    """A minute without a broker: not ready, alive, no larger; it catches up by itself."""
    with open_run(f"broker away for {AWAY_S:.0f} s") as run:
        traffic = run.traffic(UNRULY)
        run.send(traffic, 3_000)
        worker = run.start()
        run.flow(traffic, 300)
        run.idle(1)
        kafka = run.world.kafka
        kafka.stop()
        run.note("broker stopped")
        before_mb = worker.memory_bytes() // 1_000_000
        gone_at = time.monotonic()
        try:
            wait_until(lambda: worker.status("/readyz") == 503, what="not ready", timeout_s=RISE_S)
            while time.monotonic() - gone_at < AWAY_S:
                assert worker.status("/livez") == 200
                assert worker.status("/readyz") == 503
                assert worker.memory_bytes() // 1_000_000 < before_mb + GROWTH_MB
                run.idle(0.5)
        finally:
            kafka.start()
            run.note("broker started")
        run.stop_flow()
        run.judge()
        assert worker is run.world.workers[1]
        assert 0 < run.record.largest_memory_mb < MEMORY_MB
