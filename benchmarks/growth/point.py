"""The children of the growth benchmark that need no Kafka: one size each, in a fresh process.

``python -m benchmarks.growth.point centre SIZE QUEUES CONTACTS WINDOWS [EVENTS CHUNKS SECONDS]``,
``... customers SIZE,SIZE... CONTACTS`` and ``... memory QUEUES DAYS`` print one line of JSON.
"""

from __future__ import annotations

import gc
import itertools
import sys

import msgspec

from aggregators.board import Boards
from aggregators.events import CUSTOMERS, CustomerContact
from aggregators.policy import DAY_MS, Rules
from aggregators.shard import Shard
from benchmarks.centre import PARTITIONS, START_MS
from benchmarks.customers import contact
from benchmarks.growth.core import FAR_S, Effort, measure, page_of, resident_kib, timed
from benchmarks.growth.figures import Kept, Remembered
from benchmarks.restart import history
from exporters.live import default_windows
from streams.collector import calm_collector

PER_DAY = 50_000
ROUNDS = 4
SCATTER = 7_919
WINDOWS = (
    "1h", "5m", "1m", "15m", "30m", "10m", "20m", "45m", "2m", "2h", "4h", "8h", "12h", "24h",
    "today", "7d",
)  # fmt: skip
"""The first so many are what a size of windows means; half of them are of an hour or less."""


def windows_of(count: int) -> tuple[str, ...]:
    """Return so many windows; with 0 those of the settings as they come."""
    return WINDOWS[:count] if count else default_windows(Rules())


def remembered(sizes: list[int], contacts: int) -> list[Remembered]:
    """Fill one shard of customers; at each size fold some more and see what that costs.

    Of these every second is of a customer who was there before.
    """
    calm_collector()
    empty_kib = resident_kib()
    shard, numbers, known = Shard(CUSTOMERS, 0, Rules()), itertools.count(), 0
    found = []
    for size in sizes:
        for number in itertools.islice(numbers, max(0, size - known)):
            apply(shard, number, number)
            known += 1
        resident_mib = (resident_kib() - empty_kib) / 1024
        decode_s = ratio = FAR_S
        for _ in range(ROUNDS):
            some = list(itertools.islice(numbers, contacts))
            events = [after(n, n if n % 2 else n * SCATTER % size) for n in some]
            known += sum(n % 2 for n in some)
            read_s, fold_s = decoding_s(events), folding_s(shard, events)
            decode_s, ratio = min(decode_s, read_s), min(ratio, fold_s / read_s)
        found.append(
            Remembered(
                size=size,
                decode_us=round(decode_s / contacts * 1e6, 4),
                fold=round(ratio, 2),
                resident_mib=round(resident_mib, 2),
            )
        )
    return found


def after(number: int, customer: int) -> CustomerContact:
    """Return a contact at the pace of so many a day."""
    return contact(number, customer, START_MS + number * DAY_MS // PER_DAY)


def apply(shard: Shard, number: int, customer: int) -> None:
    """Fold one."""
    event = after(number, customer)
    shard.apply(event, event.event_time_ms)


def decoding_s(events: list[CustomerContact]) -> float:
    """Return the CPU seconds that msgspec needs for the messages: the yardstick."""
    messages = [msgspec.json.encode(event) for event in events]
    decode = msgspec.json.Decoder(CustomerContact).decode
    return min(timed(lambda: [decode(message) for message in messages])[0] for _ in range(3))


def folding_s(shard: Shard, events: list[CustomerContact]) -> float:
    """Return the CPU seconds that folding takes."""

    def fold() -> None:
        shard.begin_batch()
        for event in events:
            shard.apply(event, event.event_time_ms)
        shard.end_batch()

    gc.disable()  # when it looks depends on what was before
    spent_s, _ = timed(fold)
    gc.enable()
    return spent_s


def kept(queues: int, days: int) -> Kept:
    """Fill shards with a contact of every queue and minute; see what memory they take."""
    calm_collector()
    rules = Rules()
    empty_kib = resident_kib()
    shards = []
    for partition in range(PARTITIONS):
        shard = Shard("chats", partition, rules)
        for event in history(queues, days, partition):
            shard.apply(event, event.event_time_ms)
        shard.outbox.clear()
        shards.append(shard)
    gc.collect()
    shards_kib = resident_kib() - empty_kib
    records = row_bytes = rows = 0
    for shard in shards:
        made = shard.encode()
        records += len(made.record)
        row_bytes += sum(map(len, made.rows.values()))
        rows += len(made.rows)
        shard.confirm(made)
    boards = Boards(rules)
    board = boards.make(shards, START_MS + days * DAY_MS, default_windows(rules))
    page_of(board, 1)
    gc.collect()
    return Kept(
        size=queues,
        days=days,
        shards_mib=round(shards_kib / 1024, 2),
        with_boards_mib=round((resident_kib() - empty_kib) / 1024, 2),
        record_bytes=records,
        row_bytes=row_bytes,
        rows=rows,
    )


def main() -> int:
    """Measure one size, or several of customers."""
    what, size, *others = sys.argv[1:]
    found: object
    if what == "centre":
        queues, contacts, windows, *effort = map(int, others)
        how = Effort(*effort)
        found = measure(int(size), queues, contacts, windows_of(windows), how)
    elif what == "customers":
        found = remembered([int(one) for one in size.split(",")], int(others[0]))
    else:
        found = kept(int(size), int(others[0]))
    print(msgspec.json.encode(found).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
