"""The section of the settings file about money, carts and customers."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from aggregators.policy import HOUR_MS, MINUTE_MS
from vigie.sections import Duration, Section
from vigie.settings_reader import SettingError

_LONGEST_MS = 48 * HOUR_MS


class Business(Section, frozen=True, kw_only=True):
    """What the figures of costs, sales and customers depend on."""

    currency: Annotated[
        str,
        Meta(
            pattern=r"^[A-Z]{3}$",
            description="The one currency of all amounts (ISO 4217); events with another one are "
            "refused as `other_currency`.",
            extra={"phrase": "three capital letters such as EUR"},
        ),
    ] = "EUR"
    cart_idle_after_ms: Annotated[
        Duration,
        Meta(description="A cart without an order or another event for this long is abandoned."),
    ] = HOUR_MS
    customer_lifetime_years: Annotated[
        Annotated[float, Meta(gt=0, le=100)] | None,
        Meta(
            description="How long a customer stays, for the lifetime value; without it "
            "1 / (1 - yearly retention).",
        ),
    ] = None
    purchases_per_year: Annotated[
        Annotated[float, Meta(gt=0, le=10_000)] | None,
        Meta(
            description="Orders per customer and year, for the lifetime value; without it those "
            "of the window over the customers counted in it.",
        ),
    ] = None


def check_business(business: Business) -> None:
    """Check what the types cannot. Raises SettingError."""
    if not MINUTE_MS <= business.cart_idle_after_ms <= _LONGEST_MS:
        raise SettingError(
            ("business", "cart_idle_after"), "business.cart_idle_after is not between 1m and 48h",
            'Write for example "1h".',
        )  # fmt: skip
