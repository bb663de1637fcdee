"""How long a worker takes to be back: state of a large centre in the changelogs, a fresh process.

``python -m benchmarks.recovery [--contacts N] [--queues N] [--days N] [--json FILE]``

One process builds the shards by folding, for every queue and minute of the days, one contact, and
at the end the open contacts; it writes their checkpoints to the changelogs of a real Kafka. Then a
worker starts in a process of its own. Timed is what it takes until the shards are restored, the
first board, and the first checkpoint under the new owner, which writes everything once.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from benchmarks import machine
from benchmarks.centre import stream_settings
from benchmarks.measures import Built, Recovery, Restart
from benchmarks.stage import ask_child, finish, keep, own_kafka
from benchmarks.tables import recovery_table
from streams import topics

CONTACTS, QUEUES, DAYS = 100_000, 100, 8
APP = "recovery"


def run(contacts: int, queues: int, days: int) -> Recovery:
    """Build, start, measure."""
    load = machine.load_per_core()
    with own_kafka() as broker:
        servers = broker.bootstrap_servers
        asyncio.run(topics.create(stream_settings(servers, APP)))
        size = [str(contacts), str(queues), str(days)]
        built = ask_child("benchmarks.restart", ["build", servers, APP, *size], Built)
        restarts = [
            ask_child("benchmarks.restart", ["start", servers, APP, *size], Restart)
            for _ in range(3)
        ]
    return Recovery(
        machine=machine.describe(),
        taken_at=machine.today(),
        load_per_core=load,
        contacts=contacts,
        queues=queues,
        days=days,
        built=built,
        restarts=restarts,
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.recovery", description=__doc__)
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    parser.add_argument("--queues", type=int, default=QUEUES)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    if min(given.contacts, given.queues, given.days) < 1:
        parser.error("--contacts, --queues and --days must be at least 1")
    figures = run(given.contacts, given.queues, given.days)
    built = figures.built
    print(
        f"{built.records:,} records of {built.bytes / 2**20:,.0f} MiB, the largest "
        f"{built.largest_record / 1024:,.0f} KiB; {built.rows:,} rows"
    )
    print(recovery_table(figures))
    keep(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(finish(main))
