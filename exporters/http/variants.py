"""The service-level variants by label: code and formula, as kpis.md section 4.1 gives them.

A answered, B abandoned, F flow-outs, R callback requests; ``≤`` within the threshold X, ``>``
beyond it; S abandoned before the short limit; O offered = A + B + F.
"""

from __future__ import annotations

SERVICE_LEVEL_VARIANTS: dict[str, tuple[str, str]] = {
    "answered_only": ("SL_A", "A≤ / A"),
    "abandons_in_sl_ignored": ("SL_B", "A≤ / (O − B≤)"),
    "abandons_positive": ("SL_C", "(A≤ + B≤ + R≤) / (O + R)"),
    "abandons_negative": ("SL_D", "A≤ / O"),
    "short_abandons_excluded": ("SL_E", "A≤ / (O − S)"),
    "long_abandons_only": ("SL_F", "A≤ / (A + B>)"),
    "short_call_removed_ignored": ("SL_G", "A≤ / (O − S − (B≤ − S))"),
    "short_call_removed_positive": ("SL_G", "(A≤ + B≤ − S + R≤) / (O − S + R)"),
    "short_call_removed_negative": ("SL_G", "A≤ / (O − S)"),
    "genesys": ("SL_H", "(A − A>) / (A + F and B as the switches of the queue say)"),
    "in_hours_missed": ("SL_I", "(A≤ + M≤) / (A + M), M = flow-outs timeout and no_agent"),
    "instant": ("SL_J", "(waiting − waiting beyond X) / waiting, now"),
    "timer_expiry": ("SL_K", "A≤ / legs decided: left, or waited beyond X"),
}
"""Label to (code, formula)."""
