"""Source ``json``: any JSON body, by a mapping in the settings.

What stands in the settings are paths, constants, templates of paths and tables of words: no code,
and nothing that is evaluated. For platforms whose bodies the user writes (webhooks of automation
rules), and for those that vigie has no format of its own for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from aggregators.events import TOPIC_TYPES, Envelope, topic_of
from aggregators.policy import Rules
from streams.decode import LAST_TIME_MS, EventDecoder
from streams.reasons import Reason, Rejection
from streams.sources.body import Body, BodyError
from streams.sources.json_mapping_fields import FIELDS, TYPES
from streams.sources.json_mapping_settings import CHANNELS, EventMap, read_map
from streams.sources.json_mapping_values import Paths
from streams.sources.payloads import SETTINGS, About, IgnoredError, PayloadSource
from streams.sources.source import Refused, SourceLine, refused

_BEFORE = frozenset(SETTINGS)
_NAMED = {
    "queue": "queues", "to_queue": "queues", "team": "teams", "from_team": "teams",
    "to_team": "teams", "agent_id": "agents", "to_agent_id": "agents", "motive": "motives",
}  # fmt: skip
"""Fields whose values the common tables of names turn into names."""
_READER = {kind: topic for topic, kinds in TOPIC_TYPES.items() for kind in kinds}


class JsonMapping(PayloadSource):
    """Canonical events of JSON bodies, as the settings say.

    Each of ``events`` whose ``when`` holds gives one event; without ``events`` the settings
    themselves are the only one. A body for which none holds is ``unmapped_source``.
    """

    ABOUT: ClassVar[About] = About(
        title="Any JSON body, by a mapping",
        accepts=(
            "one JSON object per line or per request, in any form; also a list of them",
            "bodies that an automation rule writes, such as those of Freshdesk",
        ),
        needs=(
            "a webhook, a rule or an export that tells an id, a time and a word for what happened",
            "a mapping in the settings of vigie: which path gives which field",
        ),
        settings={
            "topic": "The topic of all events: their types are checked, channel has a default.",
            "each": "Path of a list in the body of which each object is read as a body.",
            "events": "A list of events that one body may give, each with fields of its own and "
            "when: {path: ..., is: [...], is_not: [...], present: true}.",
            "type": "The event type: a word such as ticket.solved, or {path: ..., map: {...}}; "
            "ignore leaves the body out.",
            "event_id": 'A template that names the fact: "{ticket.id}:{ticket.status}".',
            "event_time": "{path: ..., format: ..., zone: ...}; formats are iso, epoch_s, "
            'epoch_ms, gregorian_s and such as "%d %b %Y %H:%M".',
            "any field": "A constant, a template, or {path: ..., map: {...}, default: ..., "
            "hash: true, unit: s}: contact_id, leg_id, queue, agent_id, customer_key, wait_ms ...",
        },
        guide="docs/sources/json.md",
    )

    def __init__(
        self,
        name: str,
        settings: Mapping[str, Any],
        *,
        file: str = "-",
        secret: bytes = b"",
        rules: Rules | None = None,
    ) -> None:
        """Check the mapping. Raises SourceSettingsError with the path of what is wrong."""
        common = {key: value for key, value in settings.items() if key in _BEFORE}
        mapping = {key: value for key, value in settings.items() if key not in _BEFORE}
        super().__init__(name, common, file=file, secret=secret, rules=rules)
        self._map = read_map(mapping, f"sources.{name}", settings.get("zone"))
        self._why: dict[type[Envelope], EventDecoder] = {
            kind: self._decoders[topic] for kind, topic in _READER.items()
        }

    def read(self, given: Any, line: SourceLine) -> Iterator[Envelope | Refused]:
        """Give the events of a body, or of each object of its list."""
        if not self._map.each or not isinstance(given, Mapping):
            yield from super().read(given, line)
            return
        found = Paths(given).get(self._map.each)
        if found is None:
            detail = f"{self._map.each} is missing; each of its objects is to be a body"
            yield refused(Reason.MISSING_FIELD, detail, self._file, line)
            return
        for one in found if isinstance(found, list) else [found]:
            yield from super().read(one, line)

    def events(self, body: Body) -> Iterable[Envelope]:
        """Give the events whose conditions hold."""
        paths = Paths(body.given, zone=self._zone)
        found: list[Envelope] = []
        ignored: IgnoredError | None = None
        is_known = False
        for event_map in self._map.events:
            if all(condition.holds(paths) for condition in event_map.when):
                is_known = True
                try:
                    found.append(self._event(event_map, paths))
                except IgnoredError as what:
                    ignored = what
        if not is_known:
            asked = dict.fromkeys(
                condition.path for one in self._map.events for condition in one.when
            )
            detail = f"no event of the settings is for this body; they ask {', '.join(asked)}"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        if ignored is not None:
            if not found:
                raise ignored
            self.ignored[str(ignored)] += 1
        return found

    def _event(self, event_map: EventMap, body: Paths) -> Envelope:
        word = event_map.type.read(body, self.customer)
        if not isinstance(word, str):
            raise BodyError(Reason.MISSING_FIELD, f"{body.where(event_map.type.path)} is missing")
        kind = TYPES.get(word)
        if kind is None:
            detail = f"{body.where(event_map.type.path)} is no event type; give type a map"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        event_id = event_map.event_id.read(body, self.customer)
        if event_id is None:
            raise BodyError(Reason.MISSING_FIELD, "a path of event_id is not in the body")
        at = event_map.event_time.times.read(body, event_map.event_time.path)
        if at is None:
            detail = f"{body.where(event_map.event_time.path)} is missing; it is the event's time"
            raise BodyError(Reason.MISSING_FIELD, detail)
        row: dict[str, Any] = {
            "v": 1, "type": word, "source": self.feed_name, "event_time_ms": at[0],
            "event_id": f"{event_id}:{word}" if event_map.tells_type else event_id,
        }  # fmt: skip
        if at[1]:
            row["time_quality"] = "second"
        for name, value in event_map.fields.items():
            if name in FIELDS[word]:
                found = value.read(body, self.customer)
                if name in _NAMED and isinstance(found, str):
                    found = self._named(_NAMED[name], found)
                if found is not None:
                    row[name] = found
        topic = self._map.topic
        if topic in CHANNELS and "channel" in FIELDS[word]:
            row.setdefault("channel", CHANNELS[topic])
        event = self._made(kind, row)
        if topic not in ("", topic_of(event)):
            detail = f"the channel belongs to {topic_of(event)}, the source to the topic {topic}"
            raise BodyError(Reason.WRONG_TOPIC, detail)
        return event

    def _made(self, kind: type[Envelope], row: dict[str, Any]) -> Envelope:
        try:
            return msgspec.convert(row, kind)
        except msgspec.ValidationError:
            raw = msgspec.json.encode(row)
        why = self._why[kind].decode(raw, None, LAST_TIME_MS)
        if isinstance(why, Rejection):
            raise BodyError(why.reason, why.detail)
        raise BodyError(Reason.BAD_TYPE, "a field has a wrong type")
