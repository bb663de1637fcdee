"""The settings of a mapping of JSON bodies: checked once, with the path of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from aggregators.events import TOPIC_TYPES
from streams.sources.json_mapping_conditions import Condition, conditions
from streams.sources.json_mapping_expressions import read_value, wrong
from streams.sources.json_mapping_fields import FIELDS, KINDS, TYPES, Kind, allowed
from streams.sources.json_mapping_values import IGNORE, Value
from streams.sources.source import check_names, text_setting

_BESIDE = ("event_id", "type", "event_time")
_OWN = frozenset({"topic", "each", "events"})
CHANNELS = {"calls": "voice", "chats": "chat", "tickets": "ticket"}
"""The channel of a topic's contacts where nothing else is told."""


class EventMap(Struct, frozen=True):
    """One event that a body may give. ``types`` are those that are known beforehand."""

    where: str
    when: tuple[Condition, ...]
    types: tuple[str, ...]
    type: Value
    event_id: Value
    event_time: Value
    fields: Mapping[str, Value]
    tells_type: bool
    """Whether several events have this id, so that the type is to stand in it."""


class JsonMap(Struct, frozen=True):
    """A checked mapping; ``each`` is the path of a list of bodies, if a body holds one.

    ``topic`` is empty where events may be of any.
    """

    topic: str
    each: str
    events: tuple[EventMap, ...]


def read_map(settings: Mapping[str, Any], path: str, zone: Any) -> JsonMap:
    """Check the part of a source's settings that is the mapping.

    Raises:
        SourceSettingsError: one line with the path of the setting and the fix.
    """
    known = frozenset({*_OWN, *_BESIDE, *KINDS} - {"queues"})
    check_names(settings, known, path)
    topic = text_setting(settings, "topic", "", path)
    if topic and topic not in TOPIC_TYPES:
        wrong(f"{path}.topic", f"must be one of {', '.join(TOPIC_TYPES)}, not {topic!r}")
    each = text_setting(settings, "each", "", path)
    shared = {name: value for name, value in settings.items() if name not in _OWN}
    entries = settings.get("events")
    if entries is None:
        return JsonMap(topic, each, (_Entry(shared, {}, path, topic, zone).read(several=False),))
    if not isinstance(entries, list) or not entries:
        wrong(f"{path}.events", "must be a list of events, each with its fields")
    found = []
    for at, entry in enumerate(entries):
        where = f"{path}.events[{at}]"
        if not isinstance(entry, Mapping):
            wrong(where, "must be a mapping of fields")
        check_names(entry, frozenset({*_BESIDE, *KINDS, "when"}), where)
        found.append(_Entry(shared, entry, path, topic, zone, where).read(several=len(entries) > 1))
    return JsonMap(topic, each, tuple(found))


class _Entry:
    """One event of the settings: its own fields, and those that all events share."""

    def __init__(
        self, shared: Mapping[str, Any], own: Mapping[str, Any], path: str, topic: str, zone: Any,
        where: str = "",
    ) -> None:  # fmt: skip
        self.shared, self.own = shared, own
        self.path, self.where = path, where or path
        self.topic, self.zone = topic, zone

    def read(self, *, several: bool) -> EventMap:
        kind = self.value("type", Kind.TEXT, frozenset({*TYPES, IGNORE}))
        if kind is None:
            wrong(f"{self.where}.type", "is missing; give an event type such as contact.queued")
        types = self.types(kind)
        when = conditions(self.own.get("when"), f"{self.where}.when")
        if kind.constant == IGNORE:
            return EventMap(self.where, when, (), kind, kind, kind, {}, tells_type=False)
        event_id = self.value("event_id", Kind.TEXT)
        if event_id is None:
            wrong(f"{self.where}.event_id", "is missing; a template of ids that name the fact")
        at = self.value("event_time", Kind.TIME)
        if at is None:
            wrong(f"{self.where}.event_time", "is missing; give {path: ...} of the event's time")
        fields = self.fields(types)
        self.check_required(types, fields)
        tells_type = several and "event_id" not in self.own
        return EventMap(self.where, when, types, kind, event_id, at, fields, tells_type)

    def types(self, kind: Value) -> tuple[str, ...]:
        """Return the types that the settings name; none where the body says it itself."""
        told = [kind.constant, kind.default, *(kind.table or {}).values()]
        found = tuple(dict.fromkeys(word for word in told if word not in (None, IGNORE)))
        for word in found if self.topic else ():
            if TYPES[word] not in TOPIC_TYPES[self.topic]:
                wrong(kind.where, f"{word} does not belong to the topic {self.topic}")
        return found

    def fields(self, types: tuple[str, ...]) -> dict[str, Value]:
        given = {**self.shared, **self.own}
        names = [name for name in given if name in KINDS]
        found = {}
        for name in names:
            if types and not any(name in FIELDS[word] for word in types):
                if name in self.own or not self.own:
                    wrong(f"{self.place(name)}.{name}", f"{', '.join(types)} has no such field")
                continue
            value = self.value(name, KINDS[name], allowed(name, types))
            if value is not None:
                found[name] = value
        return found

    def check_required(self, types: tuple[str, ...], fields: Mapping[str, Value]) -> None:
        told = {*fields, "channel"} if self.topic in CHANNELS else set(fields)
        for word in types:
            for name, field in FIELDS[word].items():
                if field.required and name not in told:
                    wrong(f"{self.where}.{name}", f"is missing; {word} needs it")

    def place(self, name: str) -> str:
        return self.where if name in self.own else self.path

    def value(
        self, name: str, kind: Kind, words: frozenset[str] = frozenset()
    ) -> Value | None:  # fmt: skip
        given = self.own.get(name, self.shared.get(name))
        if given is None:
            return None
        where = f"{self.place(name)}.{name}"
        return read_value(given, where, name, kind, words, self.zone)
