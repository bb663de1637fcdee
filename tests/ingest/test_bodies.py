"""What a body becomes: events, dead letters, or nothing on purpose; never an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aggregators import events as ev
from streams.ingest.bodies import BodyReader
from streams.settings import StreamSettings
from streams.sources.body import Body
from streams.sources.payloads import About, IgnoredError, PayloadSource

STREAMS = StreamSettings(topic_prefix="p.")
NOW_MS = 1_750_000_000_000


class Desk(PayloadSource):
    """A platform of the test: an object that says what happened to a contact."""

    ABOUT = About("Desk", ("tests",), ())

    def events(self, body: Body) -> Iterable[ev.Envelope]:
        """Give one event."""
        match body.need("what"):
            case "entered":
                yield self.make(
                    ev.ContactQueued, body.need("id"), body.need_time_ms("at"),
                    contact_id=body.need("contact"), leg_id="L1", queue="q",
                    channel=body.text("channel") or "chat",
                )  # fmt: skip
            case "typing":
                raise IgnoredError("typing")
            case what:
                raise RuntimeError(f"a defect that shows {what}")


def reader() -> BodyReader:
    """A reader of the desk's bodies."""
    return BodyReader(Desk("desk", {"format": "desk"}, file="desk"), STREAMS)


def entered(number: int, **more: Any) -> dict[str, Any]:
    """A body's object."""
    return {
        "what": "entered",
        "id": f"e{number}",
        "at": 1_717_397_259,
        "contact": f"C{number}",
    } | more


def test_each_event_of_a_body_goes_to_its_topic_under_its_contact() -> None:
    """A list of two: a chat and a call."""
    read = reader().read(msgspec.json.encode([entered(1), entered(2, channel="voice")]), NOW_MS)
    assert [(record.topic, record.key) for record in read.records] == [
        ("p.chats", b"C1"), ("p.calls", b"C2")
    ]  # fmt: skip
    assert (read.events, read.reasons, read.ignored) == (2, [], 0)
    first = msgspec.json.decode(read.records[0].value)
    assert (first["event_id"], first["source"]) == ("e1", "desk")


def test_what_is_left_out_on_purpose_is_counted_and_sent_nowhere() -> None:
    """Of each body its own."""
    desk = reader()
    assert desk.read(b'[{"what": "typing"}, {"what": "typing"}]', NOW_MS) == ([], 0, [], 2)
    assert desk.read(b'{"what": "typing"}', NOW_MS).ignored == 1
    assert desk.read(msgspec.json.encode(entered(1)), NOW_MS).ignored == 0


def test_a_part_that_is_wrong_is_a_dead_letter_beside_the_others() -> None:
    """The events of the same body are kept; the number of the request is the position."""
    desk = reader()
    desk.read(b"{}", NOW_MS)
    read = desk.read(msgspec.json.encode([entered(1), {"what": "entered"}, entered(2)]), NOW_MS)
    assert (read.events, read.reasons) == (2, ["missing_field"])
    (letter,) = [record for record in read.records if record.topic == "p.dead-letters"]
    told = msgspec.json.decode(letter.value)
    assert (told["source"], told["offset"], told["received_at_ms"]) == ("desk", 2, NOW_MS)


def test_a_source_that_fails_is_a_dead_letter_too() -> None:
    """A defect of ours loses no body and ends no receiver; its text goes nowhere."""
    read = reader().read(b'{"what": "ann@example.org"}', NOW_MS)
    assert read.reasons == ["internal_error"]
    assert b"ann@" not in read.records[0].value


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode())))
def test_no_bytes_end_the_reader(body: bytes) -> None:
    """Whatever comes: records for known topics, each with a key."""
    read = reader().read(body, NOW_MS)
    assert len(read.records) == read.events + len(read.reasons)
    for record in read.records:
        assert record.topic.startswith("p.")
        assert record.key
