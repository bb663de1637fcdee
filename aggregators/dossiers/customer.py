"""Customers: what came of their contacts, over all channels (kpis.md, sections 6 to 9).

A dossier holds the records of one customer, whose key is a keyed hash. All figures follow from
them at once, so a contact that is told late or otherwise puts right what it repeats and what
repeats it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aggregators import events as ev
from aggregators.cohorts import final_before
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
from aggregators.dossiers.journeys import LONGEST_MS, WINDOWS_MS, Visit, visits_of
from aggregators.dossiers.kind import Fact, Kind
from aggregators.dossiers.places import Places
from aggregators.policy import DAY_MS

_SILENCE_MS = LONGEST_MS + DAY_MS
"""What lies further apart has nothing to do with each other."""
_MOST = 4  # contacts of a demand that are told apart


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
        if not events:
            return []
        found = _Found(swept_ms, places)
        records: Sequence[Record] = events
        contacts = [record for record in records if type(record) is ContactRecord]
        sessions: list[SessionRecord] = []
        if len(contacts) != len(records):
            sessions = [record for record in records if type(record) is SessionRecord]
        rules = places.rules.customers
        visits = visits_of(contacts, sessions, by_motive=rules.match == "motive")
        for visit in visits:
            found.contact(visit)
        if len(visits) >= rules.often_from:
            found.often(visits, rules.often_from)
        if sessions:
            found.sessions(sessions, visits, contacts)
        if len(contacts) + len(sessions) != len(records):
            found.answers(records, visits)
            found.orders(records, visits)
        return found.facts

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


class _Found:
    """The facts of one customer, as they are found."""

    def __init__(self, swept_ms: int, places: Places) -> None:
        self.facts: list[Fact] = []
        self._swept_ms = swept_ms
        self._places = places
        self._is_strict = places.rules.customers.strict

    def _of(self, contact: ContactRecord, *more: tuple[str, str | None]) -> tuple[int, ...]:
        return self._places.of(
            contact.queue, contact.channel, contact.team, contact.agent_id,
            (("motive", contact.motive), *more),
        )  # fmt: skip

    def _book(self, at_ms: int, scopes: Iterable[int], keys: Iterable[tuple[int, int]]) -> None:
        self.facts += [(at_ms, scope, key, n) for scope in scopes for key, n in keys if n]

    def contact(self, visit: Visit) -> None:
        """Count a contact, what it repeats, and its demand if it is the first one."""
        contact = visit.contact
        scopes = self._of(contact)
        keys = [(f.CONTACTS, 1)]
        if visit.after is not None:
            earlier = visit.after.contact
            windows = [n for n, ms in enumerate(WINDOWS_MS) if visit.gap_ms <= ms]
            keys += [(f.REPEATS + n, 1) for n in windows]
            if not earlier.handled:
                keys += [(f.AFTER_UNANSWERED + n, 1) for n in windows]
            pair = 8 * f.CHANNELS.index(earlier.channel) + f.CHANNELS.index(contact.channel)
            keys.append((f.PAIR + pair, 1))
        self._book(contact.opened_ms, scopes, keys)
        if contact.handled and contact.resolved is not None and contact.ended_ms is not None:
            is_solved = contact.resolved and visit.first is None
            self._book(
                contact.event_time_ms, scopes,
                ((f.DECLARED, 1), (f.DECLARED_NOT_FIRST, int(not is_solved))),
            )  # fmt: skip

        if visit.first is None and contact.ended_ms is not None:
            self._demand(visit, scopes, contact.ended_ms)

    def _demand(self, visit: Visit, scopes: Sequence[int], ended_ms: int) -> None:
        """Book a demand at the end of its first contact, once more where that is final."""
        contact = visit.contact
        cohort = [(f.DEMANDS, 1)]
        if not contact.handled:
            cohort.append((f.UNHANDLED, 1))
        is_passed_on = self._is_strict and (contact.transfers > 0 or contact.escalated)
        is_plain = visit.back_ms < 0 and not is_passed_on
        is_recent = ended_ms >= self._swept_ms - WINDOWS_MS[0]
        keys: list[tuple[int, int]] = []
        for n, window_ms in () if is_plain and is_recent else enumerate(WINDOWS_MS):
            of_window: list[tuple[int, int]] = []
            came_back = 0 <= visit.back_ms <= window_ms
            if came_back:
                of_window.append((f.CAME_BACK + n, 1))
            if contact.handled and (came_back or is_passed_on):
                of_window.append((f.NOT_CONCLUSIVE + n, 1))
            keys += of_window
            if ended_ms < final_before(self._swept_ms, window_ms):
                keys += [(f.final(key, n), 1) for key, _ in (*cohort, *of_window)]
        if visit.count > 1:
            keys += ((f.EXTRA, visit.count - 1), (f.DEMANDS_OF + min(visit.count, _MOST) - 2, 1))
        if visit.transfers:
            keys.append((f.TRANSFERS, visit.transfers))
        self._book(ended_ms, scopes, cohort + keys)

    def often(self, visits: Sequence[Visit], many: int) -> None:
        """Count the customer once per motive that brought many contacts within a week."""
        by_motive = self._places.rules.customers.match == "motive"
        for told in _by_motive(visits, by_motive=by_motive).values():
            last = last_of_many(told, many)
            if last is not None:
                self._book(last.contact.opened_ms, self._of(last.contact), ((f.OFTEN, 1),))

    def sessions(
        self,
        sessions: Sequence[SessionRecord],
        visits: Sequence[Visit],
        contacts: Sequence[ContactRecord],
    ) -> None:
        """Book sessions at their end: contained, and whether a contact with a person followed."""
        for session in sessions:
            cohort = [(f.SESSIONS, 1), (f.HANDED_OVER, int(not session.contained))]
            keys: list[tuple[int, int]] = []
            opened = [visit.contact.opened_ms for visit in visits] if session.contained else ()
            next_ms = min((ms for ms in opened if ms >= session.started_ms), default=None)
            for n, window_ms in enumerate(f.SELFCARE_WINDOWS_MS):
                has_returned = next_ms is not None and next_ms <= session.ended_ms + window_ms
                returned = (f.RETURNED + n, int(has_returned))
                keys.append(returned)
                if session.ended_ms < final_before(self._swept_ms, window_ms):
                    keys += [(f.final_session(key, n), m) for key, m in (*cohort, returned)]
            facets = (("tool", session.tool), ("motive", session.motive))
            scopes = self._places.of("", "selfcare", facets=facets)
            self._book(session.ended_ms, scopes, cohort + keys)
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
                self._book(answered_ms, self._of(contact, ("tool", session.tool)), ((wait, 1),))
                return

    def _to_selfcare(self, visit: Visit, sessions: Sequence[SessionRecord]) -> None:
        contact = visit.contact
        if visit.first is not None or not contact.handled or contact.ended_ms is None:
            return
        started = [session.started_ms for session in sessions]
        next_ms = min((ms for ms in started if ms > contact.ended_ms), default=None)
        if next_ms is not None:
            gap_ms = next_ms - contact.ended_ms
            keys = [(f.TO_SELFCARE + n, 1) for n, ms in enumerate(f.SELFCARE_WINDOWS_MS)
                    if gap_ms <= ms]  # fmt: skip
            self._book(contact.ended_ms, self._of(contact), keys)

    def answers(self, records: Sequence[Record], visits: Sequence[Visit]) -> None:
        """Book answers about the solution and about satisfaction, by the demand they are about."""
        by_id = {visit.contact.contact_id: visit for visit in visits}
        for record in records:
            if type(record) is not ScoreRecord or record.survey_kind not in ("resolution", "csat"):
                continue
            at_ms = record.event_time_ms
            visit = by_id.get(record.contact_id or "")
            if visit is None:
                if record.contact_id is not None:
                    self._book(at_ms, self._places.of(), ((f.UNKNOWN_CONTACT, 1),))
                continue
            scopes = self._of(visit.contact)
            if record.survey_kind == "resolution":
                is_first = record.good and visit.first is None
                self._book(
                    at_ms, scopes, ((f.PERCEIVED, 1), (f.PERCEIVED_NOT_FIRST, int(not is_first)))
                )
            elif visit.demand.count <= _MOST:
                k = visit.demand.count
                self._book(
                    at_ms, scopes, ((f.ANSWERS_OF + k, 1), (f.SATISFIED_OF + k, int(record.good)))
                )

    def orders(self, records: Sequence[Record], visits: Sequence[Visit]) -> None:
        """Book orders with the contact they name, else with the last one of the day before."""
        by_id = {visit.contact.contact_id: visit.contact for visit in visits}
        for record in records:
            if type(record) is not OrderRecord:
                continue
            at_ms = record.event_time_ms
            contact = by_id.get(record.contact_id or "")
            if contact is None:
                before = [
                    visit.contact
                    for visit in visits
                    if visit.contact.opened_ms <= at_ms
                    and at_ms - (visit.contact.ended_ms or at_ms) <= DAY_MS
                ]
                if not before:
                    continue
                contact = before[-1]
            self._book(
                at_ms, self._of(contact),
                ((f.ATTRIBUTED_MICRO, record.amount_micro),
                 (f.ATTRIBUTED, int(record.amount_micro >= 0))),
            )  # fmt: skip
