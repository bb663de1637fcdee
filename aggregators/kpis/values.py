"""What a KPI may be worth, and the one way to divide."""

from __future__ import annotations

from typing import TypeAlias, Union

KpiValue: TypeAlias = Union[int, float, dict[str, "KpiValue"], None]  # noqa: UP007
"""A count, a ratio (0 to 1), seconds; None is "no value"; a dict goes by label value."""

KpiValues: TypeAlias = dict[str, KpiValue]
"""KPI id -> value, for one scope and window."""


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole; without a whole there is no value (kpis.md, 2.3)."""
    return part / whole if whole else None


def mean_seconds(sum_ms: int, n: int) -> float | None:
    """Return the mean of a sum of ms in seconds; of nothing, no value."""
    return sum_ms / n / 1000 if n else None


def seconds(ms: int | None) -> float | None:
    """Return ms as seconds."""
    return None if ms is None else ms / 1000
