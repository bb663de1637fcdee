"""Satisfaction: CSAT, NPS, CES, who answered and what about (kpis.md, section 7).

Every score has its number of answers beside it: ``survey_answers`` of its kind.
"""

from __future__ import annotations

from aggregators.dossiers import survey as s
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues, ratio
from aggregators.scales import KINDS, MICRO, STANDARD

ENGAGEMENT_LEAST = 5
"""Fewer answers of the staff than this give no value: nobody is to be recognised."""

TABLE = """
surveys_sent {kind} | n. | surveys sent | enquêtes envoyées | surveys sent, by kind, booked at sending
survey_answers {kind} | n. | answers to surveys | réponses aux enquêtes | last answers, by kind of survey: the n of every score
survey_answers_replaced_count | n. | answers replaced | réponses remplacées | earlier answers of the same respondent to the same survey
survey_response_rate {state} | r+ | response rate | taux de réponse | sent surveys answered within 7 days / surveys sent, booked at sending; final once the 7 days have passed
csat | r+ | satisfaction (CSAT) | taux de satisfaction (CSAT) | answers in the satisfied band / answers
csat_mean | x+ | mean satisfaction | note moyenne | sum of scores on the scale 1 to 5 / answers
csat_share {answer} | r. | answers by level | répartition des réponses | answers per level, 1 to 5 / answers
nps | x+ | Net Promoter Score | Net Promoter Score | 100 x (promoters - detractors) / answers
nps_share {class} | r. | promoters, passives, detractors | promoteurs, passifs, détracteurs | answers per class / answers
ces | x- | Customer Effort Score | score d'effort client | mean effort on the scale 1 to 7, where 7 is the most
ces_high_effort_rate | r- | high effort | effort élevé | answers with an effort of 5 and more / answers
survey_resolution_count {answer} | n. | solved, says the customer | résolu, selon le client | answers to surveys about the resolution, yes and no
selfcare_satisfaction | r+ | self-care satisfaction | satisfaction selfcare | helpful votes yes and satisfied answers / helpful votes and answers about self-care
selfcare_satisfaction_answers | n. | answers about self-care | réponses sur le selfcare | helpful votes, and satisfaction answers with a session or on the channel selfcare
verbatim_count | n. | verbatims | verbatims | answers with at least one theme; in the row of a theme, those with it
employee_engagement | r+ | engagement | engagement des employés | mean of (score - min) / (max - min) of internal surveys; no value below 5 answers
engagement_participation_rate | r+ | participation | taux de participation | answers to internal surveys / staff asked
"""

_CLASSES = dict(zip(("promoters", "passives", "detractors"), s.BANDS, strict=True))
_RESOLUTION = KINDS.index("resolution")


def values(sums: Sums) -> KpiValues:
    """Return the group."""
    get = sums.get
    answers = {str(kind): get(s.ANSWERED + at) for at, kind in enumerate(KINDS)}
    levels = range(STANDARD["csat"][0], STANDARD["csat"][1] + 1)
    band = {name: get(s.NPS_BAND + s.BANDS.index(of)) for name, of in _CLASSES.items()}
    yes = get(s.YES + _RESOLUTION)
    about_selfcare = get(s.SELFCARE)
    return {
        "surveys_sent": {kind: get(s.SENT + at) for at, kind in enumerate(KINDS)},
        "survey_answers": {**answers},
        "survey_answers_replaced_count": get(s.REPLACED),
        "survey_response_rate": _response(sums),
        "csat": ratio(get(s.CSAT_SATISFIED), answers["csat"]),
        "csat_mean": ratio(get(s.CSAT_MICRO), MICRO * answers["csat"]),
        "csat_share": {
            str(level): ratio(get(s.CSAT_LEVEL + level), answers["csat"]) for level in levels
        },
        "nps": ratio(100 * (band["promoters"] - band["detractors"]), answers["nps"]),
        "nps_share": {name: ratio(n, answers["nps"]) for name, n in band.items()},
        "ces": ratio(get(s.CES_MICRO), MICRO * answers["ces"]),
        "ces_high_effort_rate": ratio(get(s.CES_HIGH), answers["ces"]),
        "survey_resolution_count": {"yes": yes, "no": answers["resolution"] - yes},
        "selfcare_satisfaction": ratio(get(s.SELFCARE_GOOD), about_selfcare),
        "selfcare_satisfaction_answers": about_selfcare,
        "verbatim_count": get(s.VERBATIMS),
        **_engagement(sums, answers["engagement"]),
    }


def _response(sums: Sums) -> KpiValue:
    """Return the response rates: sendings whose days to answer have passed, and the others."""
    get = sums.get
    sent = sum(get(s.SENT + at) for at in range(len(KINDS)) if at != s.ENGAGEMENT)
    final, responded = get(s.SENT_FINAL), get(s.RESPONDED_FINAL)
    return {
        "final": ratio(responded, final),
        "provisional": ratio(get(s.RESPONDED) - responded, sent - final),
    }


def _engagement(sums: Sums, n: int) -> KpiValues:
    asked = sums.get(s.SENT + s.ENGAGEMENT)
    is_shown = n >= ENGAGEMENT_LEAST
    return {
        "employee_engagement": sums.get(s.ENGAGEMENT_MICRO) / (MICRO * n) if is_shown else None,
        # More answers than sendings: the window cuts between them, and the share means nothing.
        "engagement_participation_rate": ratio(n, asked) if n <= asked else None,
    }
