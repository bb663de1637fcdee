"""Dead letters: what was refused, why, where it stood, and a redacted part of it.

A dead letter can be written twice after a crash; its id comes from its cause, so that receivers
drop the repeat.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from streams.privacy import redact
from streams.reasons import Reason, Rejection

MAX_BODY_BYTES = 4 * 1024
MAX_LARGE_BODY_BYTES = 1024
"""The body's bound for ``too_large``."""
MAX_KEY_CHARACTERS = 256

_MARGIN_BYTES = 256
"""Dropped behind a cut: half a phone number at the end would not be recognised as one."""

_ENCODER = msgspec.json.Encoder()


class DeadLetter(Struct, frozen=True, kw_only=True):
    """The value of a record in ``dead-letters``, or a line of a dead-letter file.

    ``topic``, ``partition`` and ``offset`` say where a message stood on Kafka; for a line of a
    file ``topic`` is empty, ``partition`` is -1 and ``offset`` the line number. ``source`` is the
    feed's or the file's name. ``key`` and ``body`` are redacted and bounded.
    """

    reason: Reason
    detail: str
    source: str
    topic: str
    partition: int
    offset: int
    key: str | None
    received_at_ms: int
    body: str

    @property
    def letter_id(self) -> str:
        """``topic/partition/offset``, or ``file:line``: the record key of the dead letter."""
        if self.topic:
            return f"{self.topic}/{self.partition}/{self.offset}"
        return f"{self.source}:{self.offset}"

    def encode(self) -> bytes:
        """Return the letter as one JSON object without line breaks."""
        return _ENCODER.encode(self)


def of_message(
    rejection: Rejection,
    raw: bytes | None,
    *,
    source: str,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    received_at_ms: int,
) -> DeadLetter:
    """Make the dead letter of a refused Kafka record."""
    return DeadLetter(
        reason=rejection.reason,
        detail=rejection.detail,
        source=source,
        topic=topic,
        partition=partition,
        offset=offset,
        key=None if key is None else bounded_body(key)[:MAX_KEY_CHARACTERS],
        received_at_ms=received_at_ms,
        body=bounded_body(raw or b"", body_limit(rejection.reason)),
    )


def of_line(
    reason: Reason, detail: str, body: str, *, file: str, line: int, received_at_ms: int
) -> DeadLetter:
    """Make the dead letter of a refused line of a file."""
    return DeadLetter(
        reason=reason,
        detail=detail,
        source=file,
        topic="",
        partition=-1,
        offset=line,
        key=None,
        received_at_ms=received_at_ms,
        body=bounded_body(body.encode(errors="replace"), body_limit(reason)),
    )


def body_limit(reason: Reason) -> int:
    """Return how many bytes of the body a dead letter of this reason keeps."""
    return MAX_LARGE_BODY_BYTES if reason is Reason.TOO_LARGE else MAX_BODY_BYTES


def bounded_body(raw: bytes, limit: int = MAX_BODY_BYTES) -> str:
    """Return the redacted beginning of a body: at most ``limit`` bytes of UTF-8."""
    part = raw[: limit + _MARGIN_BYTES]
    text = redact(part.decode(errors="replace").replace("\0", "\ufffd"))
    if len(part) < len(raw):
        text = text[:-_MARGIN_BYTES]
    return text.encode()[:limit].decode(errors="ignore")
