"""Volumes, answer, abandonment, transfers and callbacks (kpis.md, section 4.2)."""

from __future__ import annotations

from aggregators import facts as f
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues, mean_seconds, ratio
from aggregators.policy import EDGES_MS

EDGES_S: tuple[str, ...] = tuple(str(edge_ms // 1000) for edge_ms in EDGES_MS)
"""Label values of the histogram edges, in seconds."""


def contact_volume(sums: Sums) -> int | None:
    """Return the contacts received; None where legs came but nobody told of new contacts.

    So it is in a queue, which a contact only enters later, and for sources that tell of queues
    alone.
    """
    received = sums.get(f.CREATED) + sums.get(f.TICKETS_OPENED)
    return None if not received and (sums.get(f.ENTERED) or sums.offered) else received


def service(sums: Sums) -> KpiValues:
    """Return the group; booked when legs leave, unless the catalogue says otherwise."""
    answered, abandoned, short = sums.answered_n, sums.abandoned.n, sums.short
    offered, callbacks, get = sums.offered, sums.callbacks, sums.get
    closed_queue = sums.flow_out.get("closed", 0)
    accepted = get(f.OFFER_ACCEPTED)
    missed = sum(get(f.OFFER_MISSED + n) for n, o in enumerate(f.OFFER_OUTCOMES) if o != "canceled")
    done = [get(f.CALLBACK_DONE + n) for n in range(len(f.CALLBACK_OUTCOMES))]
    decided = sum(done[:3])  # a canceled callback was neither reached nor failed
    flow_out: dict[str, KpiValue] = {r: sums.flow_out.get(r, 0) for r in f.FLOW_OUT_REASONS}
    flow_out_rate: dict[str, KpiValue] = {
        r: ratio(sums.flow_out.get(r, 0), offered) for r in f.FLOW_OUT_REASONS
    }
    within: dict[str, KpiValue] = dict.fromkeys(EDGES_S)
    if not sums.answered.thinned:
        counted = zip(EDGES_S, sums.answered.up_to(), strict=True)
        within = {le: ratio(n, offered) for le, n in counted}
    bands: dict[str, KpiValue] = dict.fromkeys((*EDGES_S, "inf"))
    if not sums.abandoned.thinned:
        bands = dict(zip((*EDGES_S, "inf"), sums.abandoned.bands(), strict=True))
    return {
        "contact_volume": contact_volume(sums),
        "contacts_entered": get(f.ENTERED),
        "contacts_offered": offered,
        "contacts_answered": answered,
        "contacts_answered_in_target": sums.answered_in,
        "contacts_abandoned": abandoned,
        "contacts_short_abandoned": short,
        "contacts_flow_out": flow_out,
        "contacts_callback_requested": callbacks,
        "contacts_lost": get(f.LOST),
        "answer_rate": ratio(answered, offered),
        "answer_rate_wazo": ratio(answered, offered - closed_queue),
        "answered_within_rate": within,
        "agent_answer_rate": ratio(accepted, accepted + missed),
        "agent_offers_missed_count": missed,
        "abandonment_rate": {
            "of_offered": ratio(abandoned, offered),
            "short_excluded": ratio(abandoned - short, offered - short),
            "handled_or_abandoned": ratio(abandoned - short, answered + abandoned - short),
            "not_answered": ratio(offered - answered, offered),
        },
        "short_abandon_rate": ratio(short, offered),
        "abandon_wait_mean_seconds": mean_seconds(sums.abandoned.sum_ms, abandoned),
        "abandon_band_count": bands,
        "ivr_abandon_rate": ratio(get(f.IVR_ABANDONED), get(f.CREATED)),
        "hold_abandon_count": get(f.HOLD_ABANDONED),
        "flow_out_rate": flow_out_rate,
        "transfer_rate": {
            kind: {
                scope: ratio(get(f.TRANSFERRED + 2 * k + s), answered)
                for s, scope in enumerate(f.TRANSFER_SCOPES)
            }
            for k, kind in enumerate(f.TRANSFER_KINDS)
        },
        "contacts_transferred": sum(get(f.TRANSFERRED + n) for n in range(6)),
        "transfers_in_count": get(f.TRANSFERRED_IN),
        "callback_request_rate": ratio(callbacks, offered + callbacks),
        "callback_success_rate": ratio(done[0], decided),
        "callback_wait_mean_seconds": mean_seconds(
            get(f.CALLBACK_WAIT_MS), get(f.CALLBACK_REACHED)
        ),
        "callback_attempts_mean": ratio(get(f.CALLBACK_ATTEMPTS), sum(done)),
        "tickets_opened": get(f.TICKETS_OPENED),
        "tickets_solved": get(f.TICKETS_SOLVED),
    }
