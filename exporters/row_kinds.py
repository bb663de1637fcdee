"""The kinds of rows that are no pair of queue and channel, by the names that their series have."""

from __future__ import annotations

from aggregators.kpis.groups import FACETS

ROW_KINDS: tuple[str, ...] = ("centre", "channel", "team", *FACETS)
"""``centre`` is everything together. Only the groups of KPIs beyond queues and agents have it, and
channels: the other KPIs have pairs to sum over."""

DEFAULT_KINDS = ("centre", "channel", "survey", "tool", "segment")
"""The kinds that have series unless the settings say otherwise."""

FIRST_KINDS = ("centre", "channel")
"""Kinds that come before the pairs when room is short: they are few, whatever producers send."""
