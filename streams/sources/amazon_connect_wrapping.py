"""What carries events of Amazon Connect: messages of SQS, SNS and Kinesis, also inside another.

``Records`` are what a function is called with (``body``, ``Sns.Message``, ``kinesis.data``) and
what ``get-records`` returns (``Data``), ``Messages`` what ``receive-message`` returns (``Body``).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from streams.sources.body import Body
from streams.sources.source import SourceLine

_DEEPEST = 5
"""An event of SNS in a message of SQS in the records of a function is four deep."""
CONFIRMATIONS = ("subscriptionconfirmation", "unsubscribeconfirmation")
"""Messages of SNS that carry nothing but a text for people."""

_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode


class Unwrapped(Struct):
    """One body that was found, or the problem of one that cannot be read.

    ``line`` has its own text, in clear: what stays of a refused line is redacted by its members,
    which base64 and escaped JSON would hide.
    """

    given: Any
    line: SourceLine
    problem: str = ""


def unwrapped(given: Mapping[str, Any], line: SourceLine, depth: int = 0) -> Iterator[Unwrapped]:
    """Give what a body carries, or itself if it carries nothing."""
    body = Body(given)
    records = body.get("Records")
    if not isinstance(records, list):
        records = body.get("Messages")
    if isinstance(records, list):
        for one in records:
            if isinstance(one, Mapping):
                yield from unwrapped(one, _own_line(one, line), depth + 1)
            else:
                yield Unwrapped(None, _blank(line), "a record is no object")
        return
    coded, text = _cargo(body)
    if coded is None and text is None:
        yield Unwrapped(given, line)
    elif depth >= _DEEPEST:
        yield Unwrapped(None, _blank(line), "the body is wrapped too often")
    else:
        yield from _inside(coded, text, line, depth)


def _cargo(body: Body) -> tuple[str | None, str | None]:
    """Return what a message carries: in base64, or as a text."""
    if str(body.get("Type")).lower() in CONFIRMATIONS:
        return None, None
    for path in ("kinesis.data", "Data"):
        coded = body.get(path)
        if isinstance(coded, str):
            return coded, None
    for path in ("Sns.Message", "Message", "body"):
        text = body.get(path)
        if isinstance(text, str):
            return None, text
    return None, None


def _inside(
    coded: str | None, text: str | None, line: SourceLine, depth: int
) -> Iterator[Unwrapped]:
    if coded is not None:
        try:
            text = base64.b64decode(coded, validate=True).decode()
        except ValueError:
            yield Unwrapped(None, _blank(line), "what a record carries is no base64 of a text")
            return
    try:
        found = _read((text or "").encode(errors="surrogateescape"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        yield Unwrapped(None, _blank(line), "what a message carries is no JSON")
        return
    own = SourceLine(line.number, text or "")
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, Mapping):
            yield from unwrapped(one, own, depth + 1)
        else:
            yield Unwrapped(None, _blank(line), "what a message carries is no object")


def _own_line(one: Mapping[str, Any], line: SourceLine) -> SourceLine:
    return SourceLine(line.number, _write(one).decode())


def _blank(line: SourceLine) -> SourceLine:
    return SourceLine(line.number, "")
