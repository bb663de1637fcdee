"""Source ``canonical``: JSON lines that are canonical events already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from aggregators.events import EVENT_TYPES, TOPIC_TYPES, Envelope
from aggregators.policy import Rules
from streams.decode import KEY_REQUIRED, LAST_TIME_MS, EventDecoder
from streams.reasons import Rejection
from streams.sources.source import Refused, SourceLine, check_names, refused

_NAMES = frozenset({"format"})


class _Address(Struct):
    """The few members that say to which topic and key an event belongs."""

    type: Any = ""
    channel: Any = None
    contact_id: Any = None
    agent_id: Any = None
    session_id: Any = None


_address = msgspec.json.Decoder(_Address).decode
_KINDS = {str(kind.__struct_config__.tag): kind for kind in EVENT_TYPES}
_TOPICS = {
    word: [topic for topic, kinds in TOPIC_TYPES.items() if kind in kinds]
    for word, kind in _KINDS.items()
}


class CanonicalSource:
    """One event per line; the topic follows from the type and, for contacts, the channel.

    ``position`` in refusals is ``file:line``. Empty lines are skipped. A file has no clock, so
    ``future_time`` cannot be decided here: that is left to the worker.
    """

    encoding = "utf-8"

    def __init__(
        self, name: str, settings: Mapping[str, Any], *, file: str, rules: Rules | None = None
    ) -> None:
        check_names(settings, _NAMES, f"sources.{name}")
        self.name = name
        self.ignored: Counter[str] = Counter()
        self._file = file
        self._decoders = {topic: EventDecoder(topic, rules or Rules()) for topic in TOPIC_TYPES}

    def feed(self, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the event of a line, or why there is none."""
        if not line.text.strip():
            return
        raw = line.text.encode(errors="surrogateescape")
        topic, key = _destination(raw)
        event = self._decoders[topic].decode(raw, key, LAST_TIME_MS)
        if isinstance(event, Rejection):
            yield refused(event.reason, event.detail, self._file, line)
        else:
            yield event

    def finish(self) -> Iterator[Envelope | Refused]:
        """Give nothing: no line is held back."""
        return iter(())


def _destination(raw: bytes) -> tuple[str, bytes | None]:
    """Return the topic and the key that a producer would use; ``calls`` if there is none."""
    try:
        address = _address(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "calls", None
    topics = _TOPICS.get(address.type if isinstance(address.type, str) else "", ["calls"])
    topic = topics[0] if address.channel in (None, "voice") else topics[-1]
    key = {"agents": address.agent_id, "selfcare": address.session_id}.get(
        topic, address.contact_id
    )
    known = isinstance(key, str) and topic in KEY_REQUIRED
    return topic, key.encode() if known else None
