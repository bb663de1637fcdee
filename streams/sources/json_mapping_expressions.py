"""How a field is written in the settings of a mapping: checked, it is a :class:`Value`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, get_args

from streams.sources.csv_times import LocalTimes
from streams.sources.json_mapping_fields import Kind
from streams.sources.json_mapping_values import IGNORE, TIME_FORMS, UNITS_MS, Times, Value
from streams.sources.json_mapping_values import parts as parts_of
from streams.sources.source import SourceSettingsError, check_names, text_setting
from streams.sources.zones import Fold, zone_setting

_MANY = ("map", "default", "hash", "unit", "format", "zone", "fold")
_SAMPLE = datetime(2024, 4, 17, 19, 18, 9, tzinfo=UTC)


def wrong(where: str, fix: str) -> NoReturn:
    """Raise SourceSettingsError: the path of the setting, then what it must be."""
    raise SourceSettingsError(f"{where}: {fix}")


def read_value(
    given: Any, where: str, name: str, kind: Kind, words: frozenset[str], zone: Any
) -> Value:
    """Check what stands in a field's setting.

    ``words`` are those that the field may hold, none for all; ``zone`` is that of the source.

    Raises:
        SourceSettingsError: one line with the path of the setting and the fix.
    """
    if kind is Kind.MONEY:
        return _money(given, where, zone)
    if not isinstance(given, Mapping):
        return _short(given, where, name, kind, words)
    check_names(given, frozenset({"path", "template", *_MANY}), where)
    if ("path" in given) == ("template" in given):
        wrong(where, "give one of path and template")
    told = text_setting(given, "path" if "path" in given else "template", "", where)
    if not told:
        wrong(f"{where}.path", "must be names joined by dots, such as ticket.status")
    if "template" in given and kind is not Kind.TEXT:
        wrong(f"{where}.template", f"{name} is {kind.value}; give its path")
    parts = ("", told, "") if "path" in given else parts_of(told, where)
    hashed = given.get("hash", False)
    if not isinstance(hashed, bool) or (hashed and kind is not Kind.TEXT):
        wrong(f"{where}.hash", "must be true or false, and only for texts")
    if name == "customer_key" and not hashed:
        wrong(f"{where}.hash", "must be true: customers are known by keyed hashes only")
    return Value(
        where, kind, parts, None, _table(given, where, kind, words),
        _constant(given["default"], f"{where}.default", kind, words)
        if given.get("default") is not None else None,
        hashed, _unit(given, where, kind), _times(given, where, kind, zone),
    )  # fmt: skip


def _short(given: Any, where: str, name: str, kind: Kind, words: frozenset[str]) -> Value:
    """Return what is no mapping: a template, or a constant."""
    if name == "customer_key":
        wrong(where, "must be {path: ..., hash: true}: customers are known by keyed hashes only")
    if isinstance(given, str) and "{" in given and kind is Kind.TEXT:
        return Value(where, kind, parts_of(given, where))
    return Value(where, kind, constant=_constant(given, where, kind, words))


def _constant(given: Any, where: str, kind: Kind, words: frozenset[str]) -> Any:
    if given == IGNORE:
        return given
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    fits = {
        Kind.TEXT: isinstance(given, str) and given != "",
        Kind.COUNT: is_number and isinstance(given, int),
        Kind.NUMBER: is_number,
        Kind.FLAG: isinstance(given, bool),
        Kind.WORD: is_number or isinstance(given, str),
        Kind.TEXTS: isinstance(given, list) and all(isinstance(one, str) for one in given),
    }
    if kind not in fits:
        wrong(where, f"{kind.value} comes from the body: {{path: ...}}")
    if not fits[kind]:
        quote = "; quote it" if kind is Kind.TEXT else ""
        wrong(where, f"must be {kind.value}, not {given!r}{quote}")
    if words and given not in words:
        wrong(where, f"must be one of {', '.join(sorted(words))}, not {given!r}")
    return given


def _table(
    given: Mapping[str, Any], where: str, kind: Kind, words: frozenset[str]
) -> dict[str, Any] | None:
    told = given.get("map")
    if told is None:
        return None
    if not isinstance(told, Mapping) or not told:
        wrong(f"{where}.map", "must map words of the body to values")
    if kind in (Kind.TIME, Kind.DURATION, Kind.AS_IT_IS):
        wrong(f"{where}.map", f"{kind.value} has no words to map")
    return {
        _word(key): _constant(value, f"{where}.map.{_word(key)}", kind, words)
        for key, value in told.items()
    }


def _word(key: Any) -> str:
    return "null" if key is None else str(key).strip().lower()


def _unit(given: Mapping[str, Any], where: str, kind: Kind) -> str:
    if kind is not Kind.DURATION:
        if "unit" in given:
            wrong(f"{where}.unit", "only durations have a unit")
        return ""
    unit = given.get("unit")
    if not isinstance(unit, str) or unit not in (*UNITS_MS, "hms"):
        wrong(f"{where}.unit", f"must be one of {', '.join(UNITS_MS)}, hms (0:02:23)")
    return unit


def _times(given: Mapping[str, Any], where: str, kind: Kind, zone: Any) -> Times:
    if kind is not Kind.TIME:
        for name in ("format", "zone", "fold"):
            if name in given:
                wrong(f"{where}.{name}", "only times have it")
        return Times()
    form = text_setting(given, "format", "", where)
    found = zone_setting(given.get("zone", zone), f"{where}.zone")
    fold = given.get("fold", "first")
    if fold not in get_args(Fold):
        wrong(f"{where}.fold", f"must be one of {', '.join(get_args(Fold))}")
    if form in ("", *TIME_FORMS):
        return Times(form, found)
    try:
        read = datetime.strptime(_SAMPLE.strftime(form), form)  # noqa: DTZ007
        is_format = "%" in form and read.year == _SAMPLE.year
    except (ValueError, re.error):  # a directive that there is not, or that stands twice
        is_format = False
    if not is_format:
        forms = ", ".join(TIME_FORMS)
        wrong(f"{where}.format", f'must be {forms} or a format such as "%d %b %Y %H:%M"')
    if found is None:
        if "%z" not in form:
            wrong(f"{where}.zone", "is missing; name the zone of the times: Europe/Paris")
        found = zone_setting("UTC", where)
    assert found is not None
    return Times(form, found, LocalTimes(form, found, fold))


def _money(given: Any, where: str, zone: Any) -> Value:
    if not isinstance(given, Mapping):
        wrong(where, "must be {amount: {path: ...}, currency: EUR}")
    check_names(given, frozenset({"amount", "currency"}), where)
    inner = {
        name: read_value(given[name], f"{where}.{name}", name, Kind.TEXT, frozenset(), zone)
        for name in ("amount", "currency")
        if given.get(name) is not None
    }
    if len(inner) < 2:
        wrong(where, "must be {amount: {path: ...}, currency: EUR}")
    return Value(where, Kind.MONEY, amount=inner["amount"], currency=inner["currency"])
