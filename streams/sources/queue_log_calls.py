"""The calls of an Asterisk ``queue_log``: which line belongs to which leg of which contact.

A contact is a chain of calls under its first callid, a leg one stay in a queue. Attended
transfers (Asterisk issue 759) are logged under the callid of the agent's consultation call,
which has already entered the next queue as if it were a customer of its own. When the transfer
shows that both are one contact, what was told of the consultation is withdrawn and told again
under the contact it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from aggregators.events import ContactCreated, ContactEvent, ContactQueued
from streams.sources.queue_log_line import QueueLogLine

FORGET_CLOSED_MS = 2 * 3_600_000
"""How long a finished contact is remembered for lines that come after its end."""
FORGET_OPEN_MS = 26 * 3_600_000
"""How long an open one is: longer than any call may last."""
MAX_RETOLD = 2_000
"""Events of one contact that can be told again; a single call can ring hundreds of times."""


class Leg(Struct):
    """One stay in a queue. ``wait_ms`` and ``agent`` are known once it is answered."""

    leg_id: str
    queue: str
    entered_ms: int
    adopted: bool = False
    answered: bool = False
    agent: str = ""
    wait_ms: int | None = None
    closed: bool = False
    transferred: bool = False

    @property
    def waits(self) -> bool:
        """Neither answered nor left."""
        return not self.answered and not self.closed

    @property
    def talks(self) -> bool:
        """Answered and not over."""
        return self.answered and not self.closed


class Contact(Struct):
    """A chain of calls; ``told`` are the events so far, in case they have to be told again."""

    contact_id: str
    last_ms: int = 0
    customer_key: str | None = None
    created: bool = False
    legs: list[Leg] = field(default_factory=list)
    told: list[ContactEvent] = field(default_factory=list)

    def tell(self, event: ContactEvent) -> ContactEvent:
        """Remember an event of this contact and return it."""
        if len(self.told) < MAX_RETOLD:
            self.told.append(event)
        return event

    def waiting(self, queue: str) -> Leg | None:
        """Return the newest leg that waits in a queue."""
        return next((leg for leg in reversed(self.legs) if leg.queue == queue and leg.waits), None)


class Calls:
    """All contacts of a log that are not long over, by each callid they are known under."""

    def __init__(self) -> None:
        self._by_callid: dict[str, Contact] = {}
        self._talking: dict[tuple[str, str], list[tuple[Contact, Leg]]] = {}
        self._sweep_at = 5_000

    def contact(self, line: QueueLogLine) -> Contact:
        """Return the contact of a line's callid, a new one for a new callid."""
        contact = self._by_callid.get(line.callid)
        if contact is None:
            if len(self._by_callid) >= self._sweep_at:
                self._sweep(line.at_ms)
            contact = self._by_callid[line.callid] = Contact(line.callid)
        contact.last_ms = max(contact.last_ms, line.at_ms)
        return contact

    def known(self, line: QueueLogLine) -> Contact | None:
        """Return the contact of a line's callid if it is known."""
        return self._by_callid.get(line.callid)

    def enter(self, contact: Contact, queue: str, entered_ms: int) -> Leg:
        """Open a leg."""
        leg = Leg(f"{queue}:{entered_ms // 1000}", queue, entered_ms)
        contact.legs.append(leg)
        return leg

    def answer(self, contact: Contact, leg: Leg, agent: str, wait_ms: int | None) -> None:
        """An agent took the leg."""
        leg.answered, leg.agent, leg.wait_ms = True, agent, wait_ms
        self._talking.setdefault((leg.queue, agent), []).append((contact, leg))

    def close(self, leg: Leg, *, transferred: bool = False) -> None:
        """The leg is over."""
        leg.closed, leg.transferred = True, transferred
        key = (leg.queue, leg.agent)
        if key in self._talking:
            left = [pair for pair in self._talking[key] if pair[1] is not leg]
            if left:
                self._talking[key] = left
            else:
                del self._talking[key]

    def talking(self, line: QueueLogLine) -> tuple[Contact, Leg] | None:
        """Return the leg of the line's own callid that its agent, else any agent, talks on."""
        contact = self.known(line)
        if contact is None:
            return None
        legs = [leg for leg in reversed(contact.legs) if leg.queue == line.queue and leg.talks]
        legs.sort(key=lambda leg: leg.agent != line.agent)
        return (contact, legs[0]) if legs else None

    def talking_elsewhere(
        self, line: QueueLogLine, hold_ms: int | None
    ) -> tuple[Contact, Leg] | None:
        """Return the leg in talk whose queue, agent and wait a transfer names (rule a)."""
        if hold_ms is None:
            return None
        pairs = self._talking.get((line.queue, line.agent), [])
        near = [
            (abs(leg.wait_ms - hold_ms), number, contact, leg)
            for number, (contact, leg) in enumerate(reversed(pairs))
            if leg.wait_ms is not None and abs(leg.wait_ms - hold_ms) <= 1000
        ]
        if not near:
            return None
        _, _, contact, leg = min(near, key=lambda found: found[:2])
        return contact, leg

    def join(self, callid: str, contact: Contact, from_leg: Leg) -> Iterator[ContactEvent]:
        """Make a callid part of a contact (rule b) and tell its events again as that contact's.

        Gives, for each event told under the other contact, its withdrawal, then the new telling.
        """
        other = self._by_callid.get(callid)
        if other is contact:
            return
        self._by_callid[callid] = contact
        if other is None:
            return
        for known, owner in self._by_callid.items():
            if owner is other:
                self._by_callid[known] = contact
        contact.last_ms = max(contact.last_ms, other.last_ms)
        for pairs in self._talking.values():
            pairs[:] = [(contact if owner is other else owner, leg) for owner, leg in pairs]
        for leg in other.legs:
            leg.adopted = True
            contact.legs.append(leg)
        for event in other.told:
            yield replace(event, revision=event.revision + 1, retracted=True)
        for event in other.told:
            if not isinstance(event, ContactCreated):
                yield contact.tell(_moved(event, contact, from_leg))

    def _sweep(self, now_ms: int) -> None:
        """Forget what is long over."""
        for callid, contact in list(self._by_callid.items()):
            is_open = any(not leg.closed for leg in contact.legs)
            if contact.last_ms < now_ms - (FORGET_OPEN_MS if is_open else FORGET_CLOSED_MS):
                del self._by_callid[callid]
                for leg in contact.legs:
                    self.close(leg)
        self._sweep_at = max(5_000, 2 * len(self._by_callid))


def _moved(event: ContactEvent, contact: Contact, from_leg: Leg) -> ContactEvent:
    event = replace(
        event,
        event_id=f"{event.event_id}:joined",
        contact_id=contact.contact_id,
        customer_key=contact.customer_key if event.customer_key is not None else None,
    )
    if isinstance(event, ContactQueued):
        event.transferred_from = event.transferred_from or from_leg.leg_id
    return event
