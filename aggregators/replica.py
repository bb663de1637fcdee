"""A shard that lives elsewhere, kept up to date from its checkpoints, to be looked at only.

A board over replicas is the board over the shards decoded from the same checkpoints. An update
costs what changed: contacts whose journal is the same are not folded again, rows whose cells are
the same keep their sums, spans of agents that are still there are left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from aggregators.contact import Contact
from aggregators.dossiers.pages import FIRST_PAGE
from aggregators.history import FIRST_DAY
from aggregators.policy import Rules
from aggregators.shard import Shard
from aggregators.slices import Row
from aggregators.snapshot import (
    LightRecord,
    SnapshotError,
    read_contact,
    read_day,
    read_record,
    read_row,
    take_rest,
)
from aggregators.spans import AgentSpan


class Replica:
    """A shard as of its newest checkpoint.

    Settled contacts are left out: boards do not need them, and nothing may be folded in.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._shard: Shard | None = None
        self._known: dict[bytes, str] = {}  # journal as stored -> contact

    @property
    def shard(self) -> Shard | None:
        """The shard as of the last update; another object where it had to begin anew."""
        return self._shard

    def update(self, record: bytes, rows: Mapping[int, bytes]) -> Shard:
        """Take in a checkpoint: its record and the rows that changed since the last one, or more.

        Raises SnapshotError when bytes are damaged or a row was never given that the record
        names; nothing is kept then, and the next update needs all rows.
        """
        before, self._shard = self._shard, None
        stored = read_record(record)
        shard = before
        if shard is None or self._begins_anew(shard, stored):
            # Boards see by the new object that scopes are numbered otherwise.
            shard = Shard(stored.topic, stored.partition, self._rules, stored.scopes)
            self._known = {}
        shard.scopes.extend(stored.scopes)
        _take_rows(shard, stored, rows, before.slices.rows if before else {})
        _take_history(shard, stored, rows, before)
        self._take_contacts(shard, stored)
        take_rest(shard, stored)
        # The board sees by another object that the totals are new.
        shard.durable_totals = dict(shard.totals)
        shard.durable_counts = shard.counts
        self._shard = shard
        return shard

    def _begins_anew(self, shard: Shard, stored: LightRecord) -> bool:
        """Tell whether scopes that a look numbered here are not the owner's."""
        ours, theirs = shard.scopes.known, stored.scopes
        both = min(len(ours), len(theirs))
        if ours[:both] != theirs[:both] or stored.next_offset < shard.next_offset:
            return True
        if len(ours) == both:
            return False
        told = {bytes(journal) for journal in stored.contacts}
        return any(
            _is_numbered_by_looks(shard.open[contact_id])
            for journal, contact_id in self._known.items()
            if journal not in told and contact_id in shard.open
        )

    def _take_contacts(self, shard: Shard, stored: LightRecord) -> None:
        known = self._known
        told = [bytes(journal) for journal in stored.contacts]
        for journal in known.keys() - set(told):
            contact_id = known.pop(journal)
            for contacts in (shard.open, shard.closed, shard.contacts):
                contacts.pop(contact_id, None)
        shard.fold.mute()
        for raw in told:
            if raw not in known:
                known[raw] = read_contact(shard, raw).contact_id
        shard.fold.unmute()


def _is_numbered_by_looks(contact: Contact) -> bool:
    return contact.last_leg is None or contact.last_leg.scope < 0


def _take_rows(
    shard: Shard, stored: LightRecord, given: Mapping[int, bytes], before: Mapping[int, Row]
) -> None:
    rows: dict[int, Row] = {}
    for minute in stored.rows:
        if minute >= FIRST_PAGE:
            continue  # boards need the facts of dossiers, not the dossiers
        old, raw = before.get(minute), given.get(minute)
        if raw is not None:
            rows[minute] = _row(raw, old)
        elif old is not None:
            rows[minute] = old
        else:
            raise SnapshotError(
                f"{stored.topic}/{stored.partition}: the row of minute {minute} is missing"
            )
    counted = shard.slices.rows  # nothing where the shard begins anew
    gone = _spans(row for minute, row in counted.items() if rows.get(minute) is not row)
    come = _spans(row for minute, row in rows.items() if counted.get(minute) is not row)
    retention_ms = shard.rules.retention_ms
    kept_from_ms = -1 if retention_ms is None else stored.max_event_ms - retention_ms
    for span in (gone - come).elements():
        if span.end_ms < kept_from_ms:
            shard.spans.drop((span,))
        else:
            shard.spans.remove(span)
    for span in (come - gone).elements():
        shard.spans.add(span)
    shard.slices.rows = rows


def _take_history(
    shard: Shard, stored: LightRecord, given: Mapping[int, bytes], before: Shard | None
) -> None:
    history = shard.slices.history
    if before is not None and before is not shard:
        history.days, history.levels = before.slices.history.days, before.slices.history.levels
    known = set(history.numbers())
    for number in stored.rows:
        if number >= FIRST_DAY:
            if (raw := given.get(number)) is not None:
                history.take(number, read_day(raw))
            elif number not in known:
                raise SnapshotError(
                    f"{stored.topic}/{stored.partition}: the row {number} of the history is missing"
                )
    history.keep_only(stored.rows)


def _spans(rows: Iterable[Row]) -> Counter[AgentSpan]:
    return Counter(span for row in rows for span in row.spans)


def _row(raw: bytes, old: Row | None) -> Row:
    stored = read_row(raw)
    row = Row(stored.start_ms, stored.level)
    row.dirty = False
    row.spans = stored.spans
    row.cells = stored.cells
    if old is not None and old.level == row.level and old.cells == row.cells:
        row.open_cells, row.packed, row.merged = old.open_cells, old.packed, old.merged
    row.pack()
    return row
