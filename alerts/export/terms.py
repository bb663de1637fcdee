"""One number of a rule in PromQL, and the series that make it that number in a unit test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from aggregators.kpis.catalogue import Unit
from alerts.export.selectors import number, selector

INTERVAL_S = 5
"""Between two samples of a unit test, and between two evaluations."""

Phase: TypeAlias = tuple[float | None, int]
"""A value (None: the series is gone) and for how many samples."""


class Term(Struct, frozen=True, kw_only=True):
    """An expression with one value per row, made from one metric.

    ``shape`` says how: the value itself, ``1 -`` it, the age of a time in seconds, or what a
    counter grows in a minute. ``labels`` are those of the series beside the row's, ``absent``
    the value while there is no series at all.
    """

    text: str
    metric: str
    labels: Mapping[str, str] = {}
    unit: Unit = "count"
    shape: Literal["value", "complement", "age", "per_minute"] = "value"
    absent: float | None = None

    def series(self, row: Mapping[str, str]) -> str:
        """Return the name of the series in a row."""
        return selector(self.metric, {**row, **self.labels})

    def samples(self, phases: Sequence[Phase]) -> str:
        """Return the samples that give these values one after the other, as promtool reads."""
        written: list[str] = []
        at = 0
        total = 0.0
        for value, count in phases:
            if count <= 0:
                continue
            if value is None:
                written.append("stale" if count == 1 else f"stale _x{count - 1}")
                if at == 0:
                    written[-1] = f"_x{count}"
            else:
                start, step = self._line(value, at, total)
                total = start + step * count
                more = "" if step == 0 else f"{'+' if step > 0 else '-'}{number(abs(step))}"
                written.append(f"{number(start)}{more or '+0'}x{count - 1}")
            at += count
        return " ".join(written)

    def _line(self, value: float, at: int, total: float) -> tuple[float, float]:
        match self.shape:
            case "complement":
                return 1 - value, 0.0
            case "age":
                return at * INTERVAL_S - value, float(INTERVAL_S)
            case "per_minute":
                return total, value * INTERVAL_S / 60
        return value, 0.0
