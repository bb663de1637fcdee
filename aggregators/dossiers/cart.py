"""Carts: opened, ordered, abandoned, or still open (kpis.md, section 9).

A cart is booked when it was created; one of which only a later event is known, at the earliest
known. It is ordered once there is an order for it, whatever was said before; else abandoned when
that was told or nothing happened for the time of the settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aggregators import events as ev
from aggregators.counts import Outcome
from aggregators.customer_events import CustomerOrder
from aggregators.dossiers.kind import Fact, Kind
from aggregators.dossiers.order import (
    WHOLE,
    last_of_each,
    order_facts,
    order_told,
    refusal_of,
)
from aggregators.dossiers.places import Places
from aggregators.policy import Rules

CARTS = 6010
CARTS_ORDERED = 6011
CARTS_ABANDONED = 6012


class CartKind(Kind):
    """One cart with its orders, or one order without a cart."""

    letter = "b"
    types = (ev.CartCreated, ev.CartAbandoned, ev.OrderPlaced)

    def key(self, event: ev.CartCreated | ev.CartAbandoned | ev.OrderPlaced) -> str:
        """A cart is known by its id, an order without one by its own."""
        if event.cart_id is not None:
            return f"c{event.cart_id}"
        return f"o{event.order_id}"

    def refusal(self, event: Any, places: Places) -> Outcome | None:
        """Refuse another currency, sums of two mean nothing, and amounts beyond all reason."""
        return None if event.retracted else refusal_of(event.money, places)

    def facts(self, events: Sequence[Any], swept_ms: int, places: Places) -> list[Fact]:
        """Book the orders at their times and the cart at its creation."""
        orders = last_of_each(events)
        facts = order_facts(orders, places)
        if not events or any(order.cart_id is None for order in orders):
            return facts
        created_ms = [event.event_time_ms for event in events if type(event) is ev.CartCreated]
        booked = [CARTS]
        if orders:
            booked.append(CARTS_ORDERED)
        elif _is_told(events) or _idle_ms(events, places.rules) <= swept_ms:
            booked.append(CARTS_ABANDONED)
        at_ms = created_ms[0] if created_ms else events[0].event_time_ms
        scopes = places.of(facets=(("segment", WHOLE),))
        return facts + [(at_ms, scope, key, 1) for scope in scopes for key in booked]

    def tells(
        self, events: Sequence[Any], swept_ms: int, places: Places
    ) -> Sequence[CustomerOrder]:
        """Tell of the orders of known customers: their contacts may claim them by a window."""
        return [told for order in last_of_each(events) if (told := order_told(order))]

    def quiet_ms(self, rules: Rules) -> int:
        """A cart goes idle."""
        return rules.cart_idle_ms

    def may_wait(self, events: Sequence[Any], event: Any) -> bool:
        """A second telling of an order may name another customer."""
        return type(event) is not ev.OrderPlaced or all(
            told.order_id != event.order_id for told in events if type(told) is ev.OrderPlaced
        )

    def due_under(self, events: Sequence[Any], swept_ms: int, rules: Rules) -> int | None:
        """A cart that is open goes idle when nothing more is told of it."""
        if not events or _is_told(events) or last_of_each(events):
            return None
        idle_ms = _idle_ms(events, rules)
        return idle_ms if idle_ms > swept_ms else None


def _is_told(events: Sequence[Any]) -> bool:
    return any(type(event) is ev.CartAbandoned for event in events)


def _idle_ms(events: Sequence[Any], rules: Rules) -> int:
    return int(events[-1].event_time_ms) + rules.cart_idle_ms
