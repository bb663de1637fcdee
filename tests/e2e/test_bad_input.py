"""Bad messages on real Kafka: each is told apart, set aside and counted, and the pipe goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.e2e.day import MINUTE_MS, now_ms
from tests.e2e.front_door import FrontDoor, Running, on_kafka

DAY_MS = 24 * 60 * MINUTE_MS
PHONE, EMAIL = "+33 6 12 34 56 78", "jane.doe@example.org"


class Message(Struct):
    """What is sent to a topic, and the reason for which it is refused, if it is."""

    value: bytes | None
    reason: str = ""
    key: bytes | None = b"c1"
    topic: str = "calls"


def event(kind: str, at_ms: int, contact: str = "c1", **fields: Any) -> bytes:
    """A canonical event of a contact; a field given as None is left out."""
    row = {
        "v": 1, "event_id": f"{contact}:{kind}", "type": kind, "source": "test",
        "event_time_ms": at_ms, "contact_id": contact, "leg_id": "L1", **fields,
    }  # fmt: skip
    return msgspec.json.encode({name: value for name, value in row.items() if value is not None})


def call(contact: str, at_ms: int, queue: str = "sales") -> list[Message]:
    """A call that is answered after five seconds."""
    return [
        Message(event("contact.queued", at_ms, contact, channel="voice", queue=queue),
                key=contact.encode()),
        Message(event("contact.answered", at_ms + 5_000, contact, agent_id="A1"),
                key=contact.encode()),
    ]  # fmt: skip


def bad_messages(at_ms: int) -> list[Message]:
    """Every reason that a message can have while unknown queues are accepted."""

    def queued(**fields: Any) -> bytes:
        return event("contact.queued", at_ms, **{"channel": "voice", "queue": "sales", **fields})

    return [
        Message(queued(motive="x" * 65_536), "too_large"),
        Message(queued().replace(b"sales", b"sal\xe9s"), "not_utf8"),
        Message(queued().replace(b"sales", b"sal\x00s"), "not_utf8"),
        Message(b"{broken", "not_json"),
        Message(b"[1]", "not_json"),
        Message(queued(wait="NaN").replace(b'"NaN"', b"NaN"), "not_json"),
        Message(queued().replace(b'"leg_id"', b'"leg_id":"L0","leg_id"'), "not_json"),
        Message(None, "not_json"),
        Message(queued(v=2), "unsupported_version"),
        Message(queued(v=None), "unsupported_version"),
        Message(queued(type="contact.teleported"), "unknown_type"),
        Message(event("ticket.solved", at_ms), "wrong_topic"),
        Message(queued(queue=None), "missing_field"),
        Message(event("contact.answered", at_ms, agent_id="A1", wait_ms="12"), "bad_type"),
        Message(event("contact.answered", at_ms, agent_id="A1", wait_ms=1.5), "bad_type"),
        Message(event("contact.answered", at_ms, agent_id="A1", wait_ms=-1), "bad_value"),
        Message(queued(channel="smoke"), "bad_value"),
        Message(queued(event_time_ms=at_ms // 1000), "bad_time"),
        Message(queued(event_time_ms=at_ms * 1000), "bad_time"),
        Message(queued(event_time_ms=at_ms + DAY_MS), "future_time"),
        Message(event("contact.queued", at_ms - 30 * DAY_MS, "old", channel="voice", queue="sales"),
                "too_late", key=b"old"),
        Message(queued(), "key_mismatch", key=b"another"),
        Message(queued(), "key_mismatch", key=None),
        Message(queued(customer_key=PHONE), "personal_data"),
        Message(queued(motive=EMAIL), "personal_data"),
        Message(b'{"caller":"' + EMAIL.encode() + b'","phone":"0612345678",', "not_json"),
        Message(event("survey.answered", at_ms, leg_id=None, survey_id="s1", survey_kind="csat",
                      score=9), "out_of_scale", topic="feedback"),
    ]  # fmt: skip


class Centre(Struct):
    """A worker over topics with one partition each, and what was sent to it."""

    door: FrontDoor
    worker: Running
    kafka: Kafka
    prefix: str
    sent: list[Message]

    def letters(self) -> list[dict[str, Any]]:
        """The dead letters, in the order of what they are about."""
        stored = self.kafka.read(f"{self.prefix}dead-letters")
        found = [msgspec.json.decode(row.value or b"") for row in stored]
        return sorted(found, key=lambda letter: (letter["topic"], letter["offset"]))

    def send(self, messages: list[Message]) -> None:
        """Sends messages in their order and waits until the worker has read them."""
        for message in messages:
            self.kafka.produce(f"{self.prefix}{message.topic}", [(message.key, message.value)])
        self.sent += messages
        self.door.wait_for_events(len(self.sent))


@pytest.fixture(scope="module")
def centre(kafka: Kafka, prefix: str, open_door: Callable[..., FrontDoor]) -> Centre:
    door = open_door(**on_kafka(kafka, prefix, partitions=1))
    door.done("topics", "create")
    found = Centre(door, door.start_worker(), kafka, prefix, [])
    at_ms = now_ms() - MINUTE_MS
    found.send([*call("before", at_ms), *bad_messages(at_ms), *call("after", at_ms, "new queue")])
    return found


def test_each_bad_message_is_a_dead_letter_with_its_reason_and_place(centre: Centre) -> None:
    """Reason, topic, partition, offset, key; one letter each and none for a good message."""
    at: dict[str, int] = {}
    expected = []
    for message in centre.sent:
        topic = f"{centre.prefix}{message.topic}"
        offset = at[topic] = at.get(topic, -1) + 1
        if message.reason:
            key = None if message.key is None else message.key.decode()
            expected.append((topic, 0, offset, message.reason, key))
    wait_until(lambda: len(centre.letters()) >= len(expected), what="the dead letters")
    places = ("topic", "partition", "offset", "reason", "key")
    assert [tuple(letter[name] for name in places) for letter in centre.letters()] == sorted(
        expected, key=lambda row: (row[0], row[2])
    )


def test_a_dead_letter_says_what_to_do_and_keeps_a_bounded_redacted_body(centre: Centre) -> None:
    """At most 4 KiB, of what is too large 1 KiB; no phone number, no e-mail address."""
    for letter in centre.letters():
        assert letter["detail"]
        assert letter["received_at_ms"] > 0
        limit = 1_024 if letter["reason"] == "too_large" else 4_096
        assert len(letter["body"].encode()) <= limit
        for secret in (PHONE, EMAIL, "0612345678"):
            assert secret not in str(letter)
    redacted = [letter["body"] for letter in centre.letters() if "caller" in letter["body"]]
    assert redacted == ['{"caller":"[redacted]","phone":"[redacted]",']


def test_the_reasons_are_counted_and_nothing_else_is_lost(centre: Centre) -> None:
    """By reason in /metrics; read = applied + dead-lettered."""
    reasons = [message.reason for message in centre.sent if message.reason]
    for reason in set(reasons):
        counted = centre.door.metric("vigie_events_dead_lettered_total", reason=reason)
        assert counted == reasons.count(reason), reason
    assert centre.door.metric("vigie_events_dead_lettered_total") == len(reasons)
    assert centre.door.metric("vigie_events_applied_total") == len(centre.sent) - len(reasons)


def test_good_events_before_and_after_are_counted(centre: Centre) -> None:
    """Both calls; that of a queue which no settings name is accepted with the defaults."""
    assert centre.door.queue("sales")["contacts_answered"] == 1
    unnamed = centre.door.queue("new queue")
    assert (unnamed["contacts_offered"], unnamed["asa_seconds"]["queue"]) == (1, 5.0)
    board = centre.door.board(window="1h")
    assert board["windows"]["1h"]["total"]["contacts_offered"] == 2
    assert board["windows"]["1h"]["total"]["contacts_waiting"] == 0


def test_no_body_or_id_of_a_bad_message_is_logged(centre: Centre) -> None:
    """The log may say that and why, not what."""
    for secret in (PHONE, EMAIL, "0612345678", "before", "xxxx"):
        assert secret not in centre.worker.err
    assert "Traceback" not in centre.worker.err


def test_an_unknown_queue_is_refused_when_the_settings_say_so(centre: Centre) -> None:
    """`unknown: refuse` after a restart: the counts go on where they were."""
    before = len(centre.letters())
    assert centre.worker.end() == 0
    centre.door.settings |= {"unknown": "refuse", "queues": [{"name": "sales"}]}
    centre.worker = centre.door.start_worker()
    at_ms = now_ms() - MINUTE_MS
    refused = Message(event("contact.queued", at_ms, "c9", channel="voice", queue="nowhere"),
                      "unknown_scope", key=b"c9")  # fmt: skip
    centre.send([refused, *call("known", at_ms)])
    wait_until(lambda: len(centre.letters()) > before, what="the dead letter")
    assert centre.letters()[-2]["reason"] == "unknown_scope"
    assert centre.door.queue("sales")["contacts_answered"] == 2
    assert centre.door.queue("nowhere") == {}
    test_the_reasons_are_counted_and_nothing_else_is_lost(centre)


def test_a_line_that_is_not_of_its_format_is_refused_before_it_is_sent(
    kafka: Kafka, open_door: Callable[..., FrontDoor]
) -> None:
    """The reasons of sources: counted, kept in a file with the line, and the rest is sent."""
    prefix = "e2e-bad-lines-"
    csv = {
        "format": "csv", "zone": "Europe/Paris", "fold": "refuse", "queue": "sales",
        "created": {"col": "created", "format": "%Y-%m-%d %H:%M:%S"},
        "answered": {"col": "answered", "format": "%Y-%m-%d %H:%M:%S"},
        "ended": {"col": "ended", "format": "%Y-%m-%d %H:%M:%S"},
    }  # fmt: skip
    door = open_door(**on_kafka(kafka, prefix, partitions=1), sources={"calls_csv": csv})
    door.done("topics", "create")
    (door.folder / "queue_log").write_text(
        "1700000000|pbx-1|sales|NONE|ENTERQUEUE||5550123|1\n"
        "1700000001|pbx-1|sales\n"
        "1700000002|pbx-1|sales|NONE|JUGGLED|3\n"
        "1700000003|pbx-1|sales|NONE|ABANDON|1|1|3\n"
    )
    ended = door.run("send", "--source", "asterisk-queue-log", "queue_log")
    assert ended.returncode == 0
    assert ended.stdout == f"2 events sent to {kafka.bootstrap_servers}\n"
    assert ended.stderr == (
        "vigie: 2 refused (malformed_source 1, unmapped_source 1); see dead-letters.jsonl\n"
    )
    letters = (door.folder / "dead-letters.jsonl").read_bytes().splitlines()
    found = [msgspec.json.decode(line) for line in letters]
    assert [(row["reason"], row["position"]) for row in found] == [
        ("malformed_source", "queue_log:2"), ("unmapped_source", "queue_log:3"),
    ]  # fmt: skip
    (door.folder / "calls.csv").write_text(
        "created,answered,ended\n"
        "2024-10-27 02:30:00,2024-10-27 02:31:00,2024-10-27 02:40:00\n"
        "2024-10-27 12:00:00,2024-10-27 12:01:00,2024-10-27 12:02:00\n"
    )
    ended = door.run("send", "--source", "calls_csv", "calls.csv")
    assert (ended.returncode, ended.stderr) == (
        0, "vigie: 1 refused (ambiguous_time 1); see dead-letters.jsonl\n",
    )  # fmt: skip
    assert "5550123" not in str(kafka.read(f"{prefix}calls"))
