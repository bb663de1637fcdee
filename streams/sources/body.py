"""One JSON body of a platform: fields by path, in whatever form the platform writes them.

Names are found without regard to case and with any of ``_``, ``-`` or nothing between words; ids
are text even where they look like numbers; times are ISO 8601, or seconds or milliseconds since
1970, as numbers or as text. Fields that nobody asks for are ignored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from streams.reasons import Reason
from streams.sources.zones import AmbiguousTimeError, to_utc_ms

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MS = 100_000_000_000
"""Numbers below it are seconds: as milliseconds they would lie before 1974."""
_LONGEST_TEXT = 128
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,9})?")


class BodyError(Exception):
    """A body that gives no event; the message names the field and what was expected."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Body:
    """An object of JSON. Paths are names joined by dots: ``detail.queueInfo.queueArn``."""

    __slots__ = ("_names", "_path", "_zone", "given")

    def __init__(
        self, given: Mapping[str, Any], *, path: str = "", zone: ZoneInfo | None = None
    ) -> None:
        """``path`` is where the object stands, for messages; ``zone`` is that of plain times."""
        self.given = given
        self._names: dict[str, Any] | None = None
        self._path = path
        self._zone = zone

    def get(self, path: str) -> Any:
        """Return what stands at a path, None where there is nothing."""
        found: Any = self
        for name in path.split("."):
            if isinstance(found, Mapping):
                found = Body(found)
            if not isinstance(found, Body):
                return None
            found = found._member(name)
        return found.given if isinstance(found, Body) else found

    def part(self, path: str) -> Body:
        """Return the object at a path; an empty one where there is none."""
        found = self.get(path)
        given = found if isinstance(found, Mapping) else {}
        return Body(given, path=self.where(path), zone=self._zone)

    def parts(self, path: str) -> Iterator[Body]:
        """Give the objects of the list at a path, none where there is no list."""
        found = self.get(path)
        if isinstance(found, list):
            for at, one in enumerate(found):
                if isinstance(one, Mapping):
                    yield Body(one, path=f"{self.where(path)}[{at}]", zone=self._zone)

    def text(self, path: str) -> str | None:
        """Return a text or an id, trimmed; None where there is none, or it is empty.

        Raises:
            BodyError: there is something else, or it is longer than 128 characters.
        """
        found = self.get(path)
        if found is None or isinstance(found, bool):
            return None
        if isinstance(found, int | float):
            return str(found)
        if not isinstance(found, str):
            raise BodyError(Reason.BAD_TYPE, f"{self.where(path)} must be a text or a number")
        trimmed = found.strip()
        if len(trimmed) > _LONGEST_TEXT:
            raise BodyError(Reason.BAD_VALUE, f"{self.where(path)} is longer than 128 characters")
        return trimmed or None

    def need(self, path: str) -> str:
        """Return a text or an id that must be there.

        Raises:
            BodyError: it is not.
        """
        found = self.text(path)
        if found is None:
            raise BodyError(Reason.MISSING_FIELD, f"{self.where(path)} is missing")
        return found

    def word(self, path: str) -> str:
        """Return a word in lower case, empty where there is none."""
        return (self.text(path) or "").lower()

    def number(self, path: str) -> float | None:
        """Return a number, also one written as text; None where there is none.

        Raises:
            BodyError: there is something else.
        """
        found = self.get(path)
        if found is None or found == "":
            return None
        if isinstance(found, str) and _NUMBER.fullmatch(found.strip()):
            found = float(found)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise BodyError(Reason.BAD_TYPE, f"{self.where(path)} must be a number")
        if not math.isfinite(found):
            raise BodyError(Reason.BAD_VALUE, f"{self.where(path)} must be finite")
        return found

    def seconds_ms(self, path: str) -> int | None:
        """Return a duration that the platform tells in seconds as milliseconds, None for none."""
        found = self.number(path)
        return None if found is None else round(found * 1000)

    def whole_ms(self, path: str) -> int | None:
        """Return a duration that the platform tells in milliseconds, None for none."""
        found = self.number(path)
        return None if found is None else round(found)

    def time_ms(self, path: str) -> int | None:
        """Return a time as milliseconds since 1970-01-01 UTC; None where there is none.

        Raises:
            BodyError: it cannot be read, or has no zone and the source has none either.
        """
        found = self.get(path)
        if found is None or found in ("", 0):
            return None
        try:
            return self._time_ms(found)
        except AmbiguousTimeError as error:
            raise BodyError(Reason.AMBIGUOUS_TIME, f"{self.where(path)}: {error}") from None
        except (ValueError, OverflowError) as error:
            raise BodyError(Reason.BAD_TIME, f"{self.where(path)}: {error}") from None

    def need_time_ms(self, path: str) -> int:
        """Return a time that must be there. Raises BodyError where it is not."""
        found = self.time_ms(path)
        if found is None:
            raise BodyError(Reason.MISSING_FIELD, f"{self.where(path)} is missing")
        return found

    def where(self, path: str) -> str:
        """Return the whole path, for messages."""
        return f"{self._path}.{path}" if self._path else path

    def _member(self, name: str) -> Any:
        if name in self.given:
            return self.given[name]
        if self._names is None:
            self._names = {_plain(str(key)): value for key, value in self.given.items()}
        return self._names.get(_plain(name))

    def _time_ms(self, found: Any) -> int:
        if isinstance(found, str):
            text = found.strip()
            if not _NUMBER.fullmatch(text):
                return self._iso_ms(text)
            found = float(text) if "." in text else int(text)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise ValueError("is no time")
        if not math.isfinite(found):
            raise ValueError("is no time")
        return round(found * 1000) if abs(found) < _FIRST_MS else round(found)

    def _iso_ms(self, text: str) -> int:
        try:
            read = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError("is no ISO 8601 time and no number") from None
        if read.tzinfo is not None:
            return (read - _EPOCH) // _MILLISECOND
        if self._zone is None:
            raise ValueError("has no zone; set the source's zone")
        return to_utc_ms(read, self._zone, "first")


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
