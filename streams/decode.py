"""From the bytes of a message to a canonical event, or to the reason why not.

The good case is fast, about a microsecond: msgspec reads and checks the fields in one pass, and
the rest is a handful of comparisons. Everything that goes wrong is told apart in
:mod:`streams.diagnosis`, which may be slow.

Duplicate JSON keys are found without looking at the keys: the event is written again, without
defaults, and compared with the message. Every key and value that survived the reading stands in
the message. If both texts are equal or equally long (no escapes, no fractions), or have equally
many colons (no escapes), the message has no room for another key, on any level, whatever the
order of its keys. Only where they differ (unknown fields, defaults spelled out, escapes) the
keys are really counted.
"""

from __future__ import annotations

import re
from typing import Any, Union

import msgspec

from aggregators import events as ev
from aggregators.policy import Rules
from aggregators.telling import SOURCE
from streams import diagnosis
from streams.reasons import MAX_MESSAGE_BYTES, Reason, Rejection

FIRST_TIME_MS = 631_152_000_000
"""1990-01-01; seconds given as milliseconds lie before it."""
LAST_TIME_MS = 253_402_300_799_999
"""The end of year 9999; microseconds given as milliseconds lie after it."""

KEY_REQUIRED = frozenset({"calls", "chats", "tickets", "agents", "selfcare", "customers"})
"""Topics whose partition depends on the key: a message without one is a ``key_mismatch``."""

_VERBATIM = b'"verbatim"'
_QUOTED_0 = b'"0'
_BEGINS_WITH_0 = re.compile(rb'"[ \x80-\xff]*0').search
_AT, _PLUS, _BRACKET, _COLON, _SPACE, _BACKSLASH = b"@+(: \\"

_BAD_TIME = Rejection(
    Reason.BAD_TIME,
    "event_time_ms must be milliseconds since 1970-01-01 UTC, between the years 1990 and 9999; "
    "seconds and microseconds have to be converted",
)


class EventDecoder:
    """Reads the messages of one topic (canonical name, without prefix).

    Raises:
        ValueError: the topic is none of :data:`aggregators.events.TOPICS`.
    """

    def __init__(self, topic: str, rules: Rules) -> None:
        if topic not in ev.TOPIC_TYPES:
            raise ValueError(f"unknown topic {topic!r}; the topics are {', '.join(ev.TOPICS)}")
        self.topic = topic
        self._rules = rules
        self._future_ms = rules.future_limit_ms
        self._read: Any = msgspec.json.Decoder(Union[ev.TOPIC_TYPES[topic]]).decode  # noqa: UP007
        self._write = msgspec.json.Encoder().encode
        self._is_ours = topic == ev.CUSTOMERS
        self._contacts = issubclass(ev.TOPIC_TYPES[topic][0], ev.ContactEvent)
        self._key_required = topic in KEY_REQUIRED
        self._fractions = topic in ("feedback", "business")  # 5 is written again as 5.0

    def decode(
        self, raw: bytes | None, key: bytes | None, append_ms: int
    ) -> ev.Envelope | Rejection:
        """Return the event in a message, or why it is refused. Never raises.

        ``key`` is the message key, ``append_ms`` the record's time on the broker, against which
        ``future_time`` is decided. A record without a value is refused as ``not_json``.
        """
        if not raw:
            return Rejection(Reason.NOT_JSON, "the message is empty; it must be one JSON object")
        if len(raw) > MAX_MESSAGE_BYTES:
            return Rejection(
                Reason.TOO_LARGE,
                f"the message has {len(raw)} bytes, the limit is {MAX_MESSAGE_BYTES}; "
                "leave texts and attachments out",
            )
        try:
            event = self._read(raw)
            at_ms = event.event_time_ms
            if not FIRST_TIME_MS <= at_ms <= LAST_TIME_MS:
                return diagnosis.of_text(raw) or diagnosis.of_keys(raw) or _BAD_TIME
            if self._is_ours and event.source == SOURCE and at_ms <= append_ms + self._future_ms:
                if key != event.customer_key.encode():
                    return diagnosis.of_key(self.topic, ("customer_key",))
                return event  # type: ignore[no-any-return]  # its cause was checked
            written = self._write(event)
        except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError) as error:
            return diagnosis.of_error(raw, self.topic, error)
        if raw != written and (len(raw) != len(written) or self._fractions or _BACKSLASH in raw):
            if not raw.isascii() and (refused := diagnosis.of_text(raw)):
                return refused
            if (_BACKSLASH in raw or raw.count(_COLON) != written.count(_COLON)) and (
                refused := diagnosis.of_keys(raw)
            ):
                return refused
        if at_ms > append_ms + self._future_ms:
            return Rejection(
                Reason.FUTURE_TIME,
                f"event_time_ms is {(at_ms - append_ms) // 1000} s ahead of the message's arrival, "
                f"the limit is {self._future_ms // 1000} s; set the producer's clock",
            )
        is_odd = _SPACE in raw or _BACKSLASH in raw or not raw.isascii()
        # Without these no text can be a number in clear, or an e-mail address.
        is_suspicious = (
            _AT in raw
            or _PLUS in raw
            or _BRACKET in raw
            or _BACKSLASH in raw
            or (_BEGINS_WITH_0(raw) is not None if is_odd else _QUOTED_0 in raw)
            or ((customer := event.customer_key) is not None and customer.strip().isdigit())
        )
        if self._contacts:
            return self._contact(event, raw, key, is_suspicious, is_odd)
        return self._other(event, raw, key, is_suspicious, is_odd)

    def _contact(
        self, event: Any, raw: bytes, key: bytes | None, is_suspicious: bool, is_odd: bool
    ) -> ev.Envelope | Rejection:
        """Check what only events of contacts have; the hot path, so each test is spelled out."""
        contact_id: str = event.contact_id
        if key is None or contact_id.encode() != key:
            return diagnosis.of_key(self.topic, ("contact_id",))
        if is_suspicious and (refused := diagnosis.of_personal_data(event)):
            return refused
        kind = type(event)
        if kind is ev.ContactAbandoned:
            if event.leg_id is None and event.stage != "ivr":
                return Rejection(
                    Reason.MISSING_FIELD,
                    f"leg_id is missing; only the stage ivr needs none, this is {event.stage}",
                )
        elif kind is ev.TicketAssigned and not (event.agent_id or event.team or event.queue):
            return Rejection(
                Reason.MISSING_FIELD, "ticket.assigned needs one of agent_id, team, queue"
            )
        if is_odd:
            return diagnosis.trimmed(event)
        return event  # type: ignore[no-any-return]

    def _other(
        self, event: Any, raw: bytes, key: bytes | None, is_suspicious: bool, is_odd: bool
    ) -> ev.Envelope | Rejection:
        """Check events of agents, feedback, self-care and business."""
        if key is None:
            if self._key_required:
                return diagnosis.of_key(self.topic, diagnosis.KEY_FIELDS[self.topic])
        elif refused := diagnosis.of_given_key(event, key, self.topic):
            return refused
        if is_suspicious and (refused := diagnosis.of_personal_data(event)):
            return refused
        if refused := diagnosis.of_meaning(event):
            return refused
        if (
            type(event) is ev.SurveyAnswered
            and _VERBATIM in raw
            and (refused := diagnosis.with_themes(event, raw, self._rules))
        ):
            return refused
        if is_odd:
            return diagnosis.trimmed(event)
        return event  # type: ignore[no-any-return]
