"""Which records of a delivered batch may be folded in: the one rule that decides.

Batches arrive late, early, repeated or overlapping: the consumer is placed again and again, and
what was queued before goes on being delivered. Each batch says from which offset it was asked;
with the shard's own ``next_offset`` that is enough to fold every record exactly once, in order.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """What to do with a batch."""

    SKIP = "skip"  # old news
    FOLD = "fold"  # fold the records at or above ``start_offset``
    SEEK_BACK = "seek back"  # something was lost on the way: place the consumer, drop the batch


class Admission(NamedTuple):
    """The decision. ``gap`` counts offsets before the first record that exist no more."""

    verdict: Verdict
    start_offset: int
    gap: int


def admit(
    asked_from: int | None, first_offset: int, last_offset: int, next_offset: int
) -> Admission:
    """Decide about a batch of records ``first_offset`` .. ``last_offset``.

    ``asked_from`` is the offset from which these records were asked, None when nobody knows;
    ``next_offset`` the first offset that the shard has not folded in. Offsets between
    ``asked_from`` and the first record do not exist on the broker (retention, compaction,
    transaction markers): a real gap.
    """
    if last_offset < next_offset:
        return Admission(Verdict.SKIP, next_offset, 0)
    known_from = first_offset if asked_from is None else asked_from
    if known_from > next_offset:
        return Admission(Verdict.SEEK_BACK, next_offset, 0)
    return Admission(Verdict.FOLD, next_offset, max(0, first_offset - next_offset))
