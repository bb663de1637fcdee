"""Some hours of calls whose customers partly come back, and a quiet end, by which all is told."""

from __future__ import annotations

import random
from typing import Any

from aggregators import events as ev
from aggregators.kpis.catalogue import CATALOGUE
from tests.aggregators.story import T0

CALLS = 1_500
QUIET = 200
SECOND_MS = 1_000
END_MS = T0 + (CALLS * 10 + 20 * 60 + QUIET) * SECOND_MS

CUSTOMER_KPIS = [kpi.id for kpi in CATALOGUE.values() if kpi.group == "customers"]


def day() -> list[Any]:
    """Events in order of time; every tenth call is transferred, every seventh given up."""
    chance = random.Random(5)
    told: list[Any] = []
    for n in range(CALLS):
        told += _call(n, f"k{chance.randrange(CALLS)}", chance)
    told.sort(key=lambda event: event.event_time_ms)
    quiet_ms = T0 + (CALLS * 10 + 20 * 60) * SECOND_MS
    return told + [
        ev.ContactCreated(
            v=1, event_id=f"quiet{n}", source="test", event_time_ms=quiet_ms + n * SECOND_MS,
            contact_id=f"quiet{n}", channel="voice",
        )
        for n in range(QUIET)
    ]  # fmt: skip


def _call(n: int, customer: str, chance: random.Random) -> list[Any]:
    at_ms = T0 + n * 10 * SECOND_MS
    same: dict[str, Any] = {
        "v": 1, "source": "test", "contact_id": f"c{n}", "customer_key": customer,
        "motive": "bill" if n % 3 else "move",
    }  # fmt: skip
    queued = ev.ContactQueued(
        event_id=f"q{n}", event_time_ms=at_ms, leg_id="1", channel="voice", queue="sales", **same
    )
    left_ms = at_ms + chance.randrange(5, 90) * SECOND_MS
    if n % 7 == 0:
        return [queued, ev.ContactAbandoned(
            event_id=f"a{n}", event_time_ms=left_ms, leg_id="1", stage="queue", **same
        )]  # fmt: skip
    over_ms = left_ms + chance.randrange(20, 600) * SECOND_MS
    over: type[Any] = ev.ContactTransferred if n % 10 == 0 else ev.ContactEnded
    more = {"kind": "blind", "scope": "external"} if n % 10 == 0 else {}
    return [
        queued,
        ev.ContactAnswered(
            event_id=f"b{n}", event_time_ms=left_ms, leg_id="1", agent_id="A", **same
        ),
        over(event_id=f"e{n}", event_time_ms=over_ms, leg_id="1", **more, **same),
    ]  # fmt: skip
