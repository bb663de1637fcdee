"""The longer run: ``make soak``, or ``python -m tests.faults.soak --help``.

Writes one line of JSON per run to a file of results and ends with exit code 1 if any verdict was
not EQUAL. Every run has a seed of its own, counted up from ``--seed``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Self

from tests.bench.kafka import Kafka
from tests.bench.proxy import Proxy, Weather
from tests.bench.redis import RedisServer
from tests.faults.campaign import actions, burst, kills
from tests.faults.disk_full import disk_full
from tests.faults.network import (
    CUT,
    HOLE,
    LEFT_ALONE,
    THIN,
    cuts,
    left_alone,
    silence,
    slow_and_thin,
)  # fmt: skip
from tests.faults.record import SOAK_PARTS
from tests.faults.rolls import ROLLS, rolls
from tests.faults.run import Run
from tests.faults.verdict import Word
from tests.faults.world import World

KILLS_PER_RUN = 30
MINUTES_PER_RUN = 10.0
FAULT_KILLS = "SIGKILL at random points and at failpoints, one worker"
FAULT_BURST = "30 kills at intervals of 0.1 to 1 s"
FAULT_ACTIONS = "random actions: kills, stops, pauses, rebalances, failpoints, broker bounces"
FAULT_DISK = "disk of the broker full, then space again"

NETWORK_S = 60.0
ONE_WAY_S = 20.0

Work = Callable[[Run], None]


class Soak:
    """One broker, one file of results, and runs one after the other."""

    def __init__(self, folder: Path, results: Path) -> None:
        self.kafka = Kafka(folder / "kafka")
        self.folder = folder
        self._results = results
        self.words: list[str] = []

    def __enter__(self) -> Self:
        self.kafka.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kafka.kill()

    def run(self, fault: str, seed: int, only: str, work: Work, **options: Any) -> None:
        """One run in a world of its own; whatever happens in it, the next one follows.

        ``only`` is the setting of ``make soak`` that asks for this run and no other.
        ``options`` are those of the world.
        """
        parts = dict.fromkeys(SOAK_PARTS, "0")
        name, _, value = only.partition("=")
        parts[name] = value
        how = " ".join(["make soak", *(f"{n}={v}" for n, v in parts.items()), f"SEED={seed}"])
        prefix = f"soak-{len(self.words)}-{seed}-"
        world = World(self.kafka, prefix, self.folder / prefix, partitions=3, **options)
        run = Run(fault, seed, world, how=how, results=self._results)
        began = time.monotonic()
        try:
            with run:
                work(run)
        except Exception as error:  # noqa: BLE001 - written down as the verdict of this run
            print(str(error), flush=True)
        record = run.record
        self.words.append(record.verdict)
        phases = ", ".join(f"{phase} {n}" for phase, n in sorted(record.phases().items()))
        print(
            f"{record.verdict}: {fault}, seed {seed}, {len(record.kills)} kills ({phases}), "
            f"{record.events} events, {time.monotonic() - began:.0f} s, "
            f"longest recovery {record.longest_recovery_s} s",
            flush=True,
        )


def main() -> int:
    """Run what was asked for; return 0 if everything was equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="kills of one worker, all in all")
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the random actions")
    parser.add_argument("--disk", type=int, default=1, help="how often the disk is filled")
    parser.add_argument("--rolls", type=int, default=10, help="rounds of the rolling restart")
    parser.add_argument("--network", type=int, default=1, help="rounds of a bad network")
    parser.add_argument("--bursts", type=int, default=1, help="bursts of kills")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first run")
    parser.add_argument("--results", type=Path, default=Path("build/soak.jsonl"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-soak-") as folder:
        with Soak(Path(folder), given.results) as soak:
            run_all(soak, given)
        words = soak.words
    print(f"{words.count(Word.EQUAL)} of {len(words)} runs EQUAL, written to {given.results}")
    return 0 if words and set(words) == {Word.EQUAL} else 1


def run_all(soak: Soak, given: argparse.Namespace) -> None:
    """Kills, random actions, bursts of kills, the full disk, rolling restarts, a bad network."""
    seeds = count(given.seed)
    for left in range(given.kills, 0, -KILLS_PER_RUN):
        times = min(left, KILLS_PER_RUN)
        soak.run(FAULT_KILLS, next(seeds), f"SOAK_KILLS={times}", partial(kills, times=times))
    minutes: float = given.minutes
    while minutes > 0:
        part = min(minutes, MINUTES_PER_RUN)
        how = f"SOAK_MINUTES={part:g}"
        soak.run(FAULT_ACTIONS, next(seeds), how, partial(actions, minutes=part))
        minutes -= part
    for _ in range(given.bursts):
        soak.run(FAULT_BURST, next(seeds), "SOAK_BURSTS=1", burst)
    for _ in range(given.disk):
        soak.run(FAULT_DISK, next(seeds), "SOAK_DISK=1", disk_full)
    if given.rolls:
        rolling_restart(soak, next(seeds), given.rolls)
    for _ in range(given.network):
        bad_network(soak, next(seeds))


def rolling_restart(soak: Soak, seed: int, rounds: int) -> None:
    """Three workers that share a Redis, restarted in turn."""
    redis = RedisServer(soak.folder / "redis")
    try:
        redis.start()
        soak.run(
            ROLLS.format(rounds), seed, f"SOAK_ROLLS={rounds}", partial(rolls, rounds=rounds),
            more={"redis": {"url": redis.url}},
        )  # fmt: skip
    finally:
        redis.kill()


def bad_network(soak: Soak, seed: int) -> None:
    """Each kind of a bad network, a minute of the worst; all with the same seed."""
    kafka = soak.kafka
    one_way = {"to the broker": Weather(holds_to_server=True),
               "to the worker": Weather(holds_to_client=True)}  # fmt: skip
    kinds: list[tuple[str, Callable[[Run, Proxy], None]]] = [
        (THIN, partial(slow_and_thin, seconds=NETWORK_S)),
        (CUT, partial(cuts, seconds=NETWORK_S)),
        (HOLE.format("both ways", NETWORK_S), partial(silence, seconds=NETWORK_S)),
        *((HOLE.format(way, ONE_WAY_S), partial(silence, seconds=ONE_WAY_S, weather=weather))
          for way, weather in one_way.items()),
        (LEFT_ALONE, left_alone),
    ]  # fmt: skip
    for fault, work in kinds:
        with Proxy(kafka.proxy_port, kafka.proxied_port, seed=seed) as proxy:
            doing = partial(_through, proxy=proxy, work=work)
            servers = kafka.proxied_servers
            soak.run(fault, seed, "SOAK_NETWORK=1", doing, worker_servers=servers)


def _through(run: Run, proxy: Proxy, work: Callable[[Run, Proxy], None]) -> None:
    work(run, proxy)


if __name__ == "__main__":
    sys.exit(main())
