"""Three real workers on real Kafka and Redis: started, restarted and killed while events flow."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct
from redis import Redis

from aggregators.events import Envelope
from streams.producer import EventProducer
from tests.bench.kafka import Kafka
from tests.bench.process import free_port, wait_until
from tests.bench.redis import RedisServer
from tests.e2e.day import MINUTE_MS, now_ms, told_at_once, waiting, write_simulated
from tests.e2e.front_door import PATIENCE_S, FrontDoor, Running, on_kafka
from tests.e2e.scrapes import EVERY_S, Checker, Scrape, falls, older_terms, overlaps
from vigie.settings import load_settings
from vigie.stream_settings import stream_settings

MARKER = 'vigie_contacts_waiting{channel="voice",queue="marker"}'
MARKED = 7
"""So many contacts wait in the queue `marker` all along."""
WORKERS = 3
PARTITIONS = 3
SHARDS = 8 * PARTITIONS
PER_SECOND = 150


class Seen(Struct, frozen=True):
    """What the checker saw, and what every worker's API gave at the end, beside the batch's.

    ``stopped`` and ``killed`` are leaders; the instants are those of the steady clock.
    """

    scrapes: list[Scrape]
    stopped: int
    went_on_s: float
    redis_gone_s: float
    redis_back_s: float
    killed: int
    killed_s: float
    boards: list[tuple[dict[str, Any], dict[str, Any]]]

    def first_whole_s(self, since_s: float) -> float:
        """When KPI series with counters and a complete view were first seen after an instant."""
        return next(
            scrape.ended_s
            for scrape in self.scrapes
            if scrape.began_s > since_s and scrape.is_complete and scrape.counters
        )


class Load:
    """Sends events at a steady pace from a thread of its own, until there are no more."""

    def __init__(self, door: FrontDoor, events: Sequence[Envelope]) -> None:
        settings = door.folder / "vigie.yaml"
        self._streams = stream_settings(load_settings(settings, {}))
        self._events = events
        self.hurries = threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Sends what is left at once."""
        self.hurries.set()
        self._thread.join(PATIENCE_S)
        assert not self._failed
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._send())
        except BaseException as error:  # noqa: BLE001 - the test's thread shows it
            self._failed.append(error)

    async def _send(self) -> None:
        async with EventProducer(self._streams) as producer:
            for number, event in enumerate(self._events):
                await producer.send(event)
                if number % PER_SECOND == 0 and not self.hurries.is_set():
                    await asyncio.to_thread(self.hurries.wait, 1.0)


class Workers:
    """Three places for a worker, each with its own port."""

    def __init__(self, doors: Sequence[FrontDoor]) -> None:
        self.doors = doors
        self.running: list[Running | None] = [None] * len(doors)

    def start(self, number: int) -> None:
        """Starts a worker and returns when it is ready."""
        self.running[number] = self.doors[number].start_worker()

    def __getitem__(self, number: int) -> Running:
        """A worker that runs."""
        worker = self.running[number]
        assert worker is not None
        return worker


@pytest.fixture(scope="module")
def seen(
    kafka: Kafka,
    prefix: str,
    open_door: Callable[..., FrontDoor],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Seen]:
    redis = RedisServer(tmp_path_factory.mktemp("redis"))
    asked_ms = now_ms()
    reset = datetime.fromtimestamp(asked_ms / 1000, UTC) + timedelta(hours=12)
    settings = on_kafka(kafka, prefix, partitions=PARTITIONS)
    settings["kafka"]["session_timeout"] = "6s"
    doors = [
        open_door(
            **settings,
            redis={"url": redis.url},
            defaults={"zone": "UTC", "reset_at": reset.strftime("%H:%M")},
            windows=["15m", "today"],
            web={"port": free_port()},
        )
        for _ in range(WORKERS)
    ]
    workers = Workers(doors)
    start_ms = asked_ms - 190 * MINUTE_MS
    events: list[Envelope] = [
        waiting(f"marked-{number}", "marker", start_ms) for number in range(MARKED)
    ]
    file = doors[0].folder / "events.jsonl"
    events += write_simulated(file, start_ms=start_ms, end_ms=asked_ms - 4 * MINUTE_MS, seed=11)
    file.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
    checker = Checker([door.url for door in doors])
    with ExitStack() as stack:
        stack.callback(redis.kill)
        redis.start()
        doors[0].done("topics", "create")
        load = Load(doors[0], events)
        stack.callback(load.hurries.set)
        workers.start(0)
        checker.start()
        stack.callback(checker.stop)
        wait_until(lambda: checker.leader() == 0, what="KPI series of the first worker")
        for number in (1, 2):
            workers.start(number)
        for number in range(WORKERS):
            assert workers[number].end() == 0
            workers.start(number)

        stopped = leader_of(checker)
        workers[stopped].send(signal.SIGSTOP)
        others = [door for number, door in enumerate(doors) if number != stopped]
        wait_until(lambda: owned_by(others) == SHARDS, what="its partitions to move")
        went_on_s = time.monotonic()
        workers[stopped].send(signal.SIGCONT)

        with Redis.from_url(redis.url) as client:
            client.flushall()
        wait_until(checker.is_whole, what="a complete view after FLUSHALL")
        redis.kill()
        redis_gone_s = time.monotonic()
        wait_until(lambda: checker.leader() is None, what="no KPI series without Redis")
        redis.start()
        redis_back_s = time.monotonic()
        wait_until(checker.is_whole, what="a complete view with Redis")

        killed = leader_of(checker)
        killed_s = time.monotonic()
        workers[killed].end(signal.SIGKILL)
        wait_until(lambda: checker.leader() not in (None, killed), what="another leader")
        workers.start(killed)
        load.finish()
        wait_until(lambda: read_by(doors) == len(events), what="all events", timeout_s=40)
        boards = [whole_board(door, file) for door in doors]
        instants = [word for board in boards for word in ("--at", str(board["as_of_ms"]))]
        windows = [word for name in boards[0]["windows"] for word in ("--window", name)]
        batches = doors[0].compute("canonical", file, *instants, *windows)
        by_instant = {batch["as_of"]: batch for batch in batches}
        yield Seen(
            checker.stop(),
            stopped,
            went_on_s,
            redis_gone_s,
            redis_back_s,
            killed,
            killed_s,
            [(board, by_instant[board["as_of"]]) for board in boards],
        )


def leader_of(checker: Checker) -> int:
    """Waits until a worker shows KPI series and returns which."""
    wait_until(lambda: checker.leader() is not None, what="a leader")
    leader = checker.leader()
    assert leader is not None
    return leader


def owned_by(doors: Sequence[FrontDoor]) -> float:
    """How many partitions the workers own."""
    return sum(door.metric("vigie_partition_owned") for door in doors)


def read_by(doors: Sequence[FrontDoor]) -> float:
    """How many events the workers have read, as of their checkpoints."""
    return sum(door.events_read() for door in doors)


def whole_board(door: FrontDoor, file: Path) -> dict[str, Any]:
    """The board of a worker that has heard of everything."""
    (batch,) = door.compute("canonical", file, "--at", str(now_ms()), "--window", "today")
    answered = batch["windows"]["today"]["total"]["contacts_answered"]
    found: dict[str, Any] = {}

    def is_whole() -> bool:
        found.update(door.board())
        total = found["windows"]["today"]["total"]
        return bool(found["complete"]) and total["contacts_answered"] == answered

    wait_until(is_whole, what=f"the whole board of {door.url}", timeout_s=20)
    return dict(found)


def test_every_worker_shows_the_board_of_the_batch(seen: Seen) -> None:
    """Whichever partitions it owns: every window, row and KPI of the API is that of compute.

    But for what is told of customers, minutes later: that a replay waits for.
    """
    for served, expected in seen.boards:
        for window, rows in served["windows"].items():
            for part in ("queues", "channels", "teams"):
                batch = expected["windows"][window][part]
                assert rows[part].keys() == batch.keys()
                for name, values in rows[part].items():
                    assert told_at_once(values) == told_at_once(batch[name]), (window, part, name)
            total = expected["windows"][window]["total"]
            assert told_at_once(rows["total"]) == told_at_once(total), window
        assert served["windows"]["today"]["queues"]["marker"]["contacts_waiting"] == MARKED
        assert served["windows"]["today"]["total"]["contacts_answered"] > 500


def test_one_worker_at_a_time_shows_the_kpi_series(seen: Seen) -> None:
    """No scrape of another one lies between two of the same term, and no older term comes back."""
    assert list(overlaps(seen.scrapes)) == []
    assert list(older_terms(seen.scrapes)) == []
    assert len({scrape.worker for scrape in seen.scrapes if scrape.shows_kpis}) > 1
    assert len({scrape.term for scrape in seen.scrapes if scrape.shows_kpis}) >= 3


def test_counters_never_step_back(seen: Seen) -> None:
    """Whoever shows them, through restarts, take-overs and a kill; and they did move."""
    assert list(falls(seen.scrapes)) == []
    shown = [scrape.counters for scrape in seen.scrapes if scrape.shows_kpis and scrape.counters]
    assert len(shown) > 50
    (answered,) = {name for name in shown[-1] if "answered_total" in name and '"tech"' in name}
    assert shown[-1][answered] > shown[0].get(answered, 0)


def test_gauges_are_never_doubled(seen: Seen) -> None:
    """The seven that wait are seven whenever the view is complete, and never more."""
    shown = [scrape for scrape in seen.scrapes if MARKER in scrape.samples]
    assert {scrape.samples[MARKER] for scrape in shown if scrape.is_complete} == {MARKED}
    assert max(scrape.samples[MARKER] for scrape in shown) == MARKED
    assert sum(scrape.is_complete for scrape in shown) > len(shown) / 2


def test_a_leader_that_was_stopped_shows_nothing_when_it_goes_on(seen: Seen) -> None:
    """Whatever it answers after SIGCONT, also to questions from before, is of a later term."""
    before = [s.term for s in seen.scrapes if s.shows_kpis and s.worker == seen.stopped
              and s.ended_s < seen.went_on_s]  # fmt: skip
    after = [s for s in seen.scrapes if s.worker == seen.stopped and s.ended_s > seen.went_on_s]
    assert not after[0].shows_kpis
    assert all(scrape.term > max(before) for scrape in after if scrape.shows_kpis)


def test_without_redis_there_are_no_kpi_series_and_with_it_they_are_whole(seen: Seen) -> None:
    """Withdrawn before the lease of 2 s is over, whole again within 3 s and a scrape."""
    without = [
        scrape for scrape in seen.scrapes
        if scrape.shows_kpis and seen.redis_gone_s + 2.0 < scrape.began_s < seen.redis_back_s
    ]  # fmt: skip
    assert without == []
    assert seen.first_whole_s(seen.redis_back_s) - seen.redis_back_s < 3.0 + 2 * EVERY_S
    down = [s for s in seen.scrapes if seen.redis_gone_s + 2.0 < s.began_s < seen.redis_back_s]
    assert {s.worker for s in down} == {0, 1, 2}
    assert {s.samples["vigie_redis_up"] for s in down} == {0.0}


def test_another_worker_takes_over_within_five_seconds(seen: Seen) -> None:
    """The leader was killed without a word; its series are shown by another one."""
    later = [
        scrape for scrape in seen.scrapes
        if scrape.shows_kpis and scrape.began_s > seen.killed_s and scrape.worker != seen.killed
    ]  # fmt: skip
    assert later[0].ended_s - seen.killed_s < 5.0
    assert later[0].counters
