"""Reads the condition of a rule: ``longest_wait_seconds > 60s``, or several under all and any."""

from __future__ import annotations

import re

from msgspec import Struct

from aggregators.policy import Rules
from alerts.rules import HEALTH, AllOf, AnyOf, Compare, Condition, Measure, Operator
from alerts.wording import unit_of
from vigie.alert_measures import (
    WindowNotComputedError,
    check_row_kind,
    default_min_sample,
    has_sample,
    read_measure,
)
from vigie.alert_thresholds import (
    ConditionError,
    check_clear,
    check_reachable,
    read_threshold,
)
from vigie.sections_alert_rules import Comparison
from vigie.settings_file import Given, Path_
from vigie.settings_reader import SettingError, read, show_path

MOST_COMPARISONS = 20
_LINE = re.compile(r"(?P<measure>[^<>=]+?)\s*(?P<operator>>=|<=|=>|=<|==|=|>|<)\s*(?P<number>.+)")
_OPERATORS: dict[str, Operator] = {">": ">", ">=": ">=", "<": "<", "<=": "<="}
_WORDS: dict[str, Operator] = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
_EXAMPLE = 'Write for example "longest_wait_seconds > 60s".'


class WindowMissingError(SettingError):
    """The rule is well written, but the settings do not have its window."""


class _Beside(Struct, frozen=True):
    """What stands beside a comparison: in the rule itself, or in the comparison's mapping."""

    clear: Given | None
    clear_path: Path_
    min_sample: int | None
    sample_path: Path_


def read_condition(
    given: Given, path: Path_, policies: Rules, kind: str,
    clear: Given | None, min_sample: int | None,
) -> Condition:  # fmt: skip
    """Return the condition of a rule over rows of a kind; ``clear`` and ``min_sample`` are those
    of the rule.

    Raises:
        SettingError: it means nothing; names the place within the rule.
    """
    rule = path[:-1]
    beside = _Beside(clear, (*rule, "clear"), min_sample, (*rule, "min_sample"))
    return _Reader(policies, kind).read(given, path, beside)


class _Reader:
    """Reads one condition, counting its comparisons."""

    def __init__(self, policies: Rules, kind: str) -> None:
        self._policies = policies
        self._kind = kind
        self._comparisons = 0

    def read(self, given: Given, path: Path_, beside: _Beside) -> Condition:
        if isinstance(given.value, dict) and ("all" in given.value or "any" in given.value):
            return self._several(given, path, beside)
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise SettingError(
                path, f"{show_path(path)}: more than {MOST_COMPARISONS} comparisons in one rule",
                "Make several rules of it.",
            )  # fmt: skip
        if isinstance(given.value, dict):
            return self._in_words(given, path, beside)
        if isinstance(given.value, list):
            raise SettingError(
                path, f"{show_path(path)} must be a condition, not a list",
                "Put all: or any: before it.",
            )  # fmt: skip
        if "@" in given.text:
            raise SettingError(
                path, f"{show_path(path)}: rows are not named after @",
                "Name them in scope, such as scope: {queue: billing}.",
            )  # fmt: skip
        match = _LINE.fullmatch(given.text.strip())
        if match is None:
            raise SettingError(
                path, f"{show_path(path)}: {given.text[:80]!r} is no comparison", _EXAMPLE
            )
        operator = _OPERATORS.get(match["operator"])
        if operator is None:
            raise SettingError(
                path, f"{show_path(path)}: {match['operator']} is no comparison",
                "Write >, >=, < or <=.",
            )  # fmt: skip
        return self._compare(match["measure"], operator, match["number"], path, path, beside)

    def _several(self, given: Given, path: Path_, beside: _Beside) -> Condition:
        shown = show_path(path)
        assert isinstance(given.value, dict)
        if len(given.value) != 1:
            raise SettingError(
                path, f"{shown} holds more than one of all, any and a comparison",
                "Nest them: all: [..., {any: [...]}].",
            )  # fmt: skip
        ((word, inner),) = given.value.items()
        if not isinstance(inner.value, list) or not inner.value:
            raise SettingError(
                (*path, word), f"{shown}.{word} must be a list of conditions", _EXAMPLE
            )
        for name, value, step in (
            ("clear", beside.clear, beside.clear_path),
            ("min_sample", beside.min_sample, beside.sample_path),
        ):
            if value is not None:
                raise SettingError(
                    step, f"{show_path(step)} stands beside several comparisons",
                    f"Write it into one: {{measure: ..., above: ..., {name}: ...}}.",
                )  # fmt: skip
        parts = tuple(self.read(one, (*path, word, i), beside) for i, one in enumerate(inner.value))
        return AllOf(parts) if word == "all" else AnyOf(parts)

    def _in_words(self, given: Given, path: Path_, beside: _Beside) -> Compare:
        words: Comparison = read(Comparison, given, path)
        chosen = [name for name in _WORDS if getattr(words, name) is not None]
        if len(chosen) != 1:
            raise SettingError(
                path, f"{show_path(path)} needs one of {', '.join(_WORDS)}",
                "Write for example above: 60s.",
            )  # fmt: skip
        (word,) = chosen
        if words.clear is not None:
            beside = _Beside(words.clear, (*path, "clear"), beside.min_sample, beside.sample_path)
        if words.min_sample is not None:
            beside = _Beside(
                beside.clear, beside.clear_path, words.min_sample, (*path, "min_sample")
            )
        return self._compare(
            words.measure, _WORDS[word], _text(getattr(words, word), (*path, word)),
            (*path, "measure"), (*path, word), beside,
        )  # fmt: skip

    def _compare(
        self, written: str, operator: Operator, number: str,
        measure_path: Path_, number_path: Path_, beside: _Beside,
    ) -> Compare:  # fmt: skip
        measure = self._measure(written, measure_path)
        unit = unit_of(measure)
        try:
            threshold = read_threshold(number, unit, measure.kpi)
            check_reachable(unit, operator, threshold, measure.kpi)
        except ConditionError as error:
            raise _at(number_path, error) from None
        clear = None
        if beside.clear is not None:
            try:
                text = _text(beside.clear, beside.clear_path)
                clear = read_threshold(text, unit, measure.kpi)
                check_clear(operator, threshold, clear)
            except ConditionError as error:
                raise _at(beside.clear_path, error) from None
        return Compare(measure, operator, threshold, clear, self._sample(measure, beside))

    def _measure(self, written: str, path: Path_) -> Measure:
        try:
            measure = read_measure(written, self._policies)
            if measure.kpi not in HEALTH:
                check_row_kind(measure.kpi, self._kind)
        except WindowNotComputedError as error:
            raise WindowMissingError(
                path, f"{show_path(path)}: {error.problem}", error.fix
            ) from None
        except ConditionError as error:
            raise _at(path, error) from None
        return measure

    def _sample(self, measure: Measure, beside: _Beside) -> int:
        is_known = has_sample(measure.kpi)
        if beside.min_sample is None:
            return default_min_sample(measure.kpi, self._policies)
        if not is_known and beside.min_sample:
            step = beside.sample_path
            raise SettingError(
                step, f"{show_path(step)}: nothing tells how much is behind {measure.kpi}",
                "Leave it out, or put all: with a count beside it.",
            )  # fmt: skip
        return beside.min_sample


def _text(given: Given, path: Path_) -> str:
    if isinstance(given.value, (dict, list, bool)) or given.value is None:
        raise SettingError(path, f"{show_path(path)} must be a number", "Write for example 60s.")
    return given.text


def _at(path: Path_, error: ConditionError) -> SettingError:
    return SettingError(path, f"{show_path(path)}: {error.problem}", error.fix)
