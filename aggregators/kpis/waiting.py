"""Waiting and responding (kpis.md, section 4.3)."""

from __future__ import annotations

from aggregators import facts as f
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues, mean_seconds, ratio, seconds
from aggregators.policy import QUANTILES, RESPONSE_EDGES_MS

RESPONSE_EDGES_S: tuple[str, ...] = tuple(str(edge_ms // 1000) for edge_ms in RESPONSE_EDGES_MS)


def waiting(sums: Sums) -> KpiValues:
    """Return the group. Percentiles are exact (nearest rank over every single wait)."""
    get, answered, abandoned = sums.get, sums.answered, sums.abandoned
    left_ms = answered.sum_ms + abandoned.sum_ms
    left = answered.n + abandoned.n
    quantiles: dict[str, KpiValue] = {
        str(q): seconds(wait_ms)
        for q, wait_ms in zip(QUANTILES, answered.quantile_ms(*QUANTILES), strict=True)
    }
    voice_n = sum(get(f.VOICE_START + n) for n in range(len(RESPONSE_EDGES_MS) + 1))
    from_start_ms = get(f.FROM_START_MS) + get(f.VOICE_START_MS)
    return {
        "asa_seconds": {
            "queue": mean_seconds(answered.sum_ms, answered.n),
            "from_start": mean_seconds(from_start_ms, get(f.FROM_START) + voice_n),
            "all_offered": mean_seconds(left_ms + sums.flow_out_ms, left + sums.flow_out_n),
            "answered_or_abandoned": mean_seconds(left_ms, left),
        },
        "wait_quantile_seconds": quantiles,
        "wait_max_seconds": seconds(sums.left_max_ms if sums.left_max_ms >= 0 else None),
        "wait_sum_seconds": {
            "answered": answered.sum_ms / 1000,
            "abandoned": abandoned.sum_ms / 1000,
        },
        "ring_mean_seconds": mean_seconds(get(f.RING_MS), get(f.RING)),
        **responding(sums),
        "reply_seconds": mean_seconds(get(f.REPLY_MS), get(f.REPLY)),
    }


def responding(sums: Sums) -> KpiValues:
    """Return the first responses: replies to messages and tickets, and answers of calls."""
    get = sums.get
    bands = [get(f.VOICE_START + n) for n in range(len(RESPONSE_EDGES_MS) + 1)]
    responses = get(f.RESPONSE) + sum(bands)
    voice_ms = get(f.VOICE_START_MS)
    business_ms = get(f.RESPONSE_BUSINESS_MS) + voice_ms - get(f.VOICE_CLOSED_MS)
    within: dict[str, KpiValue] = {}
    answered = 0
    for n, le in enumerate(RESPONSE_EDGES_S):
        answered += bands[n]
        kept = get(f.RESPONSE_IN + n) + answered
        within[le] = ratio(kept, kept + get(f.RESPONSE_LATE + n))
    return {
        "first_response_seconds": {
            "calendar": mean_seconds(get(f.RESPONSE_MS) + voice_ms, responses),
            "business": mean_seconds(business_ms, responses),
        },
        "first_response_within_rate": within,
    }
