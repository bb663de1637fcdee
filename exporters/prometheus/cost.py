"""What one collection of the KPI series took."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class CollectCost(Struct, frozen=True, kw_only=True):
    """Duration in seconds and number of samples of a collection.

    ``dropped`` counts, per label name, the distinct values left out since the process started.
    """

    seconds: float
    series: int
    dropped: Mapping[str, int] = {}
