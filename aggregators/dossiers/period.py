"""Figures of closed periods: costs, customers, staff (kpis.md, section 9).

They are booked in the last millisecond of their period, so a window holds the periods that closed
in it. A second figure for the same period replaces the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aggregators import events as ev
from aggregators.counts import Outcome
from aggregators.dossiers.kind import Fact, Kind
from aggregators.dossiers.order import WHOLE, micro, refusal_of
from aggregators.dossiers.places import Places
from aggregators.facts import LEVEL
from aggregators.policy import DAY_MS

CUSTOMERS_END = 6020  # the total at the end of the period
CUSTOMERS_NEW = 6021
CUSTOMERS_START = 6022  # only of periods whose start is known, as are the next two
CUSTOMERS_KEPT = 6023  # end - new
START_SECONDS = 6024  # customers at the start x length of the period
CUSTOMER_SECONDS = 6025  # mean of start and end (or the end alone) x length of the period
LIFETIME_WEIGHT = 6026  # end x lifetime of the settings in thousandths of a year
PURCHASES_WEIGHT = 6027  # end x purchases per year of the settings in thousandths

COSTS = 6030
COST_MICRO = 6031  # all but marketing and self-care
COST_OF_CHANNEL_MICRO = 6032  # of it, what names a channel
COST_OF_TEAM_MICRO = 6033  # of it, what names a team
COST_OF_SELFCARE_MICRO = 6034
COST_OF_KIND_MICRO = 6040  # + kind, whatever it is for

STAFF = 6050  # + 0 leavers, 1 head count at the start, 2 at the end: of the whole company
STAFF_PART = 6055  # the same of a team or another part

COST_KINDS: tuple[str, ...] = ("salary", "software", "infrastructure", "marketing", "other")
SELFCARE = "selfcare"
MOST = 1_000_000_000
LONGEST_MS = 400 * DAY_MS
_FIRST_MS = 631_152_000_000  # 1990-01-01


class PeriodKind(Kind):
    """What figures of periods have in common."""

    kept_ms = LONGEST_MS
    is_long = True

    def key(self, event: ev.PeriodEvent) -> str:
        """Figures of one scope and period belong together."""
        return f"{event.scope}\n{event.period_start_ms}\n{event.period_end_ms}"

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        """Refuse periods of more than 400 days, or that end so long after they were told of."""
        start_ms, end_ms = event.period_start_ms, event.period_end_ms
        is_usual = _FIRST_MS <= start_ms < end_ms <= start_ms + LONGEST_MS
        if not is_usual or end_ms > event.event_time_ms + LONGEST_MS:
            return Outcome.OUT_OF_SCALE
        return None


class CostKind(PeriodKind):
    """One cost."""

    letter = "m"
    types = (ev.CostBooked,)

    def key(self, event: Any) -> str:
        """A cost is known by its id."""
        return str(event.cost_id)

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        """Refuse another currency too."""
        if event.retracted:
            return None
        return refusal_of(event.money, places) or super().refusal(event, places)

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Book the last telling, also at the channel and team that it names."""
        if not events:
            return []
        cost: ev.CostBooked = events[-1]
        amount = micro(cost.money)
        booked = [(COST_OF_KIND_MICRO + COST_KINDS.index(cost.kind), amount)]
        if cost.channel == SELFCARE:
            booked.append((COST_OF_SELFCARE_MICRO, amount))
        elif cost.kind != "marketing":
            booked += [(COSTS, 1), (COST_MICRO, amount)]
            if cost.channel:
                booked.append((COST_OF_CHANNEL_MICRO, amount))
            if cost.team:
                booked.append((COST_OF_TEAM_MICRO, amount))
        scopes = places.of(
            "", cost.channel, cost.team, facets=(("segment", cost.scope),)
        )  # fmt: skip
        at_ms = cost.period_end_ms - 1
        return [(at_ms, scope, key, n) for scope in scopes for key, n in booked]


class CustomersKind(PeriodKind):
    """The customers of one scope, period after period: one's end is the next one's start."""

    letter = "n"
    types = (ev.CustomersCounted,)

    def key(self, event: Any) -> str:
        """All periods of a scope."""
        return str(event.scope)

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        """Refuse counts beyond all reason too."""
        if max(event.total, event.new_in_period, event.lost_in_period or 0) > MOST:
            return Outcome.OUT_OF_SCALE
        return super().refusal(event, places)

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Book each period; only those of the whole company are in the total."""
        told = _last_of_each_period(events)
        facts: list[Fact] = []
        for at, counted in enumerate(told):
            scopes = places.of(facets=(("segment", counted.scope),))
            if counted.scope != WHOLE:
                scopes = scopes[1:]
            at_ms = counted.period_end_ms - 1
            booked = _counted(counted, told[:at], places)
            facts += [(at_ms, scope, key, n) for scope in scopes for key, n in booked if n]
            # How many customers there are holds until the next count: it is kept for longer.
            if counted.scope == WHOLE and at_ms >= told[-1].period_end_ms - LONGEST_MS:
                facts.append((counted.period_end_ms, scopes[0], LEVEL, counted.total))
        return facts

    def trimmed(self, events: list[Any], horizon_ms: int) -> list[Any]:
        """Keep what a level or a start may still be made of."""
        kept_from_ms = max(event.period_end_ms for event in events) - 2 * LONGEST_MS
        return [event for event in events if event.period_end_ms >= kept_from_ms]


class StaffKind(PeriodKind):
    """Head count of one scope or team in one period."""

    letter = "w"
    types = (ev.StaffCounted,)

    def key(self, event: Any) -> str:
        """A team's figures are its own."""
        return f"{super().key(event)}\n{event.team or ''}"

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        """Refuse counts beyond all reason too."""
        if max(event.start, event.end, event.leavers) > MOST:
            return Outcome.OUT_OF_SCALE
        return super().refusal(event, places)

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Book the last telling: the whole company's apart from those of its parts."""
        if not events:
            return []
        staff: ev.StaffCounted = events[-1]
        first = STAFF if staff.scope == WHOLE and not staff.team else STAFF_PART
        segment = None if staff.team else staff.scope
        scopes = places.of("", "", staff.team, facets=(("segment", segment),))
        at_ms = staff.period_end_ms - 1
        booked = ((first, staff.leavers), (first + 1, staff.start), (first + 2, staff.end))
        return [(at_ms, scope, key, n) for scope in scopes for key, n in booked if n]


def _last_of_each_period(events: Iterable[Any]) -> list[ev.CustomersCounted]:
    found = {(told.period_start_ms, told.period_end_ms): told for told in events}
    return [found[period] for period in sorted(found, key=lambda p: (p[1], p[0]))]


def _counted(
    told: ev.CustomersCounted, earlier: Sequence[ev.CustomersCounted], places: Places
) -> list[tuple[int, int]]:
    rules, end = places.rules, told.total
    length_s = (told.period_end_ms - told.period_start_ms) // 1000
    start = _start(told, earlier)
    booked = [
        (CUSTOMERS_END, end),
        (CUSTOMERS_NEW, told.new_in_period),
        (CUSTOMER_SECONDS, (end if start is None else (start + end) // 2) * length_s),
        (LIFETIME_WEIGHT, end * round((rules.customer_lifetime_years or 0) * 1000)),
        (PURCHASES_WEIGHT, end * round((rules.purchases_per_year or 0) * 1000)),
    ]
    if start is not None:
        booked += [
            (CUSTOMERS_START, start),
            (CUSTOMERS_KEPT, max(0, end - told.new_in_period)),
            (START_SECONDS, start * length_s),
        ]
    return booked


def _start(told: ev.CustomersCounted, earlier: Sequence[ev.CustomersCounted]) -> int | None:
    """Return the customers at the start: from who left, or the count one period before."""
    if told.lost_in_period is not None:
        return max(0, told.total - told.new_in_period + told.lost_in_period)
    for before in reversed(earlier):
        if abs(before.period_end_ms - told.period_start_ms) <= DAY_MS:
            return before.total
    return None
