"""Quix Streams: the documented count in tumbling windows by key, telling every update.

Runs in ``build/peers-venv``. Settings are Quix Streams' own: at least once, checkpoints every 5 s
into RocksDB and changelog topics. Windows follow the time in the event.
"""

# mypy: disable-error-code="import-not-found, unused-ignore"

from __future__ import annotations

import sys
from typing import Any

from quixstreams import Application

from benchmarks.peers.stopwatch import GRACE_S, WINDOW_S, StopWatch, task


def main() -> int:
    """Count until all events are in the windows; tell the figures."""
    given = task()
    watch = StopWatch()
    app: Any = Application(
        broker_address=given.servers,
        consumer_group=given.app_id,
        auto_offset_reset="earliest",
        state_dir=given.folder,
        loglevel="ERROR",
    )
    counts: dict[tuple[bytes, int], int] = {}
    left = given.events

    def event_time_ms(value: Any, _headers: object, _ms: float, _kind: object) -> int:
        watch.begin()
        at_ms: int = value["event_time_ms"]
        return at_ms

    def told(window: dict[str, int], key: bytes, _ms: int, _headers: object) -> None:
        nonlocal left
        counts[key, window["start"]] = window["value"]
        left -= 1
        if not left:
            watch.end()
            app.stop()

    for name in given.topics:
        topic = app.topic(name, value_deserializer="json", timestamp_extractor=event_time_ms)
        windows = app.dataframe(topic).tumbling_window(WINDOW_S * 1_000, GRACE_S * 1_000)
        windows.count().current().update(told, metadata=True)
    app.run()
    watch.tell(list(counts.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
