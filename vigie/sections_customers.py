"""The section of the settings file about customers: when a contact repeats an earlier one."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from aggregators.policy import CustomerRules
from vigie.sections import Section


class Customers(Section, frozen=True, kw_only=True):
    """Contacts of one customer over all channels."""

    match: Annotated[
        Literal["motive", "customer"],
        Meta(
            description="A contact repeats an earlier one of the same motive, or any of the same "
            "customer."
        ),
    ] = "motive"
    strict: Annotated[
        bool,
        Meta(
            description="A first contact that was transferred or escalated is not resolved at "
            "once, even if the customer does not come back."
        ),
    ] = True
    often_from: Annotated[
        int,
        Meta(
            ge=2,
            le=20,
            description="From so many contacts about one motive within 7 days on, the last of "
            "them unsolved, a customer is on the list of those who come back often.",
        ),
    ] = 3


def customer_rules(customers: Customers) -> CustomerRules:
    """Return what the fold needs to know of the section."""
    return CustomerRules(
        match=customers.match, strict=customers.strict, often_from=customers.often_from
    )
