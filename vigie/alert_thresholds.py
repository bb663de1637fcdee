"""Thresholds as people write them: ``60s``, ``70 %``, ``0.7``, ``20``, in the unit of a KPI."""

from __future__ import annotations

import re
from decimal import Decimal

from aggregators.kpis.catalogue import Unit
from alerts.rules import Operator
from vigie.durations import parse_duration_ms

_PER_CENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_NEVER_NEGATIVE = ("count", "ratio", "seconds")

_FIX: dict[Unit, str] = {
    "seconds": "Write for example 60s or 5m.",
    "ratio": "Write for example 70 % or 0.7.",
    "count": "Write a whole number, such as 20.",
    "number": "Write a plain number, such as 50.",
    "money": "Write the amount alone, such as 45.",
}
_IN: dict[Unit, str] = {
    "seconds": "a time", "ratio": "a share", "count": "a count", "number": "a number",
    "money": "an amount",
}  # fmt: skip


class ConditionError(ValueError):
    """A part of a condition that means nothing; ``fix`` says what to write."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


def read_threshold(written: str, unit: Unit, of: str) -> float:
    """Return a threshold in the unit of the measure ``of``: seconds, a ratio of 1, a number.

    Raises:
        ConditionError: it is not written in that unit, or out of its range.
    """
    text = written.strip()
    try:
        number = _number(text, unit)
    except ValueError:
        raise ConditionError(
            f"{text[:40]!r} does not fit {of}, which is {_IN[unit]}", _FIX[unit]
        ) from None
    if unit == "ratio" and not 0 <= number <= 1:
        raise ConditionError(f"{text!r} is not between 0 and 100 %, as {of} is a share", _FIX[unit])
    return number


def check_reachable(unit: Unit, operator: Operator, threshold: float, of: str) -> None:
    """Refuse a comparison that is never true. Raises ConditionError."""
    if unit not in _NEVER_NEGATIVE:
        return
    if (operator == "<" and threshold <= 0) or (operator == "<=" and threshold < 0):
        raise ConditionError(f"{of} is never below 0", "Use <= 0, or a greater threshold.")
    if unit == "ratio" and operator == ">" and threshold >= 1:
        raise ConditionError(f"{of} is never above 100 %", "Use >= 100 %, or a lesser threshold.")


def check_clear(operator: Operator, threshold: float, clear: float) -> None:
    """Refuse a clear threshold on the side where the condition is true. Raises ConditionError."""
    is_over = operator.startswith(">")
    if (clear > threshold) if is_over else (clear < threshold):
        side, other = ("above", "below") if is_over else ("below", "above")
        raise ConditionError(
            f"clear is {side} the threshold", f"Write one that is {other} it, or the same."
        )


def _number(text: str, unit: Unit) -> float:
    if unit == "seconds":
        return parse_duration_ms(text) / 1000
    if unit == "ratio" and (match := _PER_CENT.fullmatch(text)) is not None:
        return float(Decimal(match[1]) / 100)
    if _PLAIN.fullmatch(text) is None:
        raise ValueError(text)
    if unit == "count" and not text.isdigit():
        raise ValueError(text)
    return float(text)
