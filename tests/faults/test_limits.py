"""More than fits: names without end, and a backlog for a worker that gets too little time."""

from __future__ import annotations

import orjson

from tests.bench.process import require_program, wait_until
from tests.bench.web import get_text
from tests.faults.conftest import OpenRun
from tests.faults.poison import good_event
from tests.faults.run import Run
from tests.faults.traffic import UNRULY, Message
from tests.faults.worker import samples_of
from tests.faults.world import now_ms

HANDLES = 64
MAX_SERIES = 75_000
MAX_QUEUES = 500
MEMORY_MB = 400
BACKLOG = 200_000


def named_queues(run: Run, names: int) -> list[Message]:
    """One call for each of many invented queues."""
    at_ms = now_ms() - 600_000
    made = []
    for n in range(names):
        queue = f"q{run.chance.randrange(1 << 40):x}-{n}"
        value = orjson.dumps(good_event(at_ms + n, n, queue=queue))
        made.append(Message("calls", f"p{n}".encode(), value))
    return made


def test_queue_names_without_end_fill_neither_the_metrics_nor_the_memory(
    open_run: OpenRun,
) -> None:
    """Of 20,000 names each shard keeps 500; the rest counts as `__other__`, and says so."""
    with open_run("label explosion: 20,000 queue names") as run:
        worker = run.start()
        run.world.feeder.send(run.traffic().take(1_000))
        run.world.feeder.send(named_queues(run, 20_000))
        run.world.feeder.flush()
        run.judge()
        page = get_text(f"{worker.url}/metrics", timeout_s=20)
        lines = [line for line in page.splitlines() if line and not line.startswith("#")]
        assert len(lines) <= MAX_SERIES
        queues = {labels["queue"] for labels, _ in samples_of(page, "vigie_contacts_waiting")}
        assert "__other__" in queues
        assert len(queues) <= MAX_QUEUES + 1
        dropped = samples_of(page, "vigie_label_values_dropped_total")
        assert sum(n for labels, n in dropped if labels["label"] == "queue") > 10_000
        expected = run.world.expect()
        others = sum(n for (queue, _, what), n in expected.open.items() if queue == "__other__")
        assert others > 18_000
        run.look()
        assert run.record.largest_memory_mb < MEMORY_MB


def test_a_backlog_is_worked_off_in_bounded_memory_by_a_worker_with_little_time(
    open_run: OpenRun,
) -> None:
    """200,000 events wait for a worker that is paused in turns: it holds no more than it needs."""
    with open_run("backlog of 200,000 events, worker paused in turns") as run:
        run.send(run.traffic(UNRULY, every_ms=50), BACKLOG)
        worker = run.begin()
        while run.world.durable_reads().total() < BACKLOG // 2:
            worker.pause()
            run.idle(run.chance.uniform(0.5, 1.5))
            worker.resume()
            run.idle(run.chance.uniform(0.3, 0.8))
        run.note("no more pauses")
        run.judge()
        assert 0 < run.record.largest_memory_mb < MEMORY_MB


def test_too_few_file_handles_end_a_start_at_once_with_one_line(open_run: OpenRun) -> None:
    """It names the limit and what to do; where the system lets it, a worker helps itself."""
    prlimit = require_program("prlimit", "util-linux")
    with open_run(f"file handles: {HANDLES}") as run:
        run.send(run.traffic(UNRULY), 2_000)
        refused = run.begin(under=[prlimit, f"--nofile={HANDLES}:{HANDLES}"])
        wait_until(lambda: not refused.running, what="an end at once")
        assert refused.exit_code == 2
        (line,) = refused.log_path.read_text().splitlines()
        assert line.startswith(f"vigie: this process may open only {HANDLES} files and connections")
        assert "ulimit -n" in line
        del run.world.workers[1]
        worker = run.begin(under=[prlimit, f"--nofile={HANDLES}:4096"])
        run.world.await_ready(worker)
        run.stop()
        run.start()
        run.judge()
