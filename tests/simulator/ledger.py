"""Reads a simulated day back and checks that each leg and agent lived a lawful life."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from aggregators.events import (
    AgentOffered,
    AgentOfferMissed,
    CallbackRequested,
    ContactAbandoned,
    ContactAnswered,
    ContactEnded,
    ContactEvent,
    ContactQueued,
    ContactTransferred,
    Envelope,
    FlowOut,
    HoldEnded,
    HoldStarted,
    WrapUpEnded,
    WrapUpStarted,
)

NEXT: dict[type[Envelope] | None, set[type[Envelope]]] = {
    None: {ContactQueued},
    ContactQueued: {AgentOffered, ContactAbandoned, FlowOut, CallbackRequested},
    AgentOffered: {AgentOfferMissed, ContactAnswered},
    AgentOfferMissed: {AgentOffered, ContactAbandoned, FlowOut, CallbackRequested},
    ContactAnswered: {HoldStarted, ContactEnded, ContactTransferred},
    HoldStarted: {HoldEnded, ContactEnded},
    HoldEnded: {HoldStarted, ContactEnded, ContactTransferred},
    ContactEnded: {WrapUpStarted},
    ContactTransferred: {WrapUpStarted},
    WrapUpStarted: {WrapUpEnded},
    WrapUpEnded: set(),
    ContactAbandoned: set(),
    FlowOut: set(),
    CallbackRequested: set(),
}
"""Which event of a leg may follow which."""

WAITING = (ContactQueued, AgentOffered, AgentOfferMissed)


@dataclass
class Ledger:
    """``last`` event by leg, ``counts`` by type, and an agent's most contacts of a channel."""

    last: dict[tuple[str, str], ContactEvent] = field(default_factory=dict)
    queued: dict[tuple[str, str], ContactQueued] = field(default_factory=dict)
    counts: Counter[type[Envelope]] = field(default_factory=Counter)
    in_hand: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    most_in_hand: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def still_waiting(self) -> int:
        """Legs whose exit has not come yet."""
        return sum(isinstance(event, WAITING) for event in self.last.values())


def read(events: Iterable[Envelope]) -> Ledger:
    """Fold the contact events; ``AssertionError`` at the first unlawful one."""
    ledger = Ledger()
    offered: dict[tuple[str, str], AgentOffered] = {}
    answered: dict[tuple[str, str], ContactAnswered] = {}
    for event in events:
        if not isinstance(event, ContactEvent) or event.leg_id is None:
            continue
        kind = type(event)
        leg = (event.contact_id, event.leg_id)
        before = ledger.last.get(leg)
        if kind not in NEXT:
            continue
        assert kind in NEXT[None if before is None else type(before)], (before, event)
        if isinstance(event, ContactQueued):
            ledger.queued[leg] = event
        queued = ledger.queued[leg]
        assert event.channel == queued.channel
        assert event.queue == queued.queue
        waited_ms = event.event_time_ms - queued.event_time_ms
        if isinstance(event, AgentOffered):
            offered[leg] = event
            hand = ledger.in_hand.setdefault(event.agent_id, set())
            assert leg not in hand
            hand.add(leg)
            channels = Counter(ledger.queued[other].channel for other in hand)
            assert len(hand) == 1 or "voice" not in channels, "a call beside something else"
            for channel, count in channels.items():
                key = (event.agent_id, channel)
                ledger.most_in_hand[key] = max(ledger.most_in_hand.get(key, 0), count)
        elif isinstance(event, AgentOfferMissed):
            assert event.offer_id == offered[leg].offer_id
            assert event.ring_ms == event.event_time_ms - offered[leg].event_time_ms
            ledger.in_hand[event.agent_id].remove(leg)
        elif isinstance(event, ContactAnswered):
            answered[leg] = event
            assert event.wait_ms == waited_ms
            assert event.ring_ms == event.event_time_ms - offered[leg].event_time_ms
            assert event.agent_id == offered[leg].agent_id
        elif isinstance(event, (ContactAbandoned, FlowOut, CallbackRequested)):
            assert event.wait_ms == waited_ms
        elif isinstance(event, ContactEnded):
            handled_ms = event.event_time_ms - answered[leg].event_time_ms
            assert (event.talk_ms or 0) + (event.hold_ms or 0) == handled_ms
            assert (event.during == "hold") == isinstance(before, HoldStarted)
        elif isinstance(event, WrapUpEnded):
            assert before is not None
            assert event.acw_ms == event.event_time_ms - before.event_time_ms
        if isinstance(before, (ContactEnded, ContactTransferred)):
            assert event.event_time_ms == before.event_time_ms, "wrap-up follows at once"
        ledger.last[leg] = event
        ledger.counts[kind] += 1
        if isinstance(event, WrapUpEnded):
            ledger.in_hand[event.agent_id].discard(leg)
    return ledger
