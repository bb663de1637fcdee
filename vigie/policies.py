"""Settings into rules: each (queue, channel) gets its policy, layer over layer.

From weak to strong: what kpis.md lays down for the channel, ``defaults``, the channel's entry in
``channels``, the queue's own entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from aggregators.policy import CHANNEL_POLICIES, Hours, QueuePolicy
from vigie.opening_hours import minute_of_day, read_hours
from vigie.sections import Defaults, Policy, Queue

_SAME_NAME = (
    "threshold_ms", "target", "short_limit_ms", "headline_variant", "zone", "max_wait_ms",
    "max_handle_ms", "wrap_up_limit_ms", "callbacks", "timer_abandons",
)  # fmt: skip


def channel_policy(channel: str, defaults: Defaults, channels: Mapping[str, Policy]) -> QueuePolicy:
    """Return the policy of every queue of a channel that has no entry of its own."""
    return _policy(channel, [defaults, *_own(channel, channels)])


def queue_policy(queue: Queue, defaults: Defaults, channels: Mapping[str, Policy]) -> QueuePolicy:
    """Return the policy of a queue with an entry."""
    policy = _policy(queue.channel, [defaults, *_own(queue.channel, channels), queue])
    return msgspec.structs.replace(policy, team=queue.team)


def written_hours(layers: list[Defaults]) -> Hours | None:
    """Return the hours that the layers give together, or None for always open.

    Raises:
        ValueError: days are unknown, written twice, or shifts overlap.
    """
    hours = _strongest(layers, "hours")
    holidays = _strongest(layers, "holidays")
    if hours is UNSET or hours is None:
        if holidays is UNSET or not holidays:
            return None
        hours = {"mon-sun": ["00:00-24:00"]}
    return read_hours(hours, () if holidays is UNSET else holidays)


def _own(channel: str, channels: Mapping[str, Policy]) -> list[Policy]:
    return [channels[channel]] if channel in channels else []


def _strongest(layers: list[Defaults], name: str) -> Any:
    for layer in reversed(layers):
        if (value := getattr(layer, name, UNSET)) is not UNSET:
            return value
    return UNSET


def _policy(channel: str, layers: list[Defaults]) -> QueuePolicy:
    changes: dict[str, Any] = {"hours": written_hours(layers)}
    for name in _SAME_NAME:
        if (value := _strongest(layers, name)) is not UNSET:
            changes[name] = value
    if (reset_at := _strongest(layers, "reset_at")) is not UNSET:
        changes["reset_minute"] = minute_of_day(reset_at)
    if (within := _strongest(layers, "at_risk_within_ms")) is not UNSET:
        changes["at_risk_within_ms"] = tuple(within)
    if (genesys := _strongest(layers, "genesys")) is not UNSET:
        changes["genesys_flow_outs"] = genesys.flow_outs
        changes["genesys_abandons"] = genesys.abandons
        changes["genesys_short_abandons"] = genesys.short_abandons
    return msgspec.structs.replace(CHANNEL_POLICIES[channel], **changes)
