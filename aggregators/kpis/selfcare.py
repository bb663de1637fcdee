"""Self-care: sessions, containment, hand-overs, searches (kpis.md, section 8)."""

from __future__ import annotations

from aggregators.dossiers import session as s
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues, ratio

TABLE = """
selfcare_sessions | n. | self-care sessions | fréquentation du selfcare | sessions started, booked at the start
selfcare_sessions_ended | n. | self-care sessions ended | sessions de selfcare terminées | sessions contained, handed over or idle for the set time, booked at the end
selfcare_outcome_count {outcome} | n. | ends of self-care sessions | issues des sessions de selfcare | sessions ended, by outcome: confirmed, assumed, idle, handed_over
containment_rate {state} | r+ | containment | taux de résolution en selfcare | immediate: sessions ended with no hand-over / sessions ended
handover_rate | r- | hand-over from self-care | taux de transfert depuis le selfcare | sessions handed to a person / sessions ended
handover_rate_by_reason {reason} | r- | hand-over by reason | transferts depuis le selfcare par raison | sessions handed to a person for a reason / sessions ended
handovers_count {reason} | n- | handed to a person | transferts vers un conseiller | sessions handed to a person, by reason
faq_searches | n. | FAQ searches | recherches FAQ | searches, each search_id of a session once
faq_no_answer_count | n- | searches without answer | recherches sans réponse | searches with no result
faq_no_answer_rate | r- | share of searches without answer | taux de recherches sans réponse | searches with no result / searches
faq_views | n. | articles read | consultations | articles opened
selfcare_ignored_count {reason} | n. | self-care events set aside | événements de selfcare écartés | search_repeated: a search told twice; both_ends: told as contained and as handed over, which counts
"""


def values(sums: Sums) -> KpiValues:
    """Return the group."""
    get = sums.get
    handed_over = {reason: get(s.HANDED_OVER + n) for n, reason in enumerate(s.REASONS)}
    handovers = sum(handed_over.values())
    contained = {
        "confirmed": get(s.CONFIRMED), "assumed": get(s.ASSUMED), "idle": get(s.IDLE),
    }  # fmt: skip
    ended = handovers + sum(contained.values())
    searches, unanswered = get(s.SEARCHES), get(s.NO_ANSWER)
    by_reason: dict[str, KpiValue] = {r: ratio(n, ended) for r, n in handed_over.items()}
    return {
        "selfcare_sessions": get(s.SESSIONS),
        "selfcare_sessions_ended": ended,
        "selfcare_outcome_count": {**contained, "handed_over": handovers},
        "containment_rate": {"immediate": ratio(ended - handovers, ended)},
        "handover_rate": ratio(handovers, ended),
        "handover_rate_by_reason": by_reason,
        "handovers_count": dict(handed_over),
        "faq_searches": searches,
        "faq_no_answer_count": unanswered,
        "faq_no_answer_rate": ratio(unanswered, searches),
        "faq_views": get(s.VIEWS),
        "selfcare_ignored_count": {
            "search_repeated": get(s.SEARCH_REPEATED), "both_ends": get(s.BOTH_ENDS),
        },
    }  # fmt: skip
