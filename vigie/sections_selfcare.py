"""The section of the settings file about self-care: bots, help pages, portals."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from aggregators.policy import DAY_MS, MINUTE_MS
from vigie.sections import Duration, Section
from vigie.settings_reader import SettingError


class Selfcare(Section, frozen=True, kw_only=True):
    """Sessions with a tool, and the lists of what was searched for and not found."""

    idle_after_ms: Annotated[
        Duration,
        Meta(description="A session without an event for this long is over, and was contained."),
    ] = 30 * MINUTE_MS
    expressions_kept: Annotated[
        int,
        Meta(
            ge=10,
            le=500,
            description="Different expressions without an answer that are counted per hour and "
            "day in each shard; with more of them counts have an error, which the list tells.",
        ),
    ] = 200
    expressions_listed: Annotated[
        int, Meta(ge=1, le=200, description="How many expressions a list shows.")
    ] = 20


def check_selfcare(selfcare: Selfcare) -> None:
    """Check what the types cannot. Raises SettingError."""
    if not MINUTE_MS <= selfcare.idle_after_ms <= DAY_MS:
        raise SettingError(
            ("selfcare", "idle_after"), "selfcare.idle_after is not between 1m and 24h",
            'Write for example "30m".',
        )  # fmt: skip
