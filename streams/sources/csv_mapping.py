"""The column mapping of a call log: settings in, checked values out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregators.events import Channel
from streams.sources.csv_times import EPOCH_UNITS_MS, PLAIN
from streams.sources.source import SourceSettingsError, check_names, text_setting
from streams.sources.zones import Fold, zone_setting

Unit = Literal["s", "ms", "hms"]

_PLACE = re.compile(r"\{([^{}]+)\}")
_KNOWN = frozenset(
    {
        "format", "topic", "source", "delimiter", "quote", "decimal", "encoding", "bom", "zone",
        "fold", "columns", "row_id", "created", "queue", "agent_id", "channel", "motive",
        "customer_key", "answered", "transferred", "ended", "abandoned_when", "resolved", "csat",
    }
)  # fmt: skip


class Text(Struct, frozen=True):
    """Where a name comes from: ``parts`` alternate fixed text and column names."""

    parts: tuple[str, ...]
    null: frozenset[str] = frozenset({""})
    hashed: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self.parts[1::2]


class Time(Struct, frozen=True):
    """Where a time comes from: columns, joined by a space, and their format."""

    columns: tuple[str, ...]
    form: str
    null: frozenset[str]


class Duration(Struct, frozen=True):
    """Where a told duration comes from."""

    column: str
    unit: Unit
    null: frozenset[str]


class Flag(Struct, frozen=True):
    """A column that says yes with certain words."""

    column: str
    yes: frozenset[str]
    null: frozenset[str]


class CallLog(Struct, frozen=True, kw_only=True):
    """A checked mapping. Exactly one of ``answered_at`` and ``answered_if`` is set."""

    source: str
    topic: str
    delimiter: str
    quote: str
    decimal: str
    encoding: str
    bom: bool
    zone: ZoneInfo
    fold: Fold
    columns: tuple[str, ...] | None
    row_id: Text
    created: Time
    queue: Text
    agent_id: Text | None
    channel: Text
    motive: Text | None
    customer_key: Text | None
    answered_at: Time | None
    answered_if: Flag | None
    wait: Duration | None
    talk: Duration | None
    transferred: Time | None
    ended: Time | None
    resolved: Flag | None
    csat: Text | None


def read_mapping(settings: Mapping[str, Any], name: str) -> CallLog:
    """Check the settings of one ``csv`` source.

    Raises:
        SourceSettingsError: with the path of the setting and the fix.
    """
    return _Reader(settings, f"sources.{name}", name).read()


class _Reader:
    def __init__(self, settings: Mapping[str, Any], path: str, name: str) -> None:
        self.settings = settings
        self.path = path
        self.name = name
        self.form = PLAIN

    def read(self) -> CallLog:
        check_names(self.settings, _KNOWN, self.path)
        topic = self.choice("topic", "calls", ("calls", "chats"))
        created = self.time("created")
        if created is None:
            raise self.wrong("created", "is missing; give the column of the arrival: {col: ...}")
        self.form = created.form
        queue = self.text("queue")
        if queue is None:
            raise self.wrong("queue", 'is missing; give {col: ...} or a text such as "support"')
        told = self.settings.get("answered")
        if not isinstance(told, Mapping):
            raise self.wrong("answered", 'must be {col: ...} or {col: ..., yes: "Y", wait: ...}')
        answered = _plain_keys(told)
        by_word = "yes" in answered
        rule = self.settings.get("abandoned_when", "answered is null")
        if rule != "answered is null":
            raise self.wrong("abandoned_when", 'the only rule is "answered is null"')
        zone = zone_setting(self.settings.get("zone"), f"{self.path}.zone")
        if zone is None:
            if created.form not in EPOCH_UNITS_MS and "%z" not in created.form:
                raise self.wrong("zone", "is missing; name the zone of the times: Europe/Paris")
            zone = ZoneInfo("UTC")
        return CallLog(
            source=text_setting(self.settings, "source", self.name, self.path)[:64],
            topic=topic,
            delimiter=self.mark("delimiter", ",", empty=False),
            quote=self.mark("quote", '"', empty=True),
            decimal=self.choice("decimal", ".", (".", ",")),
            encoding=self.encoding(),
            bom=self.switch("bom"),
            zone=zone,
            fold=cast("Fold", self.choice("fold", "first", get_args(Fold))),
            columns=self.columns(),
            row_id=self.text("row_id") or _template("{file}:{line}"),
            created=created,
            queue=queue,
            agent_id=self.text("agent_id"),
            channel=self.channel(topic),
            motive=self.text("motive"),
            customer_key=self.text("customer_key"),
            answered_at=None if by_word else self.time("answered"),
            answered_if=self.flag("answered", more=("wait", "talk")) if by_word else None,
            wait=self.duration(answered, "wait"),
            talk=self.duration(answered, "talk"),
            transferred=self.time("transferred"),
            ended=self.time("ended"),
            resolved=self.flag("resolved"),
            csat=self.text("csat"),
        )

    def wrong(self, name: str, fix: str) -> SourceSettingsError:
        return SourceSettingsError(f"{self.path}.{name}: {fix}")

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = text_setting(self.settings, name, default, self.path)
        if value not in allowed:
            raise self.wrong(name, f"must be one of {', '.join(allowed)}, not {value!r}")
        return value

    def mark(self, name: str, default: str, *, empty: bool) -> str:
        value = text_setting(self.settings, name, default, self.path)
        if len(value) != 1 and not (empty and value == ""):
            raise self.wrong(name, f"must be one character, not {value!r}")
        return value

    def switch(self, name: str) -> bool:
        value = self.settings.get(name, False)
        if not isinstance(value, bool):
            raise self.wrong(name, f"must be true or false, not {value!r}")
        return value

    def encoding(self) -> str:
        value = text_setting(self.settings, "encoding", "utf-8", self.path)
        try:
            return codecs.lookup(value).name
        except LookupError:
            raise self.wrong("encoding", f"{value!r} is unknown; utf-8, cp1252, ...") from None

    def columns(self) -> tuple[str, ...] | None:
        value = self.settings.get("columns")
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self.wrong("columns", "must be the list of column names of a file without header")
        return tuple(value)

    def spec(self, name: str, value: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self.wrong(name, "must be a mapping such as {col: name}")
        spec = _plain_keys(value)
        check_names(spec, frozenset(known), f"{self.path}.{name}")
        return spec

    def column(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise self.wrong(f"{name}.col", "must be the name of a column")
        return value

    def null(self, name: str, spec: Mapping[str, Any]) -> frozenset[str]:
        words = spec.get("null", [""])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise self.wrong(f"{name}.null", 'must be a list of quoted texts: ["NULL", ""]')
        return frozenset(words) | {""}

    def text(self, name: str) -> Text | None:
        value = self.settings.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            return _template(value)
        spec = self.spec(name, value, ("col", "null", "hash"))
        hashed = spec.get("hash", False)
        if not isinstance(hashed, bool) or (hashed and name != "customer_key"):
            raise self.wrong(f"{name}.hash", "must be true or false, and only for customer_key")
        column = self.column(name, spec.get("col"))
        return Text(("", column, ""), self.null(name, spec), hashed)

    def time(self, name: str) -> Time | None:
        value = self.settings.get(name)
        if value is None:
            return None
        spec = self.spec(name, value, ("col", "cols", "format", "null", "wait", "talk"))
        columns = spec.get("cols", [spec.get("col")])
        if not isinstance(columns, list) or not columns:
            raise self.wrong(f"{name}.cols", "must be a list of column names")
        form = spec.get("format", self.form)
        if not isinstance(form, str) or not (form in EPOCH_UNITS_MS or "%" in form):
            raise self.wrong(
                f"{name}.format", f'must be a format such as "{PLAIN}", epoch_s or epoch_ms'
            )
        return Time(
            tuple(self.column(name, column) for column in columns), form, self.null(name, spec)
        )

    def flag(self, name: str, more: tuple[str, ...] = ()) -> Flag | None:
        value = self.settings.get(name)
        if value is None:
            return None
        spec = self.spec(name, value, ("col", "yes", "null", *more))
        yes = spec.get("yes")
        words: list[Any] = yes if isinstance(yes, list) else [yes]
        if not all(isinstance(word, str) and word for word in words):
            raise self.wrong(f"{name}.yes", 'must be a quoted word such as "Y"')
        return Flag(self.column(name, spec.get("col")), frozenset(words), self.null(name, spec))

    def duration(self, answered: Mapping[str, Any], name: str) -> Duration | None:
        if name not in answered:
            return None
        path = f"answered.{name}"
        spec = self.spec(path, answered[name], ("col", "unit", "null"))
        unit = spec.get("unit", "s")
        if unit not in get_args(Unit):
            raise self.wrong(f"{path}.unit", "must be s, ms or hms (0:02:23)")
        return Duration(self.column(path, spec.get("col")), unit, self.null(path, spec))

    def channel(self, topic: str) -> Text:
        channel = self.text("channel") or _template("voice" if topic == "calls" else "chat")
        if not channel.columns and channel.parts[0] not in get_args(Channel):
            raise self.wrong("channel", f"must be one of {', '.join(get_args(Channel))}")
        return channel


def _plain_keys(value: Mapping[Any, Any]) -> dict[str, Any]:
    """Undo what YAML makes of the unquoted keys ``null`` and ``yes``."""
    return {"null" if key is None else "yes" if key is True else key: value[key] for key in value}


def _template(text: str) -> Text:
    """Split ``q{queue}`` into ``("q", "queue", "")``."""
    return Text(tuple(_PLACE.split(text)))
