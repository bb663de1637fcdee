"""Customers: what came of their contacts, over all channels (kpis.md, sections 6 to 9).

A dossier holds the records of one customer, whose key is a keyed hash. All figures follow from
them at once, so a contact that is told late or otherwise puts right what it repeats and what
repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from aggregators import events as ev
from aggregators.dossiers import customer_facts as f
from aggregators.dossiers.customer_records import (
    ContactRecord,
    OrderRecord,
    Record,
    ScoreRecord,
    SessionRecord,
    pack,
    record_of,
    unpack,
)
from aggregators.dossiers.journeys import LONGEST_MS, SELFCARE, WINDOWS_MS, Visit, visits_of
from aggregators.dossiers.kind import Fact, Kind
from aggregators.dossiers.places import Places
from aggregators.policy import DAY_MS

_SILENCE_MS = LONGEST_MS + DAY_MS
"""What lies further apart has nothing to do with each other."""
_MOST = 4  # contacts of a demand that are told apart

Keyed: TypeAlias = tuple[int, int]
"""A key of a fact and its amount."""


class CustomerKind(Kind):
    """One customer."""

    letter = "k"
    types = (ev.CustomerContact, ev.CustomerSession, ev.CustomerScore, ev.CustomerOrder)
    kept_ms = 36 * DAY_MS  # longer than its facts: what is forgotten counts nowhere any more
    max_events = 200

    def key(self, event: ev.CustomerEvent) -> str:
        """A customer is known by the keyed hash."""
        return event.customer_key

    def kept(self, event: ev.CustomerEvent) -> Record:
        """Keep of an event what is not known otherwise."""
        return record_of(event)

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Book contacts at their opening, demands at the end of their first contact."""
        if len(events) != 1:
            return facts_together(events, swept_ms, places) if events else []
        only: Record = events[0]
        if type(only) is ContactRecord and places.rules.customers.often_from > 1:
            if only.is_outbound or only.channel == SELFCARE:
                return []
            return _first_contact(only, None, swept_ms, places)
        if type(only) is SessionRecord:
            return _session_facts(only, None, swept_ms, places)
        return facts_together(events, swept_ms, places)

    def trimmed(self, events: list[Any], horizon_ms: int) -> list[Any]:
        """Leave out what ended long before the horizon, up to a silence nothing reaches across."""
        if events[0].event_time_ms >= horizon_ms - _SILENCE_MS:
            return events
        records: list[Record] = events
        for at in range(len(records) - 1, 0, -1):
            before_ms = records[at - 1].event_time_ms
            if before_ms >= horizon_ms - _SILENCE_MS:
                continue
            kept, gone = records[at:], records[:at]
            if min(map(_first_ms, kept)) > before_ms + _SILENCE_MS and not _refer(kept, gone):
                return kept
        return events

    def note(self, events: Sequence[Any], places: Places) -> list[tuple[str, list[int]]] | None:
        """Return (motive, openings) of contacts that came often, for the list of customers."""
        rules = places.rules.customers
        if len(events) < rules.often_from:
            return None
        contacts = [record for record in events if type(record) is ContactRecord]
        visits = visits_of(contacts, (), by_motive=rules.match == "motive")
        noted = []
        for motive, told in _by_motive(visits, by_motive=rules.match == "motive").items():
            if last_of_many(told, rules.often_from) is not None:
                noted.append((motive, [visit.contact.opened_ms for visit in told]))
        return noted or None

    def pack(self, events: Sequence[Any]) -> bytes:
        """Return the records as bytes."""
        return pack(events)

    def unpack(self, packed: bytes) -> list[Any]:
        """Read the bytes of :meth:`pack`."""
        return unpack(packed)


def last_of_many(visits: Sequence[Visit], many: int) -> Visit | None:
    """Return the last contact that is at least the ``many``-th within seven days.

    None if there is none, or the last contact of all is solved.
    """
    if not visits or visits[-1].contact.resolved:
        return None
    for at in range(len(visits) - 1, many - 2, -1):
        begun_ms = visits[at - many + 1].contact.opened_ms
        if visits[at].contact.opened_ms - begun_ms <= LONGEST_MS:
            return visits[at]
    return None


def _by_motive(visits: Iterable[Visit], *, by_motive: bool) -> dict[str, list[Visit]]:
    found: dict[str, list[Visit]] = {}
    for visit in visits:
        motive = visit.contact.motive or "" if by_motive else ""
        found.setdefault(motive, []).append(visit)
    return found


def _first_ms(record: Record) -> int:
    if type(record) is ContactRecord:
        return record.opened_ms
    return record.started_ms if type(record) is SessionRecord else record.event_time_ms


def _refer(records: Sequence[Record], gone: Sequence[Record]) -> bool:
    """Tell whether any of the records is about a contact that would go."""
    ids = {record.contact_id for record in gone if type(record) is ContactRecord}
    return any(record.contact_id in ids for record in records if type(record) is not ContactRecord)


def _scopes_of(
    contact: ContactRecord, places: Places, *more: tuple[str, str | None]
) -> tuple[int, ...]:
    return places.of(
        contact.queue, contact.channel, contact.team, contact.agent_id,
        (("motive", contact.motive), *more),
    )  # fmt: skip


def _first_contact(
    contact: ContactRecord, visit: Visit | None, swept_ms: int, places: Places
) -> list[Fact]:
    """Book a contact that repeats none, and its demand; ``visit`` is None if it is the only one.

    The demand is booked at the end of the contact, once more where that is final.
    """
    scopes = _scopes_of(contact, places)
    at_ms, ended_ms = contact.opened_ms, contact.ended_ms
    facts = [(at_ms, scope, f.CONTACTS, 1) for scope in scopes]
    if ended_ms is None:
        return facts
    if contact.handled and contact.resolved is not None:
        at_ms = contact.event_time_ms
        declared = f.DECLARED_KEYS[contact.resolved]
        facts += [(at_ms, scope, key, 1) for scope in scopes for key in declared]
    transfers = contact.transfers
    is_passed_on = places.rules.customers.strict and (transfers > 0 or contact.escalated)
    back, count = len(WINDOWS_MS), 1
    if visit is not None:
        transfers, count = visit.transfers, visit.count
        if visit.back_ms >= 0:
            back = f.within(visit.back_ms, WINDOWS_MS)
    passed = f.passed(ended_ms, swept_ms, WINDOWS_MS)
    keys = f.DEMAND_KEYS[contact.handled, is_passed_on, back, passed]
    for scope in scopes:
        facts += [(ended_ms, scope, key, 1) for key in keys]
        if count > 1:
            size = f.DEMANDS_OF + min(count, _MOST) - 2
            facts += ((ended_ms, scope, f.EXTRA, count - 1), (ended_ms, scope, size, 1))
        if transfers:
            facts.append((ended_ms, scope, f.TRANSFERS, transfers))
    return facts


def _next_ms(from_ms: int, visits: Iterable[Visit]) -> int | None:
    """Return when the first contact from an instant on was opened; visits are in that order."""
    for visit in visits:
        if visit.contact.opened_ms >= from_ms:
            return visit.contact.opened_ms
    return None


def _session_facts(
    session: SessionRecord, next_ms: int | None, swept_ms: int, places: Places
) -> list[Fact]:
    """Book a session at its end; ``next_ms`` is when a contact with a person came after it."""
    at_ms = session.ended_ms
    windows_ms = f.SELFCARE_WINDOWS_MS
    returned = len(windows_ms) if next_ms is None else f.within(next_ms - at_ms, windows_ms)
    keys = f.SESSION_KEYS[session.contained, returned, f.passed(at_ms, swept_ms, windows_ms)]
    facets = (("tool", session.tool), ("motive", session.motive))
    return [
        (at_ms, scope, key, 1) for scope in places.of("", "selfcare", facets=facets) for key in keys
    ]


def facts_together(records: Sequence[Record], swept_ms: int, places: Places) -> list[Fact]:
    """Return the facts of any number of records of one customer."""
    contacts: list[ContactRecord] = []
    sessions: list[SessionRecord] = []
    scores: list[ScoreRecord] = []
    orders: list[OrderRecord] = []
    for record in records:
        if type(record) is ContactRecord:
            contacts.append(record)
        elif type(record) is SessionRecord:
            sessions.append(record)
        elif type(record) is ScoreRecord:
            scores.append(record)
        elif type(record) is OrderRecord:
            orders.append(record)
    found = _Found(swept_ms, places)
    rules = places.rules.customers
    visits = visits_of(contacts, sessions, by_motive=rules.match == "motive") if contacts else []
    for visit in visits:
        found.contact(visit)
    if len(visits) >= rules.often_from:
        found.often(visits, rules.often_from)
    if sessions:
        found.sessions(sessions, visits, contacts)
    if scores or (orders and visits):
        by_id = {visit.contact.contact_id: visit for visit in visits}
        found.answers(scores, by_id)
        found.orders(orders, by_id, visits)
    return found.facts


class _Found:
    """The facts of one customer, as they are found."""

    def __init__(self, swept_ms: int, places: Places) -> None:
        self.facts: list[Fact] = []
        self._swept_ms = swept_ms
        self._places = places

    def _book(self, at_ms: int, scopes: Iterable[int], keys: Iterable[Keyed]) -> None:
        self.facts += [(at_ms, scope, key, n) for scope in scopes for key, n in keys if n]

    def contact(self, visit: Visit) -> None:
        """Count a contact, what it repeats, and its demand if it is the first one."""
        contact = visit.contact
        if visit.after is None:
            self.facts += _first_contact(contact, visit, self._swept_ms, self._places)
            return
        scopes = _scopes_of(contact, self._places)
        keys = _repeat_keys(contact, visit.after.contact, visit.gap_ms)
        self._book(contact.opened_ms, scopes, keys)
        if contact.handled and contact.resolved is not None and contact.ended_ms is not None:
            declared = [(key, 1) for key in f.DECLARED_KEYS[False]]
            self._book(contact.event_time_ms, scopes, declared)

    def often(self, visits: Sequence[Visit], many: int) -> None:
        """Count the customer once per motive that brought many contacts within a week."""
        by_motive = self._places.rules.customers.match == "motive"
        for told in _by_motive(visits, by_motive=by_motive).values():
            last = last_of_many(told, many)
            if last is not None:
                contact = last.contact
                scopes = _scopes_of(contact, self._places)
                self._book(contact.opened_ms, scopes, ((f.OFTEN, 1),))

    def sessions(
        self,
        sessions: Sequence[SessionRecord],
        visits: Sequence[Visit],
        contacts: Sequence[ContactRecord],
    ) -> None:
        """Book sessions at their end: contained, and whether a contact with a person followed."""
        for session in sessions:
            next_ms = _next_ms(session.started_ms, visits) if session.contained else None
            self.facts += _session_facts(session, next_ms, self._swept_ms, self._places)
            self._bot_wait(session, contacts)
        for visit in visits:
            self._to_selfcare(visit, sessions)

    def _bot_wait(self, session: SessionRecord, contacts: Sequence[ContactRecord]) -> None:
        handed_ms = session.handed_off_ms
        if handed_ms is None or session.contact_id is None:
            return
        for contact in contacts:
            answered_ms = contact.answered_ms
            if (
                answered_ms is not None
                and answered_ms >= handed_ms
                and contact.contact_id == session.contact_id
            ):
                wait = f.BASE_BOT_WAIT + answered_ms - handed_ms
                scopes = _scopes_of(contact, self._places, ("tool", session.tool))
                self._book(answered_ms, scopes, ((wait, 1),))
                return

    def _to_selfcare(self, visit: Visit, sessions: Sequence[SessionRecord]) -> None:
        contact = visit.contact
        if visit.first is not None or not contact.handled or contact.ended_ms is None:
            return
        ended_ms = contact.ended_ms
        later = [one.started_ms - ended_ms for one in sessions if one.started_ms > ended_ms]
        if later:
            windows_ms = f.SELFCARE_WINDOWS_MS
            windows = range(f.within(min(later), windows_ms), len(windows_ms))
            keys = [(f.TO_SELFCARE + n, 1) for n in windows]
            self._book(ended_ms, _scopes_of(contact, self._places), keys)

    def answers(self, scores: Sequence[ScoreRecord], by_id: dict[str, Visit]) -> None:
        """Book answers about the solution and about satisfaction, by the demand they are about."""
        for score in scores:
            if score.survey_kind not in ("resolution", "csat"):
                continue
            at_ms = score.event_time_ms
            visit = by_id.get(score.contact_id or "")
            if visit is None:
                if score.contact_id is not None:
                    self._book(at_ms, self._places.of(), ((f.UNKNOWN_CONTACT, 1),))
                continue
            scopes = _scopes_of(visit.contact, self._places)
            if score.survey_kind == "resolution":
                is_first = score.good and visit.first is None
                self._book(
                    at_ms, scopes, ((f.PERCEIVED, 1), (f.PERCEIVED_NOT_FIRST, int(not is_first)))
                )
            elif visit.demand.count <= _MOST:
                k = visit.demand.count
                self._book(
                    at_ms, scopes, ((f.ANSWERS_OF + k, 1), (f.SATISFIED_OF + k, int(score.good)))
                )

    def orders(
        self, orders: Sequence[OrderRecord], by_id: dict[str, Visit], visits: Sequence[Visit]
    ) -> None:
        """Book orders with the contact they name, else with the last one of the day before."""
        for order in orders:
            at_ms = order.event_time_ms
            visit = by_id.get(order.contact_id or "") or _day_before(at_ms, visits)
            if visit is not None:
                self._book(
                    at_ms, _scopes_of(visit.contact, self._places),
                    ((f.ATTRIBUTED_MICRO, order.amount_micro),
                     (f.ATTRIBUTED, int(order.amount_micro >= 0))),
                )  # fmt: skip


def _day_before(at_ms: int, visits: Sequence[Visit]) -> Visit | None:
    """Return the last contact that was open within the day before an instant."""
    for visit in reversed(visits):
        contact = visit.contact
        if contact.opened_ms <= at_ms and at_ms - (contact.ended_ms or at_ms) <= DAY_MS:
            return visit
    return None


def _repeat_keys(contact: ContactRecord, earlier: ContactRecord, gap_ms: int) -> list[Keyed]:
    """Return what is booked for a contact that repeats an earlier one."""
    windows = range(f.within(gap_ms, WINDOWS_MS), len(WINDOWS_MS))
    keys = [(f.CONTACTS, 1), *[(f.REPEATS + n, 1) for n in windows]]
    if not earlier.handled:
        keys += [(f.AFTER_UNANSWERED + n, 1) for n in windows]
    pair = 8 * f.CHANNELS.index(earlier.channel) + f.CHANNELS.index(contact.channel)
    keys.append((f.PAIR + pair, 1))
    return keys
