"""What the figures of the sample data are called here: one row of KPIs in their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]


def percent(rate: float | None) -> float | None:
    """A ratio as the data's percentage of two decimals."""
    return None if rate is None else round(100 * rate, 2)


def rounded(seconds: float | None) -> float | None:
    """Seconds of two decimals."""
    return None if seconds is None else round(seconds, 2)


def transfer_share(values: Values) -> float | None:
    """Transfers of every kind and scope over answered."""
    shares = [share for scopes in values["transfer_rate"].values() for share in scopes.values()]
    return None if None in shares else sum(shares)


def by_event(values: Values) -> dict[str, Any]:
    """A window by event: arrivals, answers and abandonments inside, base answered + abandoned."""
    level = values["service_level"]
    return {
        "offered": values["contacts_entered"],
        "answered": values["contacts_answered"],
        "abandoned": values["contacts_abandoned"],
        "mean_wait_answered_s": rounded(values["asa_seconds"]["queue"]),
        "mean_wait_abandoned_s": rounded(values["abandon_wait_mean_seconds"]),
        "answered_within_20s": values["contacts_answered_in_target"],
        "abandoned_within_5s": values["contacts_short_abandoned"],
        "sl20_of_base_pct": percent(level["abandons_negative"]),
        "sl20_of_answered_pct": percent(level["answered_only"]),
        "sl20_of_base_less_short_pct": percent(level["short_abandons_excluded"]),
        "abandoned_of_base_pct": percent(values["abandonment_rate"]["of_offered"]),
    }


def state(values: Values) -> dict[str, Any]:
    """The state just before the instant."""
    return {
        "waiting": values["contacts_waiting"],
        "talking": values["contacts_in_progress"],
        "longest_wait_s": values["longest_wait_seconds"] or 0,
    }


def totals(values: Values, strict: Values) -> dict[str, Any]:
    """A stretch that no call crosses; ``strict`` is the same with a threshold of 19.999 s."""
    level, rate, wait_s = (
        values[name] for name in ("service_level", "abandonment_rate", "wait_sum_seconds")
    )
    return {
        "offered": values["contacts_entered"],
        "answered": values["contacts_answered"],
        "abandoned": values["contacts_abandoned"],
        "answered_pct": percent(values["answer_rate"]),
        "abandoned_pct": percent(rate["of_offered"]),
        "abandoned_within_5s": values["contacts_short_abandoned"],
        "abandoned_pct_less_short": percent(rate["short_excluded"]),
        "answered_within_20s": values["contacts_answered_in_target"],
        "answered_under_20s": strict["contacts_answered_in_target"],
        "sl20_of_offered_pct": percent(level["abandons_negative"]),
        "sl20_of_answered_pct": percent(level["answered_only"]),
        "sl20_of_offered_less_short_pct": percent(level["short_abandons_excluded"]),
        "sl20_strict_of_answered_pct": percent(strict["service_level"]["answered_only"]),
        "wait_sum_answered_s": wait_s["answered"],
        "mean_wait_answered_s": rounded(values["asa_seconds"]["queue"]),
        "wait_sum_abandoned_s": wait_s["abandoned"],
        "mean_wait_abandoned_s": rounded(values["abandon_wait_mean_seconds"]),
        "longest_wait_s": values["wait_max_seconds"] or 0,
        "talk_sum_s": values["talk_sum_seconds"],
        "mean_talk_s": rounded(values["talk_mean_seconds"]),
        "with_transfer": values["contacts_transferred"],
        "transfer_of_answered_pct": percent(transfer_share(values)),
    }


def told_totals(told: Values) -> dict[str, Any]:
    """The data's totals as ``totals`` has them: without what vigie has no KPI for.

    That is the time connected beyond a transfer, and consultations. The longest wait is that of
    answered and abandoned together.
    """
    kept = {
        name: value
        for name, value in told.items()
        if name not in ("mean_connected_s", "with_consult") and not name.startswith("longest_wait")
    }
    longest_s = max(told["longest_wait_answered_s"], told["longest_wait_abandoned_s"])
    return {**kept, "longest_wait_s": longest_s}
