"""One run of a fault: a world, a seeded chance, and everything written down as it happens."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.process import ComponentError, wait_until
from tests.faults.record import Kill, RunRecord
from tests.faults.traffic import ORDERLY, Traffic, Unruliness
from tests.faults.verdict import NotEqualError, Verdict, Word
from tests.faults.worker import Worker
from tests.faults.world import World, now_ms

BEFORE_MS = 40 * 60_000
"""Traffic begins this long ago: inside the allowed lateness of an hour."""


class Run:
    """Use it in a ``with`` block; its record is written at the end, whatever happened."""

    def __init__(
        self, fault: str, seed: int, world: World, *, how: str = "", results: Path | None = None
    ) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.record = RunRecord(fault, seed, how)
        self._results = results

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        record = self.record
        if isinstance(error, NotEqualError):
            record.verdict, record.details = error.verdict.word, error.verdict.details
        elif error is not None:
            record.verdict, record.details = _word(error), [repr(error)]
        record.events = self.world.feeder.sent
        record.duration_s = record.passed_s()
        record.longest_recovery_s = round(self.world.longest_recovery_s, 1)
        if self._results is not None:
            record.append_to(self._results)
        tails = [worker.tail() for worker in self.world.workers.values()]
        self.world.close()
        if error is not None:
            print(f"{record.fault}: seed {record.seed}")
            for at_s, action in record.actions:
                print(f"  {at_s:7.2f} s  {action}")
            print(*tails, sep="\n")

    def note(self, action: str) -> None:
        """Write an action down."""
        self.record.note(action)

    # -- traffic --------------------------------------------------------------------------------

    def traffic(
        self, unruliness: Unruliness = ORDERLY, *, every_ms: int = 60, name: str = "c"
    ) -> Traffic:
        """Traffic of this run's seed, beginning forty minutes ago."""
        return Traffic(
            self.chance.randrange(1 << 32), now_ms() - BEFORE_MS, now_ms,
            every_ms=every_ms, unruliness=unruliness, name=name,
        )  # fmt: skip

    def send(self, traffic: Traffic, messages: int) -> None:
        """Send so many messages and wait until the broker has them."""
        self.world.feeder.send(traffic.take(messages))
        self.world.feeder.flush()
        self.note(f"{messages} messages sent")

    def flow(self, traffic: Traffic, per_second: int) -> None:
        """Let messages flow until :meth:`stop_flow`."""
        self.world.feeder.start(traffic, per_second)
        self.note(f"messages flow, {per_second} a second")

    def stop_flow(self) -> None:
        """Stop the flow; everything sent is acknowledged."""
        self.world.feeder.stop()
        self.note("flow stopped")

    # -- faults ---------------------------------------------------------------------------------

    def idle(self, seconds: float) -> None:
        """Let time pass; see meanwhile who gets ready, and how much memory is used."""
        deadline = time.monotonic() + seconds
        while (left_s := deadline - time.monotonic()) > 0:
            self.look()
            time.sleep(min(0.1, left_s))

    def look(self) -> None:
        """Take note of workers that became ready, and of their memory."""
        self.world.check_alive()
        for worker in self.world.alive():
            used_mb = worker.memory_bytes() // 1_000_000
            self.record.largest_memory_mb = max(self.record.largest_memory_mb, used_mb)
            if worker.ready_after_s is None and worker.is_ready():
                self.world.see(worker)

    def kill(self, number: int = 1) -> None:
        """SIGKILL a worker, and write down what it was at."""
        worker = self.world.workers[number]
        phase, offset = worker.phase(), self._offset(worker)
        self.world.kill(number)
        self.record.kills.append(Kill(self.record.passed_s(), "SIGKILL", phase, offset))
        self.note(f"worker {number} killed while {phase}")

    def begin(
        self, number: int = 1, *, failpoint: str | None = None, under: Sequence[str] = ()
    ) -> Worker:
        """Start a worker without waiting for it, perhaps under another command."""
        how = f" with {failpoint}" if failpoint else f" under {' '.join(under)}" if under else ""
        self.note(f"worker {number} started{how}")
        return self.world.begin(number, failpoint=failpoint, under=under)

    def start(self, number: int = 1) -> Worker:
        """Start a worker and wait until it is ready."""
        worker = self.begin(number)
        self.world.await_ready(worker)
        return worker

    def stop(self, number: int = 1) -> float:
        """SIGTERM; return the seconds it took to end.

        :raises NotEqualError: the exit code was not 0.
        """
        began = time.monotonic()
        worker = self.world.workers[number]
        code = self.world.end(number)
        took_s = time.monotonic() - began
        self.note(f"worker {number} stopped in {took_s:.1f} s")
        if code != 0:
            text = [f"exit code {code} after SIGTERM", worker.tail()]
            raise NotEqualError(Verdict(Word.CRASHED, text))
        return took_s

    def await_own_death(self, number: int, failpoint: str, timeout_s: float = 60.0) -> None:
        """Wait until a worker has died at its failpoint.

        :raises NotEqualError: it ended otherwise.
        :raises ComponentError: it lives on.
        """
        worker = self.world.workers[number]
        wait_until(
            lambda: not worker.running,
            what=f"{worker.name} to pass {failpoint}\n{worker.tail()}",
            timeout_s=timeout_s,
        )
        if worker.exit_code != -9:
            text = [f"{failpoint}: exit code {worker.exit_code}", worker.tail()]
            raise NotEqualError(Verdict(Word.CRASHED, text))
        del self.world.workers[number]
        self.record.kills.append(Kill(self.record.passed_s(), failpoint, failpoint, -1))
        self.note(f"worker {number} died at {failpoint}")

    def bounce_broker(self, *, is_hard: bool, away_s: float = 0.0) -> None:
        """Stop or kill the broker and start it again, once no worker is just starting.

        One that starts without a broker ends at once and says so.
        """
        for worker in self.world.alive():
            self.world.await_ready(worker)
        kafka = self.world.kafka
        self.note("broker killed" if is_hard else "broker stopped")
        kafka.kill() if is_hard else kafka.stop()
        try:
            self.idle(away_s)
        finally:
            kafka.start()
            self.note("broker started")

    # -- judgement ------------------------------------------------------------------------------

    def judge(self) -> None:
        """Compare everything with the oracle.

        :raises NotEqualError: something is not equal.
        """
        self.note("compare with the oracle")
        verdict = self.world.verify()
        self.record.verdict, self.record.details = verdict.word, verdict.details
        if verdict.word is not Word.EQUAL:
            raise NotEqualError(verdict)

    def _offset(self, worker: Worker) -> int:
        if worker.is_paused:
            return -1
        samples = worker.samples("vigie_events_read_total")
        return int(sum(value for _, value in samples))


def _word(error: BaseException) -> Word:
    if isinstance(error, AssertionError):
        return Word.VIEW_DIFFERS
    return Word.STUCK if isinstance(error, ComponentError) else Word.CRASHED
