"""Long work on the loop that folds, in steps: others have their turn in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from aggregators.steps import Steps

T = TypeVar("T")

TURN_S = 0.008
"""So much of such work is done before the loop has its turn."""


async def in_turns(steps: Steps[T], timer: Callable[[], float] = time.perf_counter) -> T:
    """Do all steps, a few at a time; return what they made and raise what they raise."""
    until_s = timer() + TURN_S
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: T = end.value
            return made
        if timer() >= until_s:
            await asyncio.sleep(0)
            until_s = timer() + TURN_S
