"""Which contacts of a customer repeat which, and the demands they make up (kpis.md, section 6).

A contact repeats an earlier one when the motive is the same (or any, by the settings) and it was
created within the window after the end of that one, on any channel. One that begins while the
other is still open does not. The longest window makes a demand: its first contact repeats none.
What a source continues elsewhere is no new contact: one that began with a transfer, was begun
for the customer, or is outbound, and bears the journey of an earlier one, belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from aggregators.dossiers.customer_records import ContactRecord, SessionRecord
from aggregators.policy import DAY_MS, HOUR_MS

WINDOWS: dict[str, int] = {"24h": 24 * HOUR_MS, "72h": 72 * HOUR_MS, "7d": 7 * DAY_MS}
"""How long after the end of a contact another one repeats it, by the name of the window."""

WINDOWS_MS = tuple(WINDOWS.values())
LONGEST_MS = WINDOWS_MS[-1]
SELFCARE = "selfcare"

_opening = attrgetter("opened_ms", "event_id")


class Visit(Struct, gc=False):
    """A contact in its demand; the first one of a demand is its own ``first``.

    ``after`` is what it repeats, ``gap_ms`` how long after its end. ``count`` contacts are in the
    demand with ``transfers``; ``back_ms`` after its end the first one was first repeated. These
    three are right at the first contact only.
    """

    contact: ContactRecord
    after: Visit | None = None
    gap_ms: int = -1
    first: Visit | None = None
    count: int = 1
    transfers: int = 0
    back_ms: int = -1

    @property
    def is_first(self) -> bool:
        """Whether it repeats none."""
        return self.first is None

    @property
    def demand(self) -> Visit:
        """The first contact of its demand."""
        return self.first or self


def visits_of(
    contacts: Sequence[ContactRecord], sessions: Sequence[SessionRecord], *, by_motive: bool
) -> list[Visit]:
    """Return the inbound contacts with people, by their opening, each in its demand."""
    if len(contacts) == 1:
        only = contacts[0]
        if only.is_outbound or only.channel == SELFCARE:
            return []
        return [Visit(only, transfers=only.transfers)]
    handed_over = {
        session.contact_id: session.started_ms for session in sessions if session.contact_id
    }
    visits: list[Visit] = []
    for contact in _joined(contacts):
        visit = Visit(contact, transfers=contact.transfers)
        since_ms = handed_over.get(contact.contact_id) if handed_over else None
        for before in visits:
            earlier = before.contact
            if (
                earlier.ended_ms is None
                or (by_motive and earlier.motive != contact.motive)
                or (since_ms is not None and earlier.opened_ms >= since_ms)
            ):
                continue
            gap_ms = contact.opened_ms - earlier.ended_ms
            if 0 <= gap_ms <= LONGEST_MS and (visit.after is None or gap_ms <= visit.gap_ms):
                visit.after, visit.gap_ms = before, gap_ms
        if visit.after is not None:
            visit.first = first = visit.after.demand
            first.count += 1
            first.transfers += contact.transfers
            back_ms = contact.opened_ms - (first.contact.ended_ms or 0)
            if first.back_ms < 0:
                first.back_ms = back_ms
        visits.append(visit)
    return visits


def _joined(contacts: Sequence[ContactRecord]) -> list[ContactRecord]:
    """Return inbound contacts by their opening, with what continues them elsewhere."""
    found: list[ContactRecord] = []
    for contact in sorted(contacts, key=_opening):
        if contact.channel == SELFCARE:
            continue
        if (contact.continues or contact.is_outbound) and contact.journey_id:
            at = next(_same_journey(found, contact.journey_id), None)
            if at is not None:
                found[at] = _one_of(found[at], contact)
                continue
        if not contact.is_outbound:
            found.append(contact)
    return found


def _same_journey(found: Sequence[ContactRecord], journey_id: str) -> Iterator[int]:
    for at in range(len(found) - 1, -1, -1):
        if found[at].journey_id == journey_id:
            yield at


def _one_of(contact: ContactRecord, more: ContactRecord) -> ContactRecord:
    is_open = contact.ended_ms is None or more.ended_ms is None
    return replace(
        contact,
        event_time_ms=max(contact.event_time_ms, more.event_time_ms),
        ended_ms=None if is_open else max(contact.ended_ms or 0, more.ended_ms or 0),
        answered_ms=more.answered_ms if contact.answered_ms is None else contact.answered_ms,
        handled=contact.handled or more.handled,
        transfers=contact.transfers + more.transfers,
        escalated=contact.escalated or more.escalated,
        resolved=contact.resolved if more.resolved is None else more.resolved,
    )
