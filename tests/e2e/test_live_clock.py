"""Live numbers move with the clock alone, on topics that nobody writes to any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tests.bench.kafka import Kafka
from tests.bench.process import wait_until
from tests.e2e.day import now_ms, waiting
from tests.e2e.front_door import FrontDoor, on_kafka


def test_who_waits_goes_on_waiting_while_the_topic_is_silent(
    kafka: Kafka, prefix: str, open_door: Callable[..., FrontDoor]
) -> None:
    """Two callers and no further event: both stay, the longest wait grows as fast as the clock,
    one is at risk and then too late, and the service level of now falls from 1 over 1/2 to 0."""
    door = open_door(
        **on_kafka(kafka, prefix),
        queues=[{"name": "sales", "threshold": "6s", "at_risk_within": ["3s"]}],
    )
    door.done("topics", "create")
    door.start_worker()
    first_ms = now_ms()
    callers = [waiting("c1", "sales", first_ms), waiting("c2", "sales", first_ms + 2_500)]
    kafka.produce(
        f"{prefix}calls", [(one.contact_id.encode(), msgspec.json.encode(one)) for one in callers]
    )
    seen: list[tuple[int, dict[str, Any]]] = []

    def look() -> bool:
        board = door.board(window="15m")
        row = board["windows"]["15m"]["queues"]["sales"]
        if row["contacts_waiting"] == 2:
            seen.append((board["as_of_ms"], row))
        return bool(seen) and row["service_level"]["instant"] == 0.0

    wait_until(look, what="both callers to wait beyond the threshold")
    assert [row["contacts_waiting"] for _, row in seen] == [2] * len(seen)
    for as_of_ms, row in seen:
        assert row["longest_wait_seconds"] == (as_of_ms - first_ms) / 1000
        waited_s = [(as_of_ms - one.event_time_ms) / 1000 for one in callers]
        over = sum(wait > 6 for wait in waited_s)
        assert row["contacts_over_threshold"] == over
        assert row["contacts_at_risk"] == {"3": sum(3 < wait <= 6 for wait in waited_s)}
        assert row["service_level"]["instant"] == (2 - over) / 2
    levels = [row["service_level"]["instant"] for _, row in seen]
    assert list(dict.fromkeys(levels)) == [1.0, 0.5, 0.0]
    waits = [row["longest_wait_seconds"] for _, row in seen]
    assert waits == sorted(waits)
    assert door.metric("vigie_events_read_total") == 2
