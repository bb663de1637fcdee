"""Files that the tests send: a simulated hour that ends now, and a queue_log of a few calls."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from aggregators.events import ContactQueued, Envelope
from aggregators.kpis.catalogue import CATALOGUE
from streams.simulator.demo import demo_scenario
from streams.simulator.simulation import Simulation

MINUTE_MS = 60_000

TOLD_LATER = frozenset(kpi_id for kpi_id, kpi in CATALOGUE.items() if kpi.group == "customers")
"""KPIs of what shards tell of customers, minutes after a contact has settled (customers.md)."""

NEEDS_THE_PAST = frozenset((
    "contact_rate", "contact_rate_anomaly", "cost_per_contact", "revenue_from_service",
    "revenue_per_contact", "selfcare_savings",
))  # fmt: skip
"""KPIs that a worker gives once it knows contacts from before the window; a batch has them all."""

BY_THE_WATERMARK = frozenset((
    "cart_abandonment_rate", "carts_open", "containment_rate", "handover_rate",
    "handover_rate_by_reason", "reopen_rate", "selfcare_outcome_count", "selfcare_sessions_ended",
    "survey_response_rate",
))  # fmt: skip
"""KPIs that change when the events of their partition have passed a time: a partition of its own
passes it when it is told of it, and a batch has but one."""


def told_at_once(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the KPIs of a row that a worker shows at once, so that they equal a batch's."""
    later = TOLD_LATER | NEEDS_THE_PAST | BY_THE_WATERMARK
    return {kpi_id: value for kpi_id, value in values.items() if kpi_id not in later}


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


def waiting(contact_id: str, queue: str, since_ms: int) -> ContactQueued:
    """A caller who enters a queue and stays there."""
    return ContactQueued(
        v=1, event_id=f"{contact_id}:queued", source="test", event_time_ms=since_ms,
        contact_id=contact_id, leg_id="L1", channel="voice", queue=queue,
    )  # fmt: skip


def write_simulated(path: Path, *, start_ms: int, end_ms: int, seed: int) -> list[Envelope]:
    """Writes canonical events of the demo's centre, one per line, and returns them."""
    simulation = Simulation(demo_scenario(), seed=seed, start_ms=start_ms)
    events = list(simulation.events(end_ms))
    path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events))
    return events


def write_queue_log(path: Path, *, start_s: int, queue: str, caller: str) -> None:
    """Writes a queue_log of 60 calls in an hour: waits of 0 to 59 s, every fifth gives up."""
    lines: list[tuple[int, str]] = []
    for number in range(60):
        entered_s = start_s + 60 * number
        call = f"pbx1-{entered_s}.{number}"
        lines.append((entered_s, f"{call}|{queue}|NONE|ENTERQUEUE||{caller}{number:03d}|1"))
        left_s = entered_s + number
        if number % 5 == 4:
            lines.append((left_s, f"{call}|{queue}|NONE|ABANDON|1|1|{number}"))
            continue
        agent = f"PJSIP/{number % 7}"
        lines.append((left_s, f"{call}|{queue}|{agent}|CONNECT|{number}|{call}1|3"))
        lines.append((left_s + 100, f"{call}|{queue}|{agent}|COMPLETECALLER|{number}|100|1"))
    path.write_text("".join(f"{at_s}|{rest}\n" for at_s, rest in sorted(lines)))
