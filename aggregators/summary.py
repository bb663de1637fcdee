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
_SILENT = frozenset((
    ev.AgentOffered, ev.AgentOfferMissed, ev.HoldStarted, ev.HoldEnded, ev.CallbackAttempted,
))  # fmt: skip
_WAITED = frozenset((ev.ContactAnswered, ev.ContactAbandoned, ev.FlowOut, ev.CallbackRequested))


def customer_of(events: Sequence[Any]) -> str | None:
    """Return the customer of a contact: the first key that was told; None of a merged ticket."""
    found: str | None = None
    for event in events:
        if event.retracted:
            continue
        if not found:
            found = event.customer_key
        if type(event) is ev.TicketMerged:
            return None
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
    for event in events:
        if event.retracted:
            events = [event for event in events if not event.retracted]
            break
    _read(events, told, stage)
    return told


def _read(events: Sequence[Any], told: CustomerContact, stage: int) -> None:
    """Go through the journal once."""
    left: ContactOutcome = "lost" if stage == CLOSED else "unanswered"
    # Locals: a journal is long, and attributes would cost as much as all the rest.
    opened_ms = ended_ms = -1
    journey_id = motive = team = queue = agent_id = answered_ms = resolved = None
    channel, direction = told.channel, told.direction
    is_handled = is_named = continues = escalated = False
    legs = transfers = 0
    for event in events:
        kind, at_ms = type(event), event.event_time_ms
        if opened_ms < 0:
            opened_ms = at_ms - ((event.wait_ms or 0) if kind in _WAITED else 0)
            direction = event.direction
            channel = event.channel or channel
        journey_id = journey_id or event.journey_id
        motive = event.motive or motive
        team = event.team or team
        queue = event.queue or queue
        if kind in _SILENT:
            continue
        answers = False
        if kind in _REPLIES:
            if event.author != "agent" or not event.public:
                continue
            agent_id = event.agent_id or agent_id
            answers = True
        elif kind in _FIRSTS:
            channel = event.channel
            if not is_named:
                direction, is_named = event.direction, True
            if kind is ev.ContactQueued:
                legs += 1
                continues |= legs == 1 and event.transferred_from is not None
            else:
                continues |= event.initiated_by != "customer"
        elif kind is ev.ContactAnswered:
            agent_id = event.agent_id
            answers = True
        elif kind is ev.WrapUpEnded or kind is ev.ContactEnded:
            resolved = resolved if event.resolved is None else event.resolved
        elif kind is ev.ContactTransferred:
            transfers += 1
            escalated |= event.escalation
        elif kind is ev.TicketEscalated:
            escalated = True
            team = event.to_team or team
        elif kind is ev.ContactAbandoned:
            left = "abandoned"
        elif kind is ev.FlowOut:
            left = "flow_out"
        elif kind is ev.CallbackRequested:
            told.callback, left = True, "callback"
        elif kind is ev.CallbackDone:
            answers = event.outcome == "reached"
        elif kind is ev.TicketSolved:
            is_handled, resolved = True, event.resolved
            agent_id = event.agent_id or agent_id
        elif kind is ev.TicketReopened:
            resolved = None
        elif kind is ev.TicketAssigned:
            agent_id = event.agent_id or agent_id
        if answers:
            is_handled = True
            if answered_ms is None:
                answered_ms = at_ms
        if kind in _ENDS or (ended_ms < 0 and kind in _WRAP_UPS):
            ended_ms = at_ms
    told.opened_ms, told.answered_ms = opened_ms, answered_ms
    told.journey_id, told.motive = journey_id, motive
    told.queue, told.team, told.agent_id = queue, team, agent_id
    told.channel, told.direction, told.continues = channel, direction, continues
    told.handled, told.resolved = is_handled, resolved
    told.transfers, told.escalated = transfers, escalated
    if stage == OPEN:
        return
    last_ms = events[-1].event_time_ms
    told.ended_ms = last_ms if ended_ms < 0 else ended_ms
    told.done_ms = max(told.ended_ms, last_ms)
    told.outcome = "handled" if is_handled else left
