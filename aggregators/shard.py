"""A shard: everything vigie knows of one source partition, as a deterministic value.

``apply`` folds one event; the result depends on the events of the partition alone, never on a
clock, so any replay gives the same state (design.md, section 5).
"""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, Any

from aggregators import events as ev
from aggregators.agent_fold import AgentFold
from aggregators.cohorts import final_before
from aggregators.contact import FEW_IDS, RANK, Contact, Settled, order_key, rank_of
from aggregators.contact_fold import ContactFold
from aggregators.counts import Counts, Outcome
from aggregators.dossiers.fold import DOSSIER_TYPES, DossierFold
from aggregators.due import due_facts
from aggregators.forgotten import Forgotten, fingerprint
from aggregators.journal import Journal, freeze, journal_of, pack, tell_all, thaw, unpack, write
from aggregators.policy import MINUTE_MS, Rules
from aggregators.presence import Presence
from aggregators.scopes import Scope, Scopes
from aggregators.slices import Row, Slices
from aggregators.spans import AgentSpans
from aggregators.summary import SETTLED
from aggregators.sweeping import sweep
from aggregators.teller import tell, tell_changed
from aggregators.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregators.snapshot import Checkpoint

_SETTLING = frozenset((
    ev.ContactAbandoned, ev.FlowOut, ev.ContactEnded, ev.ContactTransferred, ev.WrapUpEnded,
    ev.CallbackDone, ev.TicketSolved,
))  # fmt: skip
_DEFAULT_CHANNEL = {"chats": "chat", "tickets": "email"}
_LONG_KEPT = frozenset(("feedback", "selfcare", "business", "customers"))
_AGENT_TYPES = frozenset((ev.AgentLogin, ev.AgentLogout, ev.AgentState, ev.AgentHeartbeat))


# The members by plain names: looking one up in its enumeration costs a tenth of an event.
_APPLIED, _DUPLICATE, _LATE = Outcome.APPLIED, Outcome.DUPLICATE, Outcome.LATE
_TOO_LATE, _UNKNOWN_SCOPE = Outcome.TOO_LATE, Outcome.UNKNOWN_SCOPE
_MERGED = ev.TicketMerged


class Shard:
    """State of one topic partition. ``next_offset`` is the first offset not folded in."""

    def __init__(
        self, topic: str, partition: int, rules: Rules, scopes: list[Scope] | None = None
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.rules = rules
        self.next_offset = 0
        self.generation = 0
        self.counts = Counts()
        self.durable_counts = Counts()
        self.max_event_ms = 0
        self.watermark_ms = 0
        self.contacts: dict[str, Contact | Settled] = {}
        self.open: dict[str, Contact] = {}
        self.closed: dict[str, Contact] = {}  # closed by the clock, an end may still come
        self.forgotten = Forgotten()
        self.seen: dict[str, int] = {}  # events whose KPIs come from other shards, by type
        self.slices = Slices()
        self.spans = AgentSpans()
        self.scopes = Scopes(rules, scopes)
        self.totals: dict[tuple[str, str], Totals] = {}
        self.durable_totals: dict[tuple[str, str], Totals] = {}
        self.unconfirmed: set[int] = set()
        self.outbox: list[ev.Envelope] = []  # to be sent before the next checkpoint
        self.told_until_ms = 0
        self.dossiers = DossierFold(rules, self.scopes, self.slices, self.outbox)
        name = topic.rsplit(".", 1)[-1]
        channel = _DEFAULT_CHANNEL.get(name, "voice")
        self.fold = ContactFold(self.slices, self.spans, self.scopes, self.totals, channel)
        self.fold.by_agent = rules.agent_figures
        self.fold.sla = rules.sla
        self.presence = AgentFold(self.slices, self.spans, rules.unresponsive_after_ms)
        self.swept_minute = 0
        self._sweep_at_ms = MINUTE_MS
        self._lateness_ms = rules.lateness_ms
        self.retention_ms = rules.long_retention_ms if name in _LONG_KEPT else rules.retention_ms

    @property
    def agents(self) -> dict[str, Presence]:
        """The agents by id, as far as presence events told of them."""
        return self.presence.agents

    # -- folding ----------------------------------------------------------------------------

    def apply(self, event: Any, append_ms: int) -> Outcome:
        """Fold one decoded event.

        ``append_ms`` is the record's time on the broker: it bounds how far one bad clock may
        push the watermark. TOO_LATE and UNKNOWN_SCOPE events changed nothing; the caller sends
        them to the dead letters.
        """
        counts = self.counts
        counts.read += 1
        if event.test:
            counts.applied += 1
            counts.ignored += 1
            return _APPLIED
        at_ms = event.event_time_ms
        if at_ms > self.max_event_ms:
            self.advance(min(append_ms, at_ms))
        kind = type(event)
        if kind in RANK:
            outcome = self._contact(event, kind, at_ms)
        elif kind in _AGENT_TYPES:
            outcome = self.presence.apply(event, late=at_ms < self.watermark_ms)
        elif kind in DOSSIER_TYPES:
            late = at_ms < self.watermark_ms
            outcome = self.dossiers.apply(event, self.max_event_ms, late=late)
        else:
            tag = ev.event_type(event)
            self.seen[tag] = self.seen.get(tag, 0) + 1
            outcome = _APPLIED
        if outcome is _APPLIED:
            counts.applied += 1
        elif outcome is _DUPLICATE:
            counts.duplicate += 1
        elif outcome is _LATE:
            counts.late += 1
        else:
            counts.dead_lettered += 1
            counts.reasons[outcome.value] = counts.reasons.get(outcome.value, 0) + 1
        return outcome

    def begin_batch(self) -> None:
        """Expect many events: what they come to may be booked at :meth:`end_batch` only."""
        self.dossiers.begin_batch()

    def end_batch(self) -> None:
        """Book all that the batch came to; before it nobody may look at the shard."""
        self.dossiers.end_batch()

    def encode(self) -> Checkpoint:
        """Encode the state and its position as of now; rows stay due until confirmed."""
        from aggregators.snapshot import encode

        return encode(self)

    def confirm(self, checkpoint: Checkpoint) -> None:
        """Take note that a checkpoint is durable."""
        from aggregators.snapshot import confirm

        confirm(self, checkpoint)

    @classmethod
    def decode(cls, record: bytes, rows: Mapping[int, bytes], rules: Rules) -> Shard:
        """Rebuild a shard; SnapshotError when that cannot be done exactly."""
        from aggregators.snapshot import decode

        return decode(record, rows, rules)

    def row_keys(self) -> list[int]:
        """Return the keys of all rows that a checkpoint of this shard names."""
        minutes = [minute for minute, row in self.slices.rows.items() if not row.is_empty()]
        return minutes + self.dossiers.pages.numbers() + self.slices.history.numbers()

    def refuse(self, reason: str) -> None:
        """Count one dead letter that never was an event."""
        counts = self.counts
        counts.read += 1
        counts.dead_lettered += 1
        counts.reasons[reason] = counts.reasons.get(reason, 0) + 1

    def advance(self, at_ms: int) -> None:
        """Move the watermark: the newest event time seen less the allowed lateness."""
        if at_ms > self.max_event_ms:
            self.max_event_ms = at_ms
            watermark_ms = at_ms - self._lateness_ms
            if watermark_ms > self.watermark_ms:
                self.watermark_ms = watermark_ms
            if self.watermark_ms >= self._sweep_at_ms:
                self.sweep()

    def _contact(self, event: Any, kind: type[Any], at_ms: int) -> Outcome:
        contact_id = event.contact_id
        known = self.contacts.get(contact_id)
        late = at_ms < self.watermark_ms
        if late and self._is_out_of_reach(contact_id, at_ms, is_known=known is not None):
            return _TOO_LATE
        if type(known) is Contact:
            contact = known
            contact.is_fresh = True
            if contact.packed is not None:
                thaw(contact)
        elif type(known) is Settled:
            contact = self._wake(known)
        else:
            if self.rules.known_only and not self._is_known(event):
                return _UNKNOWN_SCOPE
            contact = self.contacts[contact_id] = self.open[contact_id] = Contact(contact_id)
        event_id = event.event_id
        rank = rank_of(event) if kind is ev.MessagePosted else RANK[kind]
        if event_id in contact.ids:
            if not self._correct(contact, event):
                return _DUPLICATE
        elif (
            (
                at_ms > contact.last_ms
                or (
                    at_ms == contact.last_ms
                    and (rank, event_id) > (contact.last_rank, contact.last_id)
                )
            )
            and kind is not _MERGED
            and not event.retracted
            and contact_id not in self.closed
        ):
            write(event, contact.told, -1)
            contact.told_count += 1
            ids = contact.ids
            if type(ids) is list and len(ids) < FEW_IDS:
                ids.append(event_id)
            else:
                contact.remember(event_id)
            contact.last_ms, contact.last_rank, contact.last_id = at_ms, rank, event_id
            if contact.row >= 0:
                self._unsettle(contact)
            if not contact.is_void:
                self.fold.handlers[kind](contact, event)
        else:
            told = journal_of(contact).events
            self._redo(contact, told, [*told, event])
        # A solved ticket that is told of goes back where tickets stay known (their row).
        if (kind in _SETTLING or contact.ticket) and contact.row < 0 and contact.is_settled():
            self._settle(contact)
        return _LATE if late else _APPLIED

    def _is_out_of_reach(self, contact_id: str, at_ms: int, *, is_known: bool) -> bool:
        """Tell whether a late fact can be neither new nor told from a repetition.

        A contact that was forgotten and named again has lost what was known before.
        """
        retention_ms = self.retention_ms
        if retention_ms is not None and not is_known and at_ms < self.max_event_ms - retention_ms:
            return True
        return bool(self.forgotten) and fingerprint(contact_id) in self.forgotten

    def _is_known(self, event: Any) -> bool:
        queue = event.queue
        return queue is None or any(queue.strip() == known for known, _ in self.rules.queues)

    # -- disorder and corrections -----------------------------------------------------------

    def _correct(self, contact: Contact, event: Any) -> bool:
        told = journal_of(contact).events
        at = next(n for n, known in enumerate(told) if known.event_id == event.event_id)
        if event.revision <= told[at].revision:
            return False
        leg = contact.legs.get(event.leg_id or "")
        if leg is not None and leg.scope >= 0:
            self.fold.total(leg.scope).corrected += 1
        self._redo(contact, told, [event if n == at else old for n, old in enumerate(told)])
        return True

    def _redo(self, contact: Contact, told: list[Any], events: list[Any]) -> None:
        """Take the facts that were told out of the slices and fold the events in their order."""
        if contact.row >= 0:
            self._unsettle(contact)
        fold = self.fold
        fold.begin_redo()
        was_closed = self.closed.pop(contact.contact_id, None) is not None
        fold.sign = -1
        if was_closed:
            self.book_due(contact)
        contact.reset()
        self._run(contact, told)
        fold.sign = 1
        events = sorted(events, key=order_key)
        tell_all(contact, events)
        contact.reset()
        self._run(contact, events)
        fold.end_redo()
        self.open[contact.contact_id] = contact
        has_end = contact.is_void or any(type(event) in _SETTLING for event in events)
        if has_end and contact.is_settled():
            self._settle(contact)
        tell_changed(self, contact, told, events)

    def _run(self, contact: Contact, events: list[Any]) -> None:
        handlers = self.fold.handlers
        contact.is_void = any(
            type(event) is ev.TicketMerged and not event.retracted for event in events
        )
        for event in events:
            if not (contact.is_void or event.retracted):
                handlers[type(event)](contact, event)
        if events:
            contact.last_ms, contact.last_rank, contact.last_id = order_key(events[-1])

    def revive(self, journal: Journal, packed: bytes) -> Contact:
        """Derive a contact from its journal, with booking muted: its facts are in their rows.

        It stays packed. A name that many contacts have is kept once.
        """
        contact = Contact(journal.contact_id)
        self._run(contact, journal.events)
        for leg in contact.legs.values():
            leg.agent_id = intern(leg.agent_id)
        contact.queue, contact.motive = intern(contact.queue), intern(contact.motive)
        freeze(contact, packed)
        self.contacts[contact.contact_id] = contact
        return contact

    def resume_sweeping(self) -> None:
        """Go on sweeping where the restored watermark stands."""
        self.swept_minute = self.watermark_ms // MINUTE_MS
        self._sweep_at_ms = (self.swept_minute + 1) * MINUTE_MS
        self.fold.final_before_ms = final_before(
            self.swept_minute * MINUTE_MS, self.rules.sla.reopen_within_ms
        )

    # -- settling ---------------------------------------------------------------------------

    def _settle(self, contact: Contact) -> None:
        """Move a contact with nothing open out of the hot record, into its row."""
        row = self.slices.row(contact.last_ms)
        row.dirty = True
        self.open.pop(contact.contact_id, None)
        if row.end_ms <= max(self.told_until_ms, self.watermark_ms):
            tell(self, contact, SETTLED)
        if row.end_ms <= self.watermark_ms and not contact.ticket:
            self.forget(contact.contact_id, row)
            return
        row.settled[contact.contact_id] = contact
        contact.row = row.start_ms

    def pack_settled(self, row: Row) -> None:
        """Reduce the settled contacts of a row to their journals."""
        settled = row.settled
        for contact_id, contact in settled.items():
            if type(contact) is Contact:
                settled[contact_id] = self.contacts[contact_id] = Settled(
                    pack(contact), contact.row, is_ticket=contact.is_ticket
                )

    def _wake(self, settled: Settled) -> Contact:
        """Return a settled contact as it was before it was packed; it stays settled."""
        self.fold.mute()
        contact = self.revive(unpack(settled.packed), settled.packed)
        self.fold.unmute()
        thaw(contact)
        contact.row = settled.row
        self.slices.row(contact.row).settled[contact.contact_id] = contact
        return contact

    def _unsettle(self, contact: Contact) -> None:
        row = self.slices.row(contact.row)
        row.settled.pop(contact.contact_id, None)
        row.dirty = True
        contact.row = -1
        self.open[contact.contact_id] = contact

    def forget(self, contact_id: str, row: Row) -> None:
        """Keep of a contact only its fingerprint, in the row where it ended."""
        mark = fingerprint(contact_id)
        row.forgotten.append(mark)
        self.forgotten.add(mark)
        self.contacts.pop(contact_id, None)

    def book_due(self, contact: Contact) -> None:
        """Book for good what the clock has brought about for a contact that it closes."""
        far_ms = 1 << 60
        for at_ms, scope, key, n in due_facts(contact, far_ms, self.rules, self.scopes):
            cell = self.fold.cell(at_ms, scope)
            cell[key] = cell.get(key, 0) + n * self.fold.sign

    def sweep(self) -> None:
        """Close, forget and coarsen what the watermark has passed."""
        sweep(self)
