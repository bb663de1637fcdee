"""What goes in over HTTP, what is on Kafka then, and what the sender is told."""

from __future__ import annotations

import asyncio
import gzip
import logging
import time

import pytest

from aggregators.events import Envelope
from streams.decode import EventDecoder
from streams.ingest.limits import Rate
from streams.ingest.receiver import Limits
from streams.ingest.signatures import PathToken
from tests.aggregators.story import fold, rules
from tests.ingest.sending import JSON, SECRET, Bench, queued, signed


async def test_what_is_answered_200_is_on_kafka_under_its_contact(bench: Bench) -> None:
    """One body, one event, keyed by its contact, before the answer; the metrics count it."""
    await bench.start()
    answer = await bench.post(queued(7))
    assert (answer.status, answer.content_length) == (200, 0)
    (row,) = await bench.stored("calls")
    assert row.key == b"C7"
    assert await bench.ids() == ["e7"]
    assert await bench.counted('vigie_ingest_events_total{source="feed"}') == 1.0


async def test_many_at_once_are_all_there_and_each_of_them_once(bench: Bench) -> None:
    """Five hundred requests on as many connections share batches."""
    await bench.start()
    answers = await asyncio.gather(*(bench.post(queued(n)) for n in range(500)))
    assert {answer.status for answer in answers} == {200}
    assert await bench.ids() == sorted(f"e{n}" for n in range(500))


async def test_a_wrong_signature_never_reaches_kafka_and_learns_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Another's secret, none at all, another body: 401 and no word why; the metrics tell them
    apart, and the log holds neither body nor secret."""
    await bench.start()
    with caplog.at_level(logging.INFO):
        answers = [
            await bench.post(queued(1), signed(queued(1), secret="another")),
            await bench.post(queued(1), JSON),
            await bench.post(queued(2), signed(queued(1))),
        ]
    for answer in answers:
        assert (answer.status, answer.content_length) == (401, 0)
        assert "WWW-Authenticate" not in answer.headers
    assert await bench.stored("calls") == []
    assert await bench.letters() == []
    name = "vigie_ingest_signatures_refused_total"
    assert await bench.counted(f'{name}{{source="feed",why="bad_signature"}}') == 2.0
    assert await bench.counted(f'{name}{{source="feed",why="no_signature"}}') == 1.0
    assert "a request was refused (bad_signature)" in caplog.text
    assert "billing" not in caplog.text
    assert SECRET not in caplog.text


async def test_a_request_that_was_kept_is_refused_later(bench: Bench) -> None:
    """The very bytes that passed do not pass six minutes later."""
    now_s = time.time()
    clock = [now_s]
    await bench.start(clock=lambda: clock[0])
    headers = signed(queued(1), now_s)
    assert (await bench.post(queued(1), headers)).status == 200
    clock[0] = now_s + 360
    assert (await bench.post(queued(1), headers)).status == 401
    assert await bench.ids() == ["e1"]
    name = "vigie_ingest_signatures_refused_total"
    assert await bench.counted(f'{name}{{source="feed",why="stale"}}') == 1.0


async def test_the_same_delivery_twice_is_one_fact(bench: Bench) -> None:
    """A platform that did not hear the answer sends again: both are on Kafka, one counts."""
    await bench.start()
    for _ in range(2):
        assert (await bench.post(queued(1))).status == 200
    decoder = EventDecoder("calls", rules())
    read = [
        decoder.decode(row.value or b"", row.key, 2_000_000_000_000)
        for row in await bench.stored("calls")
    ]
    events = [event for event in read if isinstance(event, Envelope)]
    assert len(events) == 2
    assert fold(events).counts.duplicate == 1


async def test_what_is_not_understood_is_a_dead_letter_and_no_error_for_the_sender(
    bench: Bench,
) -> None:
    """Not JSON, a field too few, not UTF-8: 200, with source, reason, position and no customer."""
    await bench.start()
    for body in (b'{"email": "ann@example.org", ', b'{"v": 1, "type": "contact.queued"}', b"\xff"):
        assert (await bench.post(body)).status == 200
    letters = sorted(await bench.letters(), key=lambda letter: int(letter["offset"]))
    told = [(row["source"], row["reason"], row["offset"]) for row in letters]
    assert told == [("feed", "not_json", 1), ("feed", "missing_field", 2), ("feed", "not_utf8", 3)]
    assert "ann@" not in str(letters)
    name = "vigie_ingest_dead_letters_total"
    assert await bench.counted(f'{name}{{reason="not_json",source="feed"}}') == 1.0


async def test_a_dead_letter_that_comes_again_has_the_same_key(bench: Bench) -> None:
    """Whoever reads dead letters can drop the repeat."""
    await bench.start()
    for _ in range(2):
        await bench.post(b"{")
    one, other = await bench.stored("dead-letters")
    assert one.key == other.key
    assert (one.key or b"").startswith(b"feed/")


async def test_a_body_that_is_too_large_is_413_however_it_comes(bench: Bench) -> None:
    """Its length told before, or in pieces without one; one byte less passes."""
    await bench.start(limits=Limits(body_bytes=1_000))
    fits = queued(1).ljust(1_000)
    large = queued(2).ljust(1_001)
    assert (await bench.post(fits)).status == 200
    assert (await bench.post(large)).status == 413

    async def pieces() -> object:
        for at in range(0, len(large), 100):
            yield large[at : at + 100]

    async with bench.session.post(
        bench.url + "/in/feed", data=pieces(), headers=signed(large)
    ) as told:
        assert told.status == 413
    assert await bench.ids() == ["e1"]
    assert bench.receiver.room.requests == 0


async def test_bodies_of_other_kinds_are_415(bench: Bench) -> None:
    """Forms with files, pictures, and packed ones, which could unpack to anything."""
    await bench.start()
    body = queued(1)
    for headers in (
        {"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Type": "image/png"},
        {"Content-Type": "application/xml"}, {"Content-Encoding": "gzip"},
    ):  # fmt: skip
        packed = gzip.compress(body) if "Content-Encoding" in headers else body
        assert (await bench.post(packed, signed(packed) | headers)).status == 415
    for kind in ("application/cloudevents+json", "text/plain; charset=utf-8"):
        assert (await bench.post(body, signed(body) | {"Content-Type": kind})).status == 200


async def test_only_the_paths_of_sources_answer(bench: Bench) -> None:
    """POST takes, GET and HEAD are the look of a platform whether the address is there."""
    await bench.start()
    assert (await bench.post(queued(1), path="/in/other")).status == 404
    assert (await bench.post(queued(1), path="/feed")).status == 404
    assert await bench.get("/in/feed") == (200, "")
    assert (await bench.get("/in/other"))[0] == 404
    async with bench.session.head(bench.url + "/in/feed") as answer:
        assert answer.status == 200
        assert answer.headers["Server"] == "vigie"
    async with bench.session.put(bench.url + "/in/feed", data=b"") as answer:
        assert answer.status == 405
    assert await bench.counted("vigie_ingest_unknown_paths_total") == 2.0


async def test_a_token_in_the_path_opens_its_source_alone(bench: Bench) -> None:
    """For platforms that sign nothing."""
    await bench.start(scheme=PathToken(["0123456789abcdef"]))
    assert (await bench.post(queued(1), JSON, "/in/feed/0123456789abcdef")).status == 200
    assert (await bench.post(queued(2), JSON, "/in/feed/0123456789abcdeX")).status == 401
    assert (await bench.post(queued(3), JSON)).status == 401
    assert await bench.ids() == ["e1"]


async def test_more_than_the_rate_is_429_with_the_time_to_wait(bench: Bench) -> None:
    """Two pass, the third is told when; wrong signatures use up nothing."""
    await bench.start(rate=Rate(0.01, 2))
    for _ in range(5):
        assert (await bench.post(queued(0), JSON)).status == 401
    assert [(await bench.post(queued(n))).status for n in (1, 2)] == [200, 200]
    answer = await bench.post(queued(3))
    assert answer.status == 429
    assert 90 <= int(answer.headers["Retry-After"]) <= 100
    assert await bench.ids() == ["e1", "e2"]


async def test_a_body_that_does_not_come_gives_its_room_back(bench: Bench) -> None:
    """408 after the time for a body; meanwhile others are told to come back."""
    await bench.start(limits=Limits(open_requests=1, body_s=0.3))
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
    writer.write(
        b"POST /in/feed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 50\r\n\r\n{"
    )
    await writer.drain()
    while not bench.receiver.room.requests:  # noqa: ASYNC110 - another's counter
        await asyncio.sleep(0.01)
    answer = await bench.post(queued(1))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert b" 408 " in await reader.readline()
    writer.close()
    assert (await bench.post(queued(1))).status == 200


async def test_no_more_connections_than_told(bench: Bench) -> None:
    """One too many gets 503 without a request."""
    await bench.start(most_connections=1)
    held = await asyncio.open_connection("127.0.0.1", bench.port)
    held[1].write(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b" 200 " in await held[0].readline()
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.port)
    assert b" 503 " in await reader.readline()
    for other in (writer, held[1]):
        other.close()


async def test_two_receivers_on_one_port_share_the_work(bench: Bench) -> None:
    """Each takes some of the connections; nothing is kept that the other would need."""
    first = await bench.start(share_port=True)
    second = await bench.start(share_port=True, port=bench.port)
    begun = 0
    while not (_taken(first) and _taken(second)):
        begun += 1
        assert begun < 400, "all connections went to one of the two"
        async with bench.session.post(
            bench.url + "/in/feed", data=queued(begun), headers=signed(queued(begun)) | CLOSE
        ) as answer:
            assert answer.status == 200
    assert _taken(first) + _taken(second) == begun
    assert len(await bench.ids()) == begun


async def test_health_pages_say_alive_and_ready(bench: Bench) -> None:
    """For whoever starts receivers and sends requests to them."""
    await bench.start()
    assert (await bench.get("/livez"))[0] == 200
    assert (await bench.get("/readyz"))[0] == 200
    _, page = await bench.get("/metrics")
    assert 'vigie_ingest_requests_total{outcome="accepted",source="feed"} 0.0' in page
    assert "vigie_ingest_kafka_up 1.0" in page


CLOSE = {"Connection": "close"}


def _taken(receiver: object) -> int:
    registry = receiver.metrics.registry  # type: ignore[attr-defined]
    labels = {"source": "feed", "outcome": "accepted"}
    return int(registry.get_sample_value("vigie_ingest_requests_total", labels) or 0)
