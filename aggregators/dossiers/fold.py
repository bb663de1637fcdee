"""The fold of dossiers: take the old facts out, put the new ones in.

An event changes one dossier. Its facts before and after are compared, and only the difference is
booked. The clock does the same: when the watermark passes an instant at which the facts of a
dossier change, the difference is booked (a repeat window closes, an idle session ends).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Any

from aggregators.counts import Outcome
from aggregators.dossiers.customer import CustomerKind
from aggregators.dossiers.customer_facts import make_all_final
from aggregators.dossiers.expressions import Expressions
from aggregators.dossiers.kind import NEVER_MS, Fact, Kind
from aggregators.dossiers.kinds import KIND_OF, KINDS
from aggregators.dossiers.pages import Pages
from aggregators.dossiers.places import Places
from aggregators.envelope import Envelope
from aggregators.facts import LEVEL, prune
from aggregators.policy import HOUR_MS, MINUTE_MS, Rules
from aggregators.scopes import Scopes
from aggregators.slices import Slices
from aggregators.telling import tell_changes

CUSTOMERS = CustomerKind.letter
MAX_NOTES = 100
DOSSIER_TYPES: frozenset[type[Any]] = frozenset(KIND_OF)


class _Held:
    """A dossier of which more is known than was booked."""

    __slots__ = ("booked", "events")

    def __init__(self, booked: list[Any], events: list[Any]) -> None:
        self.booked = booked
        self.events = events


class DossierFold:
    """The dossiers of one shard and the way their facts get into its slices.

    What they tell of customers goes onto the ``outbox``.
    """

    def __init__(
        self, rules: Rules, scopes: Scopes, slices: Slices, outbox: list[Envelope]
    ) -> None:
        self.places = Places(rules, scopes)
        self.pages = Pages()
        self.expressions = Expressions(rules)
        self._slices = slices
        self._outbox = outbox
        self._retention_ms = rules.long_retention_ms
        self._swept_ms = 0
        self._horizon_ms = 0
        self._late_and_minute_ms = rules.lateness_ms + MINUTE_MS
        self._due: dict[int, set[str]] = {}  # minute -> keys
        self.told_notes: list[tuple[str, Any]] = []
        self._letters: set[str] = set()  # of the kinds that are here
        self._quiet_ms = {letter: kind.quiet_ms(rules) for letter, kind in KINDS.items()}
        self._held: dict[str, _Held] = {}
        self._is_batch = False
        self._held_until_ms = NEVER_MS

    def begin_batch(self) -> None:
        """Hold dossiers from now on. Until :meth:`end_batch` nobody may look at the shard."""
        self._is_batch = True

    def end_batch(self) -> None:
        """Book what was held."""
        self._is_batch = False
        self._book_held()

    def _book_held(self) -> None:
        held, self._held, self._held_until_ms = self._held, {}, NEVER_MS
        for key, dossier in held.items():
            self._book_one(key, dossier)

    def _release(self, key: str) -> None:
        self._book_one(key, self._held.pop(key))

    def _book_one(self, key: str, held: _Held) -> None:
        kind, booked = KINDS[key[0]], (held.booked, self._swept_ms)
        self._change(kind, key, booked, held.events, is_listed=True)

    def apply(self, event: Any, newest_ms: int, *, late: bool) -> Outcome:
        """Fold one event into its dossier; ``newest_ms`` is the newest event time of the shard."""
        kind = KIND_OF[type(event)]
        at_ms = event.event_time_ms
        refusal = kind.refusal(event, self.places)
        if refusal is not None:
            return refusal
        if late and at_ms < newest_ms - kind.kept_ms:
            return Outcome.TOO_LATE
        key = kind.letter + kind.key(event)
        held = self._held.get(key)
        told: list[Any]
        if held is not None:
            told = held.events
        else:
            packed = self.pages.get(key)
            told = [] if packed is None else kind.unpack(packed)
        kept = kind.kept(event)
        events = _with(told, kept)
        if events is None:
            return Outcome.DUPLICATE
        if len(events) > kind.max_events:
            return Outcome.DOSSIER_FULL
        if (
            self._is_batch
            and events[-1] is kept
            and len(events) > len(told)
            and at_ms > newest_ms - HOUR_MS
            and not kept.retracted
            and kind.may_wait(told, kept)
        ):
            if held is not None:
                held.events = events
            else:
                self._held[key] = _Held(told, events)
            self._held_until_ms = min(self._held_until_ms, at_ms + self._quiet_ms[kind.letter])
            if kind.is_mentioning:
                # At once: the sketches of the expressions depend on the order.
                mentioned = kind.mentioned(told, kept)
                if mentioned is not None:
                    self.expressions.change((mentioned,), ())
        else:
            if held is not None:
                self._release(key)
            self._change(kind, key, (told, self._swept_ms), events)
        return Outcome.LATE if late else Outcome.APPLIED

    def sweep(self, watermark_ms: int, newest_ms: int) -> None:
        """Book what time alone changed up to the watermark; forget what is older than needed."""
        before_ms = self._swept_ms
        swept_ms = max(before_ms, watermark_ms // MINUTE_MS * MINUTE_MS)
        if self._held:
            self._release_due(swept_ms)
        self._sweep_to(swept_ms)
        if CUSTOMERS in self._letters:
            make_all_final(self._slices, before_ms, self._swept_ms)
        self.expressions.sweep(watermark_ms, newest_ms)
        self.pages.coarsen(watermark_ms)
        if not len(self.pages):
            return
        # A dossier that was told of again is there twice; its facts change once.
        due = [self._due.pop(minute) for minute in self._due_minutes(swept_ms)]
        for key in sorted(set().union(*due)):
            packed = self.pages.get(key)
            if packed is not None:
                kind = KINDS[key[0]]
                events = kind.unpack(packed)
                self._change(kind, key, (events, before_ms), events)
        self.pages.drop_old({at: newest_ms - KINDS[at].kept_ms for at in self._letters})

    def _due_minutes(self, swept_ms: int) -> list[int]:
        return [minute for minute in self._due if minute * MINUTE_MS <= swept_ms]

    def _release_due(self, swept_ms: int) -> None:
        """Book what time is about to change as it was before."""
        if self._held_until_ms <= swept_ms:
            self._book_held()
            return
        for minute in self._due_minutes(swept_ms):
            for key in sorted(self._due[minute]):
                if key in self._held:
                    self._release(key)

    def _sweep_to(self, swept_ms: int) -> None:
        self._swept_ms = swept_ms
        if self._retention_ms is not None:
            # Not before the newest row that was dropped for its age: nothing is booked there.
            self._horizon_ms = swept_ms + self._late_and_minute_ms - self._retention_ms

    def notes(self) -> list[tuple[str, Any]]:
        """Return key and note of the dossiers that are to be listed, those with most to say.

        Where the dossiers themselves are not, as on replicas, those of the last record.
        """
        if not len(self.pages):
            return self.told_notes
        found = (item for page in self.pages.pages.values() for item in page.notes.items())
        return nsmallest(MAX_NOTES, found, key=_note_order)

    def resume(self, watermark_ms: int) -> None:
        """Go on where a restored watermark stands; all pages were read."""
        self._sweep_to(watermark_ms // MINUTE_MS * MINUTE_MS)
        self.pages.resume(watermark_ms)
        for page in self.pages.pages.values():
            self._letters.update({key[0] for key in page.dossiers})
            for key, due_ms in page.due_ms.items():
                self._due_at(key, due_ms)

    def _change(
        self, kind: Kind, key: str, old: tuple[list[Any], int], events: list[Any], *,
        is_listed: bool = False,
    ) -> None:  # fmt: skip
        """Book, tell and keep what a dossier has become.

        ``old`` are the events as they were booked, and how far time was swept then; what they
        mention ``is_listed`` where that was done event by event.
        """
        told, before_ms = old
        swept_ms, places = self._swept_ms, self.places
        was = _valid(told)
        now = was if events is told else _valid(events)
        known = kind.facts(was, before_ms, places) if was else []
        self._book(known, kind.facts(now, swept_ms, places), is_long=kind.is_long)
        if kind.is_mentioning and not is_listed:
            mentioned, mentions = kind.mentions(was), kind.mentions(now)
            if mentioned != mentions:
                before, after = Counter(mentioned), Counter(mentions)
                self.expressions.change((after - before).elements(), (before - after).elements())
        if kind.is_telling:
            said, says = kind.tells(was, before_ms, places), kind.tells(now, swept_ms, places)
            if said or says:
                self._outbox += tell_changes(said, says, events)
        self._put(kind, key, events, now)

    def _put(self, kind: Kind, key: str, events: list[Any], valid: Sequence[Any]) -> None:
        kept = kind.trimmed(events, self._horizon_ms)
        if len(kept) < len(events):
            events, valid = kept, _valid(kept)
        due_ms = kind.due_under(valid, self._swept_ms, self.places.rules)
        if due_ms is not None:
            self._due_at(key, due_ms)
        last_ms = events[-1].event_time_ms
        self._letters.add(kind.letter)
        self.pages.put(key, last_ms, kind.pack(events), due_ms, kind.note(valid, self.places))

    def _due_at(self, key: str, due_ms: int) -> None:
        self._due.setdefault(-(-due_ms // MINUTE_MS), set()).add(key)

    def _book(self, old: Sequence[Fact], new: Sequence[Fact], *, is_long: bool) -> None:
        if not old:
            self._add(new, is_long=is_long)
            return
        changes: dict[tuple[int, int, int], int] = {}
        get = changes.get
        for at_ms, scope, key, n in new:
            place = (at_ms, scope, key)
            changes[place] = get(place, 0) + n
        for at_ms, scope, key, n in old:
            place = (at_ms, scope, key)
            changes[place] = get(place, 0) - n
        self._add([(*place, n) for place, n in changes.items() if n], is_long=is_long)

    def _add(self, facts: Iterable[Fact], *, is_long: bool) -> None:
        slices, horizon_ms = self._slices, self._horizon_ms
        cell: dict[int, int] = {}
        last: tuple[int, int] | None = None  # where the cell is: facts come cell by cell
        for at_ms, scope, key, n in facts:
            if not n:
                continue
            if key == LEVEL:
                slices.history.level(at_ms, n)
            elif at_ms >= horizon_ms:
                if last != (at_ms, scope):
                    cell, last = slices.cell(at_ms, scope), (at_ms, scope)
                total = cell[key] = cell.get(key, 0) + n
                if not total:
                    prune(cell)
                    slices.drop_empty_cell(at_ms, scope)
                    last = None
            elif is_long:
                slices.history.book(at_ms, scope, key, n)


def _note_order(item: tuple[str, Any]) -> tuple[int, str]:
    return -max(len(openings) for _, openings in item[1]), item[0]


def _with(told: list[Any], event: Any) -> list[Any] | None:
    """Return the events with a new or corrected one in its place; None if nothing changes."""
    for at, known in enumerate(told):
        if known.event_id == event.event_id:
            if event.revision <= known.revision:
                return None
            return sorted([*told[:at], *told[at + 1 :], event], key=_order)
    if not told or _order(told[-1]) < _order(event):
        return [*told, event]
    return sorted([*told, event], key=_order)


def _valid(events: Sequence[Any]) -> Sequence[Any]:
    for event in events:
        if event.retracted:
            return [event for event in events if not event.retracted]
    return events


def _order(event: Any) -> tuple[int, str]:
    return event.event_time_ms, event.event_id
