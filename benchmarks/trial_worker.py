"""A worker with one thing changed, as :mod:`benchmarks.whole_worker` otherwise.

``python -m benchmarks.trial_worker VARIANT BOOTSTRAP_SERVERS APP_ID EVENTS``
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from types import SimpleNamespace

import uvloop

from benchmarks import whole_worker
from streams.collector import BEHIND
from vigie import service

AS_BUILT = "as built"


def _as_built() -> None:
    """Change nothing."""


def _asyncio_loop() -> None:
    setattr(service, "uvloop", SimpleNamespace(run=asyncio.run))  # noqa: B010 - in this process only


def _uvloop_everywhere() -> None:
    # uvloop.run serves the main thread; Faust's consumer thread asks the policy for its loop.
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def _collector(settle: Callable[[], None]) -> Callable[[], None]:
    def change() -> None:
        setattr(service, "calm_collector", settle)  # noqa: B010 - in this process only

    return change


VARIANTS: dict[str, Callable[[], None]] = {
    AS_BUILT: _as_built,
    "asyncio's loop, no uvloop": _asyncio_loop,
    "uvloop in the consumer's thread too": _uvloop_everywhere,
    "collector: Python's defaults": _collector(lambda: None),
    "collector: our pace, no gc.freeze": _collector(lambda: gc.set_threshold(*BEHIND)),
    "collector: gc.disable": _collector(gc.disable),
}
"""What is changed, by the name of the trial; whatever else they do is the same."""


def main() -> int:
    """Measure once."""
    VARIANTS[sys.argv.pop(1)]()
    return whole_worker.main()


if __name__ == "__main__":
    sys.exit(main())
