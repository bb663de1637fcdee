"""Acknowledged means that Kafka has it: with brokers that die, stop, or lack a topic."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from streams.ingest.acceptance import Acceptance
from streams.ingest.lanes import Record, UnavailableError
from streams.ingest.receiver import Limits
from streams.settings import StreamError, StreamSettings
from tests.bench.kafka import Kafka
from tests.bench.process import free_port, is_open
from tests.ingest.sending import Bench, queued


@pytest.fixture
def frozen(kafka: Kafka) -> Iterator[list[signal.Signals]]:
    """Wakes a broker that a test has put to sleep."""
    sent: list[signal.Signals] = []
    yield sent
    os.killpg(kafka.process.pid, signal.SIGCONT)


def sleep(kafka: Kafka) -> None:
    """The broker answers nobody, and its connections stay."""
    os.killpg(kafka.process.pid, signal.SIGSTOP)


def wake(kafka: Kafka) -> None:
    """The broker goes on where it stopped."""
    os.killpg(kafka.process.pid, signal.SIGCONT)


async def test_what_was_answered_200_survives_the_death_of_the_broker(bench: Bench) -> None:
    """Killed in the middle of a stream of requests: from then on 503 with Retry-After; all that
    was answered 200 is there afterwards, and the receiver goes on by itself."""
    await bench.start(answer_s=1.0, stuck_s=0.5)
    outcomes: dict[int, int] = {}
    waits: set[str] = set()
    is_over = asyncio.Event()

    async def send(first: int) -> None:
        for number in range(first, first + 1_000_000):
            answer = await bench.post(queued(number))
            outcomes[number] = answer.status
            waits.add(answer.headers.get("Retry-After", ""))
            if is_over.is_set():
                return

    senders = [asyncio.create_task(send(first * 1_000_000)) for first in range(8)]
    await _until(lambda: len(outcomes) > 300)
    try:
        await asyncio.to_thread(bench.kafka.kill)
        await _until(lambda: 503 in outcomes.values())
        assert (await bench.get("/readyz"))[0] == 503
        assert (await bench.get("/livez"))[0] == 200
    finally:
        await asyncio.to_thread(bench.kafka.start)
    taken = sum(status == 200 for status in outcomes.values())
    await _until(lambda: sum(status == 200 for status in outcomes.values()) > taken + 100)
    is_over.set()
    await asyncio.gather(*senders)
    assert set(outcomes.values()) == {200, 503}
    assert waits == {"", "5"}
    accepted = {f"e{number}" for number, status in outcomes.items() if status == 200}
    assert accepted <= set(await bench.ids())
    await _until_ready(bench)


async def test_a_broker_that_says_nothing_holds_up_a_bounded_number(
    bench: Bench, frozen: list[signal.Signals]
) -> None:
    """Three requests wait and then hear 200; more are told at once to come back in a second."""
    await bench.start(limits=Limits(open_requests=3), answer_s=60.0, stuck_s=60.0)
    assert (await bench.post(queued(0))).status == 200
    sleep(bench.kafka)
    waiting = [asyncio.create_task(bench.post(queued(n))) for n in (1, 2, 3)]
    await _until(lambda: bench.receiver.room.requests == 3)
    answer = await bench.post(queued(4))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert (await bench.get("/readyz"))[0] == 503
    assert not any(task.done() for task in waiting)
    wake(bench.kafka)
    assert [(await task).status for task in waiting] == [200, 200, 200]
    assert await bench.ids() == ["e0", "e1", "e2", "e3"]


async def test_bytes_are_bounded_as_well_as_requests(
    bench: Bench, frozen: list[signal.Signals]
) -> None:
    """A body that would not fit beside those under way is refused before it is read."""
    size = len(queued(1))
    await bench.start(limits=Limits(open_bytes=2 * size), answer_s=60.0, stuck_s=60.0)
    assert (await bench.post(queued(0))).status == 200
    sleep(bench.kafka)
    waiting = [asyncio.create_task(bench.post(queued(n))) for n in (1, 2)]
    await _until(lambda: bench.receiver.room.size == 2 * size)
    assert (await bench.post(queued(3))).status == 503
    wake(bench.kafka)
    assert [(await task).status for task in waiting] == [200, 200]


async def test_a_request_does_not_wait_for_kafka_for_ever(
    bench: Bench, frozen: list[signal.Signals]
) -> None:
    """503 after the time set; when a partition is known to be stuck, at once."""
    await bench.start(answer_s=0.4, stuck_s=0.2)
    assert (await bench.post(queued(0))).status == 200
    sleep(bench.kafka)
    first = await bench.post(queued(0))
    assert (first.status, first.headers["Retry-After"]) == (503, "5")
    begun_s = asyncio.get_running_loop().time()
    answers = await asyncio.gather(*(bench.post(queued(0)) for _ in range(5)))
    assert {answer.status for answer in answers} == {503}
    assert asyncio.get_running_loop().time() - begun_s < 0.4
    wake(bench.kafka)
    await _until_ready(bench)
    assert (await bench.post(queued(0))).status == 200


async def test_what_is_under_way_at_the_end_is_answered(
    bench: Bench, frozen: list[signal.Signals]
) -> None:
    """Asked to end, the receiver takes no connection any more and waits for Kafka."""
    await bench.start(answer_s=60.0, stuck_s=60.0)
    assert (await bench.post(queued(0))).status == 200
    sleep(bench.kafka)
    waiting = asyncio.create_task(bench.post(queued(1)))
    await _until(lambda: bench.receiver.room.requests == 1)
    ending = asyncio.create_task(bench.stop())
    await _until(lambda: not is_open(bench.port))
    assert not waiting.done()
    wake(bench.kafka)
    assert (await waiting).status == 200
    await ending
    assert await bench.ids() == ["e0", "e1"]


async def test_a_client_that_gave_up_is_told_to_whoever_runs_the_receiver(bench: Bench) -> None:
    """It is not asked for ever: `vigie ingest` ends with an error and can be started again."""
    await bench.start()
    await bench.acceptance._producer.stop()
    assert (await bench.post(queued(1))).status == 503
    assert bench.acceptance.broken is not None
    assert await bench.acceptance.broken == "ProducerClosed"


async def test_a_request_of_several_partitions_waits_for_all_of_them(
    streams: StreamSettings, kafka: Kafka
) -> None:
    """Records of several topics and keys, more than one batch holds, are all there."""
    large = b"x" * 60_000
    records = [
        Record(streams.topic(topic), f"{n}".encode(), large)
        for topic in ("calls", "chats")
        for n in range(30)
    ]
    async with Acceptance(streams) as acceptance:
        await acceptance.accept([])
        await acceptance.accept(records)
        stored = await asyncio.to_thread(
            lambda: [len(kafka.read(streams.topic(topic))) for topic in ("calls", "chats")]
        )
    assert stored == [30, 30]


async def test_what_kafka_refuses_is_told_and_the_next_goes_on(streams: StreamSettings) -> None:
    """A record beyond the broker's bound: its request hears so, and nothing is broken by it."""
    async with Acceptance(streams) as acceptance:
        with pytest.raises(UnavailableError):
            await acceptance.accept([Record(streams.topic("calls"), b"a", b"x" * 1_200_000)])
        assert acceptance.is_away
        await acceptance.accept([Record(streams.topic("calls"), b"a", b"x")])
        assert acceptance.broken is not None
        assert not acceptance.broken.done()


async def test_without_a_broker_or_a_topic_it_does_not_start(
    kafka: Kafka, topic_prefix: str
) -> None:
    """One line with what to do."""
    nobody = StreamSettings(bootstrap_servers=f"127.0.0.1:{free_port()}")
    with pytest.raises(StreamError, match="no Kafka broker answers"):
        await Acceptance(nobody).__aenter__()
    empty = StreamSettings(bootstrap_servers=kafka.bootstrap_servers, topic_prefix=topic_prefix)
    with pytest.raises(StreamError, match="run `vigie topics create`"):
        await Acceptance(empty).__aenter__()


async def _until(condition: object, timeout_s: float = 60.0) -> None:
    assert callable(condition)
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - others count
            await asyncio.sleep(0.01)


async def _until_ready(bench: Bench) -> None:
    async with asyncio.timeout(60.0):
        while (await bench.get("/readyz"))[0] != 200:  # noqa: ASYNC110 - the broker does
            await asyncio.sleep(0.05)
