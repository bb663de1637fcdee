"""How often Python's cycle collector looks: rarely in a backlog, a little at a time when live.

Queued records are many and have no cycles, so looking at them is lost work. But a rare look is a
long one: 200,000 objects hold the loop up for 60 to 100 ms, 75,000 for about 20 ms. While a backlog
is worked off nobody waits for the loop, else somebody may.
"""

from __future__ import annotations

import gc

BEHIND = (200_000, 20, 100)
LIVE = (25_000, 3, 1_000)
"""Each object is looked at twice while it is young, then hardly ever again."""


def calm_collector() -> None:
    """Let the collector look as in a backlog, and never at what is there already.

    It concerns the whole process, so the front door decides (docs/performance.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*BEHIND)


def pace_collector(*, is_behind: bool) -> None:
    """Let the collector look as a worker needs it now; without :func:`calm_collector` nothing."""
    wanted = BEHIND if is_behind else LIVE
    if gc.get_threshold() in {BEHIND, LIVE} - {wanted}:
        gc.set_threshold(*wanted)
