"""Which records of a delivered batch may be folded in: the one rule that decides.

Batches arrive late, early, repeated or overlapping: the consumer is placed again and again, and
what was queued before goes on being delivered. Each batch says from which offset it was asked;
with the shard's own ``next_offset`` that is enough to fold every record exactly once, in order.
"""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What to do with a batch."""

    SKIP = "skip"  # old news
    FOLD = "fold"  # fold the records at or above the shard's next offset
    SEEK_BACK = "seek back"  # something was lost on the way: place the consumer, drop the batch


def admit(asked_from: int | None, first_offset: int, last_offset: int, next_offset: int) -> Verdict:
    """Decide about a batch of records ``first_offset`` .. ``last_offset``.

    ``asked_from`` is the offset from which these records were asked, None when nobody knows;
    ``next_offset`` the first offset that the shard has not folded in. With FOLD every offset from
    ``next_offset`` on that is not among the records does not exist on the broker (retention,
    compaction, transaction markers): a real gap, see :func:`gap`.
    """
    if last_offset < next_offset:
        return Verdict.SKIP
    known_from = first_offset if asked_from is None else asked_from
    return Verdict.SEEK_BACK if known_from > next_offset else Verdict.FOLD


def gap(next_offset: int, last_offset: int, folded: int) -> int:
    """Count the offsets that a fold of ``folded`` records up to ``last_offset`` passed over."""
    return last_offset + 1 - next_offset - folded
