"""What a shard tells of customers: ids and revisions that any replay gives again.

The revision is a function of what is known of the cause, never of when or how often it was told:
every event that is added to a journal, and every revision of one, raises it. So a worker that
folds the same events again tells the same ids with the same revisions, whatever became of the
first telling, and receivers drop the repeat. It survives a reset of the state, another number
of partitions and a quarantined event, which a count of records would not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from msgspec.structs import replace

from aggregators.customer_events import CustomerEvent
from aggregators.envelope import Envelope

SOURCE = "vigie"
STAGES = 8
"""What time alone changes gets a higher revision within the same journal."""

_LONGEST = 200


def told_id(*parts: str) -> str:
    """Return the event id of what is told of a thing, such as ``contact/calls/17``."""
    name = "/".join(parts)
    if len(name) <= _LONGEST:
        return name
    return f"{parts[0]}/{blake2b(name.encode(), digest_size=32).hexdigest()}"


def revision_of(events: Iterable[Envelope], stage: int = 0) -> int:
    """Return the revision of what follows from a journal: one per event and per revision of it."""
    return sum([1 + event.revision for event in events]) * STAGES + stage


def taken_back(told: CustomerEvent, journal: Iterable[Envelope]) -> CustomerEvent:
    """Return the retraction of what was told, after its journal changed."""
    return replace(told, revision=revision_of(journal), retracted=True)


def tell_changes(
    before: Sequence[CustomerEvent], after: Sequence[CustomerEvent], journal: Sequence[Envelope]
) -> list[CustomerEvent]:
    """Return what has to be sent when what a journal tells changes; its stages in ``revision``.

    Under another customer key the same thing is told anew, and taken back from the old one.
    """
    known = {(event.customer_key, event.event_id): event for event in before}
    told = [
        replace(event, revision=revision_of(journal, event.revision))
        for event in after
        if known.pop((event.customer_key, event.event_id), None) != event
    ]
    return [taken_back(event, journal) for event in known.values()] + told
