"""The broker's disk is full: it ends, and goes on once there is space.

Kafka runs with a limit on the size of its files (``RLIMIT_FSIZE``), which it meets as it would
meet a full disk: a write fails, the log folder is given up, the broker ends.
"""

from __future__ import annotations

from tests.bench.process import require_program, wait_until
from tests.faults.run import Run
from tests.faults.traffic import UNRULY

LARGEST_FILE_BYTES = 12_000_000
"""Above the ten megabytes to which Kafka stretches an index, below what is sent."""


def disk_full(run: Run) -> None:
    """Fill the broker's disk while a worker reads, give it space, and compare."""
    kafka = run.world.kafka
    traffic = run.traffic(UNRULY, every_ms=30)
    run.send(traffic, 3_000)
    worker = run.start()
    ordinary = kafka.process.command
    kafka.stop()
    limit = [require_program("prlimit", "util-linux"), f"--fsize={LARGEST_FILE_BYTES}"]
    kafka.process.command = [*limit, *ordinary]
    kafka.start()
    run.note("broker started with a limit on the size of its files")
    try:
        run.flow(traffic, 3_000)
        wait_until(lambda: not kafka.process.running, what="the disk to be full", timeout_s=180)
        run.note("broker ended")
        run.idle(3)
        assert worker.status("/livez") == 200
    finally:
        kafka.kill()
        kafka.process.command = ordinary
        kafka.start()
        run.note("broker started with space")
    run.stop_flow()
    run.judge()
    assert worker is run.world.workers[1]
