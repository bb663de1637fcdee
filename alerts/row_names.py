"""The rows of one kind by number, and which of them a rule's scope takes.

Names change seldom and looks come every second, so what a pattern matches is looked up once; when
rows come and go, only for the names that were not there before.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from aggregators.kpis.values import KpiValues
from alerts.rules import Scope, Where

RowName: TypeAlias = str | tuple[str, str]
"""The name of a row on a board: queue and channel of a pair, else one name, "" for the total."""

_NOTHING: KpiValues = {}


class _Found(NamedTuple):
    """Which of these names a pattern matches."""

    names: frozenset[str]
    matched: frozenset[str]


class RowNames:
    """The rows of one kind by number, and which of them a scope takes."""

    def __init__(self, kind: str, names: Iterable[RowName], before: RowNames | None = None) -> None:
        """``before`` are those of the look before, of the same kind."""
        self.wheres: list[Where] = []
        self.number_of: dict[Where, int] = {}
        self._numbers: dict[RowName, int] = {}
        self._named: dict[str, list[int]] = {}
        self._through: dict[str, list[int]] = {}
        self._matched: dict[tuple[bool, str], frozenset[int]] = {}
        self._taken: dict[Scope, frozenset[int]] = {}
        for number, row_name in enumerate(names):
            name, channel = row_name if isinstance(row_name, tuple) else (row_name, "")
            where = Where(kind, name, channel)
            self.wheres.append(where)
            self.number_of[where] = number
            self._numbers[row_name] = number
            self._named.setdefault(name, []).append(number)
            self._through.setdefault(channel, []).append(number)
        self._all = (frozenset(self._named), frozenset(self._through))
        self._new_since: dict[tuple[bool, frozenset[str]], frozenset[str]] = {}
        self._found: dict[tuple[bool, str], _Found] = {} if before is None else before._found

    def are(self, names: Mapping[RowName, KpiValues]) -> bool:
        """Whether these are the names of the very same rows, in whatever order."""
        return names.keys() == self._numbers.keys()

    def values(self, rows: Mapping[RowName, KpiValues]) -> list[KpiValues]:
        """Return the values of each row by number, none for a row that is not there."""
        return [rows.get(name, _NOTHING) for name in self._numbers]

    def taken(self, scope: Scope) -> frozenset[int]:
        """Return the rows of a scope: those of ``names`` and ``channels`` but for ``without``."""
        rows = self._taken.get(scope)
        if rows is None:
            rows = self._any_of(scope.names) - self._any_of(scope.without)
            if scope.channels:
                rows &= self._any_of(scope.channels, of_channels=True)
            self._taken[scope] = rows
        return rows

    def _any_of(self, patterns: Sequence[str], *, of_channels: bool = False) -> frozenset[int]:
        found: frozenset[int] = frozenset()
        for pattern in patterns:
            rows = self._matched.get((of_channels, pattern))
            if rows is None:
                by_name = self._through if of_channels else self._named
                names = self._names_of(pattern, of_channels=of_channels)
                rows = frozenset(n for name in names for n in by_name[name])
                self._matched[of_channels, pattern] = rows
            found |= rows
        return found

    def _names_of(self, pattern: str, *, of_channels: bool) -> Collection[str]:
        names = self._all[of_channels]
        if pattern == "*" or not _is_wild(pattern):
            return matching(pattern, names)
        before = self._found.get((of_channels, pattern))
        if before is None:
            found = frozenset(matching(pattern, names))
        else:
            new = self._new_since.get((of_channels, before.names))
            if new is None:
                new = self._new_since[of_channels, before.names] = names - before.names
            found = (before.matched & names).union(matching(pattern, new) if new else ())
        self._found[of_channels, pattern] = _Found(names, found)
        return found


def matching(pattern: str, names: Collection[str]) -> Collection[str]:
    """Return the names that a pattern with ``*`` and ``?`` matches; case counts."""
    if pattern == "*":
        return names
    if not _is_wild(pattern):
        return (pattern,) if pattern in names else ()
    is_match = _compiled(pattern).match
    return [name for name in names if is_match(name)]


def fits(pattern: str, name: str) -> bool:
    """Tell whether a pattern with ``*`` and ``?`` matches one name; case counts."""
    if pattern == name:
        return True
    return _is_wild(pattern) and _compiled(pattern).match(name) is not None


def _is_wild(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # A bracket is itself, not the start of a set of characters. And not stars as ".*": many of
    # them would take years over a name that nearly fits.
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
