"""Agents: who is there, how time is spent, how long handling takes (kpis.md, section 5)."""

from __future__ import annotations

from msgspec import Struct, field

from aggregators import agent_time as at
from aggregators import facts as f
from aggregators.agent_time import AgentTime
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues, mean_seconds, ratio

STATES: tuple[str, ...] = (
    "unresponsive", "on_contact", "in_wrap_up", "ringing", "paused", "other", "available",
)  # fmt: skip
"""Shown states of a logged-in agent; the first that fits is shown."""

STAFFED: frozenset[str] = frozenset(("on_contact", "in_wrap_up", "ringing", "available"))


class AgentsNow(Struct):
    """Distinct agents by shown state, paused ones also by reason, and free slots."""

    states: dict[str, int] = field(default_factory=dict)
    paused: dict[str, int] = field(default_factory=dict)
    free_slots: int = 0

    def see(self, state: str, reason: str, free_slots: int) -> None:
        """Count one agent."""
        self.states[state] = self.states.get(state, 0) + 1
        if state == "paused":
            self.paused[reason or "none"] = self.paused.get(reason or "none", 0) + 1
        self.free_slots += free_slots


def agents_now(now: AgentsNow) -> KpiValues:
    """Return the gauges of now."""
    paused: dict[str, KpiValue] = dict(sorted(now.paused.items()))
    known = {state: n for state, n in now.states.items() if state in STATES}
    return {
        "agents_logged_in": sum(known.values()),
        "agents_staffed": sum(n for state, n in known.items() if state in STAFFED),
        "agents_available": known.get("available", 0),
        "agents_on_contact": now.states.get("on_contact", 0) + now.states.get("contact_only", 0),
        "agents_in_wrap_up": known.get("in_wrap_up", 0),
        "agents_ringing": known.get("ringing", 0),
        "agents_paused": paused,
        "agents_unresponsive": known.get("unresponsive", 0),
        "agents_other": known.get("other", 0),
        "agent_free_slots": now.free_slots,
    }


def agent_shares(time: AgentTime) -> KpiValues:
    """Return occupancy, utilisation and their kin; time is booked where it was spent."""
    occupancy: dict[str, KpiValue] = dict(at.occupancy(time))
    utilisation: dict[str, KpiValue] = dict(at.utilisation(time))
    pauses: dict[str, KpiValue] = dict(sorted(at.pause_rate(time).items()))
    return {
        "occupancy": occupancy,
        "utilisation": utilisation,
        "availability_rate": at.availability_rate(time),
        "pause_rate": pauses,
        "concurrency_mean": at.concurrency_mean(time),
        "agent_logged_in_seconds": time.logged_in_ms / 1000,
        "agent_contact_seconds": time.contact_ms_any / 1000,
    }


def handling(sums: Sums) -> KpiValues:
    """Return handle time and its parts, over legs whose handling is done."""
    get = sums.get
    handled, held = get(f.HANDLED), get(f.HELD)
    talk_ms, hold_ms, acw_ms = get(f.TALK_MS), get(f.HOLD_MS), get(f.ACW_MS)
    return {
        "contacts_handled": handled,
        "aht_seconds": mean_seconds(talk_ms + hold_ms + acw_ms, handled),
        "talk_mean_seconds": mean_seconds(talk_ms, handled),
        "hold_mean_seconds": mean_seconds(hold_ms, handled),
        "hold_mean_per_held_seconds": mean_seconds(hold_ms, held),
        "acw_mean_seconds": mean_seconds(acw_ms, handled),
        "handle_part_mean_seconds": {
            "ring": mean_seconds(get(f.HANDLE_RING_MS), handled),
            "talk": mean_seconds(talk_ms, handled),
            "hold": mean_seconds(hold_ms, handled),
            "acw": mean_seconds(acw_ms, handled),
        },
        "talk_sum_seconds": talk_ms / 1000,
        "hold_rate": ratio(held, handled),
    }
