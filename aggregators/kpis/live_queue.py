"""The live queue: gauges of now, moved by the clock alone (kpis.md, section 3)."""

from __future__ import annotations

from aggregators.facts import PROMISES
from aggregators.kpis.values import KpiValue, KpiValues, mean_seconds
from aggregators.live import AGE_BANDS, LiveSums, TicketSums


def live_queue(live: LiveSums, as_of_ms: int) -> KpiValues:
    """Return the group; the longest of something has no value when there is none of it."""

    def age(since_ms: int | None) -> float | None:
        return None if since_ms is None else (as_of_ms - since_ms) / 1000

    due_ms = live.first_due_ms
    business_ms = live.oldest_unanswered_business_ms
    at_risk: dict[str, KpiValue] = {
        str(within_ms // 1000): n for within_ms, n in sorted(live.at_risk.items())
    }
    return {
        "contacts_waiting": live.waiting,
        "longest_wait_seconds": age(live.oldest_enter_ms),
        "longest_wait_breach_seconds": None if due_ms is None else max(0, due_ms - as_of_ms) / 1000,
        "current_wait_mean_seconds": mean_seconds(live.waited_ms, live.waiting),
        "contacts_over_threshold": live.over_threshold,
        "contacts_at_risk": at_risk or {"30": 0},
        "contacts_ringing": live.ringing,
        "contacts_in_progress": live.in_progress,
        "contacts_on_hold": live.on_hold,
        "contacts_in_wrap_up": live.in_wrap_up,
        "callbacks_scheduled": live.callbacks_scheduled,
        "callbacks_in_queue": live.callbacks_in_queue,
        "callback_oldest_age_seconds": age(live.oldest_callback_ms),
        "tickets_open": live.tickets_open,
        "tickets_unanswered": live.tickets_unanswered,
        "ticket_oldest_unanswered_seconds": {
            "business": None if business_ms is None else business_ms / 1000,
            "calendar": age(live.oldest_unanswered_ms),
        },
        **_tickets(live.tickets or _NO_TICKETS),
        "conversations_awaiting_reply": live.awaiting_reply,
        "reply_wait_longest_seconds": age(live.oldest_reply_due_ms),
    }


_NO_TICKETS = TicketSums()


def _tickets(tickets: TicketSums) -> KpiValues:
    return {
        "tickets_backlog": dict(zip(AGE_BANDS, tickets.by_age, strict=True)),
        "tickets_at_risk": dict(zip(PROMISES, tickets.at_risk, strict=True)),
        "tickets_overdue": dict(zip(PROMISES, tickets.overdue, strict=True)),
    }
