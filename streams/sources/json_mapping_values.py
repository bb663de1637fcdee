"""How one field of a mapping is read from a body: paths, templates, tables, units, time formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from streams.reasons import Reason
from streams.sources.body import Body, BodyError
from streams.sources.csv_times import LocalTimes, duration_ms
from streams.sources.json_mapping_fields import Kind
from streams.sources.payloads import IgnoredError
from streams.sources.source import SourceSettingsError
from streams.sources.zones import AmbiguousTimeError

IGNORE = "ignore"
"""The word of a table or a type that leaves the event out."""
UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
GREGORIAN = "gregorian_s"
"""Seconds since the year 0, as Erlang counts them (Kazoo, 2600Hz)."""
TIME_FORMS = ("iso", "epoch_s", "epoch_ms", GREGORIAN)

_GREGORIAN_EPOCH_S = 62_167_219_200
_LONGEST = 1e15
_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]+)\}|[{}]")
_WORDS = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}


def parts(template: str, where: str) -> tuple[str, ...]:
    """Split ``q{queue.id}`` into ``("q", "queue.id", "")``; ``{{`` and ``}}`` are braces.

    Raises:
        SourceSettingsError: a brace stands alone, or there is no path between two.
    """
    found, fixed, end = [], "", 0
    for match in _PLACE.finditer(template):
        fixed, end = fixed + template[end : match.start()], match.end()
        if match[1] is not None:
            found += [fixed, match[1].strip()]
            fixed = ""
        elif len(match[0]) == 2:
            fixed += match[0][0]
        else:
            raise SourceSettingsError(f"{where}: a brace stands alone; write {{{{ for a brace")
    if not all(found[1::2]):
        raise SourceSettingsError(f"{where}: there is no path between two braces")
    return (*found, fixed + template[end:])


class Paths(Body):
    """A body whose paths may also go into lists, by place: ``changes.0.status``.

    A name that itself has dots is found as it is written.
    """

    __slots__ = ()

    def get(self, path: str) -> Any:
        """Return what stands at a path, None where there is nothing."""
        if path in self.given:
            return self.given[path]
        found: Any = self.given
        for name in path.split("."):
            if isinstance(found, list):
                at = int(name) if name.isascii() and name.isdigit() and len(name) < 6 else -1
                found = found[at] if 0 <= at < len(found) else None
            elif isinstance(found, Mapping):
                found = Body(found).get(name)
            else:
                return None
        return found

    def as_word(self, path: str) -> str | None:
        """Return a text, a number or true or false as a word."""
        found = self.get(path)
        return str(found).lower() if isinstance(found, bool) else self.text(path)


class Times(Struct, frozen=True):
    """The format of a time; an empty ``form`` is ISO 8601, or seconds or milliseconds."""

    form: str = ""
    zone: ZoneInfo | None = None
    local: LocalTimes | None = None

    def read(self, body: Paths, path: str) -> tuple[int, bool] | None:
        """Return milliseconds since 1970-01-01 UTC, and whether they are whole seconds."""
        if self.form in ("", "iso"):
            return self._plain(body, path)
        if self.local is None:
            return self._number(body, path)
        text = body.text(path)
        if text is None:
            return None
        try:
            return self.local.read(text), not self.local.exact
        except AmbiguousTimeError as error:
            raise BodyError(Reason.AMBIGUOUS_TIME, f"{body.where(path)}: {error}") from None
        except (ValueError, OverflowError):
            detail = f"{body.where(path)} is not of the format {self.form}"
            raise BodyError(Reason.BAD_TIME, detail) from None

    def _number(self, body: Paths, path: str) -> tuple[int, bool] | None:
        number = body.number(path)
        if number is None:
            return None
        if abs(number) > _LONGEST:
            raise BodyError(Reason.BAD_TIME, f"{body.where(path)} is no time of {self.form}")
        if self.form == "epoch_ms":
            return round(number), False
        if self.form == GREGORIAN:
            number -= _GREGORIAN_EPOCH_S
        return round(number * 1000), float(number).is_integer()

    def _plain(self, body: Paths, path: str) -> tuple[int, bool] | None:
        zoned = Paths(body.given, zone=self.zone)
        if self.form == "iso" and isinstance(body.get(path), int | float):
            raise BodyError(Reason.BAD_TIME, f"{body.where(path)} is no ISO 8601 time")
        at_ms = zoned.time_ms(path)
        if at_ms is None:
            return None
        text = zoned.text(path) or ""
        if text.lstrip("-").isdigit():
            return at_ms, at_ms != int(text)
        return at_ms, "." not in text and "," not in text


class Value(Struct, frozen=True):
    """Where a field comes from. ``parts`` alternate fixed text and paths; none is a constant.

    ``table`` turns words, in lower case, into values; ``default`` stands where there is nothing
    at the path, or no such word in the table. ``where`` is the path of the setting.
    """

    where: str
    kind: Kind
    parts: tuple[str, ...] = ()
    constant: Any = None
    table: Mapping[str, Any] | None = None
    default: Any = None
    hashed: bool = False
    unit: str = ""
    times: Times = Times()
    amount: Value | None = None
    currency: Value | None = None

    @property
    def path(self) -> str:
        """The first path, for messages and whatever is no template."""
        return self.parts[1] if len(self.parts) > 1 else ""

    def read(self, body: Paths, key: Callable[[str], str | None]) -> Any:
        """Return the value in a body, None where there is none; ``key`` hashes.

        Raises:
            BodyError: it cannot be read.
            IgnoredError: the table says that the event is left out.
        """
        if self.amount is not None and self.currency is not None:
            amount, currency = self.amount.read(body, key), self.currency.read(body, key)
            return None if amount is None else {"amount": amount, "currency": currency}
        if not self.parts:
            found = self._decided(self.constant, self.where)
        elif self.table is not None:
            found = self._looked_up(body, self.table)
        else:
            found = _READ[self.kind](self, body)
        if found is None:
            found = self._decided(self.default, f"{self.where}.default")
        return key(found) if self.hashed and isinstance(found, str) else found

    @staticmethod
    def _decided(found: Any, name: str) -> Any:
        """Return what the settings themselves say; raise IgnoredError if that is to ignore."""
        if found == IGNORE:
            raise IgnoredError(name)
        return found

    def filled(self, body: Paths) -> str | None:
        """Return the text of a template; None as soon as one of its paths has nothing."""
        told = []
        for at, part in enumerate(self.parts):
            text = part if at % 2 == 0 else body.as_word(part)
            if text is None:
                return None
            told.append(text)
        return "".join(told).strip() or None

    def _looked_up(self, body: Paths, table: Mapping[str, Any]) -> Any:
        word = self.filled(body)
        found = table.get("null" if word is None else word.lower())
        if found is None and word is not None and self.default is None:
            detail = f"{body.where(self.path)} has a word that {self.where}.map does not have"
            raise BodyError(Reason.UNMAPPED_SOURCE, detail)
        return self._decided(found, f"{self.path} {(word or 'null').lower()}")

    def _flag(self, body: Paths) -> bool | None:
        word = body.as_word(self.path)
        if word is None:
            return None
        if word.lower() not in _WORDS:
            detail = f"{body.where(self.path)} is neither true nor false; give {self.where} a map"
            raise BodyError(Reason.BAD_TYPE, detail)
        return _WORDS[word.lower()]

    def _duration(self, body: Paths) -> int | None:
        if self.unit != "hms":
            number = body.number(self.path)
            if number is not None and abs(number) > _LONGEST:
                raise BodyError(Reason.BAD_VALUE, f"{body.where(self.path)} is no duration")
            return None if number is None else round(number * UNITS_MS[self.unit])
        text = body.text(self.path)
        try:
            return None if text is None else duration_ms(text, "hms", ".")
        except ValueError as error:
            raise BodyError(Reason.BAD_VALUE, f"{body.where(self.path)} {error}") from None

    def _count(self, body: Paths) -> int | None:
        number = body.number(self.path)
        if number is None:
            return None
        if not float(number).is_integer():
            raise BodyError(Reason.BAD_TYPE, f"{body.where(self.path)} must be a whole number")
        return int(number)

    def _word(self, body: Paths) -> str | float | None:
        try:
            number = body.number(self.path)
        except BodyError:
            return body.text(self.path)
        return int(number) if number is not None and float(number).is_integer() else number

    def _texts(self, body: Paths) -> list[str] | None:
        found = body.get(self.path)
        if found is None:
            return None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise BodyError(Reason.BAD_TYPE, f"{body.where(self.path)} must be a list of texts")
        return found

    def _time(self, body: Paths) -> int | None:
        found = self.times.read(body, self.path)
        return None if found is None else found[0]


_READ: dict[Kind, Callable[[Value, Paths], Any]] = {
    Kind.TEXT: Value.filled,
    Kind.TIME: Value._time,
    Kind.DURATION: Value._duration,
    Kind.COUNT: Value._count,
    Kind.NUMBER: lambda value, body: body.number(value.path),
    Kind.FLAG: Value._flag,
    Kind.WORD: Value._word,
    Kind.TEXTS: Value._texts,
    Kind.AS_IT_IS: lambda value, body: body.get(value.path),
}
