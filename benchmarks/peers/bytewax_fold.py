"""Bytewax: a keyed fold in tumbling windows, from its own Kafka source.

Runs in ``build/peers-venv``, on one worker thread, as ``python -m bytewax.run`` does. The source
reads up to the end of the topics, where all windows close. Bytewax's own setting is to keep
nothing for a restart (no recovery store), and it stays: a crash would begin at the first offset.
Windows follow the time in the event alone. By default the clock would also wake the past windows
of each key up by the system time, which makes whoever works off a backlog many times slower.
"""

# mypy: disable-error-code="import-not-found, untyped-decorator, unused-ignore"

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators.windowing import EventClock, TumblingWindower, fold_window
from bytewax.run import cli_main
from bytewax.testing import TestingSink

from benchmarks.peers.stopwatch import WINDOW_S, StopWatch, task

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WAIT_S = 60


def event_time(event: dict[str, Any]) -> datetime:
    """Return the time of an event as the clock wants it."""
    return datetime.fromtimestamp(event["event_time_ms"] / 1_000, UTC)


def no_alarm(_closes: datetime) -> None:
    """Ask for no waking up by the system time: the next event or the end closes a window."""


def main() -> int:
    """Count until the end of the topics; tell the figures."""
    given = task()
    watch = StopWatch()
    counts: list[int] = []

    def decoded(message: Any) -> tuple[str, dict[str, Any]]:
        watch.begin()
        return message.key.decode(), orjson.loads(message.value)

    def told(window: tuple[str, tuple[int, int]]) -> int:
        watch.end()
        counts.append(window[1][1])
        return window[1][1]

    flow = Dataflow("count")
    source = KafkaSource([given.servers], given.topics, tail=False)
    events = op.map("decode", op.input("read", flow, source), decoded)
    windows = fold_window(
        "count",
        events,
        EventClock(event_time, timedelta(seconds=WAIT_S), to_system_utc=no_alarm),
        TumblingWindower(length=timedelta(seconds=WINDOW_S), align_to=EPOCH),
        builder=int,
        folder=lambda count, _event: count + 1,
        merger=lambda one, other: one + other,
    )
    op.output("tell", op.map("note", windows.down, told), TestingSink([]))
    cli_main(flow)
    watch.tell(counts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
