"""The oracle's fifth part: who spoke in a conversation, and how long a customer waited for it.

The first public message of a person is the first response; an agent's later ones answer what the
customer said since. Bots and notes answer nothing, a customer who left is owed nothing, and where
an agent spoke first there is no first response.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.faults.oracle_legs import EXITS, Fact, Leg
from tests.faults.oracle_reading import Event

if TYPE_CHECKING:
    from tests.faults.oracle_contact import ContactView


def reply_facts(contact: ContactView) -> Iterator[Fact]:
    """First responses and later replies of a contact."""
    if not any(event["type"] == "message.posted" for event in contact.events):
        return
    closing = {id(event) for leg in contact.legs for event in _closings(leg)}
    since_ms, is_ours = beginning(contact.events)
    asked_ms: int | None = None
    was_answered = was_missed = False
    for event in contact.events:
        if id(event) in closing and asked_ms is not None:
            asked_ms, was_missed = None, not was_answered
        if event["type"] != "message.posted" or not event.get("public", True):
            continue
        at_ms = event["event_time_ms"]
        if event["author"] == "customer" and asked_ms is None:
            asked_ms = at_ms
        elif event["author"] == "agent":
            queue, channel = _where(contact, event)
            if not (was_answered or was_missed or is_ours):
                yield Fact(at_ms, queue, channel, ("first_response",))
                yield Fact(at_ms, queue, channel, ("first_response_ms",), at_ms - since_ms)
            elif was_answered and asked_ms is not None:
                yield Fact(at_ms, queue, channel, ("reply",))
                yield Fact(at_ms, queue, channel, ("reply_ms",), at_ms - asked_ms)
            was_answered, asked_ms = True, None


def _closings(leg: Leg) -> Iterator[Event]:
    """What ends a leg: leaving the queue unanswered, or the end of the conversation."""
    if leg.exit is not None and leg.exit["type"] != "contact.answered":
        yield leg.exit
    if leg.end is not None:
        yield leg.end


def beginning(events: list[Event]) -> tuple[int, bool]:
    """When a conversation began by its first sign, and whether an agent began it."""
    queued = {e["leg_id"] for e in events if e["type"] == "contact.queued"}
    for event in events:
        at_ms: int = event["event_time_ms"]
        if event["type"] in ("contact.created", "contact.queued"):
            return at_ms, False
        if event["type"] == "message.posted":
            return at_ms, bool(event["author"] == "agent")
        if event["type"] in EXITS and "wait_ms" in event and event.get("leg_id") not in queued:
            return at_ms - int(event["wait_ms"]), False
    return 0, False


def _where(contact: ContactView, message: Event) -> tuple[str, str]:
    """Queue and channel of the leg that a message names, else of the last one before it.

    A conversation that no queue is told of counts under none: in the sums of its channel alone.
    """
    earlier: list[Leg] = []
    for event in contact.events:
        if event is message:
            break
        earlier += [leg for leg in contact.legs if leg.told[0] is event]
    named = [leg for leg in earlier if leg.told[0]["leg_id"] == message.get("leg_id")]
    if named or earlier:
        leg = (named or earlier)[-1]
        return leg.queue, leg.channel
    queue = message.get("queue") or (contact.created or {}).get("queue") or ""
    return queue.strip(), contact.channel_of(message)
