"""Work that blocks, in a thread of its own that does not keep the program from ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable


def start(work: Callable[[], None], done: asyncio.Future[None], *, name: str) -> threading.Thread:
    """Start work on the side; ``done`` of the running loop is set when it ends, however it ends.

    Who gives ``done`` up leaves the work behind: it must end by its own time-outs.
    """
    loop = asyncio.get_running_loop()

    def finish(error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: Exception | None = None
        try:
            work()
        except Exception as failed:  # noqa: BLE001 - whoever waits says what it means
            error = failed
        try:
            loop.call_soon_threadsafe(finish, error)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
