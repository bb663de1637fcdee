"""The summary of a contact: what the topic ``customers`` tells of it (docs/customers.md).

A pure function of the contact's journal and of whether it is open, closed by the clock or
settled; so any replay tells the same. Contacts without a customer key have none, nor have
tickets that were merged into another one. Outbound contacts have one, and say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aggregators import events as ev
from aggregators.customer_events import ContactOutcome, CustomerContact
from aggregators.telling import SOURCE, revision_of, told_id

OPEN, CLOSED, SETTLED = 1, 2, 3
"""The stages of a contact; of one journal each may be told, and the later one replaces."""

_ENDS = frozenset((
    ev.ContactAbandoned, ev.FlowOut, ev.ContactEnded, ev.ContactTransferred,
    ev.CallbackRequested, ev.CallbackDone, ev.TicketSolved,
))  # fmt: skip
_WRAP_UPS = frozenset((ev.WrapUpStarted, ev.WrapUpEnded))
_FIRSTS = frozenset((ev.ContactCreated, ev.ContactQueued, ev.TicketOpened))
_REPLIES = frozenset((ev.MessagePosted, ev.TicketReplied))
_WAITED = frozenset((ev.ContactAnswered, ev.ContactAbandoned, ev.FlowOut, ev.CallbackRequested))


def customer_of(events: Sequence[Any]) -> str | None:
    """Return the customer of a contact: the first key that was told; None of a merged ticket."""
    found: str | None = None
    for event in events:
        if not event.retracted:
            if type(event) is ev.TicketMerged:
                return None
            found = found or event.customer_key
    return found


def summary_of(
    contact_id: str, events: Sequence[Any], stage: int, topic: str, default_channel: str
) -> CustomerContact | None:
    """Return what is told of a contact of a topic; ``events`` are its journal, in order."""
    customer_key = customer_of(events)
    if customer_key is None:
        return None
    told = CustomerContact(
        v=1,
        event_id=told_id("contact", topic, contact_id),
        source=SOURCE,
        event_time_ms=events[-1].event_time_ms,
        revision=revision_of(events, stage),
        customer_key=customer_key,
        contact_id=contact_id,
        channel=default_channel,  # type: ignore[arg-type]
        opened_ms=-1,
    )
    if any(event.retracted for event in events):
        events = [event for event in events if not event.retracted]
    _read(events, told, stage)
    return told


def _read(events: Sequence[Any], told: CustomerContact, stage: int) -> None:
    """Go through the journal once."""
    left: ContactOutcome = "lost" if stage == CLOSED else "unanswered"
    ended_ms = -1
    legs = 0
    is_named = False
    for event in events:
        kind, at_ms = type(event), event.event_time_ms
        if told.opened_ms < 0:
            told.opened_ms = at_ms - ((event.wait_ms or 0) if kind in _WAITED else 0)
            told.direction = event.direction
            told.channel = event.channel or told.channel
        told.journey_id = told.journey_id or event.journey_id
        told.motive = event.motive or told.motive
        told.team = event.team or told.team
        told.queue = event.queue or told.queue
        if kind in _FIRSTS:
            told.channel = event.channel
            if not is_named:
                told.direction, is_named = event.direction, True
            if kind is ev.ContactQueued:
                legs += 1
                told.continues |= legs == 1 and event.transferred_from is not None
            else:
                told.continues |= event.initiated_by != "customer"
        elif kind is ev.ContactAnswered:
            told.agent_id = event.agent_id
            _answer(told, at_ms)
        elif kind in _REPLIES:
            if event.author == "agent" and event.public:
                told.agent_id = event.agent_id or told.agent_id
                _answer(told, at_ms)
        elif kind is ev.ContactTransferred:
            told.transfers += 1
            told.escalated |= event.escalation
        elif kind is ev.TicketEscalated:
            told.escalated = True
            told.team = event.to_team or told.team
        elif kind is ev.ContactAbandoned:
            left = "abandoned"
        elif kind is ev.FlowOut:
            left = "flow_out"
        elif kind is ev.CallbackRequested:
            told.callback, left = True, "callback"
        elif kind is ev.CallbackDone:
            if event.outcome == "reached":
                _answer(told, at_ms)
        elif kind is ev.TicketSolved:
            told.handled, told.resolved = True, event.resolved
            told.agent_id = event.agent_id or told.agent_id
        elif kind is ev.TicketReopened:
            told.resolved = None
        elif kind is ev.TicketAssigned:
            told.agent_id = event.agent_id or told.agent_id
        if kind is ev.WrapUpEnded or kind is ev.ContactEnded:
            told.resolved = told.resolved if event.resolved is None else event.resolved
        if kind in _ENDS or (ended_ms < 0 and kind in _WRAP_UPS):
            ended_ms = at_ms
    if stage == OPEN:
        return
    last_ms = events[-1].event_time_ms
    told.ended_ms = last_ms if ended_ms < 0 else ended_ms
    told.done_ms = max(told.ended_ms, last_ms)
    told.outcome = "handled" if told.handled else left


def _answer(told: CustomerContact, at_ms: int) -> None:
    told.handled = True
    if told.answered_ms is None:
        told.answered_ms = at_ms
