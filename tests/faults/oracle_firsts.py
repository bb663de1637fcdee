"""The oracle's fourth part: counters that never fall, of what was told first.

A counter takes the first outcome of a leg, as it looked when its event arrived; what is told or
corrected later changes the figures of the windows, never the counter. So this part looks at a
contact anew, as a batch, after each event that can bring an outcome.
"""

from __future__ import annotations

from collections import Counter

from tests.faults.oracle_contact import ContactView
from tests.faults.oracle_legs import EXITS, THRESHOLD_MS, Leg
from tests.faults.oracle_reading import Event

SHORT_MS = 10_000
ENDS = frozenset(
    ("contact.transferred", "contact.ended", "contact.wrap_up_started", "contact.wrap_up_ended")
)
BRINGS_AN_OUTCOME = {"contact.queued", *EXITS, *ENDS}

Counted = Counter[tuple[str, str, str]]
"""(queue, channel, name) to how often; sums of waits and of handling in ms."""


class Firsts:
    """What entered the counters of one partition, and what may not enter them again."""

    def __init__(self) -> None:
        self.counters: Counted = Counter()
        self._seen: dict[str, set[str]] = {}

    def see(self, event: Event, view: ContactView) -> None:
        """Take in a contact as it is after an event of it."""
        for leg in view.legs:
            if leg.is_inbound and leg.exit is not None and leg.enter_ms is not None:
                self._see_exit(event["contact_id"], leg)
            if leg.is_inbound and leg.end is not None:
                self._see_end(event["contact_id"], leg, leg.end)

    def _see_exit(self, contact_id: str, leg: Leg) -> None:
        assert leg.exit is not None
        how = EXITS[leg.exit["type"]]
        if how == "callback" or not self._is_first(contact_id, leg, "exit"):
            return
        self._count(leg, "offered")
        self._count(leg, how)
        if how == "answered":
            is_in_target = leg.wait_ms <= THRESHOLD_MS[leg.channel]
            self._count(leg, "answered_in_target", int(is_in_target))
        elif how == "abandoned":
            self._count(leg, "abandoned_short", int(leg.wait_ms < SHORT_MS))
        if how != "flow_out":
            self._count(leg, f"{how}_wait_ms", leg.wait_ms)

    def _see_end(self, contact_id: str, leg: Leg, end: Event) -> None:
        if end["type"] == "contact.transferred" and self._is_first(contact_id, leg, "transferred"):
            self._count(leg, "transferred")
        if self._is_first(contact_id, leg, "handled"):
            self._count(leg, "handled")
            talk_ms, held_ms = leg.talk_and_hold_ms(end)
            self._count(leg, "handle_ms", talk_ms + held_ms)

    def _is_first(self, contact_id: str, leg: Leg, what: str) -> bool:
        seen = self._seen.setdefault(contact_id, set())
        key = f"{what} {leg.told[0]['leg_id']}"
        is_first = key not in seen
        seen.add(key)
        return is_first

    def _count(self, leg: Leg, name: str, amount: int = 1) -> None:
        if amount:
            self.counters[leg.queue, leg.channel, name] += amount
