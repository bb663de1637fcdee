"""JSON lines that are canonical events already."""

from __future__ import annotations

from pathlib import Path

from aggregators.events import ContactAnswered, Envelope, MessagePosted, SurveyAnswered
from streams.reasons import Reason
from streams.sources import Refused, build_source, read_events

LINES = """\
{"v":1,"event_id":"e5","type":"contact.answered","source":"d","event_time_ms":1717397280000,"contact_id":"C1","leg_id":"L1","agent_id":"A8"}

{"v":1,"event_id":"e6","type":"contact.answered","source":"d","event_time_ms":1717397280000,"contact_id":"C2","leg_id":"L1","agent_id":"A8","channel":"chat"}
{"v":1,"event_id":"e7","type":"message.posted","source":"d","event_time_ms":1717397640000,"contact_id":"C5","message_id":"m1","author":"customer"}
{"v":1,"event_id":"s2","type":"survey.answered","source":"svy","event_time_ms":1717398600000,"survey_id":"q1","survey_kind":"csat","score":4}
"""


def read(tmp_path: Path, data: bytes) -> list[Envelope | Refused]:
    path = tmp_path / "events.jsonl"
    path.write_bytes(data)
    return list(read_events(build_source("canonical", {}, file=str(path)), path))


def test_each_line_is_an_event_of_any_topic(tmp_path: Path) -> None:
    """The topic follows from the type; empty lines are skipped."""
    kinds = [type(event) for event in read(tmp_path, LINES.encode())]
    assert kinds == [ContactAnswered, ContactAnswered, MessagePosted, SurveyAnswered]


def test_bad_lines_are_refused_with_their_place(tmp_path: Path) -> None:
    """The same reasons as on Kafka, and the file goes on."""
    data = b"\n".join(
        [
            b"hello",
            b'{"v":2,"type":"contact.answered"}',
            b'{"v":1,"event_id":"a","type":"agent.login","source":"d","event_time_ms":1}',
            b'{"v":1,"type":5,"channel":7}',
            b'{"v":1,"event_id":"\xff"}',
            LINES.encode(),
        ]
    )
    found = read(tmp_path, data)
    refused = [(r.reason, r.position) for r in found if isinstance(r, Refused)]
    assert refused == [
        (Reason.NOT_JSON, "events.jsonl:1"),
        (Reason.UNSUPPORTED_VERSION, "events.jsonl:2"),
        (Reason.MISSING_FIELD, "events.jsonl:3"),
        (Reason.BAD_TYPE, "events.jsonl:4"),
        (Reason.NOT_UTF8, "events.jsonl:5"),
    ]
    assert len(found) == 9
