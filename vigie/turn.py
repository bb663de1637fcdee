"""The turn of whoever folds, or looks at shards over several turns of the loop."""

from __future__ import annotations

from contextlib import nullcontext

from exporters.live import Turn
from streams.worker import StreamWorker


def turn_of(running: list[StreamWorker]) -> Turn:
    """Return what is held while shards must stand still; ``running`` is empty until one runs."""
    return lambda: running[0].long_turn() if running else nullcontext()
