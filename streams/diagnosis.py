"""What is wrong with a message: the slow half of decoding, for messages that are not plain.

Each function returns a :class:`Rejection`, or None when its question has a good answer.
Details name the field and the fix, never the value: it may be personal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields

from aggregators import events as ev
from aggregators.dossiers.themes import merged, themes_of
from aggregators.policy import Rules
from streams.privacy import is_bare_number, personal_data
from streams.reasons import Reason, Rejection

KEY_FIELDS: dict[str, tuple[str, ...]] = {
    "calls": ("contact_id",),
    "chats": ("contact_id",),
    "tickets": ("contact_id",),
    "agents": ("agent_id",),
    "feedback": ("contact_id", "customer_key", "survey_id"),
    "selfcare": ("session_id",),
    "business": ("customer_key", "scope"),
    "customers": ("customer_key",),
}
"""The id that a topic's message key stands for: the first of these that the event has."""
_KEY_NAMES: dict[str, dict[type[ev.Envelope], tuple[str, ...]]] = {
    topic: {
        kind: tuple(name for name in KEY_FIELDS[topic] if name in kind.__struct_fields__)
        for kind in kinds
    }
    for topic, kinds in ev.TOPIC_TYPES.items()
}

_KINDS: dict[str, type[ev.Envelope]] = {
    str(kind.__struct_config__.tag): kind for kind in ev.EVENT_TYPES
}
_FREE_TEXT = frozenset({"keyword", "errors", "source"})
_TRIMMED = ("queue", "team", "agent_id", "motive", "survey_name")

_NOT_STRUCTURE = bytes(set(range(256)) - set(b'":'))
_MEMBERS: Callable[[bytes], dict[str, msgspec.Raw]] = msgspec.json.Decoder(
    dict[str, msgspec.Raw]
).decode


class _Text(msgspec.Struct):
    """The one member of an answer that is no part of the event."""

    verbatim: str | None = None


_text = msgspec.json.Decoder(_Text).decode


class _UnreadableError(ValueError):
    """Found while parsing; the message is the detail."""


def of_text(raw: bytes) -> Rejection | None:
    """Refuse what is no UTF-8, or holds NUL bytes."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return Rejection(
            Reason.NOT_UTF8, f"byte {error.start} is not UTF-8; encode the message as UTF-8"
        )
    if 0 in raw:
        return Rejection(Reason.NOT_UTF8, f"byte {raw.index(0)} is NUL; leave NUL bytes out")
    return None


def of_keys(raw: bytes) -> Rejection | None:
    """Refuse duplicate keys, on any level, and escaped NULs in a text that is valid JSON."""
    plain = raw.replace(b"\\\\", b"") if b"\\" in raw else raw
    if b"\\u0000" in plain:
        return Rejection(Reason.NOT_UTF8, "a string holds an escaped NUL; leave it out")
    skeleton = plain.replace(b'\\"', b"").translate(None, _NOT_STRUCTURE)
    keys = len(b"".join(skeleton.split(b'"')[::2]))  # the colons outside of strings
    try:
        if keys == len(_MEMBERS(raw)):
            return None
        _parse(raw.decode())
    except _UnreadableError as error:
        return Rejection(Reason.NOT_JSON, str(error))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Rejection(Reason.NOT_JSON, "the message cannot be parsed as JSON")
    return None


def of_error(raw: bytes, topic: str, error: Exception) -> Rejection:
    """Say why a message could not be read as an event of its topic."""
    if refused := of_text(raw):
        return refused
    try:
        members = _parse(raw.decode())
    except _UnreadableError as problem:
        return Rejection(Reason.NOT_JSON, str(problem))
    except RecursionError:
        return Rejection(Reason.NOT_JSON, "the message is nested too deeply; flatten it")
    except ValueError as problem:
        at = f" at character {problem.pos}" if isinstance(problem, json.JSONDecodeError) else ""
        return Rejection(Reason.NOT_JSON, f"the message cannot be parsed as JSON{at}")
    if not isinstance(members, dict):
        return Rejection(Reason.NOT_JSON, "the message must be one JSON object")
    return _of_envelope(members, topic) or _of_fields(members, error)


def _parse(text: str) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_without_duplicates,
        parse_constant=_refuse_constant,
        parse_int=lambda digits: int(digits) if len(digits) < 40 else 10**40,
    )


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                shown = name if re.fullmatch(r"\w{1,40}", name, re.ASCII) else "one"
                raise _UnreadableError(f"the key {shown} occurs twice in one object; send it once")
            seen.add(name)
    return members


def _refuse_constant(word: str) -> None:
    raise _UnreadableError(f"{word} is not JSON; leave the field out instead")


def _of_envelope(members: dict[str, Any], topic: str) -> Rejection | None:
    version = members.get("v")
    if type(version) is not int or version != 1:
        told = "missing" if version is None else "unknown"
        return Rejection(Reason.UNSUPPORTED_VERSION, f"v is {told}; this vigie reads version 1")
    word = members.get("type")
    if word is None:
        return Rejection(Reason.MISSING_FIELD, "type is missing")
    if not isinstance(word, str):
        return Rejection(Reason.BAD_TYPE, "type must be a string such as contact.queued")
    kind = _KINDS.get(word)
    if kind is None:
        return Rejection(Reason.UNKNOWN_TYPE, "type is none of the event types of version 1")
    if kind not in ev.TOPIC_TYPES[topic]:
        right = ", ".join(name for name, kinds in ev.TOPIC_TYPES.items() if kind in kinds)
        return Rejection(
            Reason.WRONG_TOPIC, f"{word} does not belong to {topic}; send it to {right}"
        )
    return None


_FORMS = {
    "amount": 'a decimal in a string, such as "-12.50", with at most 15 digits and 6 decimals',
    "currency": "an ISO 4217 code, such as EUR",
}
"""What the fields with a pattern hold."""

_MISSING = re.compile(r"missing required field `(?P<field>\w+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_PROBLEM = re.compile(
    r"^(?P<what>.*?)(?: - at (?P<key>key in )?`\$\.?(?P<path>[^`]*)`)?$", re.DOTALL
)


def _of_fields(members: dict[str, Any], error: Exception) -> Rejection:
    """Turn msgspec's message into a reason; the type is known and belongs to the topic."""
    if isinstance(error, OverflowError):
        return Rejection(Reason.BAD_VALUE, "an integer does not fit in 64 bits")
    message = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Rejection(Reason.NOT_JSON, "the message cannot be parsed as JSON")
    if missing := _MISSING.search(message):
        path = ".".join(part for part in (missing["path"], missing["field"]) if part)
        return Rejection(Reason.MISSING_FIELD, f"{path} is missing; {members['type']} needs it")
    problem = _PROBLEM.match(message)
    path = (problem and problem["path"]) or "the message"
    what = (problem and problem["what"]) or ""
    if what.endswith("got `null`"):
        if _is_required(members["type"], path):
            return Rejection(Reason.MISSING_FIELD, f"{path} is null; {members['type']} needs it")
        return Rejection(Reason.BAD_TYPE, f"{path} is null; leave it out instead")
    if ", got `" in what:
        expected = what.replace("`", "").replace(" | null", "").removeprefix("Expected ")
        return Rejection(Reason.BAD_TYPE, f"{path}: expected {expected}")
    if what.startswith("Invalid"):
        allowed = ", ".join(_allowed(members["type"], path))
        hint = f"must be one of {allowed}" if allowed else "has a value that is not allowed there"
        return Rejection(Reason.BAD_VALUE, f"{path} {hint}")
    if "matching regex" in what:
        form = _FORMS[path.rpartition(".")[2]]
        return Rejection(Reason.BAD_VALUE, f"{path}: must be {form}")
    if what.startswith("Expected"):
        return Rejection(
            Reason.BAD_VALUE, f"{path}: must be {what.removeprefix('Expected ').replace('`', '')}"
        )
    return Rejection(Reason.BAD_VALUE, f"{path} is out of range")


def _field(word: str, path: str) -> FieldInfo | None:
    return next((field for field in fields(_KINDS[word]) if field.encode_name == path), None)


def _is_required(word: str, path: str) -> bool:
    field = _field(word, path)
    return field is None or field.required


def _allowed(word: str, path: str) -> list[str]:
    field = _field(word, path)
    return _literals(field.type) if field else []


def _literals(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(value) for value in get_args(kind)]
    return [word for part in get_args(kind) for word in _literals(part)]


def of_key(topic: str, names: tuple[str, ...]) -> Rejection:
    """Refuse a message whose key is missing or not the id it stands for."""
    return Rejection(
        Reason.KEY_MISMATCH,
        f"the message key on {topic} must be its {' or '.join(names)}, byte for byte",
    )


def of_given_key(event: Any, key: bytes, topic: str) -> Rejection | None:
    """Check a key against the first key field that the event has; without any, all keys do."""
    for name in _KEY_NAMES[topic][type(event)]:
        if (value := getattr(event, name)) is not None:
            return None if value.encode() == key else of_key(topic, (name,))
    return None


@cache
def _text_fields(kind: type[ev.Envelope]) -> tuple[str, ...]:
    names = (
        field.name
        for field in fields(kind)
        if field.name not in _FREE_TEXT and _holds_text(field.type)
    )
    return tuple(names)


def _holds_text(kind: Any) -> bool:
    return kind is str or (
        get_origin(kind) is not Literal and any(_holds_text(part) for part in get_args(kind))
    )


def of_personal_data(event: ev.Envelope) -> Rejection | None:
    """Refuse clear e-mail addresses and phone numbers in ids and names."""
    for name in _text_fields(type(event)):
        value = getattr(event, name)
        if value is None:
            continue
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str) and (what := personal_data(text)):
                return Rejection(
                    Reason.PERSONAL_DATA, f"{name} holds {what}; send a keyed hash or another id"
                )
    if isinstance(event, ev.QualityEvaluated):
        for item in event.items:
            if what := personal_data(item.item):
                return Rejection(
                    Reason.PERSONAL_DATA, f"items.item holds {what}; send the name of a criterion"
                )
    if event.customer_key is not None and is_bare_number(event.customer_key):
        return Rejection(
            Reason.PERSONAL_DATA, "customer_key is a plain number; send a keyed hash of it"
        )
    return None


def of_meaning(event: Any) -> Rejection | None:
    """Check what only the whole event can tell: ends of periods."""
    if isinstance(event, ev.PeriodEvent) and event.period_end_ms <= event.period_start_ms:
        return Rejection(Reason.BAD_VALUE, "period_end_ms must lie after period_start_ms")
    return None


def with_themes(event: ev.SurveyAnswered, raw: bytes, rules: Rules) -> Rejection | None:
    """Add the themes of the free text that came with an answer; the text itself ends here."""
    try:
        text = _text(raw).verbatim
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Rejection(Reason.BAD_TYPE, "verbatim: expected str")
    if text:
        event.themes = merged(event.themes, themes_of(text, rules))
    return None


@cache
def _trimmed_fields(kind: type[ev.Envelope]) -> tuple[str, ...]:
    return tuple(name for name in _TRIMMED if name in kind.__struct_fields__)


def trimmed(event: ev.Envelope) -> ev.Envelope | Rejection:
    """Take the spaces around names away; a name of spaces alone is no name."""
    for name in _trimmed_fields(type(event)):
        value = getattr(event, name)
        if value is None:
            continue
        short = value.strip()
        if short != value:
            if not short:
                return Rejection(Reason.BAD_VALUE, f"{name} has only spaces; leave it out")
            setattr(event, name, short)
    return event
