"""The world of a fault run: topics on a real broker, traffic, workers, and the final judgement."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aggregators.policy import Rules
from streams import topics
from streams.settings import StreamSettings
from tests.bench.kafka import Kafka
from tests.bench.process import ComponentError, free_port, wait_until
from tests.faults.feeder import Feeder
from tests.faults.oracle import Expected, Oracle, OracleRules
from tests.faults.product_state import SOURCES, durable_shards, summed
from tests.faults.raw_log import RawRecord, log_ends, read_log
from tests.faults.verdict import NotEqualError, Verdict, Word, judge_state
from tests.faults.view import judge_view
from tests.faults.worker import Worker

QUICK = {"heartbeat_interval_ms": 1_000, "commit_interval_ms": 200}
NO_PROGRESS_S = 60.0
SECRET = "invented for the tests only"


def now_ms() -> int:
    """The time of the machine in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


class World:
    """One application on a broker: its topics, its workers, what was sent."""

    def __init__(
        self,
        kafka: Kafka,
        prefix: str,
        folder: Path,
        *,
        partitions: int = 2,
        more: dict[str, Any] | None = None,
        rules: Rules | None = None,
        oracle_rules: OracleRules | None = None,
        worker_servers: str | None = None,
        worker_env: Mapping[str, str] | None = None,
    ) -> None:
        """``worker_servers`` is where the workers find the broker, if not where all others do.

        ``worker_env`` is added to their environment.
        """
        self.kafka = kafka
        self.prefix = prefix
        self.folder = folder
        self.rules = rules or Rules()
        self.oracle_rules = oracle_rules or OracleRules()
        self.streams = StreamSettings(
            bootstrap_servers=kafka.bootstrap_servers,
            topic_prefix=prefix,
            app_id=f"{prefix}vigie",
            partitions=partitions,
        )
        self.names = {self.streams.topic(name): name for name in SOURCES}
        self._settings: dict[str, Any] = {
            "kafka": {
                "bootstrap_servers": worker_servers or kafka.bootstrap_servers,
                "topic_prefix": prefix,
                "app_id": self.streams.app_id,
                "partitions": partitions,
                "checkpoint_interval": "200ms",
                "session_timeout": "6s",
            },
            "privacy": {"customer_key_secret": SECRET},
            **(more or {}),
        }
        self._worker_env = dict(worker_env or {})
        self._ports: dict[int, int] = {}
        self.workers: dict[int, Worker] = {}
        self.feeder = Feeder(kafka.bootstrap_servers, prefix)
        self.longest_recovery_s = 0.0
        asyncio.run(topics.create(self.streams))

    # -- workers --------------------------------------------------------------------------------

    def begin(
        self, number: int = 1, *, failpoint: str | None = None, under: Sequence[str] = ()
    ) -> Worker:
        """Start worker number n, a static member of the group, without waiting for it.

        ``under`` is a command that starts it, such as one that sets limits.
        """
        kafka = {**self._settings["kafka"], "instance_id": f"{self.prefix}w{number}"}
        worker = Worker(
            f"worker-{number}",
            self.folder,
            {**self._settings, "kafka": kafka},
            QUICK,
            failpoint=failpoint,
            env=self._worker_env,
            port=self.port(number),
            under=under,
        )
        self.workers[number] = worker
        worker.begin()
        return worker

    def port(self, number: int) -> int:
        """Where worker number n serves, each time it is started."""
        return self._ports.setdefault(number, free_port())

    def start(self, number: int = 1) -> Worker:
        """Start worker number n and wait until it is ready."""
        worker = self.begin(number)
        self.await_ready(worker)
        return worker

    def await_ready(self, worker: Worker, timeout_s: float = 90.0) -> None:
        """Wait until a worker says that its numbers count.

        :raises NotEqualError: it ended, or never got ready.
        """
        try:
            wait_until(
                lambda: not worker.running or worker.is_ready(), what="ready", timeout_s=timeout_s
            )
        except ComponentError as late:
            raise NotEqualError(Verdict(Word.STUCK, [str(late), worker.tail()])) from None
        self.check_alive()
        self.see(worker)

    def see(self, worker: Worker) -> None:
        """Take note of how long a start took."""
        self.longest_recovery_s = max(self.longest_recovery_s, worker.ready_after_s or 0.0)

    def alive(self) -> list[Worker]:
        """The workers that run."""
        return [worker for worker in self.workers.values() if worker.running]

    def end(self, number: int) -> int:
        """Ask a worker to end (SIGTERM) and return its exit code."""
        return self.workers.pop(number).stop()

    def kill(self, number: int) -> None:
        """SIGKILL a worker."""
        self.workers.pop(number).kill()

    def check_alive(self) -> None:
        """No worker ended that nobody had ended."""
        for worker in self.workers.values():
            if worker.exit_code is not None:
                raise NotEqualError(
                    Verdict(Word.CRASHED, [f"exit code {worker.exit_code}", worker.tail()])
                )

    def close(self) -> None:
        """End what is left."""
        self.feeder.abandon()
        for worker in self.workers.values():
            worker.kill()
        self.workers.clear()

    # -- quiet ----------------------------------------------------------------------------------

    def ends(self) -> dict[tuple[str, int], tuple[int, int]]:
        """First and next offset of every partition of the contact topics."""
        return {
            (topic, partition): marks
            for topic in self.names
            for partition, marks in log_ends(self.kafka.bootstrap_servers, topic).items()
        }

    def durable_reads(self) -> Counter[tuple[str, int]]:
        """How many records of each partition are in a durable checkpoint, as workers tell it."""
        found: Counter[tuple[str, int]] = Counter()
        for worker in self.alive():
            for labels, value in worker.samples("vigie_events_read_total"):
                where = labels["topic"], int(labels["partition"])
                found[where] = max(found[where], int(value))
        return found

    def await_quiet(self) -> None:
        """Wait until everything that lies in the topics is in a durable checkpoint."""
        wanted = Counter({where: end - first for where, (first, end) in self.ends().items()})
        self._await_progress(
            lambda: wanted - self.durable_reads(), lambda missing: not missing, "quiet"
        )
        for worker in self.alive():
            self.await_ready(worker)

    def await_reads(self, records: int) -> None:
        """Wait until so many records are in durable checkpoints."""
        self._await_progress(
            self.durable_reads, lambda reads: reads.total() >= records, f"{records} read"
        )

    def _await_progress(
        self,
        look: Callable[[], Counter[tuple[str, int]]],
        is_done: Callable[[Counter[tuple[str, int]]], bool],
        what: str,
    ) -> None:
        before, since = None, time.monotonic()
        while True:
            self.check_alive()
            now = look()
            if is_done(now):
                return
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > NO_PROGRESS_S:
                tails = [worker.tail() for worker in self.workers.values()]
                raise NotEqualError(Verdict(Word.STUCK, [what, str(now), *tails]))
            time.sleep(0.1)

    # -- judgement ------------------------------------------------------------------------------

    def raw(self) -> list[RawRecord]:
        """Every record of the contact topics."""
        return [
            record
            for topic in self.names
            for record in read_log(self.kafka.bootstrap_servers, topic)
        ]

    def oracle(self) -> Oracle:
        """The oracle over everything that lies in the contact topics now."""
        return Oracle(self.raw(), self.names, self.oracle_rules)

    def expect(self) -> Expected:
        """What the oracle says now."""
        return self.oracle().at(now_ms())

    def letters(self) -> Counter[str]:
        """Keys of the dead letters, each as often as it was written."""
        stored = self.kafka.read(self.streams.dead_letter_topic)
        return Counter((row.key or b"").decode() for row in stored)

    def verify(self) -> Verdict:
        """Wait for quiet and compare everything with the oracle; never raises for a difference."""
        try:
            self.await_quiet()
        except NotEqualError as error:
            return error.verdict
        oracle = self.oracle()
        as_of_ms = now_ms()
        shards = asyncio.run(durable_shards(self.streams, self.rules))
        verdict = judge_state(oracle.at(as_of_ms), summed(shards, as_of_ms), self.letters())
        alive = self.alive()
        if verdict.word is not Word.EQUAL or len(alive) != 1:
            return verdict
        return judge_view(alive[0], oracle)
