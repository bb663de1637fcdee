"""When a body gives an event: what its words must be, or must not be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from streams.sources.json_mapping_values import Paths
from streams.sources.source import SourceSettingsError, check_names

_HOW = "{path: ..., is: [...]}, with is, is_not or present"


class Condition(Struct, frozen=True):
    """What stands at a path: one of some words, none of some, or anything at all."""

    path: str
    any_of: frozenset[str] | None = None
    none_of: frozenset[str] = frozenset()
    present: bool | None = None

    def holds(self, body: Paths) -> bool:
        """Whether a body is so; upper and lower case are the same. Objects are no word."""
        found = body.get(self.path)
        if self.present is not None and (found not in (None, "")) is not self.present:
            return False
        if self.any_of is None and not self.none_of:
            return True
        word = str(found).strip().lower() if isinstance(found, str | int | float) else ""
        return word not in self.none_of and (self.any_of is None or word in self.any_of)


def conditions(given: Any, where: str) -> tuple[Condition, ...]:
    """Check a ``when``: one condition or a list, of which all must hold; none without one.

    Raises:
        SourceSettingsError: it is something else.
    """
    if given is None:
        return ()
    if not isinstance(given, list):
        return (_condition(given, where),)
    return tuple(_condition(one, f"{where}[{at}]") for at, one in enumerate(given))


def _condition(given: Any, where: str) -> Condition:
    if not isinstance(given, Mapping):
        raise SourceSettingsError(f"{where}: must be {_HOW}")
    check_names(given, frozenset({"path", "is", "is_not", "present"}), where)
    path, present = given.get("path"), given.get("present")
    if not isinstance(path, str) or not path:
        raise SourceSettingsError(f"{where}.path: must be names joined by dots")
    if present is not None and not isinstance(present, bool):
        raise SourceSettingsError(f"{where}.present: must be true or false")
    if len(given) < 2:
        raise SourceSettingsError(f"{where}: says nothing; give {_HOW}")
    any_of = _words(given["is"], f"{where}.is") if "is" in given else None
    none_of = _words(given["is_not"], f"{where}.is_not") if "is_not" in given else frozenset()
    return Condition(path, any_of, none_of, present)


def _words(given: Any, where: str) -> frozenset[str]:
    told = given if isinstance(given, list) else [given]
    if not told or not all(isinstance(one, str | int | float) for one in told):
        raise SourceSettingsError(f"{where}: must be a word or a list of words")
    return frozenset(str(one).strip().lower() for one in told)
