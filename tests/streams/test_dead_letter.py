"""Dead letters: a reason, a place, and a bounded part of the body with nobody in it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from streams.dead_letter import DeadLetter, bounded_body, of_line, of_message
from streams.reasons import Reason, Rejection


def letter(reason: Reason, raw: bytes | None, key: bytes | None = b"C1") -> DeadLetter:
    return of_message(
        Rejection(reason, "detail"), raw, source="kafka", topic="calls", partition=2, offset=41,
        key=key, received_at_ms=1_717_397_280_000,
    )  # fmt: skip


def test_a_dead_letter_has_the_fields_of_the_schema() -> None:
    """Reason, detail, source, topic, partition, offset, key, received_at_ms, body."""
    assert json.loads(letter(Reason.NOT_JSON, b"{").encode()) == {
        "reason": "not_json",
        "detail": "detail",
        "source": "kafka",
        "topic": "calls",
        "partition": 2,
        "offset": 41,
        "key": "C1",
        "received_at_ms": 1_717_397_280_000,
        "body": "{",
    }


def test_its_id_is_where_its_cause_stood() -> None:
    """A copy that a crash makes can be told from a second cause."""
    assert letter(Reason.NOT_JSON, b"{").letter_id == "calls/2/41"
    line = of_line(Reason.MALFORMED_SOURCE, "d", "x|y", file="queue_log", line=7, received_at_ms=0)
    assert line.letter_id == "queue_log:7"


def test_bodies_are_cut_at_4_kib_and_large_ones_at_1_kib() -> None:
    """A dead letter is never a burden itself."""
    assert len(letter(Reason.NOT_JSON, b"a" * 10_000).body) == 4096
    assert len(letter(Reason.TOO_LARGE, b"a" * 10_000_000).body) == 1024


def test_a_record_without_value_or_key_has_a_letter() -> None:
    """Nothing is needed but the place."""
    empty = letter(Reason.NOT_JSON, None, None)
    assert (empty.key, empty.body) == (None, "")


def test_key_and_body_are_redacted() -> None:
    """The letter is kept longer than the message."""
    found = letter(Reason.PERSONAL_DATA, b'{"agent_id":"+33612345678"}', b"+33612345678")
    assert (found.key, found.body) == ("[phone]", '{"agent_id":"[phone]"}')


@given(st.integers(0, 60))
def test_a_number_at_the_cut_does_not_show_in_part(before: int) -> None:
    """Half a phone number would not be recognised."""
    body = b"a" * (4096 - before) + b" +33 6 12 34 56 78 " + b"a" * 9000
    assert "+33" not in bounded_body(body)


@given(st.binary(max_size=6000))
def test_any_body_fits_and_is_text(raw: bytes) -> None:
    """Bytes that are no text, too."""
    body = bounded_body(raw)
    assert len(body.encode()) <= 4096
    assert "\0" not in body
