"""Several workers: one that sleeps too long and wakes up, others that come and go."""

from __future__ import annotations

from tests.bench.process import wait_until
from tests.faults.conftest import OpenRun
from tests.faults.run import Run
from tests.faults.traffic import UNRULY

PAUSE_S = 9.0
"""Beyond the session timeout of six seconds."""


def owns_all(run: Run, number: int) -> bool:
    """Whether a worker has every partition of the contact topics."""
    samples = run.world.workers[number].samples("vigie_partition_owned")
    topics = [labels for labels, value in samples if value and labels["topic"] in run.world.names]
    return len(topics) == len(run.world.names) * run.world.streams.partitions


def test_a_worker_that_wakes_up_as_a_zombie_spoils_nothing(open_run: OpenRun) -> None:
    """Paused beyond the session timeout, its partitions are another's when it wakes."""
    with open_run("SIGSTOP beyond the session timeout, then SIGCONT") as run:
        traffic = run.traffic(UNRULY)
        run.send(traffic, 3_000)
        run.start(1)
        run.start(2)
        run.flow(traffic, 600)
        run.idle(run.chance.uniform(0.5, 1.5))
        for sleeper, other in ((1, 2), (2, 1)):
            run.world.workers[sleeper].pause()
            run.note(f"worker {sleeper} paused")
            run.idle(PAUSE_S)
            wait_until(lambda: owns_all(run, other), what=f"worker {other} to take over")  # noqa: B023
            run.world.workers[sleeper].resume()
            run.note(f"worker {sleeper} resumed")
            wait_until(
                lambda: not owns_all(run, other),  # noqa: B023
                what="the partitions to be shared again",
            )
            run.idle(run.chance.uniform(0.5, 1.5))
        run.stop_flow()
        run.judge()
        run.stop(2)
        run.judge()


def test_workers_come_and_go_and_every_event_counts_once(open_run: OpenRun) -> None:
    """One, two, three, two, one: each change moves partitions while events flow."""
    with open_run("rebalance 1-2-3-2-1", partitions=3) as run:
        traffic = run.traffic(UNRULY)
        run.send(traffic, 3_000)
        run.flow(traffic, 600)
        for number in (1, 2, 3):
            run.start(number)
            run.idle(run.chance.uniform(0, 2))
        for number in run.chance.sample((1, 2, 3), 2):
            run.stop(number)
            run.idle(run.chance.uniform(0, 2))
        run.stop_flow()
        run.judge()
