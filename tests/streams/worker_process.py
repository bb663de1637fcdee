"""A worker in a process of its own, to be stopped and killed by tests.

``python -m tests.streams.worker_process SETTINGS_JSON`` writes one line of JSON per 50 ms with
what it has counted; SIGTERM stops it cleanly.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from aggregators.policy import Rules
from streams.settings import StreamSettings
from streams.worker import start_worker
from tests.streams.counting import counting_parts


async def main(settings: StreamSettings) -> None:
    """Run until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    worker = await start_worker(settings, Rules(), parts=counting_parts())
    while not stop.is_set():
        stats = worker.stats()
        line = {
            "read": sum(p.counts.read for p in stats.partitions),
            "restored": sum(p.start_offset for p in stats.partitions),
            "durable": sum(p.durable_offset or 0 for p in stats.partitions),
            "lag": sum(p.lag or 0 for p in stats.partitions),
            "doubled": sum(
                times - 1 for shard in worker.shards() for times in shard.event_ids.values()
            ),
            "events": sum(len(shard.event_ids) for shard in worker.shards()),
        }
        print(json.dumps(line), flush=True)
        await asyncio.sleep(0.05)
    await worker.stop()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    asyncio.run(main(StreamSettings(**given)))
