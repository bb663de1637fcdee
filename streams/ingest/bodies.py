"""What a body becomes: records for Kafka, its events and the dead letters of what gave none."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from aggregators.events import Envelope, message_key, topic_of
from streams.dead_letter import of_line
from streams.ingest.lanes import Record
from streams.reasons import Reason
from streams.settings import StreamSettings
from streams.sources.source import Refused, Source, SourceLine, refused

log = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode


class Read(NamedTuple):
    """The records of a body: how many are events, why others are dead letters; what has none."""

    records: list[Record]
    events: int
    reasons: list[str]
    ignored: int


class BodyReader:
    """Reads the bodies of one source, one after the other."""

    def __init__(self, source: Source, settings: StreamSettings) -> None:
        self._source = source
        self._topics = {name: full for full, name in settings.source_topics().items()}
        self._letters = settings.dead_letter_topic
        self._number = 0
        self._ignored = 0

    def read(self, body: bytes, now_ms: int) -> Read:
        """Return the records of a body; never raises for anything in it."""
        self._number += 1
        records: list[Record] = []
        reasons: list[str] = []
        events = 0
        for item in self._items(body):
            if isinstance(item, Refused):
                reasons.append(item.reason.value)
                records.append(self._letter(item, body, len(reasons), now_ms))
            else:
                events += 1
                key = message_key(item).encode()
                records.append(Record(self._topics[topic_of(item)], key, _encode(item)))
        ignored = self._source.ignored.total()
        left_out, self._ignored = ignored - self._ignored, ignored
        return Read(records, events, reasons, left_out)

    def _items(self, body: bytes) -> Iterator[Envelope | Refused]:
        try:
            line = SourceLine(self._number, body.decode())
        except UnicodeDecodeError:
            line = SourceLine(self._number, body.decode(errors="replace"))
            yield refused(Reason.NOT_UTF8, "the body is not UTF-8", self._source.name, line)
            return
        try:
            yield from list(self._source.feed(line))
        except Exception as error:  # noqa: BLE001 - a body must not end the receiver
            # Its text may hold what stands in the body.
            log.error("source %s failed: %s", self._source.name, type(error).__name__)
            words = "the source failed; this is a defect of vigie"
            yield refused(Reason.INTERNAL_ERROR, words, self._source.name, line)

    def _letter(self, item: Refused, body: bytes, number: int, now_ms: int) -> Record:
        """Make a dead letter; its key follows from the body, so that a repeat has the same."""
        name = self._source.name
        letter = of_line(
            item.reason, item.detail, item.body, file=name, line=self._number, received_at_ms=now_ms
        )
        digest = hashlib.sha256(body).hexdigest()[:32]
        return Record(self._letters, f"{name}/{digest}/{number}".encode(), letter.encode())
