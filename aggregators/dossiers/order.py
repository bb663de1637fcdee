"""Orders: what was sold, and what of it through a contact (kpis.md, section 9).

Money is kept in millionths of the one currency of the settings. An order with a negative amount
is a refund: it lowers the revenue and is no order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aggregators import events as ev
from aggregators.counts import Outcome
from aggregators.customer_events import CustomerOrder
from aggregators.dossiers.kind import Fact
from aggregators.dossiers.places import Places
from aggregators.telling import SOURCE, told_id

ORDERS = 6000
ORDERED_MICRO = 6001
SERVICE_ORDERS = 6002  # those that name their contact
SERVICE_MICRO = 6003
REFUNDS = 6004

WHOLE = "all"
"""The scope and segment of the whole company."""

_MICRO_DIGITS = 6
_MICRO = 1_000_000
MOST_MICRO = 1_000_000_000 * _MICRO
"""A thousand million, so that sums of very many amounts still fit into 64 bits."""


def micro(money: ev.Money) -> int:
    """Return an amount in millionths of its currency; exact, there are at most six decimals."""
    whole, _, part = money.amount.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * _MICRO + int(part.ljust(_MICRO_DIGITS, "0")))


def refusal_of(money: ev.Money | None, places: Places) -> Outcome | None:
    """Refuse another currency than that of the settings, and amounts beyond all reason."""
    if money is None:
        return None
    if money.currency != places.rules.currency:
        return Outcome.OTHER_CURRENCY
    return Outcome.OUT_OF_SCALE if abs(micro(money)) > MOST_MICRO else None


def last_of_each(events: Iterable[Any]) -> list[ev.OrderPlaced]:
    """Return the orders, each once: told twice under one id, the later telling counts."""
    found = {event.order_id: event for event in events if type(event) is ev.OrderPlaced}
    return list(found.values())


def order_told(order: ev.OrderPlaced) -> CustomerOrder | None:
    """Return what is told of an order on the topic of the customers; nothing without a key."""
    if not order.customer_key:
        return None
    return CustomerOrder(
        v=1,
        event_id=told_id("order", order.order_id),
        source=SOURCE,
        event_time_ms=order.event_time_ms,
        customer_key=order.customer_key,
        order_id=order.order_id,
        amount_micro=micro(order.money),
        currency=order.money.currency,
        contact_id=order.contact_id,
        cart_id=order.cart_id,
        agent_id=order.agent_id,
    )


def order_facts(orders: Sequence[ev.OrderPlaced], places: Places) -> list[Fact]:
    """Count orders at their own time; the agent's team has those that the agent sold."""
    facts: list[Fact] = []
    for order in orders:
        amount = micro(order.money)
        booked = [(ORDERED_MICRO, amount), (REFUNDS if amount < 0 else ORDERS, 1)]
        if order.contact_id:
            booked += [(SERVICE_MICRO, amount), (SERVICE_ORDERS, int(amount >= 0))]
        scopes = places.of("", "", None, order.agent_id, (("segment", WHOLE),))
        facts += [
            (order.event_time_ms, scope, key, n) for scope in scopes for key, n in booked if n
        ]
    return facts
