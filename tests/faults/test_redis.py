"""Redis slow, full, read-only, killed and emptied under two workers on a real broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from redis import Redis

from tests.bench.process import wait_until
from tests.bench.redis import RedisServer
from tests.e2e.scrapes import EVERY_S, Checker, Scrape
from tests.faults.conftest import OpenRun
from tests.faults.rolls import wrong
from tests.faults.run import Run
from tests.faults.traffic import UNRULY

FAULT = "Redis slow, full, read-only, killed and emptied, two workers"
LEASE_S = 2.0
SLOW_S = 5.0
HEALED_S = 5.0
PATIENCE_S = 40.0
NOWHERE = ("127.0.0.1", 1)
"""Nobody listens on port 1: a Redis that follows it finds no master and takes no writes."""


def slow(_: RedisServer, client: Redis) -> None:
    """Redis answers nobody for five seconds."""
    client.client_pause(int(SLOW_S * 1000))
    time.sleep(SLOW_S)


def full(_: RedisServer, client: Redis) -> None:
    """Its memory is used up, and it throws nothing away."""
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1)


def room(_: RedisServer, client: Redis) -> None:
    """It has memory again."""
    client.config_set("maxmemory", 0)


def read_only(_: RedisServer, client: Redis) -> None:
    """It follows a host that is dead."""
    client.replicaof(*NOWHERE)


def master(_: RedisServer, client: Redis) -> None:
    """It is its own master again."""
    client.replicaof("NO", "ONE")


def killed(server: RedisServer, _: Redis) -> None:
    """It ends at once; it kept nothing on disk."""
    server.kill()


def started(server: RedisServer, _: Redis) -> None:
    """It comes back empty."""
    server.start()


def emptied(_: RedisServer, client: Redis) -> None:
    """It forgets everything, and goes on."""
    client.flushall()


def nothing(_: RedisServer, __: Redis) -> None:
    """It heals by itself."""


Act = Callable[[RedisServer, Redis], None]
TROUBLES: dict[str, tuple[Act, Act]] = {
    "slow": (slow, nothing),
    "full": (full, room),
    "read-only": (read_only, master),
    "killed": (killed, started),
    "emptied": (emptied, nothing),
}


class Watched:
    """Two workers, their Redis, and all that a checker saw of them five times a second."""

    def __init__(self, run: Run, server: RedisServer, client: Redis, checker: Checker) -> None:
        self.run = run
        self.server = server
        self.client = client
        self.checker = checker

    def await_whole(self) -> None:
        """Wait until one worker shows KPI series of a complete view."""
        wait_until(self.checker.is_whole, what="a complete view", timeout_s=PATIENCE_S)

    def suffer(self, name: str) -> None:
        """One trouble from begin to end, with all that must hold meanwhile."""
        cause, cure = TROUBLES[name]
        self.await_whole()
        read = self.run.world.durable_reads().total()
        self.run.note(f"Redis {name}")
        began_s = time.monotonic()
        cause(self.server, self.client)
        if name not in ("slow", "emptied"):
            wait_until(lambda: self._is_told(began_s), what="view_complete 0", timeout_s=PATIENCE_S)
            self.run.idle(1.0)
        wait_until(
            lambda: self.run.world.durable_reads().total() > read + 200,
            what="folding to go on", timeout_s=PATIENCE_S,
        )  # fmt: skip
        cured_s = time.monotonic()
        cure(self.server, self.client)
        cured_s = max(cured_s, time.monotonic() if name == "killed" else cured_s)
        self.run.note("Redis is well")
        self.await_whole()
        if name != "emptied":
            self._judge(began_s + LEASE_S, began_s + SLOW_S if name == "slow" else cured_s)

    def _is_told(self, since_s: float) -> bool:
        """Whether both workers said, after the lease was over, that the view is not complete."""
        after = [s for s in self.checker.seen() if s.began_s > since_s + LEASE_S]
        return {s.worker for s in after if says_incomplete(s)} == {0, 1}

    def _judge(self, over_s: float, cured_s: float) -> None:
        """No KPI series between the end of the lease and the cure; soon after it all of them."""
        seen = self.checker.seen()
        without = [s for s in seen if over_s < s.began_s and s.ended_s < cured_s]
        assert without
        assert [s for s in without if s.shows_kpis] == []
        assert [s for s in without if not says_incomplete(s)] == []
        whole_s = next(
            s.ended_s for s in seen if s.began_s > cured_s and s.is_complete and s.counters
        )
        self.run.note(f"the view is whole after {whole_s - cured_s:.1f} s")
        assert whole_s - cured_s < HEALED_S + 2 * EVERY_S


def says_incomplete(scrape: Scrape) -> bool:
    """A worker says that Redis is not up, that it does not lead, and that the view has gaps."""
    told = ("vigie_redis_up", "vigie_leader", "vigie_view_complete")
    return [scrape.samples.get(name) for name in told] == [0.0, 0.0, 0.0]


@contextmanager
def watched(run: Run, server: RedisServer) -> Iterator[Watched]:
    """Two workers that share a view, events that flow, and a checker that scrapes all along."""
    traffic = run.traffic(UNRULY)
    run.send(traffic, 3_000)
    workers = [run.start(1), run.start(2)]
    run.flow(traffic, 300)
    checker = Checker([worker.url for worker in workers])
    with ExitStack() as stack:
        client = stack.enter_context(Redis.from_url(server.url))
        checker.start()
        stack.callback(checker.stop)
        yield Watched(run, server, client, checker)


def test_whatever_happens_to_redis_no_number_is_wrong(
    open_run: OpenRun, redis_server: RedisServer
) -> None:
    """KPI series go before the lease is over, come back whole; counters and folding go on."""
    with (
        open_run(FAULT, more={"redis": {"url": redis_server.url}}) as run,
        watched(run, redis_server) as workers,
    ):
        for name in run.chance.sample(sorted(TROUBLES), len(TROUBLES)):
            workers.suffer(name)
        run.stop_flow()
        run.judge()
        assert list(wrong(workers.checker.stop())) == []
        run.stop(2)
        run.judge()
