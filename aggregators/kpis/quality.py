"""Quality: scores of evaluation grids and the errors they found (kpis.md, section 9).

Escalations are of the group resolution. Items have rows of their own (the facet ``item``), so
``quality_item_score`` has a value there and nowhere else.
"""

from __future__ import annotations

from aggregators.dossiers import evaluation as e
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValues, ratio
from aggregators.scales import MICRO

TABLE = """
quality_evaluations | n. | evaluations | évaluations | evaluations, all of them checked for errors
quality_evaluations_scored | n. | evaluations with a score | évaluations notées | evaluations in which some item has weight, or a knock-out decided
quality_evaluations_replaced_count | n. | evaluations replaced | évaluations remplacées | earlier tellings of the same evaluation
quality_score | r+ | quality score | score de qualité | mean over evaluations of sum of (weight x points / max) / sum of weights; 0 after a knock-out
quality_item_score | r+ | score of an item | score par critère | mean of points / max, in the row of the item
quality_item_count | n. | times an item was scored | critère noté | items scored, in the row of the item
error_rate {kind} | r- | error rate | taux d'erreurs | evaluations with an error of the kind (any: of at least one) / evaluations
"""


def values(sums: Sums) -> KpiValues:
    """Return the group."""
    get = sums.get
    checked, scored, items = get(e.EVALUATED), get(e.SCORED), get(e.ITEMS)
    return {
        "quality_evaluations": checked,
        "quality_evaluations_scored": scored,
        "quality_evaluations_replaced_count": get(e.REPLACED),
        "quality_score": ratio(get(e.SCORE_MICRO), MICRO * scored),
        "quality_item_score": ratio(get(e.ITEM_MICRO), MICRO * items),
        "quality_item_count": items,
        "error_rate": {
            "any": ratio(get(e.ERRONEOUS), checked),
            **{kind: ratio(get(e.ERROR + at), checked) for at, kind in enumerate(e.ERROR_KINDS)},
        },
    }
