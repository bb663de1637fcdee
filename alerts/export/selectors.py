"""The small words of PromQL: numbers, durations, strings, matchers of names by patterns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import product

from alerts.row_names import fits
from exporters.prometheus.labels import clean

_META = frozenset(r"\.+*?()|[]{}^$")
_UNITS_MS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


class NotInPromQLError(Exception):
    """What a rule asks for has no counterpart in PromQL; the text says why and what to do."""


def number(value: float) -> str:
    """Write a number, a whole one without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def duration(ms: int) -> str:
    """Write a duration as Prometheus reads it: ``1m30s``."""
    if ms == 0:
        return "0s"
    written = ""
    for unit, length in _UNITS_MS:
        count, ms = divmod(ms, length)
        written += f"{count}{unit}" if count else ""
    return written


def quoted(text: str) -> str:
    """Write a string of PromQL."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inner}"'


def is_pattern(text: str) -> bool:
    """Tell whether a name has ``*`` or ``?`` in it."""
    return "*" in text or "?" in text


def expression(pattern: str) -> str:
    """Return the regular expression of a pattern; Prometheus anchors it by itself."""
    wild = {"*": ".*", "?": "."}
    return "".join(
        wild.get(letter) or (f"\\{letter}" if letter in _META else letter) for letter in pattern
    )


def name_matchers(label: str, names: Collection[str], without: Collection[str]) -> list[str]:
    """Return the matchers of one label: all of ``names`` but those ``without``; [] for all."""
    found: list[str] = []
    for patterns, equal, like in ((names, "=", "=~"), (without, "!=", "!~")):
        if not patterns or (patterns is names and "*" in patterns):
            continue
        kept = [text if is_pattern(text) else clean(text) for text in patterns]
        if len(kept) == 1 and not is_pattern(kept[0]):
            found.append(f"{label}{equal}{quoted(kept[0])}")
        else:
            either = "|".join(expression(text) for text in kept)
            found.append(f"{label}{like}{quoted(either)}")
    return found


def selector(metric: str, labels: Mapping[str, str], matchers: Iterable[str] = ()) -> str:
    """Return ``metric{...}``: matchers of rows first, then fixed labels."""
    inside = [*matchers, *(f"{name}={quoted(value)}" for name, value in labels.items())]
    return f"{metric}{{{','.join(inside)}}}" if inside else metric


def is_in(name: str, names: Iterable[str], without: Iterable[str]) -> bool:
    """Tell whether a name is one of ``names`` and none of those ``without``."""
    return any(fits(one, name) for one in names) and not any(fits(one, name) for one in without)


def example(names: Iterable[str], without: Collection[str]) -> str | None:
    """Return a name that the patterns take, for a unit test; None if none was found."""
    for pattern, many, one in product(names, ("sales", "a", "x1", ""), "ab7"):
        name = pattern.replace("*", many).replace("?", one)
        if name and is_in(name, [pattern], without) and not is_pattern(name):
            return clean(name)
    return None


def counterexample(names: Collection[str], without: Collection[str]) -> str | None:
    """Return a name that the patterns leave out; None if they take every name."""
    tried = ("elsewhere", "quite another one", *(text.replace("*", "x") for text in without))
    return next(
        (name for name in tried if not is_pattern(name) and not is_in(name, names, without)),
        None,
    )
