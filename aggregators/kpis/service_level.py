"""The service level in all its named variants (kpis.md, section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from aggregators.kpis.sums import MISSED_REASONS, Sums
from aggregators.kpis.values import KpiValues, ratio
from aggregators.live import LiveSums

VARIANTS: dict[str, str] = {
    "answered_only": "answered within X / answered",
    "abandons_in_sl_ignored": "answered within X / (offered - abandoned within X)",
    "abandons_positive": "(answered + abandoned + callbacks, within X) / (offered + callbacks)",
    "abandons_negative": "answered within X / offered",
    "short_abandons_excluded": "answered within X / (offered - short abandons)",
    "long_abandons_only": "answered within X / (answered + abandoned after X)",
    "short_call_removed_ignored": "short abandons taken out, then abandons_in_sl_ignored",
    "short_call_removed_positive": "short abandons taken out, then abandons_positive",
    "short_call_removed_negative": "short abandons taken out, then abandons_negative",
    "genesys": "answered within X / (answered + flow-outs and abandons as switched on)",
    "in_hours_missed": "(answered + missed, within X) / (answered + missed); no abandons",
    "instant": "(waiting - waiting over X) / waiting, now",
    "timer_expiry": "answered within X / legs decided by leaving or by their timer",
}
"""Variant -> formula. X is the threshold of each queue; a wait equal to X is inside."""


Part: TypeAlias = tuple[int, int]
"""(part, whole) of a service level."""


def service_level_parts(sums: Sums) -> dict[str, Part]:
    """Return the parts of every variant in a window; ``instant`` has none there."""
    inside, answered, offered = sums.answered_in, sums.answered_n, sums.offered
    abandoned, early = sums.abandoned.n, sums.abandoned_in
    short, missed_callbacks = sums.short, sums.missed_callbacks
    # A short abandon above X (a short limit beyond the threshold) never was in `early`.
    short_early = min(short, early)
    positive_part = inside + early + sums.positive_extra
    positive_whole = offered + sums.positive_whole
    missed = sum(sums.flow_out.get(reason, 0) for reason in MISSED_REASONS)
    return {
        "answered_only": (inside, answered),
        "abandons_in_sl_ignored": (inside, offered + missed_callbacks - early),
        "abandons_positive": (positive_part, positive_whole),
        "abandons_negative": (inside, offered + missed_callbacks),
        "short_abandons_excluded": (inside, offered + missed_callbacks - short),
        "long_abandons_only": (inside, answered + abandoned - early),
        "short_call_removed_ignored": (
            inside,
            offered + missed_callbacks - short - (early - short_early),
        ),
        "short_call_removed_positive": (positive_part - short_early, positive_whole - short),
        "short_call_removed_negative": (inside, offered + missed_callbacks - short),
        "genesys": (sums.genesys_part, sums.genesys_whole),
        "in_hours_missed": (inside + sums.missed_in, answered + missed),
        "instant": (0, 0),
        "timer_expiry": (sums.timer_part, sums.timer_whole),
    }


def service_levels(sums: Sums, live: LiveSums) -> KpiValues:
    """Return every variant; one without a denominator has no value."""
    return {**levels_of(service_level_parts(sums)), "instant": instant(live)}


def levels_of(parts: Mapping[str, Part]) -> KpiValues:
    """Return the service level of each variant from its parts."""
    return {name: ratio(part, whole) for name, (part, whole) in parts.items()}


def instant(live: LiveSums) -> float | None:
    """Return the share of those waiting now that are within the threshold."""
    return ratio(live.waiting - live.over_threshold, live.waiting)


def shortfall(level: float, target: float) -> float:
    """Return by how much a service level is under its target, in points of 1; 0 if it is not."""
    # A difference of two shares has noise in its last digits, on which no alert may depend.
    return round(max(0.0, target - level), 9)
