"""Resolution of tickets and conversations, escalations, ways to self-care (kpis.md, 6, 8 and 9).

Everything is booked when a ticket is solved (or a conversation ends as resolved) and taken out
when it is reopened, so the variants of the time to resolve are means over the same tickets.
"""

from __future__ import annotations

from aggregators import facts as f
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues, mean_seconds, ratio, seconds
from aggregators.kpis.waiting import responding
from aggregators.kpis.waits import Waits
from aggregators.policy import QUANTILES

TABLE = """
resolution_seconds {variant} {clock} | s- | time to resolve (TRM) | temps de résolution moyen (TRM) | last: sum of (last solve - first demand) / solved; first_solve: to the first solve; open_time: without the time spent solved; reopening takes a ticket out until it is solved again
resolution_quantile_seconds {q} | s- | percentile of the time to resolve | centile du temps de résolution | nearest rank over last solve - first demand, by the calendar
contacts_resolved | n. | contacts resolved | contacts résolus | tickets solved and not reopened, and conversations that ended as resolved
reopen_rate {state} | r- | reopened tickets | taux de réouverture | tickets first solved in the window and reopened within 7 days / tickets first solved; final once the 7 days have passed
one_touch_rate | r+ | solved with one reply | résolu en une réponse | solved with exactly one public reply of an agent / solved
escalation_count | n- | escalations | escalades | transfers with escalation and tickets passed to a higher level
escalation_rate | r- | escalated share | taux d'escalade | escalations / (handled legs + solved tickets)
promise_kept_rate {promise} | r+ | promises kept | promesses tenues | tickets responded to (or solved) in the time promised for their priority / those and the ones for which it passed
transfer_to_selfcare_rate | r. | transfers to self-care | taux de transfert vers le selfcare | legs sent to a self-care tool / offered
selfcare_not_optional_share | r- | sent to self-care without the choice | selfcare imposé | sent to self-care without the choice / sent to self-care where the choice was told
tickets_out_of_time_count {reason} | n- | tickets whose times contradict each other | tickets aux heures contradictoires | replies or solves before the opening, solves of tickets whose opening was never told; they have no duration
"""

_NONE = Waits()


def values(sums: Sums) -> KpiValues:
    """Return the group."""
    get = sums.get
    resolved = sums.measures.get(f.RESOLVED, _NONE)
    n, last_ms, last_closed_ms = resolved.n, resolved.sum_ms, get(f.RESOLVED_CLOSED_MS)
    less: dict[str, tuple[int, int]] = {
        "last": (0, 0),
        "first_solve": (get(f.RESOLVED_LATER_MS), get(f.RESOLVED_LATER_CLOSED_MS)),
        "open_time": (get(f.RESOLVED_PAUSED_MS), get(f.RESOLVED_PAUSED_CLOSED_MS)),
    }
    times: dict[str, KpiValue] = {
        variant: {
            "calendar": mean_seconds(last_ms - less_ms, n),
            "business": mean_seconds(last_ms - last_closed_ms - (less_ms - closed_ms), n),
        }
        for variant, (less_ms, closed_ms) in less.items()
    }
    quantiles: dict[str, KpiValue] = {
        str(q): seconds(ms)
        for q, ms in zip(QUANTILES, resolved.quantile_ms(*QUANTILES), strict=True)
    }
    first, reopened = get(f.FIRST_SOLVED), get(f.REOPENED)
    first_final, reopened_final = get(f.FIRST_SOLVED + 2), get(f.REOPENED + 2)
    kept = [get(f.PROMISE_KEPT + i) for i in range(len(f.PROMISES))]
    broken = [get(f.PROMISE_BROKEN + i) for i in range(len(f.PROMISES))]
    forced, chosen = get(f.TO_SELFCARE + 1), get(f.TO_SELFCARE + 2)
    return {
        "resolution_seconds": times,
        "resolution_quantile_seconds": quantiles,
        "contacts_resolved": n,
        "reopen_rate": {
            "provisional": ratio(reopened - reopened_final, first - first_final),
            "final": ratio(reopened_final, first_final),
        },
        "one_touch_rate": ratio(get(f.ONE_TOUCH), get(f.TICKETS_RESOLVED)),
        "escalation_count": get(f.ESCALATED),
        "escalation_rate": ratio(get(f.ESCALATED), get(f.HANDLED) + get(f.TICKETS_SOLVED)),
        "promise_kept_rate": {
            promise: ratio(kept[i], kept[i] + broken[i]) for i, promise in enumerate(f.PROMISES)
        },
        "transfer_to_selfcare_rate": ratio(get(f.TO_SELFCARE), sums.offered),
        "selfcare_not_optional_share": ratio(forced, forced + chosen),
        "tickets_out_of_time_count": {
            reason: get(f.OUT_OF_TIME + i) for i, reason in enumerate(f.OUT_OF_TIME_REASONS)
        },
    }


def by_motive(sums: Sums) -> KpiValues:
    """Return what a row by motive has of other groups."""
    return {
        **responding(sums),
        "contact_volume": sums.get(f.CONTACTS_RECEIVED),
        "tickets_opened": sums.get(f.TICKETS_OPENED),
        "tickets_solved": sums.get(f.TICKETS_SOLVED),
    }
