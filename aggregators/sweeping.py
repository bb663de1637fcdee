"""What a shard does each minute that its watermark passes: close, tell, forget, coarsen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregators.cohorts import make_final
from aggregators.due import may_close
from aggregators.journal import thaw
from aggregators.policy import DAY_MS
from aggregators.teller import TOLD_AFTER_MS, tell_closed, tell_until
from aggregators.tickets import COHORT

if TYPE_CHECKING:
    from aggregators.shard import Shard
    from aggregators.slices import Row

_CLOSED_KEPT_MS = DAY_MS


def sweep(shard: Shard) -> None:
    """Close, tell of, forget and coarsen what the watermark of a shard has passed."""
    watermark_ms = shard.watermark_ms
    first = shard.swept_minute
    not_final_ms = shard.fold.final_before_ms
    shard.resume_sweeping()
    make_final(shard.slices, not_final_ms, shard.fold.final_before_ms, COHORT)
    tell_until(shard, max(watermark_ms, shard.max_event_ms - TOLD_AFTER_MS))
    for contact in [c for c in shard.open.values() if may_close(c, watermark_ms)]:
        if contact.contact_id not in shard.closed:
            thaw(contact)  # what it is packed as says that it is open
            shard.book_due(contact)
            shard.closed[contact.contact_id] = contact
            shard.open.pop(contact.contact_id)
            tell_closed(shard, contact)
    for contact in list(shard.closed.values()):
        if contact.last_ms < watermark_ms - _CLOSED_KEPT_MS:
            del shard.closed[contact.contact_id]
            row = shard.slices.row(contact.last_ms)
            row.dirty = True
            shard.forget(contact.contact_id, row)
    for row in shard.slices.rows_ended(first, watermark_ms):
        done = [name for name, contact in row.settled.items() if not contact.is_ticket]
        for contact_id in done:
            del row.settled[contact_id]
            shard.forget(contact_id, row)
            row.dirty = True
    shard.presence.forget_before(watermark_ms)
    shard.dossiers.sweep(watermark_ms, shard.max_event_ms)
    if shard.retention_ms is not None:
        shard.slices.coarsen(watermark_ms)
        for row in shard.slices.drop_before(shard.max_event_ms - shard.retention_ms):
            _drop(shard, row)
        shard.slices.history.age(shard.max_event_ms, shard.rules.policy("", "").zone)


def _drop(shard: Shard, row: Row) -> None:
    shard.forgotten.drop(row.forgotten)
    shard.spans.drop(row.spans)
    shard.slices.history.take_row(row, shard.rules, shard.scopes.known)
    for contact_id in row.settled:
        shard.contacts.pop(contact_id, None)
