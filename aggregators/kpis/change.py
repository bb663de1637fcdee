"""How a figure compares with the same stretch of earlier weeks, and where its days are going.

The baseline is the median of at least four earlier weeks. The interval is where 95 of 100 weeks
like those would lie: Student's t over their spread, and never narrower than chance alone makes
it (Poisson for counts, Agresti and Coull for shares of contacts). With nothing to judge the
spread by there is no interval, and so no direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import median, stdev
from typing import Literal, TypeAlias

from msgspec import Struct

from aggregators.kpis.business import LEAST_WEEKS

Way: TypeAlias = Literal["up", "down", "band", "none"]
Direction: TypeAlias = Literal["better", "worse", "higher", "lower", "usual"]

_T = {4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}
"""Student's t at 97.5 % by the number of weeks."""

RUN = 6
"""So many days in a row, each worse than the one before, raise an advisory."""


class Trend(Struct, frozen=True):
    """One figure against its baseline; ``weeks`` is how many were compared with.

    ``ratio`` is now / baseline, None for a baseline of 0. ``last_week`` is the newest of them.
    """

    now: float
    baseline: float
    low: float | None
    high: float | None
    difference: float
    ratio: float | None
    direction: Direction | None
    weeks: int
    last_week: float


class Against(Struct, frozen=True):
    """A closed period against another one: ``value`` is what the figure was there."""

    value: float
    difference: float
    ratio: float | None


class Periods(Struct, frozen=True):
    """A closed period against the one before and the same a year ago; None where not known."""

    now: float
    before: Against | None
    year_ago: Against | None


class Course(Struct, frozen=True):
    """One figure over the last closed days, the oldest first; None where it has no value.

    ``slope_per_day`` is the least-squares line through at least four of them. ``worsening`` is
    how many days in a row up to the last each were worse than the day before, the first of them
    included; ``advisory`` tells that there are six.
    """

    points: list[float | None]
    slope_per_day: float | None
    worsening: int
    advisory: bool


def trend(
    now: float, weeks: Sequence[float], *, unit: str, way: Way, sample: int | None = None
) -> Trend | None:
    """Compare a figure with its earlier weeks, the newest first; None with fewer than four.

    ``sample`` is how many contacts a ratio is a share of now, None when nobody knows.
    """
    if len(weeks) < LEAST_WEEKS:
        return None
    middle = median(weeks)
    half = _half(weeks, unit, sample)
    low = high = direction = None
    if half is not None:
        low, high = middle - half, middle + half
        if unit in ("count", "ratio", "seconds"):
            low = max(0.0, low)
        if unit == "ratio":
            high = min(1.0, high)
        direction = _direction(now, low, high, way)
    return Trend(
        now, middle, low, high, now - middle, now / middle if middle else None, direction,
        len(weeks), weeks[0],
    )  # fmt: skip


def against(now: float, then: float | None) -> Against | None:
    """Compare a figure with what it was in another period."""
    return None if then is None else Against(then, now - then, now / then if then else None)


def course(points: Sequence[float | None], way: Way) -> Course:
    """Return where the days are going."""
    return Course(list(points), _slope(points), run := _worsening(points, way), run >= RUN)


def _half(weeks: Sequence[float], unit: str, sample: int | None) -> float | None:
    n = len(weeks)
    least = 0.0
    if unit == "count":
        least = (sum(weeks) + 0.5) / n
    elif unit == "ratio" and sample:
        share = (median(weeks) * sample + 2) / (sample + 4)
        least = max(0.0, share * (1 - share) / sample)
    spread = sqrt(max(stdev(weeks) ** 2, least))
    return _T[min(n, 8)] * spread * sqrt(1 + 1 / n) if spread else None


def _direction(now: float, low: float, high: float, way: Way) -> Direction:
    if low <= now <= high:
        return "usual"
    if way in ("up", "down"):
        return "better" if (now > high) == (way == "up") else "worse"
    return "higher" if now > high else "lower"


def _slope(points: Sequence[float | None]) -> float | None:
    known = [(at, value) for at, value in enumerate(points) if value is not None]
    if len(known) < LEAST_WEEKS:
        return None
    mid_x = sum(at for at, _ in known) / len(known)
    mid_y = sum(value for _, value in known) / len(known)
    over = sum((at - mid_x) ** 2 for at, _ in known)
    return sum((at - mid_x) * (value - mid_y) for at, value in known) / over


def _worsening(points: Sequence[float | None], way: Way) -> int:
    if way not in ("up", "down") or not points or points[-1] is None:
        return 0
    run = 1
    for before, after in zip(reversed(points[:-1]), reversed(points[1:]), strict=True):
        if before is None or after is None or before == after or (after < before) != (way == "up"):
            break
        run += 1
    return run if run > 1 else 0
