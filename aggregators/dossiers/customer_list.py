"""The customers who come back most: whom to call before they call again (kpis.md, section 6)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from aggregators.dossiers.journeys import LONGEST_MS
from aggregators.policy import Rules
from aggregators.shard import Shard


class ReturningCustomer(Struct):
    """A customer with many contacts about one motive within seven days, the last one unsolved.

    ``customer_key`` is the keyed hash that the sources give; ``motive`` is None where contacts
    have none, or where any motive counts.
    """

    customer_key: str
    motive: str | None
    contacts: int
    first_ms: int
    last_ms: int


def returning_customers(
    shards: Iterable[Shard], as_of_ms: int, rules: Rules, motive: str | None = None
) -> list[ReturningCustomer]:
    """Return who came most often in the seven days before an instant, of one motive or all.

    Each shard knows at most 100 of them.
    """
    found: list[ReturningCustomer] = []
    for shard in shards:
        for key, note in shard.dossiers.notes():
            for about, openings in note:
                recent = [ms for ms in openings if as_of_ms - LONGEST_MS <= ms <= as_of_ms]
                if len(recent) >= rules.customers.often_from and motive in (None, about):
                    found.append(
                        ReturningCustomer(
                            key[1:], about or None, len(recent), recent[0], recent[-1]
                        )
                    )
    found.sort(key=lambda one: (-one.contacts, -one.last_ms, one.customer_key, one.motive or ""))
    return found
