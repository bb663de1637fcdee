"""A worker with vigie's own fold in a process of its own, which tells its customer figures.

Started by the tests with the stream settings and an instant (epoch ms) as JSON.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from aggregators.board import board
from aggregators.events import CUSTOMERS
from streams.settings import StreamSettings
from streams.worker import StreamWorker, start_worker
from tests.aggregators.customer_story import RULES
from tests.streams.customers_day import CUSTOMER_KPIS


def said(worker: StreamWorker, at_ms: int) -> str:
    """What was read of calls, what of customers was dropped as a repeat, and the figures."""
    total = board(worker.shards(), at_ms, RULES, ["whole"]).windows["whole"].total
    ours = [shard for shard in worker.shards() if shard.topic == CUSTOMERS]
    return json.dumps(
        {
            "read": sum(shard.counts.read for shard in worker.shards() if shard not in ours),
            "repeats": sum(shard.counts.duplicate for shard in ours),
            "refused": sum(shard.counts.dead_lettered for shard in worker.shards()),
            "figures": {kpi: total[kpi] for kpi in CUSTOMER_KPIS},
        }
    )


async def main(settings: StreamSettings, at_ms: int) -> None:
    """Run until SIGTERM."""
    worker = await start_worker(settings, RULES)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    while not stop.is_set() and worker.failure is None:
        print(said(worker, at_ms), flush=True)
        await asyncio.sleep(0.2)
    await worker.stop()
    if worker.failure is not None:
        raise worker.failure


if __name__ == "__main__":
    told, instant = json.loads(sys.argv[1])
    asyncio.run(main(StreamSettings(**told), instant))
