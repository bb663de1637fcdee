"""The fields of canonical events, as a mapping of JSON bodies may fill them."""

from __future__ import annotations

from enum import Enum
from typing import Any

from msgspec import Struct, inspect

from aggregators.events import EVENT_TYPES, TOPIC_TYPES, Envelope


class Kind(Enum):
    """What stands in a field, and so how it is read from a body."""

    TEXT = "a text"
    TIME = "a time"
    DURATION = "a duration"
    COUNT = "a whole number"
    NUMBER = "a number"
    FLAG = "true or false"
    WORD = "a number or a word"
    TEXTS = "a list of texts"
    MONEY = "an amount with its currency"
    AS_IT_IS = "an object or a list of the canonical form"


class Field(Struct, frozen=True):
    """A field of one event type; ``allowed`` are its words where they are limited."""

    kind: Kind
    required: bool
    allowed: frozenset[str] = frozenset()


TYPES: dict[str, type[Envelope]] = {
    str(kind.__struct_config__.tag): kind
    for kind in EVENT_TYPES
    if kind not in TOPIC_TYPES["customers"]  # vigie's own
}
"""The event types that a mapping may give, by their word."""

_FIXED = frozenset({"v", "source", "event_id", "event_time_ms"})
_PERIOD = ("period_start_ms", "period_end_ms")


def _field(told: inspect.Field) -> Field:
    types = list(told.type.types) if isinstance(told.type, inspect.UnionType) else [told.type]
    types = [one for one in types if not isinstance(one, inspect.NoneType)]
    allowed: frozenset[str] = frozenset()
    if isinstance(types[0], inspect.LiteralType):
        allowed = frozenset(str(word) for word in types[0].values)
    return Field(_kind(told.name, types), told.required, allowed)


def _kind(name: str, types: list[inspect.Type]) -> Kind:
    if name.endswith("_at_ms") or name in _PERIOD:
        return Kind.TIME
    if name.endswith("_ms"):
        return Kind.DURATION
    if len(types) > 1 or name == "priority":  # a number in queues, a number or a word in tickets
        return Kind.WORD
    only = types[0]
    plain: list[tuple[type[Any], Kind]] = [
        (inspect.BoolType, Kind.FLAG), (inspect.IntType, Kind.COUNT),
        (inspect.FloatType, Kind.NUMBER), (inspect.StrType, Kind.TEXT),
        (inspect.LiteralType, Kind.TEXT),
    ]  # fmt: skip
    for known, kind in plain:
        if isinstance(only, known):
            return kind
    if isinstance(only, inspect.ListType) and isinstance(only.item_type, inspect.StrType):
        return Kind.TEXTS
    return Kind.MONEY if name == "money" else Kind.AS_IT_IS


def _fields(kind: type[Envelope]) -> dict[str, Field]:
    told = inspect.type_info(kind)
    assert isinstance(told, inspect.StructType)
    return {field.name: _field(field) for field in told.fields if field.name not in _FIXED}


FIELDS: dict[str, dict[str, Field]] = {word: _fields(kind) for word, kind in TYPES.items()}
"""The fields of each event type, without those that every event has."""

KINDS: dict[str, Kind] = {
    name: field.kind for fields in FIELDS.values() for name, field in fields.items()
}
"""The kind of each field; a name has one kind in all types."""


def allowed(name: str, types: tuple[str, ...]) -> frozenset[str]:
    """Return the words that a field may hold in any of some types, none where all may stand."""
    found = [FIELDS[word][name].allowed for word in types if name in FIELDS[word]]
    return frozenset().union(*found) if found and all(found) else frozenset()
