"""From the outboxes of shards into the shard of customers, where no broker is in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from aggregators.counts import REFUSED, Outcome
from aggregators.envelope import Envelope
from aggregators.events import CUSTOMERS
from aggregators.shard import Shard
from aggregators.teller import tell_all

Refused = Callable[[Envelope, Outcome], None]


def carry(shard: Shard, customers: Shard, refused: Refused | None = None) -> None:
    """Fold what a shard told; ``refused`` is called with what is not taken."""
    told = list(shard.outbox)
    shard.outbox.clear()
    for event in told:
        outcome = customers.apply(event, event.event_time_ms)
        if outcome in REFUSED and refused is not None:
            refused(event, outcome)


def carry_all(shards: Mapping[str, Shard], at_ms: int, refused: Refused | None = None) -> None:
    """Fold all that is known of customers at an instant, also what settled just now.

    ``shards`` are by topic and have all events before the instant; what they tell is taken in
    their order.
    """
    newest_ms = newest_of(shards.values())
    for shard in shards.values():
        tell_now(shard, newest_ms, at_ms)
        carry(shard, shards[CUSTOMERS], refused)
    shards[CUSTOMERS].advance(newest_ms)


def newest_of(shards: Iterable[Shard]) -> int:
    """Return the newest event time of all shards: what one knows of time, all may know."""
    return max((shard.max_event_ms for shard in shards), default=0)


def tell_now(shard: Shard, newest_ms: int, at_ms: int) -> None:
    """Let a shard tell all it knows at an instant, its clock being that of all shards.

    So it does not matter how many partitions there are. Only where events come in order of time:
    what is older than the newest one counts as late from now on.
    """
    if shard.topic != CUSTOMERS:
        shard.advance(newest_ms)
        tell_all(shard, at_ms)
