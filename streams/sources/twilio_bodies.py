"""Reads what Twilio's bodies say: forms of webhooks and CloudEvents of Event Streams alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from streams.reasons import Reason
from streams.sources.body import Body, BodyError

PREFIX = "com.twilio.taskrouter."
_MOST_FIELDS = 500
_CUSTOMERS_IN = ("from", "caller", "customerAddress", "customers.external_id")
_CUSTOMERS_OUT = ("outbound_to", "to", "customerAddress", "customers.external_id")
_read = msgspec.json.Decoder().decode


class Fact(Struct, frozen=True):
    """What a body says, whichever form it has. ``at_ms`` is when it happened."""

    name: str
    body_id: str
    at_ms: int
    quality: str | None
    body: Body

    def text(self, path: str) -> str | None:
        """Return a field of the body."""
        return self.body.text(path)


def form(text: str) -> Mapping[str, Any] | None:
    """Return the fields of a form, None where the text is none of Twilio's."""
    try:
        fields = dict(parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        return None
    return fields if any(name.lower() == "eventtype" for name in fields) else None


def fact(body: Body) -> Fact:
    """Return what a body says.

    Raises:
        BodyError: it has no name or no time.
    """
    kind = body.text("type")
    if body.get("EventType") is None and kind is not None:
        told, name = body.part("data.payload"), kind.lower()
        if not isinstance(body.get("data.payload"), Mapping):
            told = body.part("data")
        sid = told.text("sid") or body.text("data.sid") or body.text("id")
    else:
        told, name = body, body.need("EventType").lower()
        sid = told.text("Sid")
    name = name.removeprefix(PREFIX)
    at_ms, quality = _time(told, body)
    if sid is None:
        parts = (told.text(key) for key in ("TaskSid", "ReservationSid", "WorkerSid"))
        sid = ":".join((name, *(part for part in parts if part), str(at_ms)))
    return Fact(name, sid, at_ms, quality, told)


def attributes(told: Body) -> Body:
    """Return the attributes of a task: JSON in a text, or an object.

    Raises:
        BodyError: the text is no JSON object.
    """
    given = told.get("TaskAttributes")
    if given is None or given == "":
        return Body({})
    if isinstance(given, str):
        try:
            given = _read(given.encode(errors="surrogateescape"))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            given = None
    if not isinstance(given, Mapping):
        detail = f"{told.where('TaskAttributes')} must be a JSON object, as text"
        raise BodyError(Reason.MALFORMED_SOURCE, detail)
    return Body(given, path="TaskAttributes")


def direction(given: Body) -> str | None:
    """Return the direction that the attributes of a task tell, None for none."""
    word = given.get("direction")
    if not isinstance(word, str):
        return None
    return "out" if word.lower().startswith("outbound") else "in"


def customer(given: Body, path: str, *, is_outbound: bool) -> str | None:
    """Return who the customer is: at ``path``, else where Flex and TwiML write it."""
    usual = _CUSTOMERS_OUT if is_outbound else _CUSTOMERS_IN
    for name in (path,) if path else usual:
        found = given.get(name)
        if isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip():
            return str(found)
    return None


def _time(told: Body, body: Body) -> tuple[int, str | None]:
    for at, path in ((told, "TimestampMs"), (told, "timestamp"), (body, "data.timestamp"),
                     (body, "time")):  # fmt: skip
        at_ms = at.time_ms(path)
        if at_ms is not None:
            given = at.get(path)
            is_whole = "." not in str(given) and path != "TimestampMs" and at_ms % 1000 == 0
            return at_ms, "second" if is_whole else None
    raise BodyError(Reason.MISSING_FIELD, f"{told.where('TimestampMs')} is missing")
